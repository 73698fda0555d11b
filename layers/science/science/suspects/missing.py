"""Cells that are missing: spelled as a text, or empty where nearly every row has something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from science.suspects.evidence import ByValue
from science.values import MISSING, SOFT_MISSING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from science.suspects.columns import Coded, Table
    from science.suspects.evidence import Evidence

SURELY = MISSING - {"", "na", "-", "--"}
"""Spellings that are no value in any column."""

MOSTLY_FILLED = 0.9


def find(table: Table) -> Iterator[Evidence]:
    """Suspect spelled missing values, and gaps in columns with few."""
    for at, column in enumerate(table.columns):
        for detector, found in (("missing", _spelled(column)), ("gap", _gaps(column))):
            evidence = found.evidence(detector, at)
            if evidence:
                yield evidence


def _spelled(column: Coded) -> ByValue:
    found = ByValue(column)
    for code, value in enumerate(column.values):
        text = value.strip().lower()
        if text in SURELY:
            found.suspect(code, 0.95, "a missing value written as text", "")
        elif text and text in MISSING | SOFT_MISSING:
            strength = 0.9 if column.is_numeric else 0.6 if text in {"na", "-", "--"} else 0.3
            found.suspect(code, strength, "a missing value written as text", "")
    return found


def _gaps(column: Coded) -> ByValue:
    found = ByValue(column)
    filled = column.present / max(column.rows, 1)
    if filled >= MOSTLY_FILLED:
        reason = f"empty, where {filled:.0%} of the rows have a value"
        for code in column.empty.nonzero()[0].tolist():
            found.suspect(code, 0.55, reason)
    return found
