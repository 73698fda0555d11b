"""The container's own metrics, against scikit-learn's."""

import numpy as np
import pytest
from sklearn import metrics as reference

from local.sagemaker.containers.algorithms.xgboost.metrics import CUSTOM, larger_is_better

GENERATOR = np.random.default_rng(5)
BINARY = GENERATOR.integers(0, 2, 300).astype(float)
SCORES = np.clip(BINARY * 0.3 + GENERATOR.random(300) * 0.7, 0, 1)
CLASSES = GENERATOR.integers(0, 3, 300).astype(float)
CHANCES = GENERATOR.random((300, 3)) + np.eye(3)[CLASSES.astype(int)] * 0.5


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("accuracy", reference.accuracy_score),
        ("balanced_accuracy", reference.balanced_accuracy_score),
        ("f1", lambda t, g: reference.f1_score(t, g, average="macro")),
        ("f1_macro", lambda t, g: reference.f1_score(t, g, average="macro")),
        ("precision_macro", lambda t, g: reference.precision_score(t, g, average="macro")),
        ("precision_micro", lambda t, g: reference.precision_score(t, g, average="micro")),
        ("recall_macro", lambda t, g: reference.recall_score(t, g, average="macro")),
        ("recall_micro", lambda t, g: reference.recall_score(t, g, average="micro")),
    ],
)
def test_classification_agrees_with_the_reference(name, expected):
    """With two classes and with three."""
    binary, several = (SCORES > 0.5).astype(float), CHANCES.argmax(axis=1)

    assert CUSTOM[name](SCORES, BINARY) == pytest.approx(expected(BINARY, binary))
    assert CUSTOM[name](CHANCES, CLASSES) == pytest.approx(expected(CLASSES, several))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("f1_binary", reference.f1_score),
        ("precision", reference.precision_score),
        ("recall", reference.recall_score),
    ],
)
def test_the_positive_class_is_meant(name, expected):
    """Without an average, two classes and the larger label is the positive one."""
    assert CUSTOM[name](SCORES, BINARY) == pytest.approx(expected(BINARY, SCORES > 0.5))


def test_regression_agrees_with_the_reference():
    """Mean squared error and R²."""
    guess = BINARY + GENERATOR.normal(size=300)

    assert CUSTOM["mse"](guess, BINARY) == pytest.approx(
        reference.mean_squared_error(BINARY, guess)
    )
    assert CUSTOM["r2"](guess, BINARY) == pytest.approx(reference.r2_score(BINARY, guess))


@pytest.mark.parametrize(
    ("name", "larger"),
    [
        ("auc", True),
        ("ndcg@5-", True),
        ("map", True),
        ("f1", True),
        ("mse", False),
        ("rmse", False),
    ],
)
def test_every_metric_knows_its_direction(name, larger):
    """Early stopping looks in the right direction."""
    assert larger_is_better(name) is larger
