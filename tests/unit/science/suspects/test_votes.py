"""Columns that decide each other tell which cell of a row is wrong."""

import numpy as np
import pytest

from science.suspects import votes
from science.suspects.columns import coded
from science.suspects.dependencies import mine, supported

SIZE = 12
PLACES = [("35233", "birmingham", "jefferson"), ("36301", "dothan", "houston")]
PLACES += [("35031", "blountsville", "blount"), ("35016", "arab", "marshall")]


@pytest.fixture
def places():
    rows = [place for place in PLACES for _ in range(SIZE)]
    return {title: [row[at] for row in rows] for at, title in enumerate(("zip", "city", "county"))}


def told(columns, doubted=None):
    table = coded(columns)
    doubted = doubted or [np.zeros(table.rows, dtype=bool) for _ in table.columns]
    return {
        (row, table.columns[each.column].name): each.hint(row).suggestion
        for each in votes.find(table, mine(table, doubted), doubted)
        for row in np.flatnonzero(each.strength >= 0.5).tolist()
    }


def test_a_table_without_contradictions_has_no_suspects(places):
    assert told(places) == {}


def test_the_cell_at_odds_with_its_row_is_blamed_and_no_other(places):
    places["zip"][3] = "36301"
    places["city"][20] = "birmingham"
    places["county"][30] = "houston"
    assert told(places) == {(3, "zip"): "35233", (20, "city"): "dothan", (30, "county"): "blount"}


def test_a_gap_is_filled_by_what_the_group_has(places):
    places["city"][5] = ""
    assert told(places) == {(5, "city"): "birmingham"}


def test_suspected_cells_have_no_vote(places):
    for row in range(7):
        places["city"][row] = "birmingham al"
    doubted = [np.zeros(48, dtype=bool) for _ in range(3)]
    doubted[1][:7] = True
    assert told(places, doubted) == {(row, "city"): "birmingham" for row in range(7)}


def test_columns_that_do_not_decide_each_other_say_nothing():
    random = np.random.default_rng(5)
    columns = {name: random.integers(0, 6, 400).astype(str).tolist() for name in "abc"}
    assert told(columns) == {}


def test_an_exception_that_a_third_column_rules_is_no_error():
    """On holidays nobody works, whatever the weekday says."""
    weekday = [str(at % 7) for at in range(700)]
    holiday = ["1" if at % 49 == 3 else "0" for at in range(700)]
    works = [
        "0" if day in "56" or free == "1" else "1"
        for day, free in zip(weekday, holiday, strict=True)
    ]
    assert told({"weekday": weekday, "holiday": holiday, "works": works}) == {}


def test_groups_that_truly_hold_several_values_decide_nothing():
    """Some cities have one brewery, others many: that is no dependency with errors."""
    random = np.random.default_rng(3)
    city, brewery = [], []
    for at in range(60):
        for _ in range(8):
            city.append(f"city{at}")
            brewery.append(f"brewery{at}-{random.integers(0, 4) if at % 3 == 0 else 0}")
    assert told({"city": city, "brewery": brewery}) == {}


def test_a_rare_value_that_comes_back_with_its_key_is_supported():
    keys = [str(at // 10) for at in range(200)]
    values = ["ak" if key == "7" else "al" for key in keys]
    values[3] = "ak"
    table = coded({"key": keys, "value": values})
    assert np.flatnonzero(supported(table, 1)).tolist() == list(range(70, 80))
