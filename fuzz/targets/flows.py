"""Data Wrangler's .flow files: turned into steps, or refused node by node."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from science.flow.nodes import FlowRefused
from science.flow.reading import read

SPARK = "sagemaker.spark."
COLUMNS: dict[str, Any] = {"operator": "Drop column", "drop_column_parameters": {}}
NODES: tuple[tuple[str, dict[str, Any], dict[str, Any] | None], ...] = (
    (
        "manage_columns_0.1",
        {
            "operator": "Drop column",
            "drop_column_parameters": {"column_to_drop": ["a", "b"]},
        },
        None,
    ),
    (
        "manage_columns_0.1",
        {
            "operator": "Rename column",
            "rename_column_parameters": {"input_column": "a", "new_name": "b"},
        },
        None,
    ),
    (
        "handle_missing_0.1",
        {
            "operator": "Impute",
            "impute_parameters": {
                "column_type": "Numeric",
                "numeric_parameters": {"input_column": ["a"], "strategy": "Mean"},
            },
        },
        None,
    ),
    (
        "handle_outliers_0.1",
        {
            "operator": "Min-max numeric outliers",
            "min_max_numeric_outliers_parameters": {
                "input_column": ["a"],
                "lower_threshold": 0,
                "upper_threshold": 9,
                "fix_method": "Clip",
            },
        },
        {"lower": 1},
    ),
    (
        "process_numeric_0.1",
        {
            "operator": "Scale values",
            "scale_values_parameters": {
                "scaler": "Standard scaler",
                "standard_scaler_parameters": {"input_column": ["a"], "center": True},
            },
        },
        None,
    ),
    (
        "encode_categorical_0.1",
        {
            "operator": "One-hot encode",
            "one_hot_encode_parameters": {
                "input_column": ["a"],
                "invalid_handling_strategy": "Skip",
                "drop_last": False,
                "output_style": "Columns",
            },
        },
        None,
    ),
    (
        "format_string_0.1",
        {"operator": "Upper case", "upper_case_parameters": {"input_column": ["a"]}},
        None,
    ),
    (
        "search_and_edit_0.1",
        {
            "operator": "Find and replace substring",
            "find_and_replace_substring_parameters": {
                "input_column": ["a"],
                "pattern": "x",
                "replacement": "y",
            },
        },
        None,
    ),
    ("cast_single_data_type_0.1", {"column": "a", "data_type": "long"}, None),
    ("manage_rows_0.1", {"operator": "Drop duplicates", "drop_duplicates_parameters": {}}, None),
)


def read_flow(data: bytes) -> None:
    """Its steps, as a recipe takes them, or every fault."""
    with contextlib.suppress(FlowRefused):
        flow = read(data)
        assert len(flow.parsed) == len(flow.steps)
        flow.on_texts()


def _flow(nodes: Any) -> bytes:
    """A chain of transforms as Data Wrangler saves one."""
    source: dict[str, Any] = {
        "node_id": "s",
        "type": "SOURCE",
        "operator": "sagemaker.s3_source_0.1",
        "parameters": {},
        "inputs": [],
    }
    chain = [source]
    for place, (operator, parameters, trained) in enumerate(nodes):
        chain.append(
            {
                "node_id": f"n{place}",
                "type": "TRANSFORM",
                "operator": f"{SPARK}{operator}",
                "parameters": parameters,
                "trained_parameters": trained,
                "inputs": [{"name": "df", "node_id": chain[-1]["node_id"]}],
            }
        )
    return json.dumps({"metadata": {"version": 1}, "nodes": chain}).encode()


READERS = {"flow": read_flow}
SEEDS = {"flow": lambda: [_flow([node]) for node in NODES] + [_flow(NODES)]}
