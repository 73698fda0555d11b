"""Rewritings learned from pairs hold for all texts of the same kinds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from science.suspects.rewriting import kinds_of, learn, learned, parts_of


@pytest.mark.parametrize(
    ("pair", "other", "made"),
    [
        (("11/6/03", "2003-11-06"), "3/27/04", "2004-03-27"),
        (("2003-11-06", "11/6/03"), "2004-03-27", "3/27/04"),
        (("12.0 oz", "12"), "8.4 ounce", "8.4"),
        (("258,107", "258107"), "6,171", "6171"),
        (("Sep 21, 1982", "21 Sep 1982"), "Aug 2, 1967", "2 Aug 1967"),
        (("BEND", "bend"), "GARY", "gary"),
        (("BOSTON-*", "BOSTON"), "ALMA-*", "ALMA"),
        (("2565938310", "(2565938310)"), "3347938701", "(3347938701)"),
        (("14-Mar", "14-3"), "2-Oct", "2-10"),
    ],
)
def test_what_one_pair_shows_holds_for_others(pair, other, made):
    assert made in {each.of(other) for each in learned(pair)}


def test_a_correction_that_no_rule_makes_is_not_learned():
    assert list(learned(("bxrmingham", "birmingham"))) == []
    assert list(learned(("3x patients", "37 patients"))) == []
    assert list(learned(("N/A", ""))) == []


def test_labelled_cells_that_are_right_as_they_stand_speak_against_a_rewriting():
    right = [(f"{at}.5", f"{at}.5") for at in range(10)]
    assert learn([("12.0", "12"), *right]) != []
    assert learn([("BEND", "bend"), ("GARY", "GARY"), ("ALMA", "ALMA")]) == []


def test_texts_of_other_kinds_are_left_alone():
    (rewriting,) = {each.kinds: each for each in learned(("11/6/03", "2003-11-06"))}.values()
    assert rewriting.of("2003-11-06") is None
    assert rewriting.of("") is None


@given(st.text(max_size=40))
def test_parts_make_up_the_text(text):
    assert "".join(parts_of(text)) == text
    assert len(kinds_of(parts_of(text))) == len(parts_of(text))


@given(st.tuples(st.text(max_size=20), st.text(max_size=20)))
def test_what_is_learned_of_a_pair_makes_it(pair):
    for each in learned(pair):
        assert each.of(pair[0]) == pair[1]
