"""How good predictions are: the numbers a model is judged by, vectorised in NumPy.

Every figure equals scikit-learn's of the same name (the tests hold them together); a figure that
the rows cannot give, such as an AUC over one class, is None rather than a guess.
"""

from __future__ import annotations

from typing import Any, Callable, Optional

import numpy as np

Array = np.ndarray[Any, Any]
Figure = Optional[float]

SMALLEST = float(np.finfo(np.float64).eps)


def classification_metrics(
    truth: Array, probabilities: Array, threshold: float = 0.5
) -> dict[str, Figure]:
    """Judge class probabilities against what really happened.

    Args:
        truth: the class of each row as its number from 0, shape (n,).
        probabilities: shape (n, k), rows adding up to 1; with two classes, number 1 is the
            positive one.
        threshold: with two classes, the score from which on a row counts as positive.

    Returns:
        The figures by name. With two classes precision, recall, F1 and the AUCs are those of the
        positive class; with more they are plain means over the classes ("macro"), AUCs one
        against the rest.
    """
    truth = truth.astype(np.int64)
    classes = probabilities.shape[1]
    probabilities = probabilities.astype(np.float64)
    chosen = decide(probabilities, threshold)
    counts = confusion(truth, chosen, classes)
    judged: dict[str, Figure] = {"accuracy": _accuracy(counts)}
    judged["balanced_accuracy"] = _balanced_accuracy(counts)
    judged |= _per_class_metrics(counts)
    one_hot = truth[:, None] == np.arange(classes)
    judged["roc_auc"] = _one_class_or_mean(roc_auc, one_hot, probabilities)
    judged["pr_auc"] = _one_class_or_mean(average_precision, one_hot, probabilities)
    judged["log_loss"] = log_loss(truth, probabilities)
    judged["brier"] = _brier(one_hot, probabilities)
    return judged


def regression_metrics(truth: Array, values: Array) -> dict[str, Figure]:
    """Judge predicted values, both of shape (n,), in the unit of the target.

    ``r2`` is None when the truth does not vary.
    """
    truth, values = truth.astype(np.float64), values.astype(np.float64)
    if not truth.size:
        return {"rmse": None, "mae": None, "r2": None, "median_absolute_error": None}
    off = truth - values
    spread = float(np.sum((truth - truth.mean()) ** 2))
    return {
        "rmse": float(np.sqrt(np.mean(off**2))),
        "mae": float(np.mean(np.abs(off))),
        "r2": 1.0 - float(np.sum(off**2)) / spread if spread > 0 else None,
        "median_absolute_error": float(np.median(np.abs(off))),
    }


def decide(probabilities: Array, threshold: float = 0.5) -> Array:
    """The class each row is given, as its number, shape (n,): with two classes by threshold."""
    if probabilities.shape[1] == 2:
        return (probabilities[:, 1] >= threshold).astype(np.int64)
    return np.argmax(probabilities, axis=1)


def confusion(truth: Array, chosen: Array, classes: int) -> Array:
    """Counts of rows by true class (row) and predicted class (column), shape (k, k)."""
    flat = np.bincount(truth * classes + chosen, minlength=classes * classes)
    return flat.reshape(classes, classes)


def roc_auc(positive: Array, scores: Array) -> Figure:
    """The chance that a positive row scores above a negative one, ties counting half.

    The Mann-Whitney form of the area under the ROC curve (Hanley and McNeil, Radiology 1982).

    Args:
        positive: booleans, shape (n,).
        scores: higher means more likely positive, shape (n,).
    """
    positives = int(positive.sum())
    negatives = positive.size - positives
    if not positives or not negatives:
        return None
    _, position, counts = np.unique(scores, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks = (last - (counts - 1) / 2.0)[position]
    above = float(ranks[positive].sum()) - positives * (positives + 1) / 2.0
    return above / (positives * negatives)


def average_precision(positive: Array, scores: Array) -> Figure:
    """Area under the precision-recall curve as the sum of precision × step in recall.

    No interpolation between points, which would flatter (Davis and Goadrich, ICML 2006).
    """
    if not positive.any() or not positive.size:
        return None
    true_positives, false_positives, _ = cumulated(positive, scores)
    precision = true_positives / (true_positives + false_positives)
    steps = np.diff(true_positives, prepend=0.0) / true_positives[-1]
    return float(np.sum(precision * steps))


def cumulated(positive: Array, scores: Array) -> tuple[Array, Array, Array]:
    """True and false positives when every score from each distinct one up counts as positive.

    Returns:
        True positives, false positives and the thresholds, from the highest score downwards,
        one entry for each distinct score.
    """
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    ends = np.r_[np.nonzero(np.diff(ranked))[0], ranked.size - 1]
    hits = np.cumsum(positive[order], dtype=np.float64)[ends]
    return hits, ends + 1.0 - hits, ranked[ends]


def log_loss(truth: Array, probabilities: Array) -> Figure:
    """Mean of −ln(probability given to what happened), probabilities kept off 0 by an epsilon."""
    if not truth.size:
        return None
    given = probabilities[np.arange(truth.size), truth] / probabilities.sum(axis=1)
    return float(-np.mean(np.log(np.clip(given, SMALLEST, 1.0 - SMALLEST))))


def _accuracy(counts: Array) -> Figure:
    return float(np.trace(counts) / counts.sum()) if counts.sum() else None


def _balanced_accuracy(counts: Array) -> Figure:
    """Mean recall over the classes that occur."""
    rows = counts.sum(axis=1)
    there = rows > 0
    return float(np.mean(np.diag(counts)[there] / rows[there])) if there.any() else None


def _per_class_metrics(counts: Array) -> dict[str, Figure]:
    if not counts.sum():
        return {"precision": None, "recall": None, "f1": None}
    hits = np.diag(counts).astype(np.float64)
    predicted, there = counts.sum(axis=0), counts.sum(axis=1)
    by_name = {
        "precision": _share(hits, predicted),
        "recall": _share(hits, there),
        "f1": _share(2.0 * hits, predicted + there),
    }
    if len(hits) == 2:
        return {name: float(values[1]) for name, values in by_name.items()}
    # A class that neither occurs nor is predicted says nothing about the model.
    seen = (predicted + there) > 0
    return {name: float(values[seen].mean()) for name, values in by_name.items()}


def _share(part: Array, whole: Array) -> Array:
    """Part / whole, and 0 where there is no whole."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _one_class_or_mean(
    figure: Callable[[Array, Array], Figure], one_hot: Array, probabilities: Array
) -> Figure:
    """The positive class's figure, or the mean over classes if there are more than two."""
    classes = one_hot.shape[1]
    if classes == 2:
        return figure(one_hot[:, 1], probabilities[:, 1])
    each = [figure(one_hot[:, number], probabilities[:, number]) for number in range(classes)]
    known = [value for value in each if value is not None]
    return float(np.mean(known)) if known else None


def _brier(one_hot: Array, probabilities: Array) -> Figure:
    """Mean squared distance (Brier, Monthly Weather Review 1950); two classes: of the positive."""
    if not len(one_hot):
        return None
    squared = (probabilities - one_hot) ** 2
    if one_hot.shape[1] == 2:
        return float(np.mean(squared[:, 1]))
    return float(np.mean(squared.sum(axis=1)))
