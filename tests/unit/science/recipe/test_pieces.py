"""What DuckDB tells of pieces of rows is what it tells of all of them."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest

from science.recipe.pieces import CELLS_A_PIECE, MOST_ROWS, by_pieces, carried, rows_of_a_piece

TEXTS = [" 1,5 €", None, "ja", "", "São \\'Paulo'", "2024-05-31"] * 5
STATEMENT = "SELECT place, trim(text) AS text, md5_number_lower(text) AS key FROM told"
COLUMNS = [("place", "bigint"), ("text", "string")]


def batches(size):
    rows = pa.table({"place": range(len(TEXTS)), "text": TEXTS})
    return rows.to_batches(max_chunksize=size)


def test_types_that_spark_lacks_become_such_as_it_has():
    statement, columns = carried(
        "SELECT place, text, md5_number_lower(text) AS key, md5_number(text) AS whole, "
        "place / 2 AS half FROM told",
        "told",
        COLUMNS,
    )

    assert columns == [
        ("place", "bigint"),
        ("text", "string"),
        ("key", "DECIMAL(20,0)"),
        ("whole", "string"),
        ("half", "double"),
    ]
    assert statement.startswith('SELECT "place", "text", CAST("key" AS DECIMAL(20,0)) AS "key", ')


@pytest.mark.parametrize("size", [1, 7, 100])
def test_pieces_of_any_size_give_what_the_whole_gives(size):
    statement, _ = carried(STATEMENT, "told", COLUMNS)
    with duckdb.connect() as connection:
        connection.register("told", pa.table({"place": range(len(TEXTS)), "text": TEXTS}))
        whole = connection.execute(STATEMENT).fetchall()

    found = pa.Table.from_batches(list(by_pieces(statement, "told")(batches(size))))

    assert [tuple(row.values()) for row in found.to_pylist()] == whole


def test_an_aggregate_gives_a_row_for_each_piece():
    statement, _ = carried("SELECT count(text) AS texts FROM told", "told", COLUMNS)

    found = [each.to_pylist() for each in by_pieces(statement, "told")(batches(10))]

    assert found == [[{"texts": 8}], [{"texts": 8}], [{"texts": 9}]]


@pytest.mark.parametrize(
    ("columns", "rows"),
    [(0, MOST_ROWS), (20, MOST_ROWS), (1000, CELLS_A_PIECE // 1000), (2 * CELLS_A_PIECE, 1)],
)
def test_pieces_of_wide_tables_have_fewer_rows(columns, rows):
    assert rows_of_a_piece(columns) == rows
