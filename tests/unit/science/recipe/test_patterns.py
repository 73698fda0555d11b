"""Patterns are read alike by RE2 and Python, or refused."""

from __future__ import annotations

import re

import duckdb
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as some

from science.recipe.patterns import faults_of, portable

PIECES = some.sampled_from(
    [
        "a",
        "b",
        "é",
        "0",
        r"\d",
        r"\w",
        r"\s",
        r"\D",
        ".",
        "[a-c]",
        "[^a0]",
        r"[\d_]",
        "(ab|b)",
        "(?:a)",
        "a*",
        "b+?",
        r"\.",
        "a{2}",
        "b{1,3}",
        "^",
        "$",
        "|",
        r"\n",
        r"\-",
    ]
)
TEXTS = some.text(alphabet="ab0é_ .-\n\r\u2028\u0660\U0001f600", max_size=8)


@pytest.fixture(scope="module")
def database():
    with duckdb.connect() as connection:
        yield connection


@settings(max_examples=300, deadline=None)
@given(some.lists(PIECES, min_size=1, max_size=5).map("".join), TEXTS)
def test_python_and_re2_replace_the_same(database, pattern, text):
    assume(not faults_of(pattern))

    found = database.execute(
        "SELECT regexp_replace(?, ?, '<>', 'g')", [text, portable(pattern, r"\z")]
    ).fetchone()[0]

    assert found == re.sub(portable(pattern, r"\Z"), "<>", text)


@pytest.mark.parametrize(
    "pattern",
    [
        "(?=a)",
        "(?!a)",
        "(?<=a)b",
        r"(a)\1",
        r"\bfoo",
        r"\p{L}",
        "a++",
        "(?i)a",
        "(?P<x>a)",
        "[a",
        "a{",
        "(",
        "a{2000}",
        r"\u0041",
        "[[:alpha:]]",
        "[a&&b]",
        "",
        "a*",
        r"\A",
        "x{1}+",
    ],
)
def test_what_is_not_read_alike_is_refused(pattern):
    assert faults_of(pattern)


@pytest.mark.parametrize("pattern", [r"^\d{3}-\d{4}$", r"[\w.]+@[\w.]+", r"\$\s?\d+", "a|b"])
def test_common_patterns_are_read(pattern):
    assert not faults_of(pattern)
