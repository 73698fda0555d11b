"""The curves and tables behind the figures: ROC, precision-recall, calibration, residuals.

Each is thinned to what a picture can show, so a report of a million rows is no larger than one of
a hundred.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from science.metrics import Array, cumulated

POINTS = 120
BINS = 10


def roc_curve(positive: Array, scores: Array) -> list[list[float]]:
    """Points [false positive rate, true positive rate] from (0, 0) to (1, 1)."""
    hits, misses, _ = cumulated(positive, scores)
    if not hits[-1] or not misses[-1]:
        return []
    across = np.r_[0.0, misses / misses[-1]]
    up = np.r_[0.0, hits / hits[-1]]
    return _thinned(across, up)


def precision_recall_curve(positive: Array, scores: Array) -> list[list[float]]:
    """Points [recall, precision], recall rising."""
    hits, misses, _ = cumulated(positive, scores)
    if not hits[-1]:
        return []
    return _thinned(hits / hits[-1], hits / (hits + misses))


def calibration(positive: Array, scores: Array, bins: int = BINS) -> dict[str, Any]:
    """Do events happen as often as the scores say?

    Bins hold equal numbers of rows, so that none is decided by a handful (Nguyen and O'Connor,
    EMNLP 2015); ``expected_calibration_error`` is the mean distance, weighted by rows.

    Args:
        positive: booleans, shape (n,).
        scores: probabilities of the positive class, shape (n,).
        bins: how many bins at most; equal scores are never parted.

    Returns:
        ``bins`` with mean score, observed share and rows each; the errors, expected and greatest.
    """
    order = np.argsort(scores, kind="stable")
    ranked, happened = scores[order].astype(np.float64), positive[order]
    wanted = [ranked.size * number // bins for number in range(1, bins)]
    starts = np.unique(np.searchsorted(ranked, ranked[wanted])) if ranked.size else np.array([0])
    edges = np.unique(np.r_[0, starts, ranked.size]).astype(int)
    rows = []
    for start, end in zip(edges[:-1], edges[1:]):
        score, share = float(ranked[start:end].mean()), float(happened[start:end].mean())
        rows.append({"score": score, "observed": share, "rows": int(end - start)})
    gaps = [abs(row["score"] - row["observed"]) for row in rows]
    weights = [row["rows"] / ranked.size for row in rows]
    return {
        "bins": rows,
        "expected_calibration_error": sum(gap * weight for gap, weight in zip(gaps, weights)),
        "maximum_calibration_error": max(gaps, default=0.0),
    }


def score_histogram(positive: Array, scores: Array, bins: int = 20) -> dict[str, Any]:
    """How many rows of each kind got which score: counts over equal bins of [0, 1]."""
    edges = np.linspace(0.0, 1.0, bins + 1)
    return {
        "edges": edges.tolist(),
        "positive": np.histogram(scores[positive], edges)[0].tolist(),
        "negative": np.histogram(scores[~positive], edges)[0].tolist(),
    }


def residuals(truth: Array, values: Array, seed: int = 0, points: int = 400) -> dict[str, Any]:
    """Predicted against actual values (a sample of rows), and a histogram of the differences."""
    if not truth.size:
        return {"points": [], "edges": [], "counts": []}
    some = np.random.default_rng(seed).permutation(truth.size)[:points]
    off = values.astype(np.float64) - truth
    low, high = np.quantile(off, [0.005, 0.995])
    edges = np.linspace(low, high if high > low else low + 1.0, 25)
    counts = np.histogram(np.clip(off, edges[0], edges[-1]), edges)[0]
    shown = np.stack([truth[some], values[some]], axis=1).astype(np.float64)
    return {"points": shown.tolist(), "edges": edges.tolist(), "counts": counts.tolist()}


def _thinned(across: Array, up: Array) -> list[list[float]]:
    """At most ``POINTS`` points: first, last, and those evenly spread along the curve's length."""
    if across.size > POINTS:
        length = np.cumsum(np.abs(np.diff(across, prepend=0.0)) + np.abs(np.diff(up, prepend=0.0)))
        at = np.searchsorted(length, np.linspace(0.0, length[-1], POINTS))
        keep = np.unique(np.r_[0, np.clip(at, 0, across.size - 1), across.size - 1])
        across, up = across[keep], up[keep]
    return [[round(float(x), 5), round(float(y), 5)] for x, y in zip(across, up)]
