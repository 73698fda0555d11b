"""Metrics of a linear model, and the threshold that makes classes of a binary model's scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import rankdata  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Callable

type Array = np.ndarray[Any, Any]


def binary_metrics(
    scores: Array, labels: Array, threshold: float, parameters: dict[str, Any]
) -> dict[str, float]:
    """Metrics of a binary classifier, by the names of its log."""
    guess, truth = scores > threshold, labels == 1
    true, guessed, positive = (float(part.sum()) for part in (guess & truth, guess, truth))
    found = {
        "binary_classification_accuracy": float(np.mean(guess == truth)),
        f"binary_f_{parameters['f_beta']:.3f}": float(
            _f_beta(true, guessed, positive, parameters["f_beta"])
        ),
        "precision": true / guessed if guessed else 0.0,
        "recall": true / positive if positive else 0.0,
    }
    if 0 < positive < len(labels):
        # The area is the share of pairs in order (Mann and Whitney, 1947).
        ranks = float(rankdata(scores)[truth].sum()) - positive * (positive + 1) / 2
        found["roc_auc_score"] = ranks / (positive * (len(labels) - positive))
    return found


def multiclass_metrics(
    scores: Array, labels: Array, parameters: dict[str, Any]
) -> dict[str, float]:
    """Metrics of a multiclass classifier; macro ones are means over the classes that occur."""
    wanted = labels.astype(int)
    own = scores[np.arange(len(wanted)), wanted]
    ranks = 1 + (scores > own[:, None]).sum(axis=1)
    guess, top = scores.argmax(axis=1), parameters["accuracy_top_k"]
    beta = parameters["f_beta"]
    rates = []
    for label in np.unique(np.r_[wanted, guess]):
        hits = float(np.sum((guess == label) & (wanted == label)))
        guessed, there = float(np.sum(guess == label)), float(np.sum(wanted == label))
        rates.append(
            (hits / max(there, 1), hits / max(guessed, 1), _f_beta(hits, guessed, there, beta))
        )
    recall, precision, f_beta = np.mean(rates, axis=0).tolist()
    return {
        "multiclass_accuracy": float(np.mean(guess == wanted)),
        f"multiclass_top_k_accuracy_{top}": float(np.mean(ranks <= top)),
        "dcg": float(np.mean(1 / np.log2(1 + ranks))),
        "macro_recall": recall,
        "macro_precision": precision,
        f"macro_f_{beta:.3f}": f_beta,
    }


def regression_metrics(scores: Array, labels: Array) -> dict[str, float]:
    """Metrics of a regressor."""
    error, spread = scores - labels, float(np.sum((labels - labels.mean()) ** 2))
    squared = float(np.mean(error**2))
    return {
        "mse": squared,
        "rmse": squared**0.5,
        "absolute_loss": float(np.mean(np.abs(error))),
        "r2": 1 - float(np.sum(error**2)) / spread if spread else 0.0,
    }


LOSSES = frozenset({"mse", "rmse", "absolute_loss"})
"""Metrics of which less is better."""


def choose_threshold(
    scores: Array, labels: Array, parameters: dict[str, Any], usual: float
) -> tuple[float, float]:
    """Choose the threshold that `binary_classifier_model_selection_criteria` asks for.

    Args:
        scores: One a row.
        labels: 0 or 1.
        parameters: The hyperparameters.
        usual: The threshold under `loss_function`, and the nearest to it where several are best.

    Returns:
        The threshold, and how good the criterion is there; zero under `loss_function`.
    """
    criterion = parameters["binary_classifier_model_selection_criteria"]
    if criterion == "loss_function":
        return usual, 0.0
    order = np.argsort(-scores, kind="stable")
    ordered, truth = scores[order], labels[order] == 1
    last = np.r_[ordered[1:] != ordered[:-1], True]  # a threshold cannot part equal scores
    guessed = np.r_[0, np.arange(1, len(truth) + 1)[last]]
    true = np.r_[0, np.cumsum(truth)[last]]
    quality = _qualities(criterion, parameters)(
        true.astype(float), guessed.astype(float), float(truth.sum()), len(truth)
    )
    # Threshold t guesses the same for all low <= t < high of two neighbouring scores.
    high, low = np.r_[np.inf, ordered[last]], np.r_[ordered[last], -np.inf]
    best = np.flatnonzero(quality >= quality.max() - 1e-12)
    chosen = best[np.argmin(np.abs(np.clip(usual, low[best], high[best]) - usual))]
    return _between(float(low[chosen]), float(high[chosen]), usual), float(quality[chosen])


def _between(low: float, high: float, usual: float) -> float:
    """The usual threshold if low <= it < high, else the middle, or just beyond the only end."""
    if low <= usual < high:
        return usual
    if np.isinf(high):
        return low
    return high - 1e-6 if np.isinf(low) else (low + high) / 2


def _qualities(criterion: str, parameters: dict[str, Any]) -> Callable[..., Array]:
    def rates(true: Array, guessed: Array, positive: float) -> tuple[Array, Array]:
        return true / np.maximum(guessed, 1), true / max(positive, 1)

    def accuracy(true: Array, guessed: Array, positive: float, rows: int) -> Array:
        right: Array = (true + rows - positive - (guessed - true)) / rows
        return right

    def f_beta(true: Array, guessed: Array, positive: float, _rows: int) -> Array:
        return np.asarray(_f_beta(true, guessed, positive, parameters["f_beta"]))

    def precision(true: Array, guessed: Array, positive: float, _rows: int) -> Array:
        found, recall = rates(true, guessed, positive)
        return np.where(recall >= parameters["target_recall"], found, recall - 2)

    def recall(true: Array, guessed: Array, positive: float, _rows: int) -> Array:
        precise, found = rates(true, guessed, positive)
        return np.where(precise >= parameters["target_precision"], found, precise - 2)

    return {
        "accuracy": accuracy,
        "f_beta": f_beta,
        "precision_at_target_recall": precision,
        "recall_at_target_precision": recall,
    }[criterion]


def _f_beta(true: Any, guessed: Any, positive: float, beta: float) -> Any:
    """(1 + β²)·TP / (β²·positive + guessed positive)."""
    return (1 + beta**2) * true / np.maximum(beta**2 * positive + guessed, 1e-12)
