"""constraints.json that a baseline suggests, and constraint_violations.json where data breaks it.

Pages "Schema for Constraints (constraints.json file)" and "Schema for Violations". The distances
are those of Deequ, the library of AWS's own analyzer: the largest gap between the cumulative
shares, and for `Robust` less 1.8·√((n + m)/(n·m)), what chance alone makes of few rows.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.stats  # type: ignore[import-untyped]

from local.sagemaker.containers.monitoring.columns import (
    FRACTIONAL,
    INTEGRAL,
    STRING,
    UNKNOWN,
    kinds_of,
    numbers_of,
    sketched,
    texts_of,
)

if TYPE_CHECKING:
    from local.sagemaker.containers.monitoring.dataset import Cell, Dataset

type Document = dict[str, Any]

THRESHOLD = 0.1
MOST_DOMAINS = 20
"""A column of more categories is suggested no list of them."""
ROBUST_FACTOR = 1.8
SIGNIFICANCE = 0.05


def suggested(statistics: Document, categorical_drift_method: str = "LInfinity") -> Document:
    """The constraints that a data set itself suggests.

    Args:
        statistics: Its `statistics.json`.
        categorical_drift_method: `LInfinity` or `ChiSquared`.
    """
    return {
        "version": 0.0,
        "features": [_suggested(feature) for feature in statistics["features"]],
        "monitoring_config": {
            "evaluate_constraints": "Enabled",
            "emit_metrics": "Enabled",
            "datatype_check_threshold": 1.0,
            "domain_content_threshold": 1.0,
            "distribution_constraints": {
                "perform_comparison": "Enabled",
                "comparison_threshold": THRESHOLD,
                "comparison_method": "Robust",
                "categorical_comparison_threshold": THRESHOLD,
                "categorical_drift_method": categorical_drift_method,
            },
        },
    }


def _suggested(feature: Document) -> Document:
    told = feature.get("numerical_statistics") or feature["string_statistics"]
    present = told["common"]["num_present"]
    rows = present + told["common"]["num_missing"]
    entry: Document = {
        "name": feature["name"],
        "inferred_type": feature["inferred_type"],
        "completeness": present / rows if rows else 1.0,
    }
    if "numerical_statistics" in feature:
        entry["num_constraints"] = {"is_non_negative": told.get("min", -1.0) >= 0}
        return entry
    buckets = told.get("distribution", {}).get("categorical", {}).get("buckets", [])
    if 0 < len(buckets) <= MOST_DOMAINS and len(buckets) < present:
        entry["string_constraints"] = {"domains": sorted(bucket["value"] for bucket in buckets)}
    return entry


def violations(
    data: Dataset, constraints: Document, baseline: Document | None
) -> tuple[list[Document], dict[str, float]]:
    """Where data breaks constraints, and how far each column has drifted.

    Args:
        data: The rows, with the baseline's names.
        constraints: `constraints.json`.
        baseline: The baseline's `statistics.json`, if there is one, to tell drift.
    """
    config = constraints.get("monitoring_config") or {}
    before = {entry["name"]: entry for entry in (baseline or {}).get("features", [])}
    found = _columns_checked(data, constraints)
    distances: dict[str, float] = {}
    if config.get("evaluate_constraints", "Enabled") == "Disabled":
        return [], distances
    for entry in constraints.get("features", []):
        name = entry["name"]
        if name not in data.names:
            continue
        own = config | _overrides(entry)
        cells = data.column(name)
        found += _cells_checked(entry, cells, own)
        if name in before:
            drift, distance = _drifted(before[name], cells, own)
            found += drift
            if distance is not None:
                distances[name] = distance
    return found, distances


def _overrides(entry: Document) -> Document:
    return entry.get("monitoring_config_overrides") or entry.get("monitoringConfigOverrides") or {}


def _columns_checked(data: Dataset, constraints: Document) -> list[Document]:
    wanted = [entry["name"] for entry in constraints.get("features", [])]
    counted = (
        f"Number of columns in current dataset: {len(data.names)}, "
        f"Number of columns in baseline constraints: {len(wanted)}"
    )
    found = []
    if missing := [name for name in wanted if name not in data.names]:
        text = f"There are missing columns in current dataset: {', '.join(missing)}. {counted}"
        found.append(violation("Missing columns", "missing_column_check", text))
    if extra := [name for name in data.names if name not in wanted]:
        text = f"There are extra columns in current dataset: {', '.join(extra)}. {counted}"
        found.append(violation("Extra columns", "extra_column_check", text))
    return found


def _cells_checked(entry: Document, cells: list[Cell], config: Document) -> list[Document]:
    name, expected, found = entry["name"], entry.get("inferred_type", UNKNOWN), []
    kinds = kinds_of(cells)
    present = sum(kinds.values())
    wanted = config.get("datatype_check_threshold", 1.0)
    if present and expected != UNKNOWN:
        share = _of_type(kinds, expected) / present
        if share < wanted:
            text = (
                f"Data type match requirement is not met. Expected data type: {expected}, "
                f"Expected match: {wanted:.1%}.  Observed: Only {share:.1%} of data is {expected}."
            )
            found.append(violation(name, "data_type_check", text))
    complete = present / len(cells) if cells else 1.0
    if complete < entry.get("completeness", 0.0):
        text = (
            f"Completeness requirement is not met. Expected completeness: "
            f"{entry['completeness']:.1%}. Observed: {complete:.1%}."
        )
        found.append(violation(name, "completeness_check", text))
    domains = (entry.get("string_constraints") or {}).get("domains")
    if domains and present:
        texts, known = texts_of(cells), set(map(str, domains))
        share = sum(1 for text in texts if text in known) / len(texts)
        wanted = config.get("domain_content_threshold", 1.0)
        if share < wanted:
            text = (
                f"Categorical values requirement is not met. Expected match: {wanted:.1%}. "
                f"Observed: Only {share:.1%} of data is among the baseline's values."
            )
            found.append(violation(name, "categorical_values_check", text))
    return found


def _of_type(kinds: Counter[str], expected: str) -> int:
    if expected == STRING:
        return sum(kinds.values())
    return kinds[INTEGRAL] + (kinds[FRACTIONAL] if expected == FRACTIONAL else 0)


def _drifted(
    before: Document, cells: list[Cell], config: Document
) -> tuple[list[Document], float | None]:
    """The violation of a column that drifted, if any, and its distance, if it can be told."""
    rules = config.get("distribution_constraints") or {}
    if rules.get("perform_comparison", "Enabled") == "Disabled":
        return [], None
    method = rules.get("comparison_method") or rules.get("comparion_method") or "Robust"
    threshold = rules.get("comparison_threshold", THRESHOLD)
    if "numerical_statistics" in before:
        distribution = before["numerical_statistics"].get("distribution") or {}
        distance = number_distance(*sketched(distribution), numbers_of(cells), method)
    else:
        threshold = rules.get("categorical_comparison_threshold", threshold)
        told = before.get("string_statistics", {}).get("distribution", {}).get("categorical")
        counts = {bucket["value"]: bucket["count"] for bucket in (told or {}).get("buckets", [])}
        chi = rules.get("categorical_drift_method") == "ChiSquared"
        measure = chi_squared_distance if chi else level_distance
        distance = measure(counts, Counter(texts_of(cells)), method)
    if distance is None or distance <= threshold:
        return [], distance
    text = f"Baseline drift distance: {distance:.6g} exceeds threshold: {threshold:g}"
    return [violation(before["name"], "baseline_drift_check", text)], distance


def number_distance(values: Any, weights: Any, live: Any, method: str) -> float | None:
    """The largest gap between two cumulative shares; None when either side is empty.

    Args:
        values: The baseline's, in order, shape (n,).
        weights: How many values each of them stands for, shape (n,).
        live: What is compared, shape (m,).
        method: `Simple` or `Robust`.
    """
    if not len(values) or not len(live):
        return None
    ordered = np.sort(live)
    points = np.unique(np.concatenate([values, ordered]))
    reached = np.concatenate([[0.0], np.cumsum(weights)])
    first = reached[np.searchsorted(values, points, side="right")] / reached[-1]
    second = np.searchsorted(ordered, points, side="right") / ordered.size
    return _corrected(float(np.abs(first - second).max()), reached[-1], ordered.size, method)


def level_distance(before: dict[str, float], now: Counter[str], method: str) -> float | None:
    """The largest change of one category's share; None when either side is empty."""
    whole, live = sum(before.values()), sum(now.values())
    if not whole or not live:
        return None
    gap = max(abs(before.get(level, 0) / whole - now[level] / live) for level in {*before, *now})
    return _corrected(gap, whole, live, method)


def chi_squared_distance(before: dict[str, float], now: Counter[str], _method: str) -> float | None:
    """One less the p-value of a chi-squared test of equal shares; None when it cannot be made."""
    levels = sorted({*before, *now})
    table = np.array([[before.get(level, 0) for level in levels], [now[level] for level in levels]])
    if len(levels) < 2 or not table.sum(axis=1).all():
        return None
    return float(1.0 - scipy.stats.chi2_contingency(table).pvalue)


def _corrected(gap: float, first: float, second: float, method: str) -> float:
    if method != "Robust":
        return gap
    return max(0.0, gap - ROBUST_FACTOR * math.sqrt((first + second) / (first * second)))


def violation(name: str, check: str, text: str) -> Document:
    """One entry of `constraint_violations.json`."""
    return {"feature_name": name, "constraint_check_type": check, "description": text}
