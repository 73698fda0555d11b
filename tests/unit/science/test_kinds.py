"""What kind of thing a column holds."""

from __future__ import annotations

import duckdb
import pytest

from science.load import survey
from science.recipe.duckdb_engine import DuckDBEngine


def kind_of(cells, name="x"):
    """The column that a list of raw cells is."""
    with duckdb.connect() as connection:
        connection.execute(f'CREATE TABLE cells ("{name}" VARCHAR)')
        connection.executemany("INSERT INTO cells VALUES (?)", [(cell,) for cell in cells])
        return survey(DuckDBEngine(connection), "cells", [name], len(cells))[0]


WORDS = ["the parcel came late again", "all was fine and friendly", "too dear for what it is"]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2.5", "-3e2"] * 5, "number"),
        (["1", "2", "unknown"] * 5, "number"),
        (["$1,200", "$85", None] * 5, "number"),
        (["12 oz", "16 oz.", "12 oz"] * 5, "number"),
        (["5%", "17 %", "8%"] * 5, "number"),
        (["yes", "no", "Yes"] * 5, "boolean"),
        (["t", "f", None] * 5, "boolean"),
        (["2024-01-01", "2024-02-01", "2023-12-24"] * 5, "date"),
        (["20240101", "20240201", "20231224"] * 5, "date"),
        (["low", "high", "medium"] * 5, "ordinal"),
        (["18-24", "25-34", "65+"] * 5, "ordinal"),
        (["red", "green", "blue"] * 5, "category"),
        (["A11", "A12", "B7"] * 5, "category"),
        (["same"] * 15, "constant"),
        ([None] * 15, "empty"),
        ([f"{WORDS[i % 3]} {i} {WORDS[i % 2]}" for i in range(80)], "text"),
        ([f"K-{i:x}-{i * 7919}" for i in range(80)], "identifier"),
    ],
)
def test_a_columns_kind_is_told_from_its_cells(cells, kind):
    assert kind_of(cells).kind == kind


def test_numbers_that_count_rows_are_identifiers_only_by_their_name():
    cells = [str(i) for i in range(50)]

    assert kind_of(cells, "customerID").kind == "identifier"
    assert kind_of(cells, "row_number").kind == "identifier"
    assert kind_of(cells, "amount").kind == "number"
    assert kind_of(cells, "paid").kind == "number"


def test_epochs_are_dates_only_by_their_name():
    cells = [str(1700000000 + i * 1000) for i in range(50)]

    assert kind_of(cells, "created_at").formats == ["epoch_s"]
    assert kind_of(cells, "phone").kind == "number"


def test_one_value_or_none_at_all_tells_something():
    """A column that is either there or not is no constant."""
    assert kind_of(["x", None] * 10).role == "feature"


def test_the_decimal_mark_is_kept():
    assert kind_of(["1.234,50 €", "12,00 €", "7,25 €"] * 5).decimal == ","
