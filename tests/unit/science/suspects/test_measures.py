"""Measures written in another way than the others."""

import pytest

from science.suspects import measures
from science.suspects.measures import kind
from tests.unit.science.suspects.cells import said


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("2011-01-12", "date"),
        ("7:10 a.m.", "date"),
        ("12/02/2011 7:10 a.m.", "date"),
        ("13 Oct 1974 (USA)", "date"),
        ("Jun-70", "date"),
        ("70-6", "range"),
        ("1 hr. 30 min.", "quantity"),
        ("90 min", "quantity"),
        ("hf-2", ""),
        ("empty", ""),
        ("", ""),
    ],
)
def test_what_a_text_measures(text, what):
    assert kind(text) == what


@pytest.mark.parametrize(
    ("usual", "other"),
    [
        ("2011-01-12", "01/12/2011"),
        ("7:10 a.m.", "12/02/2011 7:10 a.m."),
        ("90 min", "1 hr. 30 min."),
        ("779-791", "791-Aug"),
        ("4.1", "4.1/10"),
    ],
)
def test_the_rarer_way_to_write_is_suspected(usual, other):
    found = said(measures, a=[usual] * 30 + [other] * 6)
    assert {row for row, _ in found} == set(range(30, 36))


def test_single_pages_among_ranges_are_right():
    assert said(measures, pages=["10-15"] * 30 + ["12"] * 6) == {}


def test_codes_of_several_forms_are_right():
    assert said(measures, code=["ami-1"] * 30 + ["ami-7a"] * 6) == {}
