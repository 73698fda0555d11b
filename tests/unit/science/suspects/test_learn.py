"""Labels outweigh what detectors believe, as far as cells are alike."""

import numpy as np
import pytest

from science.suspects.columns import coded
from science.suspects.judge import judge, suspects
from science.suspects.learn import Labels

GAPS = [""] * 6 + ["x", "y", "z"] * 30


def found(columns, labels=None):
    table = coded(columns)
    return {(each.row, each.column): each for each in suspects(table, judge(table, labels), labels)}


def test_gaps_that_people_say_are_right_are_suspected_no_more():
    assert {row for row, _ in found({"a": GAPS})} == set(range(6))
    assert found({"a": GAPS}, Labels([0, 1, 10, 20], {0: ["", "", GAPS[10], GAPS[20]]})) == {}


def test_gaps_that_people_fill_are_suspected_all_the_more():
    gaps = [""] * 30 + ["x", "y", "z"] * 30
    assert found({"a": gaps}) == {}
    told = found({"a": gaps}, Labels([0, 1, 2, 50, 60], {0: ["x", "y", "z", gaps[50], gaps[60]]}))
    assert {row for row, _ in told} == set(range(30))
    assert told[0, "a"].suggestion == "x"


def test_labelled_rows_are_told_as_they_were_labelled():
    columns = {"a": ["same"] * 40}
    told = found(columns, Labels([7], {0: ["other"]}))
    assert [(cell, each.suggestion, each.score) for cell, each in told.items()] == [
        ((7, "a"), "other", 1.0)
    ]


def test_columns_without_labels_are_judged_as_before():
    columns = {"a": GAPS, "b": [str(at) for at in range(96)]}
    assert found(columns, Labels([50], {1: ["50"]})) == found(columns)


@pytest.mark.parametrize("seed", range(3))
def test_rows_without_an_error_do_no_harm(seed):
    rows = np.random.default_rng(seed).choice(np.arange(6, 96), 20, replace=False).tolist()
    right = [GAPS[row] for row in rows]
    assert found({"a": GAPS}, Labels(rows, {0: right})).keys() == found({"a": GAPS}).keys()


def test_a_labelled_row_speaks_for_its_group():
    """Most sites tell a wrong time of one flight; one label puts its whole group right."""
    flights = [f"f{at}" for at in range(40) for _ in range(12)]
    times = [f"7:{10 + at} am" for at in range(40) for _ in range(12)]
    wrong = [*range(7), *range(12, 480, 12), *range(25, 480, 36)]
    for row in wrong:
        times[row] = "9:59 pm" if row < 7 else f"8:{row % 60:02d} pm"
    columns = {"flight": flights, "time": times}

    alone = found(columns)
    told = found(columns, Labels([0], {0: ["f0"], 1: ["7:10 am"]}))

    assert {row for row, _ in alone} & set(range(12)) == set(range(7, 12))
    assert {row for row, title in told if title == "time"} == set(wrong)
    assert {told[row, "time"].suggestion for row in range(7)} == {"7:10 am"}
