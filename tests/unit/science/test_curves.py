"""What the pictures are drawn from."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from science import curves
from science.metrics import roc_auc

GENERATOR = np.random.default_rng(3)
SCORES = GENERATOR.random(5000)
POSITIVE = GENERATOR.random(5000) < SCORES


def area(points: list[list[float]]) -> float:
    across, up = np.array(points).T
    return float(np.trapezoid(up, across))


def test_the_thinned_roc_curve_keeps_its_area():
    """A hundred points of five thousand enclose the AUC all the same."""
    points = curves.roc_curve(POSITIVE, SCORES)

    assert len(points) <= curves.POINTS + 2
    assert points[0] == [0.0, 0.0]
    assert points[-1] == [1.0, 1.0]
    assert area(points) == pytest.approx(roc_auc(POSITIVE, SCORES), abs=0.002)


def test_one_class_has_no_curve():
    """Nothing to part."""
    assert curves.roc_curve(np.ones(3, dtype=bool), np.arange(3.0)) == []
    assert curves.precision_recall_curve(np.zeros(3, dtype=bool), np.arange(3.0)) == []


def test_recall_rises_to_one():
    """The last point takes every row as positive, so its precision is their share."""
    points = curves.precision_recall_curve(POSITIVE, SCORES)

    assert points[-1] == [1.0, pytest.approx(POSITIVE.mean(), abs=1e-4)]
    assert all(left[0] <= right[0] for left, right in pairwise(points))


def test_honest_scores_are_calibrated_and_exaggerated_ones_are_not():
    """The error is the distance between what is said and what happens."""
    honest = curves.calibration(POSITIVE, SCORES)
    exaggerated = curves.calibration(POSITIVE, np.where(SCORES > 0.5, 0.99, 0.01))

    assert honest["expected_calibration_error"] < 0.03
    assert exaggerated["expected_calibration_error"] > 0.2
    assert sum(row["rows"] for row in honest["bins"]) == POSITIVE.size


def test_calibration_agrees_with_scikit_learn():
    """Bins of equal rows are its ``quantile`` strategy."""
    observed, score = calibration_curve(POSITIVE, SCORES, n_bins=10, strategy="quantile")
    bins = curves.calibration(POSITIVE, SCORES)["bins"]

    assert [row["score"] for row in bins] == pytest.approx(score, abs=2e-3)
    assert [row["observed"] for row in bins] == pytest.approx(observed, abs=1e-2)


def test_equal_scores_are_one_bin():
    """A bin boundary never parts rows that the model cannot tell apart."""
    bins = curves.calibration(np.array([True, False, True, True]), np.full(4, 0.7))["bins"]

    assert bins == [{"score": pytest.approx(0.7), "observed": 0.75, "rows": 4}]


def test_every_row_is_in_the_histograms():
    """Scores by outcome, and residuals with their tails drawn in."""
    scores = curves.score_histogram(POSITIVE, SCORES)
    off = curves.residuals(np.zeros(100), np.r_[np.zeros(99), 1e9])

    assert sum(scores["positive"]) + sum(scores["negative"]) == SCORES.size
    assert sum(off["counts"]) == 100
