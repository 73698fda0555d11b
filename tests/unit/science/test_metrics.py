"""The figures, held against scikit-learn's of the same name."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from science.metric_names import DEFAULTS, METRICS, judged_by
from science.metrics import classification_metrics, confusion, decide, regression_metrics, roc_auc

SEEDS = st.integers(0, 2**32 - 1)


def two_classes(seed: int, rows: int = 120) -> tuple[np.ndarray, np.ndarray]:
    """Scores with ties, and both classes present."""
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, 2, rows)
    truth[:2] = [0, 1]
    score = np.round(np.clip(truth * 0.2 + generator.random(rows) * 0.8, 0, 1), 2)
    return truth, np.stack([1 - score, score], axis=1)


def many_classes(seed: int, rows: int = 150, classes: int = 4) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    truth = np.r_[np.arange(classes), generator.integers(0, classes, rows - classes)]
    raw = generator.random((rows, classes)) + np.eye(classes)[truth]
    return truth, raw / raw.sum(axis=1, keepdims=True)


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS)
def test_two_classes_agree_with_scikit_learn(seed):
    """Every figure of a binary task equals the reference's."""
    truth, scores = two_classes(seed)
    chosen = (scores[:, 1] >= 0.5).astype(int)
    expected = {
        "accuracy": reference.accuracy_score(truth, chosen),
        "balanced_accuracy": reference.balanced_accuracy_score(truth, chosen),
        "precision": reference.precision_score(truth, chosen, zero_division=0),
        "recall": reference.recall_score(truth, chosen),
        "f1": reference.f1_score(truth, chosen),
        "roc_auc": reference.roc_auc_score(truth, scores[:, 1]),
        "pr_auc": reference.average_precision_score(truth, scores[:, 1]),
        "log_loss": reference.log_loss(truth, scores[:, 1]),
        "brier": reference.brier_score_loss(truth, scores[:, 1]),
    }

    assert classification_metrics(truth, scores) == pytest.approx(expected)


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS)
def test_several_classes_are_plain_means_over_the_classes(seed):
    """More classes: macro averages, AUCs one against the rest."""
    truth, scores = many_classes(seed)
    chosen = scores.argmax(axis=1)
    one_hot = np.eye(4)[truth]
    expected = {
        "accuracy": reference.accuracy_score(truth, chosen),
        "balanced_accuracy": reference.balanced_accuracy_score(truth, chosen),
        "precision": reference.precision_score(truth, chosen, average="macro", zero_division=0),
        "recall": reference.recall_score(truth, chosen, average="macro"),
        "f1": reference.f1_score(truth, chosen, average="macro", zero_division=0),
        "roc_auc": reference.roc_auc_score(truth, scores, multi_class="ovr"),
        "pr_auc": reference.average_precision_score(one_hot, scores),
        "log_loss": reference.log_loss(truth, scores),
        "brier": float(np.mean(np.sum((scores - one_hot) ** 2, axis=1))),
    }

    assert classification_metrics(truth, scores) == pytest.approx(expected)


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS)
def test_values_agree_with_scikit_learn(seed):
    """RMSE, MAE, R² and the median absolute error."""
    generator = np.random.default_rng(seed)
    truth = generator.normal(50, 20, 80)
    values = truth + generator.normal(0, 5, 80)
    expected = {
        "rmse": reference.root_mean_squared_error(truth, values),
        "mae": reference.mean_absolute_error(truth, values),
        "r2": reference.r2_score(truth, values),
        "median_absolute_error": reference.median_absolute_error(truth, values),
    }

    assert regression_metrics(truth, values) == pytest.approx(expected)


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, power=st.floats(0.2, 5))
def test_auc_asks_for_order_alone(seed, power):
    """Any rising function of the scores has the same AUC; turning them round mirrors it."""
    truth, scores = two_classes(seed)
    positive, score = truth == 1, scores[:, 1]
    area = roc_auc(positive, score)

    assert roc_auc(positive, score**power) == pytest.approx(area)
    assert roc_auc(positive, -score) == pytest.approx(1 - area)


def test_one_class_alone_has_no_auc():
    """What the rows cannot give is None, not a guess."""
    figures = classification_metrics(np.ones(5, dtype=int), np.tile([0.3, 0.7], (5, 1)))

    assert figures["roc_auc"] is None
    assert figures["accuracy"] == 1.0


def test_a_class_that_never_occurs_does_not_lower_the_mean():
    """A class of the training data may be missing among few held-out rows."""
    truth = np.array([0, 0, 1, 1])
    scores = np.eye(3)[truth]

    assert classification_metrics(truth, scores)["f1"] == 1.0


def test_no_rows_have_no_figures():
    """Nothing was judged, and nothing fails."""
    assert set(classification_metrics(np.empty(0), np.empty((0, 2))).values()) == {None}
    assert set(regression_metrics(np.empty(0), np.empty(0)).values()) == {None}


def test_a_target_that_does_not_vary_has_no_r2():
    """There is no variance to explain."""
    assert regression_metrics(np.ones(4), np.zeros(4))["r2"] is None


def test_the_threshold_moves_the_label_and_not_the_ranking():
    """Labels follow the threshold; AUC does not ask for one."""
    truth, scores = two_classes(7)
    strict = classification_metrics(truth, scores, threshold=0.9)
    loose = classification_metrics(truth, scores, threshold=0.1)

    assert strict["recall"] < loose["recall"]
    assert strict["roc_auc"] == loose["roc_auc"]
    assert decide(np.array([[0.5, 0.5]])).tolist() == [1]


def test_the_confusion_matrix_counts_true_classes_in_rows():
    """Row = what happened, column = what was predicted."""
    counts = confusion(np.array([0, 0, 1]), np.array([0, 1, 1]), 2)

    assert counts.tolist() == [[1, 1], [0, 1]]


def test_every_metric_that_can_judge_is_computed():
    """A problem may name any of them."""
    truth, scores = two_classes(1)
    binary = classification_metrics(truth, scores)
    values = regression_metrics(truth, scores[:, 1])

    for name, (tasks, _) in METRICS.items():
        assert name in (values if tasks == ("regression",) else binary)


@pytest.mark.parametrize("task", DEFAULTS)
def test_a_problem_without_a_metric_is_judged_by_its_tasks_own(task):
    """The default fits the task."""
    assert judged_by({"metric": {"name": None}}, task)[0] == DEFAULTS[task]


def test_a_metric_of_another_task_is_refused_with_those_that_fit():
    """An AUC of numbers is no figure."""
    with pytest.raises(ValueError, match="choose one of rmse, mae, r2"):
        judged_by({"metric": {"name": "roc_auc"}}, "regression")
