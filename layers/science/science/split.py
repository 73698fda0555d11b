"""Which rows train, which validate, which are held out; a row stays in its part for ever.

A row's part follows from the MD5 of its identifier, or of all its cells but the target, so that
rows alike in all of these never lie on both sides. New rows change nothing for old
ones. With a time column the newest rows are held out instead, since that is what a model will meet,
and the newest of the rest validate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from science.sql_values import literal, name

if TYPE_CHECKING:
    from collections.abc import Sequence

TRAIN, VALIDATION, HOLDOUT = "train", "validation", "holdout"
VALIDATION_SHARE = 0.15
FEWEST_IN_A_PART = 3
STEPS = 1_000_000
"""Shares are told apart to so many parts."""

SEPARATOR_TEXT = "\x1f"
"""Between the cells of a row that is told as one text."""

SEPARATOR = "chr(31)"


def content(columns: Sequence[str]) -> str:
    """A row as one text: ``name=cell`` of all cells that are not missing, by name.

    Files whose columns come and go therefore give equal rows equal texts.
    """
    listed = [f"{literal(column + '=')} || {name(column)}" for column in sorted(columns)]
    return f"concat_ws({SEPARATOR}, {', '.join(listed)})"


def by_hash(holdout: float, key: str = "key") -> str:
    """The part by the row's hash, the expression ``key``."""
    place = f"({key} % {STEPS})"
    held = round(holdout * STEPS)
    checked = held + round(VALIDATION_SHARE * STEPS)
    return (
        f"CASE WHEN {place} < {held} THEN '{HOLDOUT}' "
        f"WHEN {place} < {checked} THEN '{VALIDATION}' ELSE '{TRAIN}' END"
    )


def by_time(holdout: float, moment: str = "moment") -> str:
    """The part by the row's time, the expression ``moment``: rows without one are the oldest."""
    order = f"(1.0 - percent_rank() OVER (ORDER BY {moment} NULLS FIRST))"
    return (
        f"CASE WHEN {order} < {holdout} THEN '{HOLDOUT}' "
        f"WHEN {order} < {holdout + VALIDATION_SHARE} THEN '{VALIDATION}' ELSE '{TRAIN}' END"
    )


def mend(connection: Any, holdout: float, group: str) -> list[str]:
    """Give every part some rows of each class, where chance left a part of ``keys`` without.

    Only classes that a part lacks are dealt again, by rank of their keys; so it touches small data
    alone, and there a row may change its part when rows are added.

    Args:
        connection: the database.
        holdout: the share to hold out.
        group: what tells the classes apart: ``label``, or a constant where there are none.

    Returns:
        Warnings.
    """
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE thin AS "
        f"SELECT {group} AS label FROM keys GROUP BY {group} HAVING "
        + " OR ".join(
            f"count(*) FILTER (part = '{part}') < least({FEWEST_IN_A_PART}, count(*) // 3)"
            for part in (TRAIN, VALIDATION, HOLDOUT)
        )
        + f" OR (count(*) < 3 AND count(*) FILTER (part = '{TRAIN}') < count(*))"
    )
    thin = connection.execute("SELECT count(*) FROM thin").fetchone()[0]
    if not thin:
        return []
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE dealt AS SELECT row, row_number() OVER "
        f"(PARTITION BY {group} ORDER BY key, row) - 1 AS place, "
        f"count(*) OVER (PARTITION BY {group}) AS members FROM keys "
        f"WHERE {group} IN (SELECT label FROM thin)"
    )
    held = f"greatest(ceil(members * {holdout}), least({FEWEST_IN_A_PART}, members // 3))"
    checked = (
        f"greatest(ceil(members * {VALIDATION_SHARE}), least({FEWEST_IN_A_PART}, members // 3))"
    )
    connection.execute(
        f"UPDATE keys SET part = CASE WHEN members < 3 THEN '{TRAIN}' "
        f"WHEN place < {held} THEN '{HOLDOUT}' WHEN place < {held} + {checked} "
        f"THEN '{VALIDATION}' ELSE '{TRAIN}' END FROM dealt WHERE dealt.row = keys.row"
    )
    return [f"{thin} classes with few rows were dealt to the parts evenly, not by chance."]
