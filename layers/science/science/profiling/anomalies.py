"""The rows least like the others, and the cells that make them so.

Scores come from an isolation forest (``science.profiling.isolation``) over the sampled rows.
Numbers and dates stand as they are, gaps as the median; a category stands as how rare its level is.
The document::

    {"method", "rows", "odd_rows", "odd_share", "most": [{"row", "score",
      "because": [{"column", "kind", "value", "why"}]}]}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

import numpy as np

from science.fitting import TYPED
from science.profiling import isolation
from science.profiling.sample import LEVELLED, levels

if TYPE_CHECKING:
    from science.kinds import Column
    from science.profiling.sample import Sample

ROWS = 10_000
SHOWN = 10
REASONS = 3
MOST_LEVELS = 1000
METHOD = f"isolation forest, {isolation.TREES} trees of {isolation.ROWS_OF_A_TREE} rows"

Array = Any


def measure(sample: Sample) -> Optional[dict[str, Any]]:
    """The document; None where no column can be used."""
    sample = sample.first(ROWS)
    columns = sample.of_kind(*TYPED, *LEVELLED)
    if not columns or sample.size < 2:
        return None
    coordinates, surprises = zip(*(_placed(column, sample) for column in columns))
    scores = isolation.scores(np.column_stack(coordinates))
    odd = scores >= isolation.ODD
    surprise = np.column_stack(surprises)
    order = np.lexsort((sample.rows, -scores))[:SHOWN]
    return {
        "method": METHOD,
        "rows": sample.size,
        "odd_rows": int(odd.sum()),
        "odd_share": float(odd.mean()),
        "most": [
            {
                "row": int(sample.rows[at]),
                "score": round(float(scores[at]), 4),
                "because": _reasons(columns, sample, surprise[at], int(at)),
            }
            for at in order
        ],
    }


def _placed(column: Column, sample: Sample) -> tuple[Array, Array]:
    """A column as coordinates for the forest, and how surprising each of its cells is (bits)."""
    cells = sample.cells[column.name]
    if column.kind not in TYPED:
        codes, names = levels(cells, MOST_LEVELS)
        counts = np.bincount(codes, minlength=len(names) + 1)
        rare = -np.log2(np.maximum(counts, 1) / len(codes))[codes]
        return rare, rare
    known = np.isfinite(cells)
    if not known.any():
        return np.zeros(len(cells)), np.zeros(len(cells))
    ranked = np.sort(cells[known])
    below = np.searchsorted(ranked, cells, side="right")
    above = len(ranked) - np.searchsorted(ranked, cells, side="left")
    tail = np.minimum(below, above) / len(ranked)
    missing = -np.log2(max(1, int((~known).sum())) / len(cells))
    surprise = np.where(known, -np.log2(np.clip(2 * tail, 1 / len(cells), 1.0)), missing)
    return np.where(known, cells, np.median(ranked)), surprise


def _reasons(columns: list[Column], sample: Sample, bits: Array, at: int) -> list[dict[str, Any]]:
    """The cells that the fewest others are like."""
    found = []
    for place in np.argsort(-bits, kind="stable")[:REASONS]:
        if bits[place] < 2:
            break
        column = columns[place]
        cell = sample.cells[column.name][at]
        share = 2.0 ** -float(bits[place])
        if column.kind in TYPED:
            empty = not np.isfinite(cell)
            why = (
                f"missing in {_percent(share)} of the rows"
                if empty
                else f"as extreme in {_percent(share)}"
            )
            value = None if empty else float(cell)
        else:
            value, why = cell, f"in {_percent(share)} of the rows"
        found.append({"column": column.name, "kind": column.kind, "value": value, "why": why})
    return found


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else "less than 0.1%"
