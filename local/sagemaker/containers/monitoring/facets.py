"""Whose rows a facet is made of, and which outcomes are the positive ones.

As Clarify's open library (smclarify) has it: numbers with a fraction, or whole ones of which more
than 5 % differ, are continuous, and a threshold t names those in (t, max]; other values are
categories, and without a value named each is looked at against the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from local.sagemaker.containers.monitoring.columns import FRACTIONAL, INTEGRAL, kind_of
from local.sagemaker.containers.monitoring.contract import AnalysisError
from local.sagemaker.containers.monitoring.truth import attribute

if TYPE_CHECKING:
    from local.sagemaker.containers.monitoring.dataset import Cell, Dataset

type Array = np.ndarray[Any, Any]
type Document = dict[str, Any]

DISTINCT_SHARE = 0.05
MOST_CATEGORIES = 50


@dataclass(frozen=True)
class Facet:
    """The rows asked about.

    Attributes:
        name: The column.
        shown: Its value or threshold, as analysis.json writes it.
        inside: True for the rows of facet d, shape (n,).
    """

    name: str
    shown: str
    inside: Array


def groups(data: Dataset, config: Document) -> list[Facet]:
    """The facets of one entry of `facet`.

    Args:
        data: The rows.
        config: `name_or_index` and perhaps `value_or_threshold`.

    Raises:
        AnalysisError: When there is no such column, or a continuous one has no threshold.
    """
    asked = str(config["name_or_index"])
    cells = attribute(data, asked)
    name = asked if asked in data.names else data.names[int(asked)]
    values = config.get("value_or_threshold")
    if values is not None and not isinstance(values, list):
        values = [values]
    if continuous(cells):
        if not values:
            raise AnalysisError(f"The facet {name} is continuous: value_or_threshold is needed")
        numbers = _numbers(cells)
        top = float(np.nanmax(numbers))
        return [Facet(name, f"({values[0]}, {top:g}]", numbers > float(values[0]))]
    texts = np.array([_text(cell) for cell in cells])
    if values:
        wanted = [_text(value) for value in values]
        return [Facet(name, ",".join(str(value) for value in values), np.isin(texts, wanted))]
    found = np.unique(texts)[:MOST_CATEGORIES]
    return [Facet(name, str(value), texts == value) for value in found]


def binarised(cells: list[Cell], positive: list[Any], *, threshold: bool = False) -> Array:
    """True for the positive outcomes, shape (n,).

    Args:
        cells: Labels or predictions.
        positive: The positive values; of continuous cells the first is a threshold.
        threshold: Take it as a threshold whatever the cells are.
    """
    if threshold or continuous(cells):
        return _numbers(cells) > float(positive[0])
    return np.isin([_text(cell) for cell in cells], [_text(value) for value in positive])


def continuous(cells: list[Cell]) -> bool:
    """Tell whether cells are measured rather than counted or named."""
    kinds = {kind_of(cell) for cell in cells if cell is not None}
    if not kinds or not kinds <= {INTEGRAL, FRACTIONAL}:
        return False
    numbers = _numbers(cells)
    numbers = numbers[np.isfinite(numbers)]
    if (numbers % 1 != 0).any():
        return True
    distinct = np.unique(numbers).size
    return distinct > max(2, DISTINCT_SHARE * numbers.size)


def _numbers(cells: list[Cell]) -> Array:
    return np.array(
        [float(cell) if cell is not None else np.nan for cell in cells], dtype=np.float64
    )


def _text(cell: Any) -> str:
    """A value as text, so that 1, "1" and 1.0 are the same."""
    if cell is not None and kind_of(cell) in (INTEGRAL, FRACTIONAL):
        return f"{float(cell):g}"
    return str(cell)
