"""Steps that drop rows or divide them: they concern the training table, never a record served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Optional, Union

from science.recipe.settings import Step, setting, some_columns


@dataclass(frozen=True)
class DropUnlabelled(Step):
    """Rows without a target go."""

    kind: ClassVar[str] = "drop_unlabelled"
    cellwise: ClassVar[bool] = False
    target: str = setting("column", "", required=True)


@dataclass(frozen=True)
class DropMissing(Step):
    """Rows go where any, or all, of the columns are missing; held-out rows stay."""

    kind: ClassVar[str] = "drop_missing"
    cellwise: ClassVar[bool] = False
    columns: tuple[str, ...] = some_columns()
    when: str = setting("choice", "any", choices=("any", "all"))


@dataclass(frozen=True)
class DropDuplicates(Step):
    """Of rows that are alike in these columns the first stays."""

    kind: ClassVar[str] = "drop_duplicates"
    cellwise: ClassVar[bool] = False
    columns: tuple[str, ...] = some_columns()


@dataclass(frozen=True)
class DropNearDuplicates(Step):
    """Of rows that read alike the first stays.

    Texts are compared lower case, in Unicode's form NFKC, without accents, punctuation and blanks;
    numbers by so many significant digits.
    """

    kind: ClassVar[str] = "drop_near_duplicates"
    cellwise: ClassVar[bool] = False
    columns: tuple[str, ...] = some_columns()
    digits: int = setting("whole", 4, low=1, high=15)


TESTS = ("equals", "differs", "less", "greater", "at_most", "at_least", "contains")


@dataclass(frozen=True)
class FilterRows(Step):
    """Rows stay whose cell passes a test; a missing cell passes ``missing`` alone."""

    kind: ClassVar[str] = "filter_rows"
    cellwise: ClassVar[bool] = False
    column: str = setting("column", "", required=True)
    test: str = setting("choice", "equals", required=True, choices=(*TESTS, "missing", "present"))
    value: Union[str, float, None] = setting("scalar", None)


@dataclass(frozen=True)
class SampleRows(Step):
    """A share of the rows stays, chosen by a hash of each row's content."""

    kind: ClassVar[str] = "sample_rows"
    cellwise: ClassVar[bool] = False
    share: float = setting("number", 0.1, required=True, low=0.0, high=1.0)


@dataclass(frozen=True)
class Split(Step):
    """Rows go to train, validation and holdout (``science.split``), told in ``_part_``.

    Fitted, where rows are split by time: ``{"holdout": seconds, "validation": seconds}``, the
    moments from which rows belong to these parts.
    """

    kind: ClassVar[str] = "split"
    cellwise: ClassVar[bool] = False
    learns: ClassVar[bool] = True
    holdout: float = setting("number", 0.15, low=0.01, high=0.5)
    identifier: Optional[str] = setting("column", None)
    key: tuple[str, ...] = setting("columns", ())
    time: Optional[str] = setting("column", None)
    formats: tuple[str, ...] = setting("columns", ())
