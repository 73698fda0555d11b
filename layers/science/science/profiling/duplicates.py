"""Rows that occur more than once, and the ones that do most often.

Rows are told apart by a 64-bit hash of all their cells: in five million rows two different ones
share it once in a million tables, which is why it may be believed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from science.sql_values import name

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOWN = 5
CELLS_SHOWN = 12


def measure(connection: Any, relation: str, columns: Sequence[str], rows: int) -> dict[str, Any]:
    """The document ``{"rows", "share", "most": [{"rows", "first", "cells": {column: text}}]}``.

    Args:
        connection: the database.
        relation: a table; its ``rowid`` numbers the rows.
        columns: its columns.
        rows: how many rows it has.

    Returns:
        ``rows`` are those that repeat an earlier one; ``first`` is the number of the first.
    """
    listed = ", ".join(name(column) for column in columns)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE repeated AS "
        "SELECT hash, count(*) AS found, min(row) AS first "
        f"FROM (SELECT rowid AS row, hash({listed}) AS hash FROM {relation}) "
        "GROUP BY hash HAVING count(*) > 1"
    )
    extra = connection.execute("SELECT coalesce(sum(found - 1), 0) FROM repeated").fetchone()[0]
    most = connection.execute(
        f"SELECT found, first FROM repeated ORDER BY found DESC, first LIMIT {SHOWN}"
    ).fetchall()
    connection.execute("DROP TABLE repeated")
    return {
        "rows": int(extra),
        "share": int(extra) / rows if rows else 0.0,
        "most": [
            {
                "rows": int(found),
                "first": int(first),
                "cells": cells_of(connection, relation, columns, first),
            }
            for found, first in most
        ],
    }


def cells_of(connection: Any, relation: str, columns: Sequence[str], row: int) -> dict[str, Any]:
    """The first cells of one row, as texts."""
    shown = list(columns)[:CELLS_SHOWN]
    listed = ", ".join(f"CAST({name(column)} AS VARCHAR)" for column in shown)
    query = f"SELECT {listed} FROM {relation} WHERE rowid = {int(row)}"
    return dict(zip(shown, connection.execute(query).fetchone()))
