"""A model's output as callers read it."""

from __future__ import annotations

import numpy as np
import pytest

from science.predictions import answer_columns, answers, probabilities

BINARY = {"task": "binary_classification", "classes": ["No", "Yes"]}
SEVERAL = {"task": "multiclass_classification", "classes": ["a", "b", "c"]}
VALUES = {"task": "regression", "classes": []}
SCORES = np.array([0.25, 0.5, 0.9], dtype=np.float32)
ROWS = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]], dtype=np.float32)


def test_two_classes_have_a_label_and_the_score_of_the_positive_one():
    """From one half on it is the positive class."""
    assert answers(SCORES, BINARY) == [
        {"label": "No", "score": 0.25},
        {"label": "Yes", "score": 0.5},
        {"label": "Yes", "score": pytest.approx(0.9)},
    ]


def test_a_problem_may_carry_its_own_threshold():
    """The label follows it; the score does not."""
    labels = [answer["label"] for answer in answers(SCORES, {**BINARY, "threshold": 0.6})]

    assert labels == ["No", "No", "Yes"]


def test_several_classes_have_all_their_scores():
    """The score is that of the label."""
    found = answers(ROWS, SEVERAL)

    assert found[0]["label"] == "a"
    assert found[1] == {
        "label": "c",
        "score": pytest.approx(0.8),
        "scores": {"a": 0.1, "b": 0.1, "c": 0.8},
    }


def test_values_are_values():
    """In the order asked."""
    assert answers(np.array([12.5, -1.0]), VALUES) == [{"value": 12.5}, {"value": -1.0}]


def test_columns_to_put_beside_the_rows():
    """One for the label, one for its score, one for each class if there are several."""
    assert list(answer_columns(SCORES, BINARY)) == ["prediction", "score"]
    assert list(answer_columns(ROWS, SEVERAL))[2:] == ["score_a", "score_b", "score_c"]
    assert answer_columns(np.array([2.0]), VALUES) == {"prediction": [2.0]}


def test_two_classes_have_two_probabilities():
    """They add up to one."""
    assert probabilities(SCORES, BINARY["task"]).sum(axis=1) == pytest.approx(1)
