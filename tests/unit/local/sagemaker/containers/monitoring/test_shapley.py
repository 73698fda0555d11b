"""Kernel SHAP."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from local.sagemaker.containers.monitoring.dataset import Dataset
from local.sagemaker.containers.monitoring.shapley import attribution_gain, coalitions, explain


def predict(rows: list[list[Any]]) -> Any:
    values = np.array(rows, dtype=float)
    return (values[:, :1] * 2 + values[:, 1:2] * values[:, 2:3]).reshape(-1, 1)


def dataset(rows: list[list[float]]) -> Dataset:
    found = Dataset()
    for row in rows:
        found.add(dict(zip("abc", row, strict=True)))
    return found


def test_values_are_those_of_shapley() -> None:
    """A product is shared equally by its factors, and all values add up to the answer."""
    block, local, _ = explain(dataset([[1, 2, 3]]), list("abc"), predict, {"baseline": [[0, 0, 0]]})
    assert local[0, :, 0] == pytest.approx([2, 3, 3])
    assert block["kernel_shap"]["label0"]["expected_value"] == 0


def test_many_features_are_sampled() -> None:
    """Beyond what can be enumerated, sampled coalitions come near a sum's exact values."""
    weights = np.arange(14.0)
    found = Dataset()
    names = [f"f{at}" for at in range(14)]
    found.add(dict.fromkeys(names, 1.0))

    def weighted(rows: list[list[Any]]) -> Any:
        return (np.array(rows, dtype=float) @ weights).reshape(-1, 1)

    config = {"baseline": [[0.0] * 14], "num_samples": 300}
    _, local, _ = explain(found, names, weighted, config)
    assert local[0, :, 0] == pytest.approx(weights, abs=1e-6)


def test_all_coalitions_of_few_features() -> None:
    """Every coalition but the empty and the full one, small and large ones weighing most."""
    masks, weights = coalitions(4, None, 0)
    assert len(masks) == 14
    assert weights[masks.sum(axis=1) == 1].min() > weights[masks.sum(axis=1) == 2].max()


def test_the_same_order_has_the_full_gain() -> None:
    """Changed places cost, and the more so the more the features matter."""
    before = {"a": 3.0, "b": 2.0, "c": 0.1}
    assert attribution_gain(before, {"a": 9, "b": 5, "c": 1}) == pytest.approx(1)
    swapped = attribution_gain(before, {"a": 5, "b": 9, "c": 1})
    assert attribution_gain(before, {"a": 1, "b": 5, "c": 9}) < swapped < 1
