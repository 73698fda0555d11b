"""Ingested files united into one table of texts, and one look at every column of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from science import sql_values
from science.database import column_names, file_list
from science.faults import Fault, UnusableData
from science.kinds import MOST_LEVELS_SEEN, Column, Seen, infer
from science.landed import Landed
from science.recipe.duckdb_engine import DuckDBEngine
from science.recipe.fits import COLUMNS_AT_ONCE, aggregates
from science.sql_values import name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from science.recipe.engines import Engine

EXACT_UP_TO = 1_000_000
"""Rows up to which different cells are counted exactly; beyond, HyperLogLog estimates them."""

CELLS_AT_ONCE = 4_000_000
"""Different cells that are told apart in one statement, where columns are not counted together."""


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
    counted = _counted(engine, relation, columns, rows)
    found = []
    for column, counts in zip(columns, counted):
        seen = Seen(rows, *counts)
        if _worth_a_look(seen):
            seen.top = frequent(engine, relation, column, MOST_LEVELS_SEEN)
        found.append(infer(column, seen))
    return found


def _counted(
    engine: Engine, relation: str, columns: Sequence[str], rows: int
) -> list[tuple[Any, ...]]:
    """The figures of each column, in the order of ``Seen``."""
    exact = rows <= EXACT_UP_TO
    apart = exact and not engine.dialect.distincts_together
    counted: list[tuple[Any, ...]] = []
    for start in range(0, len(columns), COLUMNS_AT_ONCE):
        some = columns[start : start + COLUMNS_AT_ONCE]
        figures = [_counts(engine, each, exact=exact, apart=apart) for each in some]
        counted += aggregates(engine, _with_numbers(engine, relation, some), figures)
    if not apart:
        return counted
    different = _distincts(engine, relation, columns, rows)
    return [(*each[:3], found, *each[4:]) for each, found in zip(counted, different)]


def _with_numbers(engine: Engine, relation: str, columns: Sequence[str]) -> str:
    """Columns with what they are as numbers: read once, and counted four times."""
    name = engine.dialect.name
    listed = ", ".join(
        f"{name(each)}, {sql_values.plain_number(name(each), engine.dialect)} "
        f"AS {name(_number(each))}"
        for each in columns
    )
    return f"(SELECT {listed} FROM {relation}) AS seen"


def _number(column: str) -> str:
    """The name of a column's numbers beside its texts."""
    return f"_{column}_as_number_"


def _counts(engine: Engine, column: str, *, exact: bool, apart: bool) -> list[str]:
    cell, number = engine.dialect.name(column), engine.dialect.name(_number(column))
    distinct = f"count(DISTINCT {cell})" if exact else f"approx_count_distinct({cell})"
    return [
        f"count({cell})",
        f"count({number})",
        f"count(*) FILTER (WHERE {number} = floor({number}))",
        "NULL" if apart else distinct,
        f"min({number})",
        f"max({number})",
        f"coalesce(avg(length({cell}) - length(replace({cell}, ' ', '')) + 1), 0)",
    ]


def _distincts(engine: Engine, relation: str, columns: Sequence[str], rows: int) -> list[int]:
    """How many different cells each column has: several columns, one below the other, at a time."""
    name = engine.dialect.name
    at_once = max(1, min(COLUMNS_AT_ONCE, CELLS_AT_ONCE // max(1, rows)))
    found = [0] * len(columns)
    for start in range(0, len(columns), at_once):
        some = enumerate(columns[start : start + at_once], start)
        cells = [f"{at}, {name(each)}" for at, each in some]
        stacked = f"SELECT stack({len(cells)}, {', '.join(cells)}) AS (place, cell) FROM {relation}"
        counted = engine.query(
            "SELECT place, count(*) FROM (SELECT place, cell FROM "
            f"({stacked}) AS stacked WHERE cell IS NOT NULL GROUP BY place, cell) AS cells "
            "GROUP BY place"
        )
        for at, different in counted:
            found[at] = int(different)
    return found


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
