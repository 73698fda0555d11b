"""From rows to Clarify's report, and from limits to violations."""

from __future__ import annotations

import numpy as np
import pytest

from science.bias import LEAST_ROWS, analysis, as_number, bias_report, binarised, groups_of
from science.bias_metrics import POST_TRAINING, PRE_TRAINING

GENERATOR = np.random.default_rng(5)
ROWS = 400
GENDER = np.where(GENERATOR.random(ROWS) < 0.5, "F", "M").astype(object)
AGE = GENERATOR.integers(18, 80, ROWS).astype(str).astype(object)
TRUTH = (GENERATOR.random(ROWS) < np.where(GENDER == "F", 0.3, 0.7)).astype(float)
SCORE = np.where(TRUTH == 1, 0.8, 0.2)


def problem(*facets: str, limits: dict[str, float] | None = None, **more: object) -> dict:
    return {
        "target": "hired",
        "task": "binary_classification",
        "classes": ["no", "yes"],
        "columns": {"sensitive": ["gender"]},
        "evaluate": {"bias": {"facets": list(facets), "limits": limits or {}}},
        **more,
    }


def report(*facets: str, limits: dict[str, float] | None = None) -> dict:
    columns = {"gender": GENDER, "age": AGE}
    features = np.stack([TRUTH, SCORE], axis=1)
    return bias_report(columns, features, TRUTH, SCORE, problem(*facets, limits=limits))


def test_sensitive_columns_are_facets_unless_others_are_named():
    """``evaluate.bias.facets`` first, else ``columns.sensitive``."""
    assert [facet["facet"] for facet in report()["facets"]] == ["gender"]
    assert [facet["facet"] for facet in report("age")["facets"]] == ["age"]


def test_each_value_is_compared_with_the_rest():
    """Both genders, each with all 21 metrics."""
    values = report()["facets"][0]["values"]

    assert {value["value"] for value in values} == {"F", "M"}
    for value in values:
        before, after = value["pre_training_bias_metrics"], value["post_training_bias_metrics"]
        assert [metric["name"] for metric in before] == sorted(PRE_TRAINING)
        assert [metric["name"] for metric in after] == sorted(POST_TRAINING)


def test_a_facet_of_numbers_is_cut_at_its_median():
    """Ages, written as text, become one group: the upper half."""
    groups, kind = groups_of(AGE)
    values = report("age")["facets"][0]["values"]

    assert kind == "number"
    assert len(values) == 1
    assert values[0]["value"].startswith("(")
    assert values[0]["rows"] == (groups == values[0]["value"]).sum()


def test_missing_facet_values_belong_to_no_group():
    """NA and blanks are left out, and counted."""
    column = np.array(["a", "NA", None, "b"] * 10, dtype=object)
    found = bias_report(
        {"gender": column}, None, np.tile([1.0, 0.0], 20), np.tile([0.9, 0.1], 20), problem()
    )["facets"][0]

    assert found["missing"] == 20
    assert {value["rows"] for value in found["values"]} == {10}


def test_a_broken_limit_is_a_violation_with_its_value():
    """DPL between the genders is about 0.4, on either side."""
    broken = report(limits={"DPL": 0.2})["violations"]

    assert {item["facet_value"] for item in broken} == {"F", "M"}
    assert all(item["metric"] == "DPL" and abs(item["value"]) > 0.2 for item in broken)
    assert report(limits={"DPL": 0.9})["violations"] == []


@pytest.mark.parametrize("limit", [0.8, 1.25])
def test_disparate_impact_has_a_limit_on_both_sides_of_one(limit):
    """The four-fifths rule, said either way: F is below 0.8, M above 1.25."""
    broken = report(limits={"DI": limit})["violations"]

    assert {item["facet_value"] for item in broken} == {"F", "M"}


def test_a_handful_of_rows_breaks_no_limit():
    """Their shares are chance; they are reported all the same."""
    column = np.array(["rare"] * (LEAST_ROWS - 1) + ["many"] * 300, dtype=object)
    truth = np.r_[np.ones(LEAST_ROWS - 1), np.zeros(300)]
    found = bias_report({"gender": column}, None, truth, truth, problem(limits={"DPL": 0.1}))

    assert found["violations"] == []
    assert found["facets"][0]["values"]


def test_an_infinite_value_is_text_in_the_report_and_a_number_in_the_violation():
    """JSON has no infinity; who reads a violation compares numbers."""
    column = np.array(["a"] * 50 + ["b"] * 50, dtype=object)
    truth = np.r_[np.ones(50), np.zeros(50)]
    found = bias_report({"gender": column}, None, truth, truth, problem(limits={"DI": 0.8}))
    metrics = found["facets"][0]["values"][0]["post_training_bias_metrics"]
    value = next(metric["value"] for metric in metrics if metric["name"] == "DI")

    assert value == "Infinity"
    assert as_number(value) == np.inf
    assert all(np.isfinite(item["value"]) for item in found["violations"])


def test_a_facet_that_is_not_there_or_does_not_vary_is_told_so():
    """No metric, no failure."""
    found = bias_report(
        {"gender": np.array(["F"] * 10, dtype=object)}, None, TRUTH[:10], SCORE[:10],
        problem("gender", "colour"),
    )  # fmt: skip

    assert "same value" in found["facets"][0]["note"]
    assert "no such column" in found["facets"][1]["note"]


def test_conditional_disparity_looks_within_the_next_categorical_facet():
    """With two facets there is a group variable."""
    columns = {"gender": GENDER, "town": np.tile(np.array(["x", "y"], dtype=object), ROWS // 2)}
    found = bias_report(columns, None, TRUTH, SCORE, problem("gender", "town"))
    metrics = found["facets"][0]["values"][0]["pre_training_bias_metrics"]

    assert metrics[0]["name"] == "CDDL"
    assert metrics[0]["value"] is not None


def test_the_analysis_has_clarifys_form():
    """Keys and nesting of ``analysis.json``."""
    document = analysis(report(), {"kernel_shap": {}})
    block = document["pre_training_bias_metrics"]
    entry = block["facets"]["gender"][0]

    assert document["version"] == "1.0"
    assert (block["label"], block["label_value_or_threshold"]) == ("hired", "yes")
    assert set(entry) == {"value_or_threshold", "metrics"}
    assert {"name", "description", "value"} <= set(entry["metrics"][1])
    assert document["explanations"] == {"kernel_shap": {}}


def test_the_positive_outcome_of_values_is_the_upper_half():
    """Regression: above the median of what happened."""
    truth = np.arange(10.0)
    outcomes = binarised(truth, truth, problem(task="regression"))

    assert outcomes.label.sum() == 5
    assert outcomes.meaning == "(4.5, 9]"


def test_the_positive_outcome_of_several_classes_is_the_named_or_the_frequent_one():
    """``positive`` if the problem has it."""
    truth = np.array([0.0, 1.0, 1.0])
    scores = np.eye(3)[[0, 1, 1]]
    several = {"task": "multiclass_classification", "classes": ["a", "b", "c"]}

    assert binarised(truth, scores, problem(**several)).meaning == "b"
    assert binarised(truth, scores, problem(**several, positive="a")).meaning == "a"
