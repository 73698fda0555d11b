"""Which column is the target, the identifier, the clock; which are left out, and why."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from science.faults import Fault, UnusableData
from science.kinds import FEATURE_KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from science.kinds import Column

SHOWN = 30
RESERVED = frozenset({"_row_", "_part_", "_label_", "_key_", "_whole_", "_moment_", "_told_"})
"""Columns that are put beside those of the data."""


@dataclass
class Roles:
    """Names of columns as they stand in the data (``None``: the definition names none)."""

    target: str
    identifier: str | None
    time: str | None
    warnings: list[str]


def find(names: Sequence[str], problem: dict[str, Any]) -> Roles:
    """The columns that the definition names, whatever the case of their letters.

    Raises:
        UnusableData: the target, or a named clock or identifier, is not in the data; all are told.
    """
    told = problem.get("columns") or {}
    faults = [
        Fault(f"{each!r} is a name this program keeps to itself", "data", "rename that column")
        for each in names
        if each.lower() in RESERVED
    ]
    found = {
        key: _find(names, wanted, setting, faults)
        for key, wanted, setting in (
            ("target", problem.get("target"), "target"),
            ("identifier", told.get("id"), "columns.id"),
            ("time", told.get("time"), "columns.time"),
        )
    }
    if faults or found["target"] is None:
        raise UnusableData(faults or [Fault("no target is named", "target", "name a column")])
    warnings = [
        f"columns.{role} names {wanted!r}, which is not in the data."
        for role in ("exclude", "sensitive")
        for wanted in told.get(role) or []
        if match(names, wanted) is None
    ]
    return Roles(found["target"], found["identifier"], found["time"], warnings)


def match(names: Sequence[str], wanted: str) -> str | None:
    """The column of that name, else the only one that differs in case and blanks alone."""
    if wanted in names:
        return wanted
    folded = wanted.strip().lower()
    close = [name for name in names if name.strip().lower() == folded]
    return close[0] if len(close) == 1 else None


def _find(
    names: Sequence[str], wanted: str | None, setting: str, faults: list[Fault]
) -> str | None:
    if wanted is None:
        return None
    found = match(names, wanted)
    if found is None:
        shown = ", ".join(names[:SHOWN]) + (" …" if len(names) > SHOWN else "")
        near = difflib.get_close_matches(wanted, names, n=1)
        cure = f"did you mean {near[0]!r}? " if near else ""
        cure += f"The columns are: {shown}"
        faults.append(Fault(f"there is no column {wanted!r}", setting, cure))
    return found


def assign(columns: Sequence[Column], roles: Roles, problem: dict[str, Any]) -> list[Column]:
    """Write each column's role into it; returns the columns that become features.

    Raises:
        UnusableData: none is left.
    """
    names = [column.name for column in columns]
    told = (problem.get("columns") or {}).get("exclude") or []
    excluded = {match(names, wanted) for wanted in told}
    listed = (problem.get("compliance") or {}).get("pii") or []
    personal = {match(names, wanted) for wanted in listed}
    for column in columns:
        if column.name == roles.target:
            column.role, column.note = "target", ""
        elif column.name == roles.identifier:
            column.role, column.note = "identifier", "named as the identifier"
        elif column.name in personal:
            column.role, column.note = "excluded", "personal data is nothing to learn from"
        elif column.name in excluded:
            column.role, column.note = "excluded", "left out by the definition"
        elif column.kind == "text" and (problem.get("prepare") or {}).get("text") == "drop":
            column.role, column.note = "dropped", "free text is left out by the definition"
    kept = [column for column in columns if column.role == "feature"]
    if not any(column.kind in FEATURE_KINDS for column in kept):
        why = "; ".join(f"{c.name}: {c.note}" for c in columns if c.note)[:500]
        fault = Fault(
            f"no column is left to learn from ({why})",
            "data",
            "bring columns that differ from row to row",
        )
        raise UnusableData([fault])
    return kept
