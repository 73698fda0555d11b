"""Typing errors are near to far more frequent texts."""

import pytest

from science.database import connect
from science.suspects import spelling
from science.suspects.spelling import near
from tests.unit.science.suspects.cells import said, suggestions


@pytest.mark.parametrize("wrong", ["bxrmingham", "birmngham", "birimngham", "birminghamm"])
def test_a_slip_in_a_frequent_text_is_mended(wrong):
    cells = ["birmingham"] * 20 + ["dothan"] * 20 + [wrong]
    assert suggestions(said(spelling, city=cells), "city") == {40: "birmingham"}


def test_short_texts_need_a_far_more_frequent_one():
    assert said(spelling, state=["al"] * 20 + ["xl"]) == {}
    assert suggestions(said(spelling, state=["al"] * 80 + ["xl"]), "state") == {80: "al"}


def test_numbers_near_each_other_are_other_numbers():
    assert said(spelling, zip=["35233"] * 30 + ["35223", "32533"]) == {}
    assert said(spelling, sample=["146 patients"] * 30 + ["461 patients"]) == {}


def test_texts_of_known_words_are_texts_of_their_own():
    cells = ["American Pale Ale"] * 30 + ["American Pale Lager"] * 5 + ["Amber Lager"] * 30
    found = said(spelling, style=cells)
    assert all(strength < 0.5 for _, strength, _ in found.values())


def test_a_misspelt_word_in_a_rare_text_is_mended():
    cells = [f"{at} patients" for at in range(60)] + ["77 patixnts"]
    assert suggestions(said(spelling, sample=cells), "sample") == {60: "77 patients"}


def test_other_capitals_than_usual_are_suspected():
    cells = ["Against the Grain"] * 9 + ["Against The Grain", "AGAINST THE GRAIN"]
    assert set(suggestions(said(spelling, name=cells), "name").values()) == {"Against the Grain"}


def test_the_nearest_frequent_text_is_found_as_by_comparing_all():
    texts = ["hospital", "hospitals", "hostel", "hospitol", "hxspital", "house"]
    counts = [50, 9, 40, 1, 1, 60]
    with connect() as connection:
        import numpy as np

        found = near(connection, texts, np.array(counts), 5)
    assert {(each.rare, each.frequent, each.distance) for each in found} == {
        (1, 0, 1),
        (3, 0, 1),
        (4, 0, 1),
    }
