"""What the texts of an untyped table are: the narrowest type that reads every one of them.

CSV files carry no types. A query over them wants to add and compare, so a column is given a type
when all its texts are written in it, and stays text when reading one of them would change it:
``007`` is no number, since writing it again gives ``7``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from science.database import aggregate
from science.sql_values import literal, name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TEXT = "VARCHAR"
PATTERNS = {
    "BIGINT": r"-?(0|[1-9][0-9]{0,17})",
    "DOUBLE": r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?",
    "DATE": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "TIMESTAMP": r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?",
}
"""How a text of each type is written, narrowest first."""

WIDER: dict[str, tuple[str, ...]] = {
    "BIGINT": ("DOUBLE",),
    "DATE": ("TIMESTAMP",),
    "DOUBLE": ("BIGINT",),
    "TIMESTAMP": ("DATE",),
}
"""Types that stand for the same kind of value: one may follow the other in a column."""


def infer(connection: Any, relation: str, columns: Sequence[str]) -> dict[str, str]:
    """The type of each column of texts; ``VARCHAR`` where none fits, or where there is no text.

    Args:
        connection: the database.
        relation: what stands behind FROM.
        columns: its columns, all VARCHAR.
    """
    counted = aggregate(connection, relation, [_counts(column) for column in columns])
    found = {}
    for column, (present, *fitting) in zip(columns, counted):
        types = (kind for kind, count in zip(PATTERNS, fitting) if present and count == present)
        found[column] = next(types, TEXT)
    return found


def _counts(column: str) -> list[str]:
    cell = name(column)
    return [f"count({cell})", *(f"count(*) FILTER ({fits(cell, kind)})" for kind in PATTERNS)]


def fits(cell: str, kind: str) -> str:
    """The condition that a text is written in a type and can be read in it."""
    pattern = literal(PATTERNS[kind])
    return f"regexp_full_match({cell}, {pattern}) AND TRY_CAST({cell} AS {kind}) IS NOT NULL"


def typed(types: Mapping[str, str]) -> str:
    """The columns with their types, as the list behind SELECT."""
    return ", ".join(
        name(column) if kind == TEXT else f"CAST({name(column)} AS {kind}) AS {name(column)}"
        for column, kind in types.items()
    )
