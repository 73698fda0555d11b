"""Constraints that a baseline suggests, and where data breaks them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from local.sagemaker.containers.monitoring.columns import sketched, statistics
from local.sagemaker.containers.monitoring.constraints import (
    chi_squared_distance,
    level_distance,
    number_distance,
    suggested,
    violations,
)
from local.sagemaker.containers.monitoring.dataset import Dataset


def dataset(**columns: list[Any]) -> Dataset:
    found = Dataset()
    for cells in zip(*columns.values(), strict=True):
        found.add(dict(zip(columns, cells, strict=True)))
    return found


def broken(before: Dataset, now: Dataset) -> set[tuple[str, str]]:
    baseline = statistics(before)
    found, _ = violations(now, suggested(baseline), baseline)
    return {(item["feature_name"], item["constraint_check_type"]) for item in found}


def test_the_same_data_breaks_nothing() -> None:
    """A data set keeps the constraints that it suggests."""
    data = dataset(n=[1, 2, 3, 4], s=["x", "y", "x", "y"], e=[None, "1.5", "2", "3"])
    assert broken(data, data) == set()


@pytest.mark.parametrize(
    ("now", "check"),
    [
        ({"n": [1.5, 2, 3, 4], "s": list("xyxy")}, ("n", "data_type_check")),
        ({"n": [1, None, 3, 4], "s": list("xyxy")}, ("n", "completeness_check")),
        ({"n": [1, 2, 3, 4], "s": list("xyxz")}, ("s", "categorical_values_check")),
        ({"n": [1, 2, 3, 4]}, ("Missing columns", "missing_column_check")),
        (
            {"n": [1, 2, 3, 4], "s": list("xyxy"), "t": [1, 2, 3, 4]},
            ("Extra columns", "extra_column_check"),
        ),
    ],
)
def test_each_check_finds_its_own(now: dict[str, list[Any]], check: tuple[str, str]) -> None:
    """One thing changed is one violation."""
    assert broken(dataset(n=[1, 2, 3, 4], s=list("xyxy")), dataset(**now)) == {check}


def test_the_distance_of_numbers_is_that_of_kolmogorov_and_smirnov() -> None:
    """The largest gap of the cumulative shares; Robust takes chance off."""
    values, live = np.arange(100.0), np.arange(50.0, 150.0)
    weights = np.ones(100)
    assert number_distance(values, weights, live, "Simple") == pytest.approx(0.5)
    robust = number_distance(values, weights, live, "Robust")
    assert robust == pytest.approx(0.5 - 1.8 * (200 / 10_000) ** 0.5)
    assert number_distance(values, weights, np.array([]), "Simple") is None


def test_the_distance_of_categories_is_the_largest_change() -> None:
    """A share that goes from a half to a quarter has moved a quarter."""
    now = Counter({"x": 1, "y": 3})
    assert level_distance({"x": 2, "y": 2}, now, "Simple") == pytest.approx(0.25)
    same = chi_squared_distance({"x": 50, "y": 50}, Counter({"x": 50, "y": 50}), "Simple")
    moved = chi_squared_distance({"x": 50, "y": 50}, Counter({"x": 90, "y": 10}), "Simple")
    assert same == pytest.approx(0)
    assert moved is not None
    assert moved > 0.99


def test_a_large_sketch_keeps_every_rank() -> None:
    """Of many values few are kept, their weights add up, and ranks hardly move."""
    cells = [float(number) for number in np.random.default_rng(1).normal(size=20_001)]
    told = statistics(dataset(n=cells))["features"][0]["numerical_statistics"]
    values, weights = sketched(told["distribution"])

    assert len(values) < 2_100
    assert weights.sum() == len(cells)
    assert number_distance(values, weights, np.array(cells), "Simple") == pytest.approx(0, abs=1e-3)
