"""The shape of a text says which kinds of characters it has, in which order."""

import math

import pytest

from science.suspects.shapes import NUMBER, plain_number, shape, short_shape, word_shape


@pytest.mark.parametrize(
    ("text", "short", "by_word"),
    [
        ("7:10 a.m.", "9:9 a.", "9:9 a.a."),
        ("St. Paul", "a", "a. a"),
        ("Bend", "a", "a"),
        ("37 patients each", "9 a", "9 a a"),
        ("-12.50", NUMBER, NUMBER),
        ("2e5", NUMBER, NUMBER),
        ("1,562", "9,9", "9,9"),
        ("Ærø 5", "a 9", "a 9"),
        ("", "", ""),
    ],
)
def test_runs_and_words_are_one(text, short, by_word):
    assert short_shape(text) == short
    assert word_shape(text) == by_word


def test_the_whole_shape_keeps_every_character():
    assert shape("10-AB é") == "99-aa a"


def test_only_plain_numbers_have_a_value():
    assert plain_number("+1.5e2") == 150
    assert all(math.isnan(plain_number(text)) for text in ("12 oz", "", "nan", "inf", "1,5"))
