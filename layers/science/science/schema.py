"""How the columns of files change from one to the next, and which changes cannot be learned from.

A schema is JSON, so that it can be kept beside the files::

    {"columns": [{"name", "kind", "formats": [name of a date's spelling], "since": source}]}

``kind`` is ``empty``, ``integer``, ``decimal``, ``boolean``, ``date`` or ``text``. A change is
``{"change", "column", "before", "after"}``; ``SENTENCES`` tells each in words.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Optional

from science import sql_values
from science.database import aggregate, column_names, connect
from science.dates import formats_of
from science.load import frequent
from science.readers.unreadable import UnreadableFile
from science.recipe.duckdb_engine import DuckDBEngine
from science.roles import match
from science.sql_values import literal, name
from science.values import FALSE_WORDS, TRUE_WORDS, level_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LOOKED_AT = 500_000
"""Rows of a file that tell its columns' kinds, the first ones."""

MOST_COLUMNS = 2000
"""Tables with more are not followed: their schema would not fit a row of the record table."""

TOP = 200
"""A column's most frequent cells, which tell a date's spelling."""

SHOWN = 20

SENTENCES = {
    "new": "{column} is new ({after}); rows before lack it.",
    "missing": "{column} is missing; its cells count as missing in these rows.",
    "renamed_case": "{before} is spelled {after} now; both are one column.",
    "reordered": "The columns come in another order; they are united by name.",
    "widened": "{column} was {before} and holds {after} now; all of it is read as {after}.",
    "format": "The dates of {column} were written as {before} and are written as {after} now.",
}


class LostColumn(UnreadableFile):
    """A file lacks the target or the identifier that the files before it had."""


def of_file(path: Path) -> Optional[list[dict[str, Any]]]:
    """The columns of an ingested Parquet file; None where there are too many to be followed."""
    with connect() as connection:
        source = f"read_parquet({literal(str(path))})"
        names = column_names(connection, source)
        if len(names) > MOST_COLUMNS:
            return None
        cells = ", ".join(f"{sql_values.cell(each)} AS {name(each)}" for each in names)
        connection.execute(
            f"CREATE VIEW seen AS SELECT {cells} FROM (SELECT * FROM {source} LIMIT {LOOKED_AT})"
        )
        counts = aggregate(connection, "seen", [_counts(each) for each in names])
        return [
            {"name": each, **_kind(connection, each, *counted)}
            for each, counted in zip(names, counts)
        ]


def _counts(column: str) -> list[str]:
    cell = name(column)
    plain = sql_values.plain_number(cell)
    return [
        f"count({cell})",
        f"count({plain})",
        f"count(*) FILTER (TRY_CAST({cell} AS HUGEINT) IS NOT NULL AND NOT contains({cell}, '.'))",
    ]


def _kind(connection: Any, column: str, present: int, numbers: int, wholes: int) -> dict[str, Any]:
    if present == 0:
        return {"kind": "empty", "formats": []}
    if numbers == present:
        return {"kind": "integer" if wholes == present else "decimal", "formats": []}
    texts = [text for text, _ in frequent(DuckDBEngine(connection), "seen", column, TOP)]
    levels = {level_of(text) for text in texts}
    if len(levels) <= 2 and levels <= TRUE_WORDS | FALSE_WORDS:
        return {"kind": "boolean", "formats": []}
    formats = formats_of(texts)
    return {"kind": "date" if formats else "text", "formats": formats}


def changes(
    before: Sequence[dict[str, Any]], now: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """What is different in a file from all those before it; nothing, if there were none.

    Args:
        before: the columns of the files so far.
        now: those of the file, as ``of_file`` returns them.
    """
    if not before:
        return []
    known = {_folded(column): column for column in before}
    found = {_folded(column): column for column in now}
    told = [_change("new", found[key], after=found[key]["kind"]) for key in found.keys() - known]
    told += [_change("missing", known[key]) for key in known.keys() - found]
    common = [key for key in found if key in known]
    for key in common:
        told += _of_column(known[key], found[key])
    if common != [key for key in known if key in found]:
        told.append({"change": "reordered", "column": "", "before": "", "after": ""})
    order = list(SENTENCES)
    return sorted(told, key=lambda each: (order.index(each["change"]), each["column"]))


def _of_column(old: dict[str, Any], new: dict[str, Any]) -> list[dict[str, Any]]:
    told = []
    if old["name"] != new["name"]:
        told.append(_change("renamed_case", old, before=old["name"], after=new["name"]))
    wide = _wider(old["kind"], new["kind"])
    if wide != old["kind"] and old["kind"] != "empty":
        told.append(_change("widened", old, before=old["kind"], after=wide))
    elif old["kind"] == new["kind"] == "date" and not set(new["formats"]) <= set(old["formats"]):
        before, after = (" or ".join(each["formats"]) for each in (old, new))
        told.append(_change("format", old, before=before, after=after))
    return told


def _change(kind: str, column: dict[str, Any], before: str = "", after: str = "") -> dict[str, Any]:
    return {"change": kind, "column": column["name"], "before": before, "after": after}


def _folded(column: dict[str, Any]) -> str:
    return " ".join(str(column["name"]).split()).lower()


def _wider(one: str, other: str) -> str:
    """The narrowest kind that holds both."""
    kinds = {one, other} - {"empty"}
    if len(kinds) <= 1:
        return next(iter(kinds), "empty")
    return "decimal" if kinds == {"integer", "decimal"} else "text"


def united(
    before: Sequence[dict[str, Any]], now: Sequence[dict[str, Any]], source: str
) -> list[dict[str, Any]]:
    """The columns of all files so far and of this one, each under its first name.

    Args:
        before: the columns of the files so far.
        now: those of the file.
        source: the file, which a new column is known by.
    """
    found = {_folded(column): column for column in now}
    merged = []
    for column in before:
        new = found.pop(_folded(column), None)
        if new is not None:
            kind = _wider(column["kind"], new["kind"])
            formats = list(dict.fromkeys([*column["formats"], *new["formats"]]))
            merged.append(column | {"kind": kind, "formats": formats if kind == "date" else []})
        else:
            merged.append(column)
    return merged + [column | {"since": source} for column in found.values()]


def sentence(change: dict[str, Any]) -> str:
    """A change in words."""
    return SENTENCES[change["change"]].format(**change)


def refuse_lost_roles(
    before: Sequence[dict[str, Any]], now: Sequence[dict[str, Any]], problem: dict[str, Any]
) -> None:
    """Make sure that a file has the target and the identifier, if the files before it had.

    Raises:
        LostColumn: it lacks one of them.
    """
    old, new = ([column["name"] for column in columns] for columns in (before, now))
    told = problem.get("columns") or {}
    for what, wanted, key in (
        ("target", problem.get("target"), "target"),
        ("identifier", told.get("id"), "columns.id"),
    ):
        if wanted and match(old, wanted) and not match(new, wanted):
            added = [each for each in new if match(old, each) is None]
            near = difflib.get_close_matches(wanted, added, n=1)
            hint = (
                f"{near[0]} is new: if it is the same, name it {wanted} again"
                if near
                else (f"Bring the column {wanted} again")
            )
            reason = f"The {what} {wanted} is missing, which the files before this one have."
            raise LostColumn(reason, f"{hint}, or change {key} in problem.yaml.")


def report(columns: Sequence[dict[str, Any]], inputs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The document of a run's report.

    Args:
        columns: the columns of all files so far.
        inputs: of each file of the run ``source``, ``at``, ``rows`` and ``changes``, sentences.
    """
    changed = [each for each in inputs if each["changes"]]
    return {"version": 1, "columns": list(columns), "files": len(inputs), "changed": changed}
