"""Missing cells: spelled as text, or empty among full ones."""

from science.suspects import missing
from tests.unit.science.suspects.cells import said


def test_spelled_missing_values_should_be_empty():
    found = said(missing, note=["good", "N/A", "null", " ? ", "bad"])
    assert {row: each[2] for (row, _), each in found.items()} == {1: "", 2: "", 3: ""}
    assert all(strength > 0.9 for _, strength, _ in found.values())


def test_a_word_that_may_be_a_level_is_doubted_only_among_numbers():
    words = said(missing, kind=["none", "some", "none", "all"])
    numbers = said(missing, size=["none", "12", "13", "14"])
    assert words[0, "kind"][1] < 0.5
    assert numbers[0, "size"][1] > 0.5


def test_a_gap_is_suspected_where_nearly_all_rows_have_a_value():
    assert (0, "a") in said(missing, a=["", *("xyz" * 10)])
    assert said(missing, a=["", "", *"xyz"]) == {}
