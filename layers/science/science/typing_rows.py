"""Rows that stay, with numbers and dates read: the tables ``typed`` and ``held``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from science import split, sql_values
from science.dialects import DUCKDB
from science.fitting import TYPED
from science.recipe.fits import aggregates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from science.dialects import Dialect
    from science.kinds import Column
    from science.landed import Landed


def type_rows(landed: Landed, columns: Sequence[Column]) -> None:
    """Create ``typed``: row, key, part, label, then the columns; numbers and dates as DOUBLE."""
    engine, dialect = landed.engine, landed.engine.dialect
    cells = "".join(
        f", cells.{each} AS {each}" for each in (dialect.name(column.name) for column in columns)
    )
    engine.show(
        "chosen",
        f"SELECT keys.row AS _row_, CAST(keys.key AS {dialect.text_type}) AS _key_, "
        f"keys.part AS _part_, keys.label AS _label_{cells} "
        f"FROM cells JOIN keys ON cells.{landed.cells_row} = keys.row",
    )
    typed = "".join(
        f", {typed_cell(column, title)} AS {title}"
        for column, title in ((column, sql_values.name(column.name)) for column in columns)
    )
    engine.define_by_rows(
        "typed",
        "chosen",
        f"SELECT _row_, _key_, _part_, _label_{typed} FROM chosen{dialect.in_order('_row_')}",
    )


def typed_cell(column: Column, cell: str, dialect: Dialect = DUCKDB) -> str:
    """The SQL that reads a cell as its column's kind: DOUBLE for numbers and dates."""
    if column.kind == "date":
        return sql_values.seconds(cell, column.formats, dialect)
    if column.kind == "number":
        return sql_values.number(cell, column.decimal, sure=column.sure, dialect=dialect)
    return cell


def unread(landed: Landed, columns: Sequence[Column]) -> dict[str, int]:
    """Cells of the kept rows that are there but could not be read as their column's kind."""
    doubtful = [column for column in columns if column.kind in TYPED and not column.sure]
    if not doubtful:
        return {}
    name = landed.engine.dialect.name
    titles = [name(each.name) for each in doubtful]
    lost = [
        [f"count(*) FILTER (WHERE typed.{title} IS NULL AND cells.{title} IS NOT NULL)"]
        for title in titles
    ]
    source = f"typed JOIN cells ON cells.{landed.cells_row} = typed.{name('_row_')}"
    counts = aggregates(landed.engine, source, lost)
    return {each.name: count for each, (count,) in zip(doubtful, counts) if count}


def hold_out(landed: Landed) -> None:
    """Create ``held``: row, then every column of the held-out rows as it landed."""
    name = landed.engine.dialect.name
    columns = ", ".join(f"raw.{name(each)}" for each in landed.raw_names)
    landed.engine.define(
        "held",
        f"SELECT keys.row AS {name('_row_')}, {columns} FROM raw JOIN keys "
        f"ON raw.{landed.raw_row} = keys.row WHERE keys.part = '{split.HOLDOUT}'",
    )
