"""The profile report: every column as it landed, and the target.

The document::

    {"problem", "rows", "task", "target": {"name", "kind", "classes": [{"label", "rows",
     "share"}] | null, "numbers": {…} | null}, "warnings": […], "columns": [
      {"name", "kind", "role", "note", "rows", "present", "missing", "missing_share", "distinct",
       "example", "power": {"figure", "value", "leaks"} | null,
       "numbers": {"min", "max", "mean", "deviation", "quantiles": {"0.25": …}} | null,
       "histogram": {"edges", "counts"} | null, "top": [{"value", "rows", "share"}]}]}
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from science.target import REGRESSION
from science.values import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from science.findings import Findings
    from science.kinds import Column
    from science.target import Target

BINS = 24
TOP = 8
ROWS_PICTURED = 50_000
"""Pictures and frequent values are of so many training rows at most."""
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
LONGEST = 80


def describe(found: Findings, training: Mapping[str, Any]) -> dict[str, Any]:
    """The document.

    Args:
        found: what preparing found out.
        training: the training rows' cells by column, and their labels as ``_label_``.
    """
    step = max(1, len(training["_label_"]) // ROWS_PICTURED)
    listed = []
    for column in found.columns:
        cells = training.get(column.name)
        told = _column(column, None if cells is None else cells[::step], found.counted.read)
        told["power"] = found.power.get(column.name)
        listed.append(told)
    return {
        "problem": found.problem.get("name", ""),
        "rows": found.counted.read,
        "task": found.aim.task,
        "target": _target(found.aim, training["_label_"]),
        "warnings": found.warnings,
        "columns": listed,
    }


def _column(column: Column, cells: Any, rows: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": column.name,
        "kind": column.kind,
        "role": column.role,
        "note": column.note,
        "rows": rows,
        "present": column.present,
        "missing": rows - column.present,
        "missing_share": (rows - column.present) / rows if rows else 0.0,
        "distinct": column.distinct,
        "example": None,
        "numbers": None,
        "histogram": None,
        "top": [],
    }
    if cells is None:
        return found
    if cells.dtype.kind == "f":
        known = cells[np.isfinite(cells)]
        if known.size:
            found["numbers"] = numbers(known)
            found["histogram"] = histogram(known)
            found["example"] = float(known[0])
    else:
        counts = Counter(text for text in map(text_of, cells.tolist()) if text is not None)
        found["top"] = [
            {"value": _short(text), "rows": count, "share": count / len(cells)}
            for text, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:TOP]
        ]
        found["example"] = found["top"][0]["value"] if found["top"] else None
    return found


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def numbers(known: Any) -> dict[str, Any]:
    """What the numbers of a column look like; ``known`` has no NaN and is not empty."""
    quantiles = np.quantile(known, QUANTILES)
    return {
        "min": float(known.min()),
        "max": float(known.max()),
        "mean": float(known.mean()),
        "deviation": float(known.std()),
        "quantiles": {str(at): float(value) for at, value in zip(QUANTILES, quantiles)},
    }


def histogram(known: Any) -> dict[str, Any]:
    """Counts over equal bins between the 0.5 % and 99.5 % quantiles; the ends take in the rest."""
    low, high = (float(value) for value in np.quantile(known, (0.005, 0.995)))
    if not low < high:
        low, high = float(known.min()), float(known.max())
    if not low < high or not math.isfinite(high - low):
        low, high = low - 0.5, low + 0.5
    counts, edges = np.histogram(np.clip(known, low, high), bins=BINS, range=(low, high))
    return {"edges": [float(edge) for edge in edges], "counts": [int(count) for count in counts]}


def _target(aim: Target, labels: Any) -> dict[str, Any]:
    classes = None
    if aim.task != REGRESSION:
        rows = sum(aim.counts)
        classes = [
            {"label": label, "rows": count, "share": count / rows}
            for label, count in zip(aim.classes, aim.counts)
        ]
    regression = aim.task == REGRESSION and len(labels)
    return {
        "name": aim.column.name,
        "kind": aim.column.kind,
        "classes": classes,
        "numbers": numbers(labels) if regression else None,
        "histogram": histogram(labels) if regression else None,
    }
