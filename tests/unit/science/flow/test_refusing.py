"""Flows, and steps of flows, that are refused by name."""

from __future__ import annotations

import pytest

from science.flow.nodes import FlowRefused
from science.flow.reading import read, read_document
from tests.unit.science.flow.flows import SPARK, flow, steps


def test_every_refused_node_is_named_at_once_with_what_to_use_instead():
    told = flow(
        ("custom_pandas_0.1", {"code": "df = df"}),
        ("infer_and_cast_type_0.1", {}),
        (
            "handle_missing_0.1",
            {"operator": "Impute", "impute_parameters": {"column_type": "Vector"}},
        ),
        ("featurize_text_0.1", {"operator": "Vectorize"}),
        ("sagemaker.elsewhere.new_thing_0.9", {}),
    )

    with pytest.raises(FlowRefused) as refused:
        read_document(told)

    named = {fault.where.rsplit(" ", 1)[1]: fault for fault in refused.value.faults}
    assert set(named) == {"n0", "n2", "n3", "n4"}
    assert "prepare.steps" in named["n0"].cure
    assert "prepare.text" in named["n3"].cure
    assert "custom_pandas_0.1" in str(refused.value)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"operator": "Similarity encode"}, "Similarity encode"),
        (
            {
                "operator": "One-hot encode",
                "one_hot_encode_parameters": {"input_column": "a", "drop_last": True},
            },
            "no column",
        ),
        (
            {
                "operator": "Ordinal encode",
                "ordinal_encode_parameters": {
                    "input_column": "a",
                    "invalid_handling_strategy": "Skip",
                },
            },
            "Skip",
        ),
        (
            {
                "operator": "Ordinal encode",
                "ordinal_encode_parameters": {"input_column": "a", "output_column": "b"},
            },
            "another column",
        ),
        ({}, "operator"),
    ],
)
def test_what_would_not_do_the_same_is_refused(parameters, message):
    with pytest.raises(FlowRefused, match=message):
        steps("encode_categorical_0.1", parameters)


def test_a_join_is_refused_by_its_name():
    told = flow(("infer_and_cast_type_0.1", {}))
    second = {**told["nodes"][0], "node_id": "second"}
    join = {
        "node_id": "join",
        "type": "TRANSFORM",
        "operator": f"{SPARK}join_tables_0.1",
        "parameters": {"join_type": "inner"},
        "inputs": [{"node_id": "n0"}, {"node_id": "second"}],
    }
    told["nodes"] += [second, join]

    with pytest.raises(FlowRefused, match="2 tables") as refused:
        read_document(told)

    assert "data.sources" in refused.value.faults[0].cure


def test_a_flow_of_two_branches_is_refused_at_both_ends():
    told = flow(
        ("infer_and_cast_type_0.1", {}),
        ("manage_rows_0.1", {"operator": "Drop duplicates"}),
    )
    told["nodes"].append({**told["nodes"][2], "node_id": "other"})

    with pytest.raises(FlowRefused) as refused:
        read_document(told)

    assert {fault.where.rsplit(" ", 1)[1] for fault in refused.value.faults} == {"n1", "other"}


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"nodes": 5}',
        b'{"nodes": [5]}',
        b'{"metadata": {"version": 2}, "nodes": []}',
        b'{"nodes": [{"node_id": "a", "type": "TRANSFORM", "operator": "x", "parameters": []}]}',
        b'{"nodes": [{"node_id": "a", "type": "TRANSFORM", "operator": "x", "inputs": [{}]}]}',
        b'{"nodes": [{"node_id": "a", "type": "TRANSFORM", "operator": "", "inputs": ["a"]}]}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_flow_is_refused_with_a_cure(text):
    with pytest.raises(FlowRefused) as refused:
        read(text)

    assert all(fault.cure for fault in refused.value.faults)
