"""What a profile tells of every column and of the target, from figures already measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping, Optional

import numpy as np

from science.fitting import TYPED
from science.profiling.figures import QUANTILES, histogram
from science.target import REGRESSION

if TYPE_CHECKING:
    from science.kinds import Column
    from science.profiling.sample import Sample
    from science.target import Target

VERSION = 2
NOTHING: dict[str, Any] = {
    "numbers": None,
    "histogram": None,
    "example": None,
    "top": [],
    "outliers": None,
    "hidden_missing": None,
    "lengths": None,
    "shapes": [],
    "variants": [],
}
"""What stands where a column was not measured."""
DEVIATIONS = 5.0
SHOWN = 5

Array = Any


def column(
    told: Column, rows: int, invalid: int, figures: Optional[Mapping[str, Any]]
) -> dict[str, Any]:
    """A column's entry.

    Args:
        told: the column.
        rows: rows of the whole table.
        invalid: cells that are there and could not be read as the column's kind.
        figures: as ``science.profiling.figures`` measured them; None where they were not.
    """
    measured = {**NOTHING, **(figures or {})}
    different = measured.pop("distinct", told.distinct)
    return {
        "name": told.name,
        "kind": told.kind,
        "role": told.role,
        "note": told.note,
        "rows": rows,
        "present": told.present,
        "missing": rows - told.present,
        "missing_share": (rows - told.present) / rows if rows else 0.0,
        "invalid": invalid,
        "distinct": different if told.kind in TYPED and figures else told.distinct or different,
        **measured,
        "power": None,
    }


def target(aim: Target, labels: Array, rows: Array) -> dict[str, Any]:
    """The target's entry.

    Args:
        aim: the target.
        labels: class numbers or values of the rows at hand.
        rows: their numbers in the table.

    Returns:
        ``name``, ``kind``; for classes ``classes`` and ``imbalance`` (rows of the most frequent for
        each of the rarest); for values ``numbers``, ``histogram`` and ``outliers`` (``rows``,
        ``low``, ``high``, and the farthest as ``most``).
    """
    classes = None
    if aim.task != REGRESSION:
        whole = sum(aim.counts)
        classes = [
            {"label": label, "rows": count, "share": count / whole}
            for label, count in zip(aim.classes, aim.counts)
        ]
    known = labels[np.isfinite(labels)]
    values = aim.task == REGRESSION and known.size > 0
    return {
        "name": aim.column.name,
        "kind": aim.column.kind,
        "classes": classes,
        "imbalance": max(aim.counts) / max(1, min(aim.counts)) if classes else None,
        "numbers": numbers(known) if values else None,
        "histogram": histogram(known) if values else None,
        "outliers": _target_outliers(labels, rows) if values else None,
    }


def numbers(known: Array) -> dict[str, Any]:
    """What the values look like; ``known`` has no NaN and is not empty."""
    quantiles = np.quantile(known, QUANTILES)
    centred = known - known.mean()
    spread = float(np.mean(centred**2))
    return {
        "min": float(known.min()),
        "max": float(known.max()),
        "mean": float(known.mean()),
        "deviation": float(known.std()),
        "quantiles": {str(at): float(value) for at, value in zip(QUANTILES, quantiles)},
        "skewness": float(np.mean(centred**3) / spread**1.5) if spread > 0 else None,
    }


def _target_outliers(labels: Array, rows: Array) -> Optional[dict[str, Any]]:
    """Values beyond five robust deviations off the median (``science.profiling.figures``)."""
    known = labels[np.isfinite(labels)]
    low, middle, high = np.quantile(known, (0.05, 0.5, 0.95))
    wide = float(np.clip(known, low, high).std())
    if not wide > 0:
        return None
    away = np.abs(labels - middle)
    beyond = np.nonzero(np.isfinite(labels) & (away > DEVIATIONS * wide))[0]
    if not beyond.size:
        return None
    farthest = beyond[np.argsort(-away[beyond], kind="stable")][:SHOWN]
    return {
        "rows": int(beyond.size),
        "low": float(middle - DEVIATIONS * wide),
        "high": float(middle + DEVIATIONS * wide),
        "most": [{"row": int(rows[at]), "value": float(labels[at])} for at in farthest],
    }


def notes(sample: Sample, *, exact: bool, anomaly_rows: int, model_rows: int) -> list[str]:
    """What was not measured over all rows, a sentence each."""
    told = []
    if sample.size < sample.whole:
        told.append(
            "Histograms, skewness, shapes of texts, links between columns and what each column "
            f"tells of the target are of {sample.size:,} of {sample.whole:,} rows, drawn by a hash "
            "of their number."
        )
    if not exact:
        told.append(
            "Different cells are counted by HyperLogLog, and quantiles are those of the sample: "
            "there are more than a million rows."
        )
    if 0 < anomaly_rows < sample.whole:
        told.append(f"Odd rows were looked for among {anomaly_rows:,} of {sample.whole:,} rows.")
    if 0 < model_rows < sample.whole:
        told.append(f"The quick model saw {model_rows:,} of {sample.whole:,} rows.")
    return told
