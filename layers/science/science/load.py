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
    together = engine.dialect.distincts_together
    counted = (_counted if together else _counted_apart)(engine, relation, columns, rows)
    seen = {column: Seen(rows, *counts) for column, counts in zip(columns, counted)}
    looked = [column for column, each in seen.items() if _worth_a_look(each)]
    for column, top in _tops(engine, relation, looked, MOST_LEVELS_SEEN).items():
        seen[column].top = top
    return [infer(column, each) for column, each in seen.items()]


def _counted(
    engine: Engine, relation: str, columns: Sequence[str], rows: int
) -> list[tuple[Any, ...]]:
    """The figures of each column, in the order of ``Seen``: one pass for some columns at a time."""
    counted: list[tuple[Any, ...]] = []
    for start in range(0, len(columns), COLUMNS_AT_ONCE):
        some = columns[start : start + COLUMNS_AT_ONCE]
        figures = [
            [*_counts(each), f"coalesce(avg({_words(each)}), 0)", _distinct(engine, each, rows)]
            for each in some
        ]
        found = aggregates(engine, _with_numbers(relation, some), figures)
        counted += [(*each[:3], each[6], *each[3:6]) for each in found]
    return counted


def _counted_apart(
    engine: Engine, relation: str, columns: Sequence[str], rows: int
) -> list[tuple[Any, ...]]:
    """The same from the figures of each piece of the rows, and different cells counted apart."""
    different = _distincts(engine, relation, columns, rows)
    counted: list[tuple[Any, ...]] = [(0, 0, 0, 0, None, None, 0.0)] * len(columns)
    for start in range(0, len(columns), COLUMNS_AT_ONCE):
        some = columns[start : start + COLUMNS_AT_ONCE]
        listed = ", ".join(_figures_of_a_piece(at, each) for at, each in enumerate(some))
        engine.define_by_rows(
            "surveyed",
            relation,
            f"SELECT unnest([{listed}], recursive := true) FROM {_with_numbers(relation, some)}",
        )
        found = engine.query(
            "SELECT place, sum(present), sum(numbers), sum(wholes), min(lowest), max(highest), "
            "sum(words) FROM surveyed GROUP BY place ORDER BY place"
        )
        for at, present, numbers, wholes, lowest, highest, words in found:
            figures = (present, numbers, wholes, different[start + at], lowest, highest)
            counted[start + at] = (*figures, (words or 0) / max(1, present))
    return counted


def _figures_of_a_piece(at: int, column: str) -> str:
    """A struct: the place of a column, and what one pass over a piece finds of it."""
    titles = ("present", "numbers", "wholes", "lowest", "highest", "words")
    figures = [*_counts(column), f"CAST(sum({_words(column)}) AS BIGINT)"]
    told = "".join(f", '{title}': {each}" for title, each in zip(titles, figures))
    return f"{{'place': {at}{told}}}"


def _with_numbers(relation: str, columns: Sequence[str]) -> str:
    """Columns with what they are as numbers: read once, and counted four times."""
    listed = ", ".join(
        f"{name(each)}, {sql_values.plain_number(name(each))} AS {name(_number(each))}"
        for each in columns
    )
    return f"(SELECT {listed} FROM {relation}) AS seen"


def _number(column: str) -> str:
    """The name of a column's numbers beside its texts."""
    return f"_{column}_as_number_"


def _counts(column: str) -> list[str]:
    cell, number = name(column), name(_number(column))
    return [
        f"count({cell})",
        f"count({number})",
        f"count(*) FILTER (WHERE {number} = floor({number}))",
        f"min({number})",
        f"max({number})",
    ]


def _words(column: str) -> str:
    """How many words a cell has."""
    return f"length({name(column)}) - length(replace({name(column)}, ' ', '')) + 1"


def _distinct(engine: Engine, column: str, rows: int) -> str:
    """How many different cells a column has, an aggregate."""
    cell = engine.dialect.name(column)
    exact = rows <= EXACT_UP_TO
    return f"count(DISTINCT {cell})" if exact else f"approx_count_distinct({cell})"


def _distincts(engine: Engine, relation: str, columns: Sequence[str], rows: int) -> list[int]:
    """How many different cells each column has: several columns, one below the other, at a time."""
    if rows > EXACT_UP_TO:
        asked = [[_distinct(engine, each, rows)] for each in columns]
        return [int(found) for (found,) in aggregates(engine, relation, asked)]
    at_once = max(1, min(COLUMNS_AT_ONCE, CELLS_AT_ONCE // max(1, rows)))
    found = [0] * len(columns)
    for start in range(0, len(columns), at_once):
        cells = _stacked(engine, relation, columns[start : start + at_once])
        counted = engine.query(
            "SELECT place, count(*) FROM "
            f"(SELECT place, cell FROM {cells} GROUP BY place, cell) AS cells GROUP BY place"
        )
        for at, different in counted:
            found[start + at] = int(different)
    return found


def _stacked(engine: Engine, relation: str, columns: Sequence[str]) -> str:
    """Columns one below the other, in Spark's SQL: ``place`` among them and ``cell``."""
    cells = ", ".join(f"{at}, {engine.dialect.name(each)}" for at, each in enumerate(columns))
    stacked = f"SELECT stack({len(columns)}, {cells}) AS (place, cell) FROM {relation}"
    return f"(SELECT place, cell FROM ({stacked}) AS stacked WHERE cell IS NOT NULL) AS stacked"


def _tops(
    engine: Engine, relation: str, columns: Sequence[str], most: int
) -> dict[str, list[tuple[str, int]]]:
    """The most frequent cells of each column, as ``frequent`` tells those of one."""
    if engine.dialect.distincts_together:
        return {each: frequent(engine, relation, each, most) for each in columns}
    tops: dict[str, list[tuple[str, int]]] = {each: [] for each in columns}
    for start in range(0, len(columns), COLUMNS_AT_ONCE):
        some = columns[start : start + COLUMNS_AT_ONCE]
        found = engine.query(
            "SELECT place, cell, found FROM (SELECT place, cell, found, row_number() OVER "
            "(PARTITION BY place ORDER BY found DESC, cell) AS rank FROM "
            "(SELECT place, cell, count(*) AS found FROM "
            f"{_stacked(engine, relation, some)} GROUP BY place, cell) AS counted) AS ranked "
            f"WHERE rank <= {most} ORDER BY place, rank"
        )
        for place, text, count in found:
            tops[some[place]].append((str(text), int(count)))
    return tops


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
