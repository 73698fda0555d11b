"""YAML as people write it: each value is text, each has its line, and nothing can blow up."""

from __future__ import annotations

import time

import pytest

from lifecycle.problem.reader import LARGEST_BYTES, read_yaml, show
from tests.unit.lifecycle.problem.helpers import LEAST, fault_in, faults_of, resolved


def test_every_value_is_the_text_that_was_written() -> None:
    """Whether ``10`` is a number is for the key to say."""
    tree = read_yaml(b"a: 10\nb: 1.50\nc: true\nd: Yes\ne: 007\non: off\nf: 'null'\n")
    assert tree.root == {
        "a": "10",
        "b": "1.50",
        "c": "true",
        "d": "Yes",
        "e": "007",
        "on": "off",
        "f": "null",
    }


@pytest.mark.parametrize("nothing", ["", "~", "null", "Null", "NULL"])
def test_nothing_means_left_out(nothing: str) -> None:
    """So that an emptied key has its default."""
    assert read_yaml(f"a: {nothing}\nb: x\n".encode()).root == {"b": "x"}


def test_lines_are_known_for_keys_and_items() -> None:
    """Also where a comment, a blank line or a flow mapping stands between."""
    tree = read_yaml(b"# why\na:\n\n  - x\n  - {b: 1,\n     c: 2}\n")
    assert tree.line(("a",)) == 2
    assert tree.line(("a", 0)) == 4
    assert tree.line(("a", 1, "b")) == 5
    assert tree.line(("a", 1, "c")) == 6


def test_what_was_not_written_has_the_line_around_it() -> None:
    """A missing key is told where it should stand."""
    tree = read_yaml(b"x: 1\na:\n  b: 1\n")
    assert tree.line(("a", "missing")) == 2
    assert tree.line(("nowhere",)) == 1


def test_paths_are_shown_as_people_write_them() -> None:
    """Dots for keys, brackets for positions."""
    assert show(("data", "sources", 0, "kind")) == "data.sources[0].kind"


@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbf" + LEAST.encode(),
        LEAST.encode("utf-16"),
        b"\xfe\xff" + LEAST.encode("utf-16-be"),
        LEAST.replace("\n", "\r\n").encode(),
        b"%YAML 1.2\n---\n" + LEAST.encode() + b"...\n",
    ],
    ids=["utf-8 bom", "utf-16", "utf-16 big endian", "crlf", "directive"],
)
def test_a_text_from_any_editor_is_read(text: bytes) -> None:
    """Byte order marks, UTF-16 and CRLF are no faults."""
    assert read_yaml(text).root == {"name": "churn", "target": "Churn"}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (b"", 1, "empty"),
        (b"# only a comment\n", 1, "empty"),
        (b"- a\n- b\n", 1, "no keys"),
        (b"just text", 1, "no keys"),
        (b"name: churn\n\ttarget: x\n", 2, "'\\t'"),
        (b"name: churn\ntarget: [a\n", 3, "flow sequence"),
        (b"name: churn\n  target: x\n", 2, "mapping values are not allowed"),
        (b"name: churn\ntarget: \xe9\n", 2, "not UTF-8"),
        (b"name: churn\ntarget: \x00\n", 2, "U+0000"),
        (b"name: churn\n---\nname: other\n", 2, "second document"),
    ],
)
def test_what_is_no_yaml_mapping_is_told_with_its_line(text: bytes, line: int, words: str) -> None:
    """One fault, since nothing more can be said; the line is where to look."""
    (fault,) = faults_of(text)
    assert fault.line == line
    assert words in fault.message


def test_aliases_are_refused() -> None:
    """A few lines of them would be gigabytes ("billion laughs")."""
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    told = [fault.message for fault in faults_of(LEAST + bomb)]
    assert sum("alias" in message for message in told) == 4


def test_tags_are_refused() -> None:
    """No text makes an object."""
    fault = fault_in("objective: !!python/object/apply:os.system [true]\n")
    assert "tag" in fault.message
    assert fault.path == "objective"


def test_a_key_given_twice_is_told_with_both_lines() -> None:
    """YAML's readers take the last one without a word."""
    fault = fault_in("tune: {jobs: 3}\ntune: {jobs: 4}\n")
    assert (fault.line, fault.path) == (4, "tune")
    assert "line 3" in fault.message


def test_keys_that_are_no_text_are_refused() -> None:
    """Nor are keys longer than any."""
    assert "key" in fault_in("? [a, b]\n: c\n").message
    assert "key" in fault_in(f"{'k' * 500}: 1\n").message


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "{a: " * 5000,
        "a: " + "[" * 100_000,
        LEAST + "".join(f"key{number}: {number}\n" for number in range(10_000)),
        "x" * (LARGEST_BYTES + 1),
    ],
    ids=["deep mappings", "deep lists", "many keys", "too large"],
)
def test_no_text_takes_long_or_says_too_much(text: str) -> None:
    """Depth and size are bounded, and so is what an event has to carry."""
    began = time.perf_counter()
    faults = faults_of(text)
    assert time.perf_counter() - began < 20
    assert len(faults) <= 101
    assert sum(len(fault.model_dump_json()) for fault in faults) < 200_000


def test_columns_and_classes_need_no_quotes() -> None:
    """A column may be called 2020, and a class Yes, No, true or 1."""
    document = resolved("positive: No\ncolumns: {id: 007, exclude: [2020, on, true, 1.10]}\n")
    assert document["positive"] == "No"
    assert document["columns"]["id"] == "007"
    assert document["columns"]["exclude"] == ["2020", "on", "true", "1.10"]
