"""Rows as callers send them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from science.rows import BadRequest, UnsupportedType, parse_rows

PROBLEM = {"inputs": ["age", "job", "note"], "target": "bought", "target_position": 1}
CSV, JSON = "text/csv", "application/json"


def read(body: str | bytes, content_type: str = CSV) -> dict[str, list]:
    data = body.encode() if isinstance(body, str) else body
    return {name: list(cells) for name, cells in parse_rows(data, content_type, PROBLEM).items()}


EXPECTED = {"age": ["41"], "job": ["clerk"], "note": ["a, b"]}


@pytest.mark.parametrize(
    "body",
    [
        '41,clerk,"a, b"',
        '41,clerk,"a, b"\r\n',
        '41,yes,clerk,"a, b"',
        'age,job,note\n41,clerk,"a, b"\n',
        'note,age,job\n"a, b",41,clerk\n',
        'age,bought,job,note,unknown\n41,yes,clerk,"a, b",7\n',
        '\ufeffage,job,note\n41, clerk ,"a, b"',
    ],
    ids=["plain", "crlf", "with target", "header", "other order", "more columns", "bom and blanks"],
)
def test_csv_in_every_shape_is_the_same_row(body):
    """With a header or without, with the target or without."""
    assert read(body) == EXPECTED


@pytest.mark.parametrize(
    "document",
    [
        {"instances": [{"age": 41, "job": None}]},
        [{"age": 41, "job": None, "other": 1}],
        {"age": 41},
        {"instances": [[41, None, None]]},
    ],
    ids=["instances", "list", "one object", "values in order"],
)
def test_json_in_every_shape_is_the_same_row(document):
    """Values keep their type; what is left out is missing."""
    assert read(json.dumps(document), JSON) == {"age": [41], "job": [None], "note": [None]}


def test_json_lines_are_a_row_each():
    """Blank lines between them are none."""
    assert read('{"age": 1}\n\n{"age": 2}\n', "application/jsonlines")["age"] == [1, 2]


def test_a_charset_beside_the_type_is_no_other_type():
    """``text/csv; charset=utf-8``."""
    assert read("41,clerk,x", "text/csv; charset=utf-8")["job"] == ["clerk"]


def test_a_quoted_cell_may_hold_lines():
    """A line end inside quotes is content."""
    assert read('1,x,"two\nlines"\n2,y,z')["note"] == ["two\nlines", "z"]


def test_empty_cells_are_missing():
    """As in training."""
    assert read("41,,")["job"] == [None]


@pytest.mark.parametrize(
    ("body", "content_type", "told"),
    [
        ("1,2", CSV, "Row 1 has 2 values; 3 are expected, in this order: age, job, note"),
        ("age,job,note\n1,2", CSV, "Row 1 has 2 cells, the header 3"),
        ("", CSV, "no rows"),
        ("{", JSON, "The body is not JSON"),
        ('{"instances": 3}', JSON, "must be a list"),
        ("[1]", JSON, "Row 1 is not an object"),
        ('[{"wrong": 1}]', JSON, "Row 1 has none of the columns age, job, note"),
        ('[{"age": [1]}]', JSON, "Row 1: age must be a number, a text, true, false or null"),
        (b"\xff\xfe\x00", CSV, "not UTF-8"),
        ('{"age": 1}\n{', "application/jsonlines", "Line 2 is not JSON"),
    ],
)
def test_what_cannot_be_read_is_told(body, content_type, told):
    """Where, and what was expected."""
    with pytest.raises(BadRequest, match=told):
        read(body, content_type)


def test_every_fault_is_told_at_once():
    """One request mends them all."""
    with pytest.raises(BadRequest) as caught:
        read("1,2\n1,2,3\n1")

    assert len(caught.value.faults) == 2
    assert "Row 3 has 1 values" in str(caught.value)


def test_many_faults_are_counted():
    """A message of a thousand sentences helps nobody."""
    with pytest.raises(BadRequest, match="and 40 more"):
        read("1,2\n" * 50)


def test_another_type_is_refused_with_those_that_are_read():
    """It has an error of its own, since HTTP has a status of its own."""
    with pytest.raises(UnsupportedType, match="Send text/csv, application/json"):
        read("x", "image/png")


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=8))
def test_json_brings_back_what_was_sent(rows):
    """Whatever the texts hold."""
    names = PROBLEM["inputs"]
    records = [dict(zip(names, row, strict=True)) for row in rows]
    found = read(json.dumps({"instances": records}), JSON)

    assert [list(row) for row in rows] == [list(r) for r in zip(*found.values(), strict=True)]


@settings(max_examples=60, deadline=None)
@given(body=st.binary(max_size=80), kind=st.sampled_from([CSV, JSON, "application/jsonlines"]))
def test_no_body_breaks_the_reader(body, kind):
    """Rows, or a refusal that says why."""
    try:
        names = list(parse_rows(body, kind, PROBLEM))
    except BadRequest as refusal:
        names = PROBLEM["inputs"] if refusal.faults else []

    assert names == PROBLEM["inputs"]
