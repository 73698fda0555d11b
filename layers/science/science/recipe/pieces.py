"""DuckDB inside Spark: rows that need nothing but themselves are told by DuckDB, piece by piece.

Spark hands its rows to Python as Arrow batches and takes batches back (``DataFrame.mapInArrow``).
Reading a million cells so takes a fraction of what Java's patterns take, needs no code compiled for
each statement, and gives the very values that DuckDB gives to a table that one machine holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from science.database import connect
from science.dialects import DUCKDB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

CELLS_A_PIECE = 1_000_000
"""Planning a statement takes some milliseconds; a piece is larger by far, and small in memory."""
MOST_ROWS = 50_000

TO_DUCKDB = {"string": "VARCHAR", "bigint": "BIGINT", "double": "DOUBLE", "int": "INTEGER"}
TO_SPARK = {duckdb: spark for spark, duckdb in TO_DUCKDB.items()}
CARRIED = {
    "UBIGINT": ("CAST({} AS DECIMAL(20,0))", "DECIMAL(20,0)"),
    "UHUGEINT": ("hex({})", "VARCHAR"),
}
"""Types that Spark lacks: what they become on the way to it. Only the equality of the largest
whole numbers counts, and writing one in decimals takes 80 microseconds."""


def rows_of_a_piece(columns: int) -> int:
    """How many rows Spark hands over at once."""
    return max(1, min(MOST_ROWS, CELLS_A_PIECE // max(1, columns)))


def carried(
    statement: str, relation: str, columns: Iterable[tuple[str, str]]
) -> tuple[str, list[tuple[str, str]]]:
    """A statement whose columns Spark can take, and these columns.

    Args:
        statement: a SELECT in DuckDB's SQL about one table.
        relation: the table's name.
        columns: its columns with their types in Spark.

    Returns:
        The statement, and its columns with their types in Spark.
    """
    listed = ", ".join(
        f"{DUCKDB.name(column)} {TO_DUCKDB.get(kind, kind)}" for column, kind in columns
    )
    with connect() as connection:
        connection.execute(f"CREATE TABLE {relation} ({listed})")
        found = connection.execute(f"DESCRIBE {statement}").fetchall()
    told, schema = [], []
    for column, kind, *_ in found:
        title = DUCKDB.name(column)
        form, taken = CARRIED.get(str(kind), ("", str(kind)))
        told.append(f"{form.format(title)} AS {title}" if form else title)
        schema.append((column, TO_SPARK.get(taken, taken)))
    return f"SELECT {', '.join(told)} FROM ({statement}) AS told", schema


def by_pieces(statement: str, relation: str) -> Callable[[Iterable[Any]], Iterator[Any]]:
    """What carries a statement out on each batch of rows; it runs beside Spark's executors."""

    def carry_out(batches: Iterable[Any]) -> Iterator[Any]:
        import pyarrow as pa

        with connect() as connection:
            for batch in batches:
                connection.register(relation, pa.Table.from_batches([batch]))
                yield from connection.sql(statement).to_arrow_table().to_batches()

    return carry_out
