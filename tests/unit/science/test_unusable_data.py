"""Rows that no model can learn from, and definitions that do not fit them."""

from __future__ import annotations

import pytest

from science.faults import UnusableData
from tests.unit.science.data_builders import prepared, table


@pytest.mark.parametrize(
    ("change", "said", "cure"),
    [
        ({"target": "lft"}, "no column 'lft'", "did you mean 'left'"),
        ({"columns": {"time": "when"}}, "no column 'when'", "columns are"),
        ({"columns": {"time": "plan"}}, "category", "2024"),
        ({"positive": "maybe"}, "not among", "no"),
    ],
)
def test_what_the_definition_gets_wrong_is_named(tmp_path, change, said, cure):
    with pytest.raises(UnusableData) as caught:
        prepared(tmp_path, table(), **change)

    assert said in caught.value.faults[0].what
    assert cure in caught.value.faults[0].cure


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (table(3), "only 3"),
        ({**table(), "left": ["yes"] * 400}, "same target"),
        ({**table(), "left": [""] * 400}, "lacks the target"),
        ({"x": ["1", "2", "3"] * 40, "left": ["yes", "no"] * 60}, "only 6"),
        ({"x": [""] * 40, "left": [str(i % 2) for i in range(40)]}, "no column is left"),
    ],
    ids=["three rows", "one class", "no target", "all copies", "empty"],
)
def test_rows_that_teach_nothing_are_refused_with_the_reason(tmp_path, columns, said):
    with pytest.raises(UnusableData, match=said):
        prepared(tmp_path, columns)


def test_three_rows_of_two_thousand_columns_are_refused(tmp_path):
    columns = {f"c{i}": ["1", "2", "3"] for i in range(2000)}

    with pytest.raises(UnusableData, match="only 3"):
        prepared(tmp_path, {**columns, "left": ["a", "b", "a"]})
