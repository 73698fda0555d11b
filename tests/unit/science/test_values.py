"""How a cell of text becomes a value."""

from __future__ import annotations

import math

import numpy as np
import pytest

from science import values


@pytest.mark.parametrize(
    "cell", ["", "  ", "NA", "n/a", "NaN", "null", "?", "-", "--", "\\N", "<NA>", None, math.nan]
)
def test_missing_is_spelled_in_many_ways(cell):
    assert values.text_of(cell) is None


@pytest.mark.parametrize("cell", ["none", "0", "no", "unknown", "nano", "N"])
def test_what_may_be_a_value_is_not_missing(cell):
    assert values.text_of(cell) == cell


@pytest.mark.parametrize(
    ("cell", "text"),
    [(" a\u00a0", "a"), (3, "3"), (3.0, "3"), (0.5, "0.5"), (True, "true"), (np.float64(2), "2")],
)
def test_json_and_csv_cells_give_the_same_text(cell, text):
    assert values.text_of(cell) == text


def test_a_category_is_known_whatever_its_case_and_as_a_whole_number():
    assert values.level_of(" Yes ") == values.level_of("YES") == "yes"
    assert values.level_of("3.00") == values.level_of(3) == "3"
    assert values.level_of("3.50") == "3.50"


@pytest.mark.parametrize(
    ("cell", "decimal", "number"),
    [
        ("1e3", None, 1000.0),
        ("-.5", None, -0.5),
        ("$1,234.50", ".", 1234.5),
        ("1.234,50 €", ",", 1234.5),
        ("(12.5)", ".", -12.5),
        ("12.5 %", ".", 12.5),
        ("12.0 oz.", ".", 12.0),
        ("1 234\u202f567", ".", 1234567.0),
        ("$3.5k", ".", 3500.0),
        ("−7", ".", -7.0),
        (7, ",", 7.0),
        (True, None, 1.0),
    ],
)
def test_numbers_are_read_as_people_write_them(cell, decimal, number):
    assert values.number_of(cell, decimal) == number


@pytest.mark.parametrize("cell", ["abc", "1_000", "１２", "1e999", "inf", "", None, "1,5", [1]])
def test_what_is_no_plain_number_is_missing(cell):
    assert math.isnan(values.number_of(cell))


@pytest.mark.parametrize(
    ("cells", "mark"),
    [
        (["1,234.5", "2"], "."),
        (["1.234,5", "2"], ","),
        (["3,5", "4,25"], ","),
        (["1,234", "12,345"], "."),
        (["1.234.567"], ","),
        (["5", "6"], "."),
    ],
)
def test_the_decimal_mark_follows_from_the_column(cells, mark):
    assert values.decimal_mark(cells) == mark


@pytest.mark.parametrize(
    ("cell", "expected"), [("Yes", 1.0), ("n", 0.0), (True, 1.0), (0, 0.0), ("ja", 1.0)]
)
def test_yes_and_no_have_many_spellings(cell, expected):
    assert values.boolean_of(cell) == expected


def test_a_column_of_floats_is_taken_as_it_is_but_for_infinity():
    read = values.numbers(np.array([1.5, np.inf, np.nan]))

    assert read[0] == 1.5
    assert np.isnan(read[1:]).all()
