"""References and expressions within pipeline definitions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.sagemaker.pipelines.pipeline_references import (
    Reference,
    ReferenceFault,
    Resolver,
    as_text,
    follow,
    property_file_reference,
    read_path,
    read_reference,
    references,
)

NAMES = st.text("abcXYZ_-09", min_size=1, max_size=8)
PLACES = st.one_of(NAMES, st.integers(0, 20))
PLAIN = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
    lambda below: st.one_of(
        st.lists(below, max_size=3),
        st.dictionaries(st.text("abc", min_size=1, max_size=3), below, max_size=3),
    ),
    max_leaves=12,
)


def resolver(known: dict[str, Any], files: dict[str, str] | None = None) -> Resolver:
    return Resolver(
        lambda reference: known[reference.name],
        lambda address: (files or {})[address],
        lambda step, name: f"s3://lake/{step}/{name}.json",
    )


def spelled(path: list[str | int], quoted: list[bool]) -> str:
    """A path as one may write it: words with dots or in quotes, places in brackets."""
    text = ""
    for piece, quote in zip(path, quoted, strict=True):
        if isinstance(piece, int):
            text += f"[{piece}]"
        elif quote and text:
            text += f"['{piece}']"
        else:
            text += f".{piece}" if text else piece
    return text


@given(st.data())
def test_a_path_is_read_however_it_is_written(data: st.DataObject) -> None:
    """Dots, quotes and brackets name the same pieces."""
    path = data.draw(st.lists(PLACES, min_size=1, max_size=6))
    path[0] = data.draw(NAMES)
    quoted = data.draw(st.lists(st.booleans(), min_size=len(path), max_size=len(path)))
    assert tuple(path) == read_path(spelled(path, quoted))


@given(st.data())
def test_what_a_path_leads_to_is_found(data: st.DataObject) -> None:
    """A value put at a path is what following the path gives."""
    path = data.draw(st.lists(st.one_of(NAMES, st.integers(0, 3)), max_size=5))
    value = data.draw(PLAIN)
    document: Any = value
    for piece in reversed(path):
        document = {piece: document} if isinstance(piece, str) else [None] * piece + [document]
    assert value == follow(document, tuple(path))


@given(PLAIN)
def test_plain_values_stay_as_they_are(value: Any) -> None:
    """Resolving what holds no expression changes nothing."""
    assert value == resolver({}).resolve(value)


@given(st.dictionaries(NAMES, st.one_of(st.integers(), st.text(max_size=4)), min_size=1), st.data())
def test_every_reference_is_replaced_wherever_it_stands(
    known: dict[str, Any], data: st.DataObject
) -> None:
    """References deep in lists and objects become values, and all of them are listed."""
    names = data.draw(st.lists(st.sampled_from(sorted(known)), max_size=5))
    gets = [{"Get": f"Parameters.{name}"} for name in names]
    document = {"list": gets, "deep": [{"er": gets}], "number": 1}
    values = [known[name] for name in names]

    expected = {"list": values, "deep": [{"er": values}], "number": 1}
    assert expected == resolver(known).resolve(document)
    assert names * 2 == [reference.name for reference in references(document)]


@given(st.text(max_size=3), st.lists(st.one_of(st.integers(), st.booleans(), st.text(max_size=4))))
def test_joining_writes_values_as_text(glue: str, values: list[Any]) -> None:
    """Std:Join is the texts of its values with the glue between them."""
    joined = resolver({}).resolve({"Std:Join": {"On": glue, "Values": values}})
    assert glue.join(as_text(value) for value in values) == joined


def test_expressions_nest() -> None:
    """A join of a reference, a join, and a value out of a file."""
    files = {"s3://lake/eval/report.json": json.dumps({"m": [{"f1": 0.5}]})}
    read = {"Std:JsonGet": {"S3Uri": {"Get": "Parameters.Where"}, "Path": "m[0].f1"}}
    inner = {"Std:Join": {"On": "", "Values": ["a", True]}}
    value = {"Std:Join": {"On": "/", "Values": [{"Get": "Parameters.Where"}, inner, read]}}
    known = {"Where": "s3://lake/eval/report.json"}
    assert resolver(known, files).resolve(value) == "s3://lake/eval/report.json/atrue/0.5"


def test_a_property_file_is_read_where_its_step_wrote_it() -> None:
    """Std:JsonGet with a PropertyFile asks for the address of that step's file."""
    files = {"s3://lake/Eval/Report.json": '{"metrics": {"f1": {"value": 0.75}}}'}
    file = {"Get": "Steps.Eval.PropertyFiles.Report"}
    value = {"Std:JsonGet": {"PropertyFile": file, "Path": "metrics.f1.value"}}
    assert resolver({}, files).resolve(value) == 0.75
    assert property_file_reference(file) == ("Eval", "Report")


def test_lists_are_searched_by_name() -> None:
    """`Outputs['train']` is the output of that name; `[1]` the second."""
    outputs = [{"OutputName": "test", "x": 1}, {"OutputName": "train", "x": 2}]
    assert follow({"Outputs": outputs}, ("Outputs", "train", "x")) == 2
    assert follow({"Outputs": outputs}, ("Outputs", 1, "x")) == 2
    assert Reference("Steps", "P", ("Outputs", "train", "x")) == read_reference(
        "Steps.P.Outputs['train'].x"
    )


@pytest.mark.parametrize(
    "value",
    [
        {"Get": "Nowhere.X"},
        {"Get": "Parameters"},
        {"Get": 3},
        {"Get": "Steps..X"},
        {"Std:Join": ["a"]},
        {"Std:JsonGet": {"S3Uri": "s3://lake/text", "Path": "a"}},
        {"Std:JsonGet": {"S3Uri": "s3://lake/json", "Path": "b.c"}},
        {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.X.Y"}, "Path": "a"}},
        {"Std:JsonGet": {}},
    ],
)
def test_expressions_that_lead_nowhere_are_faults(value: dict[str, Any]) -> None:
    """Each says so by a ReferenceFault, fit for a FailureReason."""
    files = {"s3://lake/text": "not json", "s3://lake/json": '{"a": 1}'}
    with pytest.raises(ReferenceFault):
        resolver({}, files).resolve(value)
