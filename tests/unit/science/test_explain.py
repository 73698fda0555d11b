"""Shapley values, gathered per raw column."""

from __future__ import annotations

import numpy as np
import pytest
import xgboost

from science.explain import clarify_block, explanation, sample_rows

PROBLEM = {"task": "binary_classification", "target": "y"}
SOURCES = ["size", "colour", "colour", "noise"]


@pytest.fixture(scope="module")
def explained() -> tuple[np.ndarray, np.ndarray, dict]:
    generator = np.random.default_rng(0)
    size = generator.normal(size=600)
    colour = generator.integers(0, 2, 600)
    rows = np.stack([size, colour, 1 - colour, generator.normal(size=600)], axis=1)
    happened = (2 * size + colour + generator.normal(size=600) * 0.3) > 0.5
    data = xgboost.DMatrix(rows, happened)
    booster = xgboost.train({"max_depth": 3, "objective": "binary:logistic"}, data, 20)
    contributions = booster.predict(data, pred_contribs=True)
    margin = booster.predict(data, output_margin=True)
    return contributions, margin, {"size": size, "colour": colour.astype(str).astype(object)}


def test_contributions_add_up_to_the_answer(explained):
    """Exact Shapley values: features and bias sum to the margin."""
    contributions, margin, _ = explained

    assert contributions.sum(axis=1) == pytest.approx(margin, abs=1e-3)


def test_features_of_one_column_count_together(explained):
    """What moves the model most comes first; shares add up to one."""
    contributions, _, columns = explained
    found = explanation(contributions, columns, SOURCES, PROBLEM)
    listed = found["columns"]
    colour = np.abs(contributions[:, 1] + contributions[:, 2]).mean()

    assert [entry["column"] for entry in listed] == ["size", "colour", "noise"]
    assert listed[1]["importance"] == pytest.approx(colour, rel=1e-4)
    assert sum(entry["share"] for entry in listed) == pytest.approx(1)


def test_numbers_have_a_direction(explained):
    """More size, a higher answer; a column that the rows lack has none."""
    contributions, _, columns = explained
    found = {
        c["column"]: c for c in explanation(contributions, columns, SOURCES, PROBLEM)["columns"]
    }

    assert found["size"]["direction"] > 0.8
    assert found["noise"]["direction"] is None


def test_clarifys_block_has_a_label_for_each_class():
    """Three classes, three labels, each with every column and its expected value."""
    contributions = np.random.default_rng(1).normal(size=(20, 3, 5))
    found = explanation(contributions, {}, SOURCES, PROBLEM)
    block = clarify_block(found)["kernel_shap"]

    assert list(block) == ["label0", "label1", "label2"]
    assert set(block["label0"]["global_shap_values"]) == set(SOURCES)
    assert block["label2"]["expected_value"] == pytest.approx(contributions[:, 2, -1].mean())


def test_a_sample_has_no_row_twice():
    """And is the same each time."""
    some = sample_rows(100, 30)

    assert len(set(some.tolist())) == 30
    assert some.tolist() == sample_rows(100, 30).tolist()
    assert sample_rows(5, 30).tolist() == [0, 1, 2, 3, 4]
