"""Which rows train, which validate, which are held out; a row stays in its part for ever.

A row's part follows from the MD5 of its identifier, or of all its cells but the target, so that
rows alike in all of these never lie on both sides. New rows change nothing for old
ones. With a time column the newest rows are held out instead, since that is what a model will meet,
and the newest of the rest validate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from science.dialects import DUCKDB, Dialect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from science.recipe.engines import Engine

TRAIN, VALIDATION, HOLDOUT = "train", "validation", "holdout"
HOLDOUT_SHARE = 0.15
VALIDATION_SHARE = 0.15
FEWEST_IN_A_PART = 3
STEPS = 1_000_000
"""Shares are told apart to so many parts."""

SEPARATOR_TEXT = "\x1f"
"""Between the cells of a row that is told as one text."""


def content(columns: Sequence[str], dialect: Dialect = DUCKDB) -> str:
    """A row as one text: ``name=cell`` of all cells that are not missing, by name.

    Files whose columns come and go therefore give equal rows equal texts.
    """
    listed = ", ".join(
        f"{dialect.literal(column + '=')} || {dialect.name(column)}" for column in sorted(columns)
    )
    return f"concat_ws({dialect.literal(SEPARATOR_TEXT)}, {listed})" if listed else "''"


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


def mend(engine: Engine, holdout: float, group: str) -> list[str]:
    """Give every part some rows of each class, where chance left a part of ``keys`` without.

    Only classes that a part lacks are dealt again, by rank of their keys; so it touches small data
    alone, and there a row may change its part when rows are added.

    Args:
        engine: the database.
        holdout: the share to hold out.
        group: what tells the classes apart: ``label``, or a constant where there are none.

    Returns:
        Warnings.
    """
    lacking = " OR ".join(
        f"count(*) FILTER (WHERE part = '{part}') < least({FEWEST_IN_A_PART}, floor(count(*) / 3))"
        for part in (TRAIN, VALIDATION, HOLDOUT)
    )
    thin = engine.query(
        f"SELECT class FROM (SELECT {group} AS class, part FROM keys) AS grouped GROUP BY class "
        f"HAVING {lacking} "
        f"OR (count(*) < 3 AND count(*) FILTER (WHERE part = '{TRAIN}') < count(*))"
    )
    if not thin:
        return []
    classes = ", ".join(
        engine.dialect.literal(each) if isinstance(each, str) else engine.dialect.number(each)
        for (each,) in thin
    )
    engine.define(
        "dealt",
        f"SELECT row AS dealt_row, row_number() OVER (PARTITION BY {group} ORDER BY key, row) - 1 "
        f"AS place, count(*) OVER (PARTITION BY {group}) AS members FROM keys "
        f"WHERE {group} IN ({classes})",
    )
    least = f"least({FEWEST_IN_A_PART}, floor(members / 3))"
    held = f"greatest(ceil(members * {engine.dialect.number(holdout)}), {least})"
    checked = f"greatest(ceil(members * {engine.dialect.number(VALIDATION_SHARE)}), {least})"
    order = engine.dialect.in_order("row")
    engine.define(
        "keys",
        "SELECT row, label, key, moment, CASE WHEN dealt_row IS NULL THEN part "
        f"WHEN members < 3 THEN '{TRAIN}' WHEN place < {held} THEN '{HOLDOUT}' "
        f"WHEN place < {held} + {checked} THEN '{VALIDATION}' ELSE '{TRAIN}' END AS part "
        f"FROM keys LEFT JOIN dealt ON dealt_row = row{order}",
    )
    return [f"{len(thin)} classes with few rows were dealt to the parts evenly, not by chance."]
