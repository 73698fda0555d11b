"""The losses of Linear Learner, and their slopes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.sagemaker.containers.algorithms.linear_learner.hyperparameters import (
    BINARY,
    LOSSES,
    REGRESSOR,
)
from local.sagemaker.containers.algorithms.linear_learner.losses import SMOOTH, Loss

SCORES = st.floats(-4, 4)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(LOSSES[REGRESSOR] + LOSSES[BINARY]), SCORES, st.floats(-2, 2))
def test_slopes_are_the_derivatives_of_the_values(name, score, label):
    """By central differences, where corners are rounded off."""
    loss = Loss(name, quantile=0.3, insensitivity=0.2, delta=0.7)
    labels = np.array([float(label > 0) if name in LOSSES[BINARY] else label])
    step = 1e-6
    low, high = (loss.values(np.array([[score + side * step]]), labels, SMOOTH) for side in (-1, 1))

    expected = (high - low) / (2 * step)
    np.testing.assert_allclose(
        loss.slopes(np.array([[score]]), labels, SMOOTH)[:, 0], expected, atol=1e-3
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(SCORES, min_size=3, max_size=3), st.integers(0, 2))
def test_the_slopes_of_softmax_are_its_derivatives(scores, label):
    """One for each class; together they are zero."""
    loss, labels, step = Loss("softmax_loss"), np.array([label]), 1e-6
    at = np.array([scores])
    slopes = loss.slopes(at, labels)
    for column in range(3):
        moved = np.eye(3)[[column]] * step
        rise = loss.values(at + moved, labels) - loss.values(at - moved, labels)
        assert slopes[0, column] == pytest.approx(rise[0] / (2 * step), abs=1e-4)

    assert slopes.sum() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "error", "expected"),
    [
        ("squared_loss", 3.0, 9.0),
        ("absolute_loss", -3.0, 3.0),
        ("huber_loss", 0.5, 0.125),
        ("huber_loss", -3.0, 2.5),
        ("eps_insensitive_squared_loss", 3.0, 6.25),
        ("eps_insensitive_absolute_loss", 0.4, 0.0),
        ("quantile_loss", 1.0, 0.9),
        ("quantile_loss", -1.0, 0.1),
    ],
)
def test_a_loss_of_an_error_is_what_its_definition_says(name, error, expected):
    """`quantile` is the probability that a label is above its prediction."""
    loss = Loss(name, quantile=0.9, insensitivity=0.5, delta=1.0)

    assert loss.values(np.array([[error]]), np.zeros(1))[0] == pytest.approx(expected)
