"""DuckDB as this package uses it: in memory, no network, two names for every table."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from science.sql_values import literal, name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

COLUMNS_AT_ONCE = 32
"""So many columns go into one statement; more make the planner slow."""


@contextmanager
def connect(memory_limit: str | None = None) -> Iterator[Any]:
    """A database of its own, gone with all its files when the block ends.

    Args:
        memory_limit: as DuckDB writes it, ``1.5GB``; what does not fit is spilled to disk.
    """
    import duckdb

    with tempfile.TemporaryDirectory(prefix="science-") as folder:
        settings: dict[str, Any] = {
            "temp_directory": folder,
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "threads": str(len(os.sched_getaffinity(0))),
        }
        if memory_limit:
            settings["memory_limit"] = memory_limit
        connection = duckdb.connect(config=settings)
        try:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("SET enable_progress_bar = false")  # it would go into the log
            yield connection
        finally:
            connection.close()


def refusals(*others: type[Exception]) -> tuple[type[Exception], ...]:
    """What DuckDB refuses rows by, an error of its own or Python's, and others if named.

    Where its message quotes a cell and cuts it inside a character, that is no text for Python.
    """
    import duckdb

    return (duckdb.Error, UnicodeDecodeError, *others)


def words_of(refusal: Exception) -> str:
    """What DuckDB says in a refusal."""
    if isinstance(refusal, UnicodeDecodeError):
        return refusal.object.decode(errors="replace")
    return str(refusal)


def file_list(paths: Sequence[Path]) -> str:
    """Paths as an SQL list."""
    return "[" + ", ".join(literal(str(path)) for path in paths) + "]"


def column_names(connection: Any, relation: str) -> list[str]:
    """The columns of a table or of a FROM clause, in order."""
    return [row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()]


def aggregate(
    connection: Any, relation: str, expressions: Sequence[Sequence[str]]
) -> list[tuple[Any, ...]]:
    """Aggregates of many columns, a tuple for each, read in as few passes as planning allows.

    Args:
        connection: the database.
        relation: what stands behind FROM.
        expressions: for each column its aggregates.
    """
    found: list[tuple[Any, ...]] = []
    for start in range(0, len(expressions), COLUMNS_AT_ONCE):
        chunk = expressions[start : start + COLUMNS_AT_ONCE]
        listed = ", ".join(each for group in chunk for each in group)
        row = connection.execute(f"SELECT {listed} FROM {relation}").fetchone()
        at = 0
        for group in chunk:
            found.append(tuple(row[at : at + len(group)]))
            at += len(group)
    return found


def arrays(connection: Any, query: str) -> dict[str, Any]:
    """A query's result as NumPy arrays by column: floats with NaN, texts as objects with None."""
    fetched = connection.execute(query).fetchnumpy()
    return {column: _unmasked(values) for column, values in fetched.items()}


def _unmasked(values: Any) -> Any:
    if isinstance(values, np.ma.MaskedArray):
        if values.dtype.kind == "f":
            return values.filled(np.nan)
        filled = np.asarray(values.data, dtype=object).copy()
        filled[np.ma.getmaskarray(values)] = None
        return filled
    return values


def write_parquet(connection: Any, query: str, path: Path, compression: str = "zstd") -> int:
    """Write a query's result as one Parquet file, and return how many rows it has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    form = f"FORMAT parquet, COMPRESSION {compression}"
    copied = connection.execute(f"COPY ({query}) TO {literal(str(path))} ({form})").fetchone()
    return int(copied[0])


def write_matrix(connection: Any, path: Path, columns: Sequence[tuple[str, Any]]) -> None:
    """Write arrays as the columns of one Parquet file, in order.

    Args:
        connection: any database.
        path: the file.
        columns: names, different whatever their case, each with an array of the same length.
    """
    view = "matrix_to_write"
    connection.register(view, {f"c{index}": values for index, (_, values) in enumerate(columns)})
    listed = ", ".join(f"c{index} AS {name(title)}" for index, (title, _) in enumerate(columns))
    try:
        write_parquet(connection, f"SELECT {listed} FROM {view}", path)
    finally:
        connection.unregister(view)
