"""Rows worth labelling differ from each other, and are the same at every call."""

from science.suspects.columns import coded
from science.suspects.judge import judge
from science.suspects.labelled import worth_labelling


def asked(columns, most):
    table = coded(columns)
    judged = judge(table)
    return worth_labelling(table, judged.evidence, judged.scores, most)


def test_every_kind_of_doubt_is_asked_about():
    cells = ["", "", "", *(["abc"] * 60), "n/a", "n/a", "12", *(["def"] * 40)]
    kinds = {cells[row] for row in asked({"a": cells}, 8)}
    assert {"", "n/a"} <= kinds


def test_no_row_is_asked_for_twice():
    rows = asked({"a": ["x", "y", ""] * 4}, 20)
    assert sorted(rows) == list(range(12))


def test_the_same_rows_are_asked_for_at_every_call():
    columns = {"a": ["", "q", "r", "s"] * 20, "b": [str(at) for at in range(80)]}
    assert asked(columns, 5) == asked(columns, 5)
