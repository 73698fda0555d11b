"""What a model's output on held-out rows amounts to: figures, table, curves.

One place for the evaluation of a candidate, of the champion on the same rows, and of live traffic
once the truth is known.
"""

from __future__ import annotations

from typing import Any, Optional

import numpy as np

from science import curves
from science.metric_names import BINARY, REGRESSION, judged_by
from science.metrics import classification_metrics, confusion, decide, regression_metrics
from science.predictions import probabilities, threshold_of
from science.values import level_of, numbers

Array = np.ndarray[Any, Any]

RESAMPLES = 100
MOST_DRAWN = 20_000
"""Rows drawn for each resample at most."""


def encode_target(values: Array, problem: dict[str, Any]) -> Array:
    """Raw target values as float64: class numbers, or the values; NaN where it is neither.

    Spelling is forgiven as in the features: case, blanks, and ``1.0`` for ``1``.
    """
    if problem["task"] == REGRESSION:
        return np.asarray(numbers(values, problem.get("target_decimal")), dtype=np.float64)
    exact = {name: number for number, name in enumerate(problem["classes"])}
    loose = {level_of(name): number for name, number in exact.items()}
    seen: dict[Any, float] = {}
    for value in values.tolist():
        if value not in seen:
            seen[value] = float(exact.get(value, loose.get(level_of(value), np.nan)))
    return np.array([seen[value] for value in values.tolist()], dtype=np.float64)


def measure(truth: Array, output: Array, problem: dict[str, Any]) -> dict[str, Optional[float]]:
    """The figures by name.

    Args:
        truth: as ``encode_target`` gives it, without NaN.
        output: what the model said of the same rows.
        problem: the prepared problem.
    """
    if problem["task"] == REGRESSION:
        return regression_metrics(truth, output)
    scores = probabilities(output, problem["task"])
    return classification_metrics(truth, scores, threshold_of(problem))


def judge(
    figures: dict[str, Optional[float]], problem: dict[str, Any]
) -> tuple[str, Optional[float], bool]:
    """The one figure that decides: its name, its value, and whether more is better."""
    name, greater_is_better = judged_by(problem, problem["task"])
    return name, figures[name], greater_is_better


def standard_error(
    truth: Array, output: Array, problem: dict[str, Any], name: str
) -> Optional[float]:
    """How far chance alone moves a figure taken from so many rows; None if that cannot be told.

    By the bootstrap: the spread of the figure over rows drawn anew (Efron, Annals of Statistics,
    1979).

    Args:
        truth: as for ``measure``.
        output: as for ``measure``.
        problem: the prepared problem.
        name: the figure's name.
    """
    generator = np.random.default_rng(0)
    drawn_rows = min(truth.size, MOST_DRAWN)
    values = []
    for _ in range(RESAMPLES if truth.size else 0):
        drawn = generator.integers(0, truth.size, drawn_rows)
        value = measure(truth[drawn], output[drawn], problem)[name]
        if value is not None:
            values.append(value)
    if len(values) < RESAMPLES // 2:
        return None
    # The spread of a mean shrinks with the root of the rows; so, nearly, does every figure's.
    return float(np.std(values) * np.sqrt(drawn_rows / truth.size))


def picture(truth: Array, output: Array, problem: dict[str, Any]) -> dict[str, Any]:
    """What the report draws: confusion matrix, curves, calibration, residuals."""
    task = problem["task"]
    if task == REGRESSION:
        return {"residuals": curves.residuals(truth, output)}
    scores = probabilities(output, task)
    numbers_ = truth.astype(np.int64)
    chosen = decide(scores, threshold_of(problem))
    names = problem["classes"]
    drawn: dict[str, Any] = {
        "confusion_matrix": {
            "labels": [str(name) for name in names],
            "counts": confusion(numbers_, chosen, len(names)).tolist(),
        }
    }
    if not numbers_.size:
        return drawn
    if task != BINARY:
        drawn["roc_curves"] = {
            str(name): curves.roc_curve(numbers_ == number, scores[:, number])
            for number, name in list(enumerate(names))[:8]
        }
        right = numbers_ == np.argmax(scores, axis=1)
        drawn["calibration"] = curves.calibration(right, scores.max(axis=1))
        return drawn
    positive, score = numbers_ == 1, scores[:, 1]
    drawn["threshold"] = threshold_of(problem)
    drawn["positive"] = str(names[1])
    drawn["roc_curve"] = curves.roc_curve(positive, score)
    drawn["precision_recall_curve"] = curves.precision_recall_curve(positive, score)
    drawn["calibration"] = curves.calibration(positive, score)
    drawn["scores"] = curves.score_histogram(positive, score)
    return drawn
