"""Kernel SHAP: how much each feature moves the model's answer away from the baseline's.

Lundberg and Lee, "A Unified Approach to Interpreting Model Predictions" (2017): coalitions of
features, weighted by the Shapley kernel, are fitted by least squares whose coefficients add up to
the difference between a row's answer and the baseline's. With few features all coalitions are
taken, and the values are exact.
"""

from __future__ import annotations

import csv
import math
import statistics
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from local.sagemaker.containers.monitoring.columns import FRACTIONAL, INTEGRAL, inferred, kinds_of
from local.sagemaker.containers.monitoring.contract import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from local.sagemaker.containers.monitoring.dataset import Cell, Dataset

type Array = np.ndarray[Any, Any]
type Document = dict[str, Any]
type Predict = Callable[[list[list[Any]]], Array]
"""Rows of features to answers, shape (n, outputs)."""

EXTRA_SAMPLES = 2_048
"""Coalitions beyond two a feature when the request does not say how many."""
GAIN_LEAST = 0.90
AGGREGATES: dict[str, Callable[[Array], Array]] = {
    "mean_abs": lambda values: np.abs(values).mean(axis=0),
    "mean_sq": lambda values: (values**2).mean(axis=0),
    "median": lambda values: np.median(np.abs(values), axis=0),
}


def explain(
    data: Dataset,
    features: list[str],
    predict: Predict,
    config: Document,
) -> tuple[Document, Array, list[list[Any]]]:
    """Explain every row.

    Args:
        data: The rows.
        features: The model's inputs in their order.
        predict: Rows of features to answers, shape (n, outputs).
        config: `methods.shap`: baseline, num_samples, seed, agg_method, use_logit.

    Returns:
        The block `kernel_shap` of analysis.json, the local values of shape (rows, features,
        outputs), and the baseline's rows.

    Raises:
        AnalysisError: When a setting is not known here.
    """
    aggregate = AGGREGATES.get(config.get("agg_method", "mean_abs"))
    if aggregate is None:
        raise AnalysisError(f"agg_method must be one of {', '.join(AGGREGATES)}")
    rows = [[row.get(name) for name in features] for row in data.rows]
    baseline = baseline_rows(data, features, config.get("baseline"))
    kernel = coalitions(len(features), config.get("num_samples"), config.get("seed", 0))
    asked = _logit(predict) if config.get("use_logit") else predict
    expected = asked(baseline).mean(axis=0)
    local = np.array([_row_values(row, baseline, kernel, asked, expected) for row in rows])
    totals = aggregate(local)
    block = {
        f"label{output}": {
            "global_shap_values": dict(zip(features, totals[:, output].tolist(), strict=True)),
            "expected_value": float(expected[output]),
        }
        for output in range(totals.shape[1])
    }
    return {"kernel_shap": block}, local, baseline


def baseline_rows(data: Dataset, features: list[str], given: Any) -> list[list[Any]]:
    """What stands for the absence of a feature: the request's rows, or the data's typical one.

    Raises:
        AnalysisError: When the rows do not have the features' number of columns.
    """
    if isinstance(given, list) and given:
        rows = [list(row.values()) if isinstance(row, dict) else list(row) for row in given]
        if any(len(row) != len(features) for row in rows):
            raise AnalysisError(f"The rows of shap.baseline must have {len(features)} values")
        return rows
    if given:
        raise AnalysisError("shap.baseline must be a list of rows here, not an address")
    return [[typical(data.column(name)) for name in features]]


def typical(cells: list[Cell]) -> Any:
    """The mean of numbers, the most frequent of other values."""
    present = [cell for cell in cells if cell is not None]
    if not present:
        return ""
    if inferred(kinds_of(cells)) in (INTEGRAL, FRACTIONAL):
        return statistics.fmean(float(cell) for cell in present)
    return Counter(present).most_common(1)[0][0]


def coalitions(features: int, samples: int | None, seed: int) -> tuple[Array, Array]:
    """Which features are present, shape (n, features), and the kernel's weights, shape (n,)."""
    wanted = samples or 2 * features + EXTRA_SAMPLES
    if features < 2:
        return np.zeros((0, features), dtype=bool), np.zeros(0)
    if 2**features - 2 <= wanted:
        numbers = np.arange(1, 2**features - 1)
        masks = (numbers[:, None] >> np.arange(features)) & 1 == 1
        sizes = masks.sum(axis=1)
        ways = np.array([math.comb(features, size) for size in sizes.tolist()])
        return masks, (features - 1) / (ways * sizes * (features - sizes))
    generator = np.random.default_rng(seed)
    sizes = np.arange(1, features)
    shares = (features - 1) / (sizes * (features - sizes))
    chosen = generator.choice(sizes, wanted // 2, p=shares / shares.sum())
    masks = np.zeros((len(chosen), features), dtype=bool)
    for at, size in enumerate(chosen):
        masks[at, generator.choice(features, size, replace=False)] = True
    # Each coalition with its opposite: the noise of the two cancels out for the most part.
    return np.concatenate([masks, ~masks]), np.ones(2 * len(chosen))


def _row_values(
    row: list[Any],
    baseline: list[list[Any]],
    kernel: tuple[Array, Array],
    predict: Predict,
    expected: Array,
) -> Array:
    """One row's values: shape (features, outputs)."""
    masks, weights = kernel
    asked = [row]
    for mask in masks.tolist():
        asked += [
            [own if here else other for own, other, here in zip(row, base, mask, strict=True)]
            for base in baseline
        ]
    answers = predict(asked)
    whole: Array = answers[0] - expected
    if len(row) < 2:
        return whole[None, :]
    means = answers[1:].reshape(len(masks), len(baseline), -1).mean(axis=1) - expected
    # The last feature's value follows from the sum, so it is taken out of the equations.
    design = masks[:, :-1].astype(np.float64) - masks[:, -1:].astype(np.float64)
    target = means - masks[:, -1:] * whole
    scale = np.sqrt(weights)[:, None]
    found = np.linalg.lstsq(design * scale, target * scale, rcond=None)[0]
    return np.concatenate([found, (whole - found.sum(axis=0))[None, :]])


def _logit(predict: Predict) -> Predict:
    def transformed(rows: list[list[Any]]) -> Array:
        shares = np.clip(predict(rows), 1e-7, 1 - 1e-7)
        odds: Array = np.log(shares / (1 - shares))
        return odds

    return transformed


def write_local(folder: Path, features: list[str], local: Array, baseline: list[list[Any]]) -> None:
    """`out.csv` (`<feature>_label<k>`, features varying fastest) and `baseline.csv`."""
    folder.mkdir(parents=True, exist_ok=True)
    outputs = range(local.shape[2])
    with (folder / "out.csv").open("w", newline="") as text:
        writer = csv.writer(text)
        writer.writerow([f"{name}_label{output}" for output in outputs for name in features])
        writer.writerows(values.T.ravel().tolist() for values in local)
    with (folder / "baseline.csv").open("w", newline="") as text:
        csv.writer(text).writerows(baseline)


def attribution_gain(before: dict[str, float], now: dict[str, float]) -> float:
    """How well the order of features now keeps that of the baseline (NDCG), 0 to 1.

    Gains are the baseline's values, discounted by log2(place + 1) (page "Monitor Feature
    Attribution Drift").
    """
    ranked = sorted(now, key=lambda name: -now[name])
    best = sorted(before.values(), reverse=True)
    ideal = sum(gain / math.log2(place + 2) for place, gain in enumerate(best))
    found = sum(before.get(name, 0.0) / math.log2(place + 2) for place, name in enumerate(ranked))
    return found / ideal if ideal else 1.0
