"""Thresholds and metrics of a linear model."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import fbeta_score, precision_recall_fscore_support, roc_auc_score

from local.sagemaker.containers.algorithms.linear_learner.evaluation import (
    binary_metrics,
    choose_threshold,
    multiclass_metrics,
    regression_metrics,
)

BASE = {"f_beta": 1.0, "target_precision": 0.8, "target_recall": 0.8, "accuracy_top_k": 2}
CASES = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.7, 1.0]), st.integers(0, 1)),
    min_size=1,
    max_size=12,
)


def chosen(scores, labels, criterion):
    given = BASE | {"binary_classifier_model_selection_criteria": criterion}
    return choose_threshold(np.array(scores), np.array(labels, float), given, 0.5)


@settings(max_examples=60, deadline=None)
@given(CASES, st.sampled_from(["accuracy", "f_beta"]))
def test_no_threshold_is_better_than_the_chosen_one(cases, criterion):
    """Against all thresholds that make a difference, one by one."""
    scores, labels = map(np.array, zip(*cases, strict=True))

    def quality(threshold):
        guess = scores > threshold
        if criterion == "accuracy":
            return np.mean(guess == labels)
        return fbeta_score(labels, guess, beta=1, zero_division=0)

    threshold, reached = chosen(scores, labels, criterion)
    best = max(map(quality, [-1.0, *np.unique(scores), 0.5]))
    assert quality(threshold) == pytest.approx(best)
    assert reached == pytest.approx(best)


@settings(max_examples=60, deadline=None)
@given(CASES.filter(lambda cases: len({label for _, label in cases}) == 2))
def test_the_area_under_the_curve_is_the_usual_one(cases):
    """With equal scores too; without both classes there is none."""
    scores, labels = map(np.array, zip(*cases, strict=True))
    found = binary_metrics(scores, labels, 0.5, BASE)

    assert found["roc_auc_score"] == pytest.approx(roc_auc_score(labels, scores))
    assert "roc_auc_score" not in binary_metrics(scores, np.ones(len(scores)), 0.5, BASE)


def test_of_equally_good_thresholds_the_usual_one_is_taken():
    """0.5 parts the classes, and so would 0.4."""
    assert chosen([0.2, 0.8], [0, 1], "accuracy") == (0.5, 1.0)


@pytest.mark.parametrize(
    ("criterion", "precision", "recall"),
    [("precision_at_target_recall", 0.8, 0.8), ("recall_at_target_precision", 0.8, 0.8)],
)
def test_a_target_is_held_while_the_other_is_raised(criterion, precision, recall):
    """Both targets can be met by one threshold here, and only by that."""
    scores = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3]
    labels = [1, 1, 0, 1, 1, 0, 1]
    threshold, _ = chosen(scores, labels, criterion)
    found = binary_metrics(np.array(scores), np.array(labels, float), threshold, BASE)

    assert (found["precision"], found["recall"]) == pytest.approx((precision, recall))


def test_the_loss_function_leaves_the_usual_threshold():
    """Nothing is calibrated."""
    assert chosen([0.1, 0.2], [0, 1], "loss_function")[0] == 0.5


def test_multiclass_metrics_are_means_over_classes():
    """As scikit-learn has them; the DCG of a first rank is one."""
    scores = np.array([[0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.4, 0.35, 0.25], [0.1, 0.2, 0.7]])
    labels = np.array([0.0, 1, 1, 2])
    found = multiclass_metrics(scores, labels, BASE)
    precision, recall, f1, _ = precision_recall_fscore_support(
        labels, scores.argmax(axis=1), average="macro"
    )

    assert found["multiclass_accuracy"] == 0.75
    assert found["multiclass_top_k_accuracy_2"] == 1.0
    assert found["dcg"] == pytest.approx((3 + 1 / np.log2(3)) / 4)
    assert found["macro_precision"] == pytest.approx(precision)
    assert found["macro_recall"] == pytest.approx(recall)
    assert found["macro_f_1.000"] == pytest.approx(f1)


def test_regression_metrics_are_in_plain_units():
    """Errors 1 and −3."""
    found = regression_metrics(np.array([1.0, 2.0]), np.array([0.0, 5.0]))

    assert found["mse"] == 5
    assert found["absolute_loss"] == 2
    assert found["r2"] == pytest.approx(1 - 10 / 12.5)
