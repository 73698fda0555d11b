"""Clarify's metrics, held against values worked out by hand and against each other.

Twelve people: facet d are the first four. y = happened, p = predicted.

====== = = = = | = = = = = = = =
facet  d d d d | a a a a a a a a
y      1 0 0 1 | 1 1 1 1 0 0 1 0
p      1 0 1 0 | 1 1 1 0 1 0 1 0
====== = = = = | = = = = = = = =

d: n 4, y=1 2, p=1 2, TP 1, FP 1, FN 1, TN 1. a: n 8, y=1 5, p=1 5, TP 4, FP 1, FN 1, TN 2.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from science.bias_metrics import (
    POST_TRAINING,
    PRE_TRAINING,
    difference,
    fliptest,
    post_training,
    pre_training,
    ratio,
)

FACET = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0], dtype=bool)
LABEL = np.array([1, 0, 0, 1, 1, 1, 1, 1, 0, 0, 1, 0], dtype=bool)
PREDICTED = np.array([1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0], dtype=bool)
GROUP = np.array(["x"] * 2 + ["y"] * 2 + ["x"] * 4 + ["y"] * 4)

BEFORE = {
    "CI": (8 - 4) / 12,
    "DPL": 5 / 8 - 2 / 4,
    "KL": 5 / 8 * math.log(5 / 8 / 0.5) + 3 / 8 * math.log(3 / 8 / 0.5),
    "LP": math.sqrt(2 * 0.125**2),
    "TVD": 0.125,
    "KS": 0.125,
}
AFTER = {
    "DPPL": 5 / 8 - 2 / 4,
    "DI": (2 / 4) / (5 / 8),
    "DCA": 5 / 5 - 2 / 2,
    "DCR": 2 / 2 - 3 / 3,
    "SD": 1 / 2 - 2 / 3,
    "RD": 4 / 5 - 1 / 2,
    "DAR": 4 / 5 - 1 / 2,
    "DRR": 1 / 2 - 2 / 3,
    "AD": 6 / 8 - 2 / 4,
    "TE": 1 / 1 - 1 / 1,
}


@pytest.mark.parametrize(("name", "expected"), BEFORE.items())
def test_labels_by_hand(name, expected):
    """Each metric before training."""
    assert pre_training(FACET, LABEL)[name][0] == pytest.approx(expected)


@pytest.mark.parametrize(("name", "expected"), AFTER.items())
def test_predictions_by_hand(name, expected):
    """Each metric after training."""
    assert post_training(FACET, LABEL, PREDICTED)[name][0] == pytest.approx(expected)


def test_jensen_shannon_is_the_mean_divergence_from_the_middle():
    """By its definition, with the middle at 9/16."""
    middle = 9 / 16

    def divergence(share: float) -> float:
        return share * math.log(share / middle) + (1 - share) * math.log((1 - share) / (1 - middle))

    expected = (divergence(5 / 8) + divergence(1 / 2)) / 2
    assert pre_training(FACET, LABEL)["JS"][0] == pytest.approx(expected)


def test_generalized_entropy_by_hand():
    """Benefits are 1 for right answers, 2 for a false yes, 0 for a false no."""
    benefit = np.array([1, 1, 2, 0, 1, 1, 1, 0, 2, 1, 1, 1])
    expected = np.mean((benefit / benefit.mean()) ** 2 - 1) / 2

    assert post_training(FACET, LABEL, PREDICTED)["GE"][0] == pytest.approx(expected)


def test_conditional_disparity_weighs_the_subgroups_by_their_rows():
    """x: rows 0, 1, 4-7, rejected 1 (d), accepted 5 (1 of d). y: the rest, 3 + 1 of each."""
    in_x = 1 / 1 - 1 / 5
    in_y = 1 / 4 - 1 / 2

    value = pre_training(FACET, LABEL, GROUP)["CDDL"][0]
    assert value == pytest.approx((6 * in_x + 6 * in_y) / 12)


def test_without_subgroups_there_is_no_conditional_disparity():
    """It is told as Clarify tells it."""
    value, error = post_training(FACET, LABEL, PREDICTED)["CDDPL"]

    assert value is None
    assert error == "Group variable is empty or not provided"


def test_labels_that_do_not_vary_have_no_conditional_disparity():
    """All accepted: there is nobody rejected to take shares of."""
    value, error = pre_training(FACET, np.ones(12, dtype=bool), GROUP)["CDDL"]

    assert (value, error) == (None, "No negative labels in set")


def test_division_by_zero_follows_clarify():
    """0/0 is 0, x/0 is infinite, and two infinities do not differ."""
    assert ratio(0, 0) == 0.0
    assert ratio(3, 0) == math.inf
    assert difference(math.inf, math.inf) == 0.0


def test_predictions_that_are_never_positive_for_a_are_infinitely_disparate():
    """DI divides by the share of a."""
    assert post_training(FACET, LABEL, FACET.copy())["DI"][0] == math.inf


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_metrics_lie_in_their_ranges(seed):
    """The ranges that the guide gives, whatever the rows."""
    generator = np.random.default_rng(seed)
    facet, label, predicted = generator.random((3, 30)) < generator.random(3)[:, None]
    facet[:2] = [True, False]
    found = pre_training(facet, label) | post_training(facet, label, predicted)
    known = {name: value for name, (value, _) in found.items() if value is not None}

    assert set(found) == {*PRE_TRAINING, *POST_TRAINING}
    for name in ("CI", "DPL", "DPPL", "SD", "RD", "DAR", "DRR", "AD"):
        assert -1 <= known[name] <= 1
    assert 0 <= known["JS"] <= math.log(2) + 1e-12
    assert 0 <= known["LP"] <= math.sqrt(2) + 1e-12
    assert known["TVD"] == known["KS"] == abs(known["DPL"])
    assert known["KL"] >= 0
    assert known["DI"] >= 0


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_other_facet_has_the_opposite_sign(seed):
    """Differences turn round when the groups change places; distances stay."""
    generator = np.random.default_rng(seed)
    facet, label, predicted = generator.random((3, 40)) < 0.5
    facet[:2] = [True, False]
    one, other = (
        pre_training(side, label) | post_training(side, label, predicted)
        for side in (facet, ~facet)
    )

    for name in ("CI", "DPL", "DPPL", "AD", "RD", "SD", "DAR", "DRR"):
        assert one[name][0] == pytest.approx(-other[name][0])
    for name in ("JS", "TVD", "GE"):
        assert one[name][0] == pytest.approx(other[name][0])


def test_the_fliptest_sees_who_fares_worse_than_their_likes():
    """All of d are rejected, their neighbours in a are not: −1, and 1 the other way round."""
    generator = np.random.default_rng(0)
    features = generator.normal(size=(200, 3))
    facet = np.arange(200) < 100

    assert fliptest(facet, ~facet, features) == -1.0
    assert fliptest(facet, facet, features) == 1.0
    assert fliptest(facet, np.ones(200, dtype=bool), features) == 0.0


def test_the_fliptest_bears_missing_features_and_few_rows():
    """A column without spread, a NaN, and a group of two."""
    features = np.array([[np.nan, 1.0], [2.0, 1.0], [3.0, 1.0], [4.0, 1.0]])

    value = fliptest(np.array([True, True, False, False]), np.array([1, 0, 1, 0], bool), features)
    assert -1 <= value <= 1
