"""How columns go together: numbers with numbers, categories with categories, and across.

- Two columns of numbers: Pearson's r and Spearman's ρ (r of the ranks), over the rows that have
  both cells; ranks are those within each column's own cells.
- Two categories: Cramér's V, corrected for the levels that chance alone makes look linked
  (Bergsma, "A bias-correction for Cramér's V", 2013). 0 to 1.
- A number and a category: the correlation ratio η, the root of the share of the number's variance
  that lies between the levels (Fisher, 1925). 0 to 1.

The document::

    {"rows", "columns_left_out", "numeric": {"columns", "pearson": [[…]], "spearman": [[…]]},
     "categorical": {"columns", "cramers_v": [[…]]},
     "mixed": {"numeric", "categorical", "correlation_ratio": [[…]]},
     "strongest": [{"columns": [a, b], "measure", "value"}]}

A figure that the rows do not give (a column that never varies) is null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

import numpy as np

from science.fitting import TYPED
from science.profiling.sample import LEVELLED, levels

if TYPE_CHECKING:
    from science.profiling.sample import Sample

ROWS = 20_000
MOST_COLUMNS = 30
"""Columns of either sort in the tables; a table of more nobody reads."""
MOST_LEVELS = 50
STRONGEST = 15
NOTABLE = 0.3
"""Weaker links are not among the strongest."""
FEWEST_ROWS = 10

Array = Any
Link = tuple[str, str, str, float]
"""Two columns, the measure, its value (NaN where there is none)."""


def measure(sample: Sample) -> dict[str, Any]:
    """The document."""
    sample = sample.first(ROWS)
    numeric = [each.name for each in sample.of_kind(*TYPED)]
    levelled = [each.name for each in sample.of_kind(*LEVELLED)]
    left_out = max(0, len(numeric) - MOST_COLUMNS) + max(0, len(levelled) - MOST_COLUMNS)
    numeric, levelled = numeric[:MOST_COLUMNS], levelled[:MOST_COLUMNS]
    matrix = _matrix(sample, numeric)
    codes = [levels(sample.cells[column], MOST_LEVELS)[0] for column in levelled]
    pearson = pairwise(matrix)
    spearman = pairwise(ranks(matrix))
    cramers = np.array([[cramers_v(one, other) for other in codes] for one in codes])
    ratios = np.array(
        [[correlation_ratio(c, matrix[:, at]) for c in codes] for at in range(len(numeric))]
    )
    return {
        "rows": sample.size,
        "columns_left_out": left_out,
        "numeric": {
            "columns": numeric,
            "pearson": _listed(pearson),
            "spearman": _listed(spearman),
        },
        "categorical": {"columns": levelled, "cramers_v": _listed(cramers)},
        "mixed": {
            "numeric": numeric,
            "categorical": levelled,
            "correlation_ratio": _listed(ratios),
        },
        "strongest": _strongest(
            _links_of_numbers(numeric, pearson, spearman)
            + _links(numeric, levelled, "correlation_ratio", ratios)
            + [
                link
                for at, one in enumerate(levelled)
                for link in _links(levelled[:at], [one], "cramers_v", cramers[:at, at : at + 1])
            ]
        ),
    }


def _matrix(sample: Sample, columns: list[str]) -> Array:
    if not columns:
        return np.empty((sample.size, 0))
    return np.column_stack([sample.cells[column] for column in columns])


def ranks(matrix: Array) -> Array:
    """Each column's cells as ranks among its own, ties sharing their mean; NaN stays."""
    ranked = np.full(matrix.shape, np.nan)
    for at in range(matrix.shape[1]):
        known = np.isfinite(matrix[:, at])
        _, place, counts = np.unique(matrix[known, at], return_inverse=True, return_counts=True)
        ranked[known, at] = (np.cumsum(counts) - (counts - 1) / 2.0)[place]
    return ranked


def pairwise(matrix: Array) -> Array:
    """Pearson's r of every two columns over the rows that have both; NaN where there is none."""
    known = np.isfinite(matrix)
    there = known.astype(np.float64)
    some = np.maximum(known.sum(axis=0), 1)
    centred = np.where(known, matrix, 0.0)
    largest = np.abs(centred).max(axis=0, initial=0.0)
    # In units of the greatest cell, for the square of a huge one is no number.
    centred = centred / np.where(largest > 0, largest, 1.0)
    centred = np.where(known, centred - centred.sum(axis=0) / some, 0.0)
    scale = np.sqrt((centred**2).sum(axis=0) / some)
    centred = centred / np.where(scale > 0, scale, 1.0)
    both = there.T @ there
    sums = centred.T @ there
    squares = (centred**2).T @ there
    with np.errstate(invalid="ignore", divide="ignore"):
        across = both * (centred.T @ centred) - sums * sums.T
        spread = (both * squares - sums**2) * (both * squares.T - sums.T**2)
        found = across / np.sqrt(np.maximum(spread, 0.0))
    enough = (both >= FEWEST_ROWS) & (spread > 1e-12 * both**4)
    return np.where(enough, np.clip(found, -1.0, 1.0), np.nan)


def cramers_v(one: Array, other: Array) -> float:
    """Cramér's V of two columns of level numbers, bias-corrected; NaN where one never varies."""
    width = int(other.max()) + 1 if other.size else 1
    size = (int(one.max()) + 1 if one.size else 1) * width
    table = np.bincount(one * width + other, minlength=size).reshape(-1, width).astype(np.float64)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    rows, columns = table.shape
    count = table.sum()
    if min(rows, columns) < 2 or count < FEWEST_ROWS:
        return float("nan")
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / count
    phi = float(((table - expected) ** 2 / expected).sum() / count)
    phi = max(0.0, phi - (columns - 1) * (rows - 1) / (count - 1))
    rows_ = rows - (rows - 1) ** 2 / (count - 1)
    columns_ = columns - (columns - 1) ** 2 / (count - 1)
    least = min(rows_, columns_) - 1
    return float(min(1.0, np.sqrt(phi / least))) if least > 0 else float("nan")


def correlation_ratio(codes: Array, values: Array) -> float:
    """η of a number by a category; NaN where either never varies."""
    known = np.isfinite(values)
    codes, values = codes[known], values[known]
    if len(values) < FEWEST_ROWS:
        return float("nan")
    largest = np.abs(values).max()
    values = values / (largest if largest > 0 else 1.0)
    values = values - values.mean()
    whole = float((values**2).sum())
    counts = np.bincount(codes)
    if not whole > 0 or (counts > 0).sum() < 2:
        return float("nan")
    sums = np.bincount(codes, values)
    between = float((sums[counts > 0] ** 2 / counts[counts > 0]).sum())
    return float(np.sqrt(min(1.0, between / whole)))


def _links_of_numbers(columns: list[str], pearson: Array, spearman: Array) -> list[Link]:
    """Each pair by Pearson's r, or by Spearman's ρ where that is clearly stronger."""
    found = []
    for i, one in enumerate(columns):
        for j in range(i):
            straight, ranked = pearson[i, j], spearman[i, j]
            better = abs(np.nan_to_num(ranked)) > abs(np.nan_to_num(straight)) + 0.05
            value = ranked if better else straight
            found.append((columns[j], one, "spearman" if better else "pearson", float(value)))
    return found


def _links(ones: list[str], others: list[str], measure: str, values: Array) -> list[Link]:
    return [
        (one, other, measure, float(values[i, j]))
        for i, one in enumerate(ones)
        for j, other in enumerate(others)
    ]


def _strongest(links: list[Link]) -> list[dict[str, Any]]:
    notable = [each for each in links if abs(each[3]) >= NOTABLE]
    notable.sort(key=lambda each: -abs(each[3]))
    return [
        {"columns": [one, other], "measure": measured, "value": round(value, 4)}
        for one, other, measured, value in notable[:STRONGEST]
    ]


def _listed(matrix: Array) -> list[list[Optional[float]]]:
    return [
        [round(float(value), 4) if np.isfinite(value) else None for value in row] for row in matrix
    ]
