"""Values of two columns in one cell."""

from science.suspects import merged
from tests.unit.science.suspects.cells import said, suggestions

CITIES = ["Bend", "Gary", "San Diego"] * 8
STATES = ["OR", "IN", "CA"] * 8


def test_a_city_with_its_state_is_parted():
    found = said(merged, city=[*CITIES, "San Francisco CA"], state=[*STATES, ""])
    assert suggestions(found, "city") == {24: "San Francisco"}
    assert suggestions(found, "state") == {24: "CA"}


def test_a_text_that_often_ends_so_is_right():
    dates = [f"{at} May 1990 (USA)" for at in range(25)]
    assert said(merged, released=dates, country=["USA"] * 20 + [""] * 5) == {}


def test_a_known_city_beside_its_own_state_is_parted_too():
    found = said(merged, city=[*CITIES, "Bend OR"], state=[*STATES, "OR"])
    assert suggestions(found, "city") == {24: "Bend"}
