"""CSV read by DuckDB's types: how gaps may be spelt, and what they leave a column's type."""

import duckdb
import pytest

from science.sql_values import literal
from science.typed_csv import ROWS_LOOKED_AT, read_typed


@pytest.fixture
def read(tmp_path):
    def rows_of(lines, **options):
        file = tmp_path / "rows.csv"
        file.write_text("".join(f"{line}\n" for line in lines))
        connection = duckdb.connect()
        read_typed(connection, literal(str(file)), "read", **options)
        (kind,) = connection.execute("SELECT DISTINCT typeof(a) FROM read").fetchone()
        return kind, [a for (a,) in connection.execute("SELECT a FROM read").fetchall()]

    return rows_of


def test_a_gap_that_the_first_rows_spell_leaves_numbers_numbers(read):
    kind, values = read(["a,b", "1,x", "N/A,y", ",z", "4,w"])

    assert kind == "BIGINT"
    assert values == [1, None, None, 4]


@pytest.mark.parametrize("rows", [20_000, ROWS_LOOKED_AT - 1, ROWS_LOOKED_AT, 50_000])
def test_a_spelling_that_turns_up_late_is_a_gap_all_the_same(read, rows):
    """Behind the rows that were looked at, the file is read again."""
    lines = ["a,b", *(f"{number},x" for number in range(rows)), "N/A,y", "7,z"]

    kind, values = read(lines)

    assert kind == "BIGINT"
    assert len(values) == rows + 2
    assert values[-2:] == [None, 7]


def test_only_types_that_are_asked_for_are_found(read):
    lines = ["a,b", "true,x", "false,y"]

    assert read(lines) == ("BOOLEAN", [True, False])
    assert read(lines, types="['BIGINT', 'VARCHAR']") == ("VARCHAR", ["true", "false"])
