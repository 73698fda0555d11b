"""What is to be learned, told from the target column."""

from __future__ import annotations

import pytest

from science.faults import UnusableData
from science.kinds import Column
from science.target import decide


def aim(counts, kind="category", **problem):
    spellings = sorted(counts.items(), key=lambda item: -item[1])
    return decide(Column("y", kind), spellings, problem)


@pytest.mark.parametrize(
    ("counts", "kind", "task"),
    [
        ({"yes": 60, "no": 40}, "boolean", "binary_classification"),
        ({"a": 60, "b": 40, "c": 30}, "category", "multiclass_classification"),
        ({"0": 60, "1": 40}, "number", "binary_classification"),
        ({"1.5": 60, "2.5": 40}, "number", "binary_classification"),
        ({str(i): 50 for i in range(7)}, "number", "multiclass_classification"),
        ({str(i): 50 for i in range(21)}, "number", "regression"),
        ({str(i): 3 for i in range(12)}, "number", "regression"),
        ({"0.5": 60, "1": 40, "2": 9}, "number", "regression"),
    ],
)
def test_the_task_is_inferred(counts, kind, task):
    assert aim(counts, kind).task == task


def test_a_task_or_a_metric_that_is_named_wins():
    counts = {str(i): 50 for i in range(7)}

    assert aim(counts, "number", task="regression").task == "regression"
    assert aim(counts, "number", metric={"name": "rmse"}).task == "regression"
    assert aim({"0": 50, "1": 50}, task="multiclass_classification").task.startswith("multi")


@pytest.mark.parametrize(
    ("counts", "positive", "classes"),
    [
        ({"no": 90, "yes": 10}, None, ["no", "yes"]),
        ({"no": 10, "yes": 90}, None, ["no", "yes"]),
        ({"0": 10, "1": 90}, None, ["0", "1"]),
        ({"1": 70, "2": 30}, None, ["1", "2"]),
        ({"good": 70, "bad": 30}, None, ["good", "bad"]),
        ({"up": 30, "down": 70}, None, ["down", "up"]),
        ({"no": 90, "yes": 10}, "No", ["yes", "no"]),
        ({"x": 50, "y": 50}, None, ["x", "y"]),
    ],
)
def test_the_positive_class_comes_last(counts, positive, classes):
    assert aim(counts, positive=positive).classes == classes


def test_classes_are_in_order_of_number():
    counts = {"10": 100, "9": 120, "100": 90}

    assert aim(counts, "number").classes == ["9", "10", "100"]


def test_spellings_of_a_label_are_one_class():
    found = aim({"Yes": 50, "yes": 10, "No": 40, "1.0": 5}, positive="YES", task=None)

    assert found.classes == ["1.0", "No", "Yes"]
    assert found.numbers["yes"] == found.numbers["Yes"] == 2


@pytest.mark.parametrize(
    ("counts", "problem", "said"),
    [
        ({"a": 50}, {}, "same target"),
        ({"a": 2, "b": 1}, {}, "only 3"),
        ({"a": 50, "b": 50}, {"positive": "c"}, "not among"),
        ({"a": 50, "b": 50, "c": 50}, {"task": "binary_classification"}, "3 different"),
        ({f"n{i}": 1 for i in range(100)}, {}, "too many"),
        ({"a": 50, "b": 50}, {"task": "regression"}, "no numbers"),
        ({"5": 50}, {"task": "regression"}, "same target"),
        ({"a": 50, "b": 50}, {"task": "clustering"}, "clustering"),
    ],
)
def test_what_cannot_be_learned_is_told_with_a_cure(counts, problem, said):
    with pytest.raises(UnusableData) as caught:
        aim(counts, **problem)

    fault = caught.value.faults[0]
    assert said in fault.what
    assert fault.cure
