"""Rare forms, lengths, blanks and broken characters."""

from science.suspects import formats
from tests.unit.science.suspects.cells import said, suggestions


def test_a_letter_among_digits_is_odd():
    cells = [f"{at}%" for at in range(60)] + ["9x%"]
    assert said(formats, score=cells)[60, "score"][1] > 0.5


def test_a_code_of_another_length_is_odd():
    cells = [str(35000 + at) for at in range(60)] + ["3563"]
    found = said(formats, zip=cells)
    assert list(found) == [(60, "zip")]


def test_numbers_may_have_any_length():
    assert said(formats, count=[str(2**at) for at in range(40)]) == {}


def test_names_may_have_a_digit():
    cells = [name * 3 for name in "abcdefghijklmnopqrstuvwxyz"] + ["10 barrel"]
    assert all(strength < 0.5 for _, strength, _ in said(formats, name=cells).values())


def test_blanks_around_a_text_are_taken_off():
    assert suggestions(said(formats, city=["Rome", "Paris ", "\tOslo"]), "city") == {
        1: "Paris",
        2: "Oslo",
    }


def test_broken_characters_are_mended():
    found = said(formats, city=["MÃ¼nchen", "Köln", "A &amp; B"])
    assert suggestions(found, "city") == {0: "München", 2: "A & B"}
