"""Steps that change cells by what they found in the training rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Optional, Union

from science.recipe.settings import Step, setting, some_columns


@dataclass(frozen=True)
class Impute(Step):
    """Missing cells are filled.

    Fitted: ``{"values": {column: value}}``; for ``group`` also ``{"groups": {column: [[group,
    value], …]}}``; for ``model`` ``{"models": {column: {"intercept", "weights": {column: weight},
    "means": {column: mean}}}}``, a ridge regression on the other numbers whose missing cells count
    as their mean (Hoerl and Kennard, "Ridge Regression", 1970).
    """

    kind: ClassVar[str] = "impute"
    learns: ClassVar[bool] = True
    columns: tuple[str, ...] = some_columns()
    method: str = setting(
        "choice",
        "median",
        required=True,
        choices=("median", "mean", "mode", "constant", "group", "model"),
    )
    value: Union[str, float, None] = setting("scalar", None)
    group: Optional[str] = setting("column", None)
    statistic: str = setting("choice", "median", choices=("median", "mean", "mode"))


@dataclass(frozen=True)
class Outliers(Step):
    """Numbers far from the others are clipped, become missing, or their rows go.

    ``iqr``: beyond ``factor`` interquartile ranges off the quartiles (Tukey); ``zscore``: beyond
    ``factor`` standard deviations off the mean; ``robust_zscore``: beyond ``factor`` of
    interquartile range / 1.349 off the median; ``quantile``: outside the ``share`` at either end;
    ``bounds``: outside ``low`` and ``high``; ``isolation``: rows that few random cuts set apart
    (Liu, Ting, Zhou, "Isolation Forest", 2008), of which the ``share`` with the highest scores.

    Fitted: ``{"bounds": {column: [low, high]}}``, or ``{"forest": {"columns", "trees", "sample",
    "threshold", "medians"}}``; held-out rows are never dropped.
    """

    kind: ClassVar[str] = "outliers"
    learns: ClassVar[bool] = True
    columns: tuple[str, ...] = some_columns()
    method: str = setting(
        "choice",
        "iqr",
        required=True,
        choices=("iqr", "zscore", "robust_zscore", "quantile", "bounds", "isolation"),
    )
    action: str = setting("choice", "clip", choices=("clip", "null", "drop"))
    factor: float = setting("number", 3.0, low=0.1, high=1000.0)
    share: float = setting("number", 0.01, low=0.0, high=0.5)
    low: Optional[float] = setting("number", None)
    high: Optional[float] = setting("number", None)

    @property
    def drops(self) -> bool:
        """Whether rows go."""
        return self.action == "drop"


@dataclass(frozen=True)
class RareCategories(Step):
    """Categories of less than ``share`` of the rows, or fewer than ``count``, become one.

    Fitted: ``{"kept": {column: [category, …]}}``; a category never seen is rare.
    """

    kind: ClassVar[str] = "rare_categories"
    learns: ClassVar[bool] = True
    columns: tuple[str, ...] = setting("columns", (), required=True)
    share: float = setting("number", 0.01, low=0.0, high=0.5)
    count: int = setting("whole", 1, low=1, high=1_000_000)
    into: str = setting("text", "other")


@dataclass(frozen=True)
class Standardise(Step):
    """Numbers less their mean (or median), divided by their deviation (or interquartile range).

    Fitted: ``{"columns": {column: [center, scale]}}``.
    """

    kind: ClassVar[str] = "standardise"
    learns: ClassVar[bool] = True
    columns: tuple[str, ...] = some_columns()
    center: str = setting("choice", "mean", choices=("mean", "median", "none"))
    scale: str = setting("choice", "deviation", choices=("deviation", "iqr", "none"))


@dataclass(frozen=True)
class Normalise(Step):
    """Numbers between 0 and 1, or between -1 and 1 by their greatest size.

    Fitted: ``{"columns": {column: [center, scale]}}``.
    """

    kind: ClassVar[str] = "normalise"
    learns: ClassVar[bool] = True
    columns: tuple[str, ...] = some_columns()
    by: str = setting("choice", "min_max", choices=("min_max", "max_abs"))


@dataclass(frozen=True)
class Encode(Step):
    """Categories as numbers: a column each, their place in order, or their share of the rows.

    ``one_hot`` columns are named ``<column>_<category>`` and take the place of the column. A
    category never seen has 0 in all of them, is missing as ordinal, and 0 as frequency.

    Fitted: ``{"levels": {column: [category, …]}}``, for ``frequency`` also ``{"shares": {column:
    [share, …]}}``.
    """

    kind: ClassVar[str] = "encode"
    learns: ClassVar[bool] = True
    columns: tuple[str, ...] = setting("columns", (), required=True)
    method: str = setting(
        "choice", "one_hot", required=True, choices=("one_hot", "ordinal", "frequency")
    )
    most: int = setting("whole", 100, low=1, high=1000)
