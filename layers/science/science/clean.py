"""A whole table cleaned by its recipe, file to file, in bounded memory and with no model in mind.

For tables far larger than what trains: the same steps as ``prepare`` takes, over types that DuckDB
reads itself, carried out by the recipe's own SQL.

Copies are found by a hash of each row first; only rows whose hash occurs twice are compared. A
``SELECT DISTINCT`` over all columns would hold every row in a hash table instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from science.database import connect, write_parquet
from science.fitting import TAIL, fences
from science.recipe.duckdb_engine import DuckDBEngine
from science.recipe.statements import chain
from science.recipe.steps import DropDuplicates, Impute, Outliers
from science.recipe.written import Done
from science.sql_values import literal, name
from science.typed_csv import read_typed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

MEMORY_LIMIT = "1400MB"
LARGE_BYTES, LARGE_MEMORY_LIMIT = 2_000_000_000, "2200MB"
"""A file from so many bytes on: the quantiles of one of its columns alone take a gigabyte."""
VALUES_SORTED_AT_ONCE = 40_000_000
COLUMNS_SORTED_AT_ONCE = 4
"""Quantiles keep a column's values in memory: so many columns at a time, fewer of long ones."""

NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL")


def clean_file(
    source: Path, target: Path, prepare: Mapping[str, Any], *, memory_limit: str | None = None
) -> list[Done]:
    """Clean a CSV file into a Parquet file.

    Args:
        source: CSV with a header, UTF-8.
        target: the Parquet file to write; rows keep their order.
        prepare: ``duplicates`` drop or keep; ``missing`` median, mean or mode fills numbers with
            that and texts with their mode, all else leaves gaps; ``outliers`` clip or keep.
        memory_limit: as DuckDB writes it, by the file's size unless told; what does not fit is
            spilled to disk.

    Returns:
        The recipe: what was done, with its counts.
    """
    large = source.stat().st_size >= LARGE_BYTES
    usual = LARGE_MEMORY_LIMIT if large else MEMORY_LIMIT
    with connect(memory_limit or usual) as connection:
        read_typed(connection, literal(str(source)), "landed")
        columns = {
            column: str(kind)
            for column, kind, *_ in connection.execute("DESCRIBE landed").fetchall()
        }
        steps = _drop_duplicates(connection, list(columns), prepare)
        steps += _fit(connection, columns, prepare)
        cellwise = [done.step for done in steps if done.step.cellwise]
        schema = DuckDBEngine(connection).schema("landed")
        statement, _ = chain(cellwise, schema, "landed")
        write_parquet(connection, statement, target, compression="snappy")
        return steps


def _drop_duplicates(
    connection: Any, columns: Sequence[str], prepare: Mapping[str, Any]
) -> list[Done]:
    if prepare.get("duplicates", "drop") != "drop":
        return []
    listed = ", ".join(name(column) for column in columns)
    there = ", ".join(f"landed.{name(column)}" for column in columns)
    connection.execute(
        f"CREATE TEMP TABLE hashed AS SELECT rowid AS row, hash({listed}) AS hash FROM landed"
    )
    connection.execute(
        "CREATE TEMP TABLE suspects AS SELECT row FROM hashed WHERE hash IN "
        "(SELECT hash FROM hashed GROUP BY 1 HAVING count(*) > 1)"
    )
    connection.execute("DROP TABLE hashed")
    before = connection.execute("SELECT count(*) FROM landed").fetchone()[0]
    gone = connection.execute(
        "DELETE FROM landed WHERE rowid IN (SELECT row FROM (SELECT suspects.row, row_number() "
        f"OVER (PARTITION BY {there} ORDER BY suspects.row) AS place FROM suspects "
        "JOIN landed ON landed.rowid = suspects.row) WHERE place > 1)"
    ).fetchone()[0]
    step = DropDuplicates(columns=tuple(columns), why="A row that occurs twice.")
    return [Done(step, (before, before - gone))]


def _fit(connection: Any, columns: Mapping[str, str], prepare: Mapping[str, Any]) -> list[Done]:
    """Bounds and fillings of every column, from all rows that are left."""
    numeric = [column for column, kind in columns.items() if kind.startswith(NUMBERS)]
    missing = prepare.get("missing", "auto")
    bounds: dict[str, list[float]] = {}
    values: dict[str, Any] = {}
    for column, (quantiles, low, high, mean, mode) in _figures(connection, numeric, missing):
        if quantiles is None:
            continue
        fence = fences(quantiles, low, high) if prepare.get("outliers") == "clip" else None
        if fence:
            bounds[column] = fence
        values[column] = {"median": quantiles[2] + 0.0, "mean": mean, "mode": mode}.get(missing)
    if missing in {"median", "mean", "mode"}:
        values.update(_modes(connection, [each for each in columns if each not in numeric]))
    values = {column: value for column, value in values.items() if value is not None}
    made = []
    if bounds:
        fitted: dict[str, Any] = {"bounds": bounds}
        why = "Far beyond the quartiles."
        made.append(Done(Outliers(columns=tuple(bounds), method="iqr", fitted=fitted, why=why)))
    for method, chosen in ((missing, numeric), ("mode", [e for e in columns if e not in numeric])):
        filled = {column: values[column] for column in chosen if column in values}
        if filled:
            fitted, why = {"values": filled}, f"Missing cells: {method}."
            step = Impute(columns=tuple(filled), method=method, fitted=fitted, why=why)
            made.append(Done(step))
    return made


def _figures(
    connection: Any, columns: Sequence[str], missing: str
) -> list[tuple[str, tuple[Any, ...]]]:
    found = []
    rows = connection.execute("SELECT count(*) FROM landed").fetchone()[0]
    at_once = max(1, min(COLUMNS_SORTED_AT_ONCE, VALUES_SORTED_AT_ONCE // max(1, rows)))
    for start in range(0, len(columns), at_once):
        chunk = columns[start : start + at_once]
        listed = ", ".join(_figures_of(name(column), missing) for column in chunk)
        row = connection.execute(f"SELECT {listed} FROM landed").fetchone()
        found += [(column, row[5 * at : 5 * at + 5]) for at, column in enumerate(chunk)]
    return found


def _figures_of(cell: str, missing: str) -> str:
    levels = f"[{TAIL}, 0.25, 0.5, 0.75, {1 - TAIL}]"
    mean = f"avg({cell})" if missing == "mean" else "NULL"
    mode = f"mode({cell})" if missing == "mode" else "NULL"
    return f"quantile_cont({cell}::DOUBLE, {levels}), min({cell}), max({cell}), {mean}, {mode}"


def _modes(connection: Any, columns: Sequence[str]) -> dict[str, Any]:
    if not columns:
        return {}
    listed = ", ".join(f"mode({name(column)})" for column in columns)
    row = connection.execute(f"SELECT {listed} FROM landed").fetchone()
    return {
        column: value if value is None or isinstance(value, bool) else str(value)
        for column, value in zip(columns, row)
    }
