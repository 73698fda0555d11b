"""Model Monitor's three files: what the data looks like, what it must look like, what does not.

Forms: SageMaker Developer Guide, "Schema for Statistics", "Schema for Constraints", "Schema for
Violations". Readers made for Model Monitor read these.
"""

from __future__ import annotations

import json
import math
from typing import Any, Iterable, Mapping, Optional

import numpy as np

from science.drift import THRESHOLD, ColumnDrift, compare, gap_of
from science.sketch import NUMBER, PRESENCE, UNSTRUCTURED, ColumnSketch, Sketch

Array = np.ndarray[Any, Any]
Document = dict[str, Any]

BUCKETS = 10
KLL = {"c": 0.64, "k": 2048.0}
"""The sketch's parameters as Model Monitor writes them."""
DATATYPE_MATCH, DOMAIN_MATCH = 0.99, 0.99
"""Shares of values that must be of the column's type, and among its known categories."""
MOST_DOMAIN = 100
"""A column of more categories is held to no list of them."""
MOST_SINGLE = 0.002
"""Nor is one where more than this share of rows has a category to itself: by Good and Turing's
estimate (Biometrika 1953) as many rows to come will have one that was never seen."""
SLACK = 3.0
"""Standard errors by which a share may fall short before it counts."""


def baseline_files(
    columns: Mapping[str, Array],
    schema: Iterable[Mapping[str, Any]],
    drift: float = THRESHOLD,
) -> dict[str, Document]:
    """The training data's baseline: content of each file by name.

    Args:
        columns: raw values of the training part, by column.
        schema: of each column ``name``, ``kind`` and ``decimal`` (``science.kinds``).
        drift: the PSI that counts as drift (``monitor.drift``).

    Returns:
        ``baseline.json`` (a sketch), ``statistics.json`` and ``constraints.json``.
    """
    sketch = Sketch.baseline(columns, schema)
    return {
        "baseline.json": json.loads(sketch.to_json()),
        "statistics.json": statistics(sketch),
        "constraints.json": constraints(sketch, drift),
    }


def statistics(sketch: Sketch) -> Document:
    """``statistics.json`` of any sketch, of the training data or of traffic."""
    return {
        "version": 0.0,
        "dataset": {"item_count": sketch.rows},
        "features": [_feature_statistics(column) for column in sketch.columns.values()],
    }


def constraints(sketch: Sketch, drift: float = THRESHOLD) -> Document:
    """``constraints.json`` that the training data itself suggests."""
    return {
        "version": 0.0,
        "features": [_feature_constraints(column) for column in sketch.columns.values()],
        "monitoring_config": {
            "evaluate_constraints": "Enabled",
            "emit_metrics": "Enabled",
            "datatype_check_threshold": DATATYPE_MATCH,
            "domain_content_threshold": DOMAIN_MATCH,
            "distribution_constraints": {
                "perform_comparison": "Enabled",
                "comparison_threshold": round(gap_of(drift), 6),
                "comparison_method": "Robust",
                "categorical_comparison_threshold": round(gap_of(drift), 6),
                "categorical_drift_method": "LInfinity",
            },
        },
    }


def violations(
    document: Document,
    baseline: Sketch,
    window: Sketch,
    *,
    drift: float = THRESHOLD,
    seen: Optional[Iterable[str]] = None,
) -> Document:
    """``constraint_violations.json``: where traffic breaks the constraints.

    Args:
        document: ``constraints.json``.
        baseline: the training data's sketch.
        window: the traffic's, over the same bins.
        drift: the PSI that counts as drift.
        seen: the columns that the traffic really has, to tell missing and extra ones.
    """
    found: list[Document] = []
    if seen is not None:
        found += _column_checks(document, set(seen))
    for entry in document["features"]:
        column = window.columns.get(entry["name"])
        if column is not None and column.rows:
            found += _feature_checks(entry, document["monitoring_config"], column)
    found += [
        _drift_violation(moved) for moved in compare(baseline, window, drift) if moved.drifted
    ]
    return {"violations": found}


def inferred_type(column: ColumnSketch) -> str:
    """``Integral``, ``Fractional``, ``String``, or ``Unknown`` if there are no values."""
    if not column.present:
        return "Unknown"
    if column.measure != NUMBER or column.kind in UNSTRUCTURED:
        return "String"
    return "Integral" if column.whole == column.present else "Fractional"


def _feature_statistics(column: ColumnSketch) -> Document:
    common = {"num_present": column.present, "num_missing": column.missing}
    entry: Document = {"name": column.name, "inferred_type": inferred_type(column)}
    if column.measure == NUMBER and column.kind not in UNSTRUCTURED:
        entry["numerical_statistics"] = {
            "common": common,
            "mean": column.mean,
            "sum": column.total,
            "std_dev": column.deviation,
            "min": column.lowest,
            "max": column.highest,
            "distribution": {"kll": _kll(column)},
        }
        return entry
    entry["string_statistics"] = {"common": common, "distinct_count": _distinct(column)}
    if column.levels:
        buckets = [
            {"value": level, "count": count} for level, count in zip(column.levels, column.counts)
        ]
        entry["string_statistics"]["distribution"] = {"categorical": {"buckets": buckets}}
    return entry


def _distinct(column: ColumnSketch) -> int:
    """Levels that occur; those counted together as others count as one."""
    if column.measure == PRESENCE or column.kind in UNSTRUCTURED:
        return column.present
    return sum(1 for count in column.counts if count)


def _kll(column: ColumnSketch) -> Document:
    """Ten equal buckets, and a quantile sketch whose items of level h weigh 2^h rows.

    Both are read off the bins, rows being spread evenly inside each, so the sketch's weights add up
    to the very number of rows.
    """
    low, high = column.lowest, column.highest
    if low is None or high is None:
        return {"buckets": [], "sketch": {"parameters": KLL, "data": [[]]}}
    ends = np.clip(np.r_[low, column.edges, high], low, high)
    reached = np.r_[0, np.cumsum(column.counts)].astype(np.float64)
    limits = np.linspace(low, high, BUCKETS + 1)
    # Bins without width would leave the rows below a limit undecided: take the last.
    ends, last = np.unique(ends[::-1], return_index=True)
    below = np.interp(limits, ends, reached[::-1][last])
    below[0] = 0.0
    counts = np.diff(np.round(below)).astype(int)
    return {
        "buckets": [
            {"lower_bound": float(start), "upper_bound": float(end), "count": int(count)}
            for start, end, count in zip(limits[:-1], limits[1:], counts)
        ],
        "sketch": {"parameters": KLL, "data": _levels(column)},
    }


def _levels(column: ColumnSketch) -> list[list[float]]:
    low, high = float(column.lowest or 0.0), float(column.highest or 0.0)
    lower = np.clip(np.r_[low, column.edges], low, high)
    upper = np.clip(np.r_[column.edges, high], low, high)
    levels: list[list[float]] = [[]]
    for count, start, end in zip(column.counts, lower.tolist(), upper.tolist()):
        for level in range(count.bit_length()):
            if len(levels) <= level:
                levels.append([])
            if count >> level & 1:
                levels[level].append((start + end) / 2.0)
    return levels


def _feature_constraints(column: ColumnSketch) -> Document:
    entry: Document = {
        "name": column.name,
        "inferred_type": inferred_type(column),
        "completeness": round(column.present / column.rows, 6) if column.rows else 1.0,
    }
    if column.measure == NUMBER and column.kind not in UNSTRUCTURED:
        lowest = column.lowest
        entry["num_constraints"] = {"is_non_negative": lowest is not None and lowest >= 0}
    elif column.levels and column.complete and _closed(column):
        entry["string_constraints"] = {"domains": column.levels}
    return entry


def _closed(column: ColumnSketch) -> bool:
    """Whether the categories seen are, by all signs, all there are."""
    alone = sum(1 for count in column.counts if count == 1)
    return len(column.levels) <= MOST_DOMAIN and alone <= MOST_SINGLE * column.present


def _slack(share: float, rows: int) -> float:
    return SLACK * math.sqrt(max(share * (1.0 - share), 1e-4) / rows)


def _column_checks(document: Document, seen: set[str]) -> list[Document]:
    wanted = {entry["name"] for entry in document["features"]}
    missing = [
        _violation(name, "missing_column_check", f"Column {name} of the baseline is missing.")
        for name in sorted(wanted - seen)
    ]
    extra = [
        _violation(name, "extra_column_check", f"Column {name} is not in the baseline.")
        for name in sorted(seen - wanted)
    ]
    return missing + extra


def _feature_checks(entry: Document, config: Document, column: ColumnSketch) -> list[Document]:
    found = []
    there = column.present + column.unreadable
    wanted = config["datatype_check_threshold"]
    if column.measure == NUMBER and there:
        matching = column.present / there
        expected = entry["inferred_type"]
        if expected == "Integral":
            matching = column.whole / there
        if matching < wanted - _slack(wanted, there):
            text = (
                f"Data type match requirement is not met. Expected data type: {expected}, "
                f"Expected match: {wanted:.1%}.  Observed: Only {matching:.1%} of data is "
                f"{expected}."
            )
            found.append(_violation(column.name, "data_type_check", text))
    complete = column.present / column.rows
    needed = entry["completeness"]
    if complete < needed - _slack(needed, column.rows):
        text = f"Completeness {complete:.1%} is below the baseline's {needed:.1%}."
        found.append(_violation(column.name, "completeness_check", text))
    known = entry.get("string_constraints", {}).get("domains")
    if known is not None and column.present:
        share = 1.0 - column.counts[-1] / column.present
        wanted = config["domain_content_threshold"]
        if share < wanted - _slack(wanted, column.present):
            text = (
                f"Value(s) outside the known categories: expected match {wanted:.1%}, "
                f"observed {share:.1%}."
            )
            found.append(_violation(column.name, "categorical_values_check", text))
    return found


def _drift_violation(moved: ColumnDrift) -> Document:
    text = (
        f"Baseline drift ({moved.statistic}) distance: {moved.value:.6g} exceeds threshold: "
        f"{moved.threshold:.6g}"
    )
    return _violation(moved.column, "baseline_drift_check", text)


def _violation(name: str, check: str, text: str) -> Document:
    return {"feature_name": name, "constraint_check_type": check, "description": text}
