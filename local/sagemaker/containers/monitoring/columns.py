"""statistics.json: what each column looks like.

Page "Schema for Statistics (statistics.json file)".
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from local.sagemaker.containers.monitoring.dataset import Cell, Dataset

type Array = np.ndarray[Any, Any]
type Document = dict[str, Any]

BUCKETS = 10
KLL_C, KLL_K = 0.64, 2048
INTEGRAL, FRACTIONAL, STRING, UNKNOWN = "Integral", "Fractional", "String", "Unknown"
MOST_LEVELS = 100
"""A column of more categories gets no list of them, as the analyzer's own files have none."""


def kind_of(cell: Cell) -> str:
    """The type of one cell: Integral, Fractional, String, or Unknown for no value."""
    if cell is None:
        return UNKNOWN
    if isinstance(cell, bool):
        return STRING
    if isinstance(cell, int):
        return INTEGRAL
    try:
        number = float(cell)
    except ValueError:
        return STRING
    if math.isnan(number) or math.isinf(number):
        return FRACTIONAL if isinstance(cell, float) else STRING
    text = cell.strip().lstrip("+-") if isinstance(cell, str) else ""
    return INTEGRAL if text.isdigit() else FRACTIONAL


def kinds_of(cells: list[Cell]) -> Counter[str]:
    """How many present cells there are of each type."""
    return Counter(kind for cell in cells if (kind := kind_of(cell)) != UNKNOWN)


def inferred(kinds: Counter[str]) -> str:
    """A column's type: the narrowest that holds every value, or most of them."""
    present = sum(kinds.values())
    if not present:
        return UNKNOWN
    if kinds[STRING] * 2 > present:
        return STRING
    return FRACTIONAL if kinds[FRACTIONAL] else INTEGRAL


def numbers_of(cells: list[Cell]) -> Array:
    """The finite numbers among cells, shape (n,)."""
    found = [float(cell) for cell in cells if kind_of(cell) in (INTEGRAL, FRACTIONAL)]  # type: ignore[arg-type]
    values = np.array(found, dtype=np.float64)
    return values[np.isfinite(values)]


def texts_of(cells: list[Cell]) -> list[str]:
    """The present cells as text."""
    return [str(cell) for cell in cells if cell is not None]


def statistics(data: Dataset, kinds: dict[str, str] | None = None) -> Document:
    """`statistics.json` of a data set.

    Args:
        data: The rows.
        kinds: Types that a baseline has for its columns; the others' are inferred.
    """
    features = []
    for name in data.names:
        cells = data.column(name)
        kind = (kinds or {}).get(name) or inferred(kinds_of(cells))
        features.append(_feature(name, cells, kind))
    return {"version": 0.0, "dataset": {"item_count": len(data.rows)}, "features": features}


def _feature(name: str, cells: list[Cell], kind: str) -> Document:
    present = sum(1 for cell in cells if cell is not None)
    common = {"num_present": present, "num_missing": len(cells) - present}
    entry: Document = {"name": name, "inferred_type": kind}
    if kind in (INTEGRAL, FRACTIONAL):
        return entry | {"numerical_statistics": {"common": common} | _numerical(numbers_of(cells))}
    levels = Counter(texts_of(cells))
    told: Document = {"common": common, "distinct_count": float(len(levels))}
    if len(levels) <= MOST_LEVELS:
        buckets = [{"value": level, "count": count} for level, count in levels.most_common()]
        told["distribution"] = {"categorical": {"buckets": buckets}}
    return entry | {"string_statistics": told}


def _numerical(values: Array) -> Document:
    if not values.size:
        return {"distribution": {"kll": {"buckets": [], "sketch": _sketch(values)}}}
    low, high = float(values.min()), float(values.max())
    limits = np.linspace(low, high, BUCKETS + 1)
    places = np.clip(np.searchsorted(limits, values, side="right") - 1, 0, BUCKETS - 1)
    counts = np.bincount(places, minlength=BUCKETS)
    buckets = [
        {"lower_bound": float(start), "upper_bound": float(end), "count": float(count)}
        for start, end, count in zip(limits[:-1], limits[1:], counts, strict=True)
    ]
    return {
        "mean": float(values.mean()),
        "sum": float(values.sum()),
        "std_dev": float(values.std()),
        "min": low,
        "max": high,
        "distribution": {"kll": {"buckets": buckets, "sketch": _sketch(values)}},
    }


def _sketch(values: Array) -> Document:
    """A quantile sketch: items of level h stand for 2^h values each (Karnin, Lang, Liberty 2016).

    The values are sorted and every 2^h-th is kept, so ranks are off by 2^h at most; what does not
    fill such a group is kept at lower levels, and the weights add up to the number of values.
    """
    ordered = np.sort(values)
    top = max(0, math.ceil(math.log2(max(1, ordered.size) / KLL_K)))
    levels: list[list[float]] = []
    rest = ordered
    for level in range(top, -1, -1):
        size = 2**level
        whole = rest.size // size * size
        levels.insert(0, rest[:whole][size // 2 :: size].tolist())
        rest = rest[whole:]
    return {"parameters": {"c": KLL_C, "k": float(KLL_K)}, "data": levels}


def sketched(distribution: Document) -> tuple[Array, Array]:
    """The values of a sketch in order, and how many each stands for: two of shape (n,)."""
    levels = ((distribution.get("kll") or {}).get("sketch") or {}).get("data") or []
    values = np.array([value for level in levels for value in level], dtype=np.float64)
    weights = np.array(
        [2.0**height for height, level in enumerate(levels) for _ in level], dtype=np.float64
    )
    order = np.argsort(values, kind="stable")
    return values[order], weights[order]
