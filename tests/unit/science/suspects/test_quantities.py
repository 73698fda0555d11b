"""Numbers with units, signs and noise around them."""

import pytest

from science.suspects import quantities
from science.suspects.quantities import parse, plainly
from tests.unit.science.suspects.cells import said, suggestions


def test_units_spelled_in_several_ways_are_all_taken_off():
    cells = ["12.0 oz", "12.0 oz.", "16.0 ounce", "8.4 oz", "12.0 ounce", "16.0 oz."]
    assert suggestions(said(quantities, size=cells), "size") == dict(
        enumerate(["12", "12", "16", "8.4", "12", "16"])
    )


def test_a_unit_that_all_numbers_have_is_no_error():
    assert said(quantities, size=[f"{at} patients" for at in range(50)]) == {}
    assert said(quantities, share=[f"{at}%" for at in range(50)]) == {}


def test_the_few_numbers_without_the_usual_unit_get_it():
    cells = [f"{at} cm" for at in range(1, 40)] + ["50"]
    assert suggestions(said(quantities, size=cells), "size") == {39: "50 cm"}


def test_percents_among_shares_become_shares():
    shares = [f"0.0{at}" for at in range(1, 10)] * 5
    found = suggestions(said(quantities, abv=[*shares, "5%", "0.07%"]), "abv")
    assert found == {45: "0.05", 46: "0.07"}


def test_grouped_digits_among_plain_ones_are_joined():
    cells = [str(at) for at in range(1000, 1040)] + ["1,562"]
    assert suggestions(said(quantities, count=cells), "count") == {40: "1562"}


def test_digits_that_computing_left_behind_are_rounded():
    cells = ["0.05", "0.06", "0.041", "0.07"] * 5 + ["0.07200000000000001"]
    assert suggestions(said(quantities, abv=cells), "abv") == {20: "0.072"}


def test_texts_with_numbers_in_them_are_no_quantities():
    streets = [f"{at} {name} street" for at, name in enumerate("abcdefghijklmnopqrst")]
    assert said(quantities, street=streets) == {}


@pytest.mark.parametrize("text", ["", "oz", "1 hr 30 min", "10-20", "a1b2"])
def test_what_holds_no_single_number_is_not_parsed(text):
    assert parse(text) is None


def test_plain_numbers_keep_digits_that_say_something():
    assert [plainly(text) for text in ("12.0", "12.50", "-3", "0.1")] == [
        "12",
        "12.50",
        "-3",
        "0.1",
    ]
