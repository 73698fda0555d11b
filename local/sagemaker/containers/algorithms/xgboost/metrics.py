"""Metrics that the container adds to XGBoost's own, under the container's names.

They take predictions as XGBoost hands them to a custom metric: probabilities (or, with
`multi:softmax`, classes) and plain values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

type Vector = np.ndarray[Any, np.dtype[np.float64]]

_LARGER_IS_BETTER = frozenset({"auc", "aucpr", "map", "ndcg", "pre"})


def _labels(scores: Vector) -> Vector:
    if scores.ndim == 2:
        return scores.argmax(axis=1).astype(np.float64)
    if scores.size and (scores.min() < 0 or scores.max() > 1):
        return scores.astype(np.float64)  # multi:softmax: classes already
    return (scores > 0.5).astype(np.float64)


def _table(truth: Vector, guess: Vector) -> tuple[Vector, Vector, Vector]:
    """True positives, false positives and false negatives of each class."""
    classes = np.unique(np.concatenate([truth, guess]))
    true = np.array([np.sum((truth == c) & (guess == c)) for c in classes], float)
    false = np.array([np.sum((truth != c) & (guess == c)) for c in classes], float)
    missed = np.array([np.sum((truth == c) & (guess != c)) for c in classes], float)
    return true, false, missed


def _ratio(above: Any, below: Any) -> Any:
    return np.divide(above, below, out=np.zeros_like(np.asarray(above, float)), where=below > 0)


def _scores(kind: str, truth: Vector, guess: Vector, average: str) -> float:
    if average == "binary":
        positive = truth.max(initial=1.0)
        true = np.array([np.sum((truth == positive) & (guess == positive))], float)
        false = np.array([np.sum((truth != positive) & (guess == positive))], float)
        missed = np.array([np.sum((truth == positive) & (guess != positive))], float)
    else:
        true, false, missed = _table(truth, guess)
    if average == "micro":
        true, false, missed = (part.sum(keepdims=True) for part in (true, false, missed))
    below = {"precision": true + false, "recall": true + missed}.get(kind)
    if below is None:  # F1 = 2·TP / (2·TP + FP + FN)
        return float(_ratio(2 * true, 2 * true + false + missed).mean())
    return float(_ratio(true, below).mean())


def _balanced_accuracy(scores: Vector, truth: Vector) -> float:
    guess = _labels(scores)
    present = np.unique(truth)
    return float(np.mean([np.mean(guess[truth == c] == c) for c in present]))


def _r2(scores: Vector, truth: Vector) -> float:
    spread = float(np.sum((truth - truth.mean()) ** 2))
    return 1.0 - float(np.sum((truth - scores) ** 2)) / spread if spread else 0.0


def _classification(kind: str, average: str) -> Callable[[Vector, Vector], float]:
    return lambda scores, truth: _scores(kind, truth, _labels(scores), average)


CUSTOM: dict[str, Callable[[Vector, Vector], float]] = {
    "accuracy": lambda scores, truth: float(np.mean(_labels(scores) == truth)),
    "balanced_accuracy": _balanced_accuracy,
    "mse": lambda scores, truth: float(np.mean((scores - truth) ** 2)),
    "r2": _r2,
    "f1": _classification("f1", "macro"),
    "f1_binary": _classification("f1", "binary"),
    "f1_macro": _classification("f1", "macro"),
    "precision": _classification("precision", "binary"),
    "precision_macro": _classification("precision", "macro"),
    "precision_micro": _classification("precision", "micro"),
    "recall": _classification("recall", "binary"),
    "recall_macro": _classification("recall", "macro"),
    "recall_micro": _classification("recall", "micro"),
}
"""Name → function of predictions and labels; the names of the container's `custom_metrics`."""


def larger_is_better(name: str) -> bool:
    """Tell in which direction a metric improves."""
    if name in CUSTOM:
        return name != "mse"
    return name.partition("@")[0].rstrip("-") in _LARGER_IS_BETTER


def feval(names: list[str]) -> Callable[[Any, Any], list[tuple[str, float]]]:
    """The function that XGBoost calls after each round for the container's own metrics."""

    def evaluate(scores: Any, matrix: Any) -> list[tuple[str, float]]:
        truth = np.asarray(matrix.get_label(), float)
        values = np.asarray(scores, float)
        return [(name, CUSTOM[name](values, truth)) for name in names]

    return evaluate
