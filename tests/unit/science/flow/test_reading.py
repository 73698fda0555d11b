"""Data Wrangler flows as recipe steps."""

from __future__ import annotations

import json

import pytest

from science.flow.reading import read, read_document
from science.recipe import documents
from tests.unit.science.flow.flows import flow, steps


def test_a_whole_flow_becomes_a_recipe_in_order():
    """As people make them: types, columns, rows, gaps, outliers, categories, an analysis."""
    analysis = {
        "node_id": "look",
        "type": "VISUALIZATION",
        "operator": "sagemaker.visualizations.data_insights_report_0.1",
        "parameters": {},
        "inputs": [{"name": "df", "node_id": "n0", "output_name": "default"}],
    }
    destination = {
        "node_id": "out",
        "type": "DESTINATION",
        "operator": "sagemaker.spark.s3_destination_0.1",
        "parameters": {},
        "inputs": [{"name": "df", "node_id": "n5", "output_name": "default"}],
    }
    told = flow(
        ("infer_and_cast_type_0.1", {}, {"schema": {"age": "long"}}),
        (
            "manage_columns_0.1",
            {"operator": "Drop column", "drop_column_parameters": {"column_to_drop": ["a", "b"]}},
        ),
        (
            "manage_rows_0.1",
            {
                "operator": "Drop duplicates",
                "drop_duplicates_parameters": {},
                "sort_parameters": {},
            },
        ),
        (
            "handle_missing_0.1",
            {
                "operator": "Impute",
                "impute_parameters": {
                    "column_type": "Numeric",
                    "numeric_parameters": {
                        "input_column": ["age"],
                        "strategy": "Approximate Median",
                    },
                },
            },
        ),
        (
            "handle_outliers_0.1",
            {
                "operator": "Standard deviation numeric outliers",
                "standard_deviation_numeric_outliers_parameters": {
                    "input_column": ["age"],
                    "standard_deviations": 4,
                    "fix_method": "Remove",
                },
            },
        ),
        (
            "encode_categorical_0.1",
            {
                "operator": "One-hot encode",
                "one_hot_encode_parameters": {
                    "input_column": "plan",
                    "invalid_handling_strategy": "Keep",
                    "drop_last": False,
                    "output_style": "Columns",
                },
                "ordinal_encode_parameters": {"invalid_handling_strategy": "Replace with NaN"},
            },
        ),
        extra=(analysis, destination),
    )

    found = read(json.dumps(told))

    assert [step["step"] for step in found.steps] == [
        "leave_out",
        "drop_duplicates",
        "impute",
        "outliers",
        "encode",
    ]
    assert found.steps[3] == {
        "step": "outliers",
        "columns": ["age"],
        "action": "drop",
        "method": "zscore",
        "factor": 4.0,
    }
    assert found.notes == []
    assert len(found.parsed) == 5


@pytest.mark.parametrize(
    ("operator", "parameters", "expected"),
    [
        (
            "manage_columns_0.1",
            {
                "operator": "Rename column",
                "rename_column_parameters": {
                    "columns_to_rename": [{"input_column": "a", "new_name": "b"}],
                    "input_column": "c",
                    "new_name": "d",
                },
            },
            [{"step": "rename", "names": {"a": "b", "c": "d"}}],
        ),
        (
            "handle_missing_0.1",
            {
                "operator": "Drop missing",
                "drop_missing_parameters": {
                    "dimension": "Drop Rows",
                    "drop_rows_parameters": {"input_column": "id"},
                },
                "impute_parameters": {"column_type": "Numeric"},
            },
            [{"step": "drop_missing", "columns": ["id"]}],
        ),
        (
            "handle_missing_0.1",
            {
                "operator": "Fill missing",
                "fill_missing_parameters": {"input_column": ["city"], "fill_value": "N/A"},
            },
            [{"step": "impute", "columns": ["city"], "method": "constant", "value": "N/A"}],
        ),
        (
            "cast_single_data_type_0.1",
            {"column": "a", "original_data_type": "Float", "data_type": "long"},
            [{"step": "cast", "columns": ["a"], "to": "whole"}],
        ),
        (
            "process_numeric_0.1",
            {
                "operator": "Scale values",
                "scale_values_parameters": {
                    "scaler": "Min-max scaler",
                    "min_max_scaler_parameters": {"input_column": ["a"], "min": 0, "max": 1},
                    "standard_scaler_parameters": {"scale": True},
                },
            },
            [{"step": "normalise", "by": "min_max", "columns": ["a"]}],
        ),
        (
            "format_string_0.1",
            {
                "operator": "Remove symbols",
                "remove_symbols_parameters": {"symbols": "-[", "input_column": "a"},
            },
            [
                {
                    "step": "find_replace",
                    "find": "[\\-\\[]",
                    "replace": "",
                    "match": "pattern",
                    "columns": ["a"],
                }
            ],
        ),
        (
            "search_and_edit_0.1",
            {
                "operator": "Convert regex to missing",
                "convert_regex_to_missing_parameters": {"input_column": "a", "pattern": "x+"},
            },
            [
                {
                    "step": "find_replace",
                    "columns": ["a"],
                    "find": "^(?:x+)$",
                    "replace": "",
                    "match": "pattern",
                },
                {"step": "unify_missing", "columns": ["a"]},
            ],
        ),
    ],
)
def test_each_honoured_transform_becomes_its_steps(operator, parameters, expected):
    found = steps(operator, parameters)

    assert found == expected
    documents.parse(found)


def test_thresholds_that_were_frozen_with_the_step_are_taken_as_they_are():
    key = "robust_standard_deviation_numeric_outliers_parameters"

    found = steps(
        "handle_outliers_0.1",
        {
            "operator": "Robust standard deviation numeric outliers",
            key: {"input_column": "a", "fix_method": "Clip", "standard_deviations": 4},
        },
        {key: {"_hash": 1, "lower_threshold": -1.5, "upper_threshold": 9}},
    )

    assert found == [
        {
            "step": "outliers",
            "columns": ["a"],
            "action": "clip",
            "method": "bounds",
            "low": -1.5,
            "high": 9.0,
        }
    ]


def test_categories_that_were_frozen_with_the_step_are_taken_as_they_are():
    key = "replace_rare_values_parameters"

    found = steps(
        "handle_outliers_0.1",
        {"operator": "Replace rare values", key: {"input_column": "a", "absolute_threshold": 4}},
        {key: {"common_categories": ["x", "y"]}},
    )

    assert found[0]["fitted"] == {"kept": {"a": ["x", "y"]}}
    assert (found[0]["count"], found[0]["share"]) == (5, 0.005)


def test_the_order_of_rows_and_columns_is_passed_over_with_a_note():
    told = flow(
        ("manage_rows_0.1", {"operator": "Sort", "sort_parameters": {"sort_by": "a"}}),
        ("manage_rows_0.1", {"operator": "Shuffle"}),
    )

    found = read_document(told)

    assert found.steps == []
    assert len(found.notes) == 2


def test_columns_are_read_as_numbers_once_before_a_step_needs_them():
    scale = {
        "operator": "Scale values",
        "scale_values_parameters": {
            "scaler": "Min-max scaler",
            "min_max_scaler_parameters": {"input_column": ["a", "b"]},
        },
    }
    told = flow(
        ("cast_single_data_type_0.1", {"column": "a", "data_type": "float"}),
        ("process_numeric_0.1", scale),
        ("process_numeric_0.1", scale),
    )

    found = read_document(told).on_texts()

    assert [each["step"] for each in found] == ["cast", "cast", "normalise", "normalise"]
    assert found[1]["columns"] == ["b"]
