"""Ingested files united into one table of texts, and one look at every column of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from science import sql_values
from science.database import column_names, file_list
from science.faults import Fault, UnusableData
from science.kinds import MOST_LEVELS_SEEN, Column, Seen, infer
from science.landed import Landed
from science.recipe.duckdb_engine import DuckDBEngine
from science.recipe.fits import aggregates
from science.sql_values import name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from science.recipe.engines import Engine

EXACT_UP_TO = 1_000_000
"""Rows up to which different cells are counted exactly; beyond, HyperLogLog estimates them."""


def load(connection: Any, inputs: Sequence[Path]) -> Landed:
    """Unite files by column name into ``raw`` (as read) and ``cells`` (trimmed, missing is NULL).

    A column that a file lacks is missing in its rows. Both tables have a row for each row of the
    files in their order; the pseudo-column ``rowid`` joins them.

    Returns:
        The two tables.
    """
    if not inputs:
        raise UnusableData([Fault("there are no files", "data", "drop a file with rows")])
    source = f"read_parquet({file_list(inputs)}, union_by_name = true)"
    columns = column_names(connection, source)
    as_text = ", ".join(f"CAST({name(column)} AS VARCHAR) AS {name(column)}" for column in columns)
    connection.execute(f"CREATE TABLE raw AS SELECT {as_text} FROM {source}")
    cells = ", ".join(f"{sql_values.cell(column)} AS {name(column)}" for column in columns)
    connection.execute(f"CREATE TABLE cells AS SELECT {cells} FROM raw")
    engine = DuckDBEngine(connection)
    return Landed(engine, columns, "rowid", "rowid", columns)


def survey(engine: Engine, relation: str, columns: Sequence[str], rows: int) -> list[Column]:
    """The kind of each column, from one pass of counts and a look at its most frequent texts."""
    counted = aggregates(engine, relation, [_counts(engine, column, rows) for column in columns])
    found = []
    for column, counts in zip(columns, counted):
        seen = Seen(rows, *counts)
        if _worth_a_look(seen):
            seen.top = frequent(engine, relation, column, MOST_LEVELS_SEEN)
        found.append(infer(column, seen))
    return found


def _counts(engine: Engine, column: str, rows: int) -> list[str]:
    cell = engine.dialect.name(column)
    number = sql_values.plain_number(cell, engine.dialect)
    distinct = (
        f"count(DISTINCT {cell})" if rows <= EXACT_UP_TO else f"approx_count_distinct({cell})"
    )
    return [
        f"count({cell})",
        f"count({number})",
        f"count(*) FILTER (WHERE {number} = floor({number}))",
        distinct,
        f"min({number})",
        f"max({number})",
        f"coalesce(avg(length({cell}) - length(replace({cell}, ' ', '')) + 1), 0)",
    ]


def _worth_a_look(seen: Seen) -> bool:
    """Plain numbers need no look, unless they may be dates written together (20240531)."""
    if seen.numbers < seen.present:
        return True
    dated = 19000101 <= (seen.lowest or 0) <= (seen.highest or 0) <= 21001231
    return bool(seen.present and dated)


def frequent(engine: Engine, relation: str, column: str, most: int) -> list[tuple[str, int]]:
    """The most frequent cells of a column with their counts; ties in the order of the text."""
    cell = engine.dialect.name(column)
    query = (
        f"SELECT {cell}, count(*) AS found FROM {relation} WHERE {cell} IS NOT NULL "
        f"GROUP BY 1 ORDER BY found DESC, 1 LIMIT {most}"
    )
    return [(str(text), int(count)) for text, count in engine.query(query)]
