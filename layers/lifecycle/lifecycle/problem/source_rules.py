"""What must fit together in ``data.sources``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lifecycle.problem.rules import Finding, Place, rule
from lifecycle.schedules import ACCEPTED, NoScheduleError, read_schedule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lifecycle.problem.definition import Problem
    from lifecycle.problem.reader import Path
    from lifecycle.problem.sources import Source

WAYS = ("glue", "dms", "sqlite")
READS = re.compile(
    r"(?:--[^\n]*\n|/\*(?>.*?\*/)|[\s(])*+(select|with|from|values)\b",
    re.IGNORECASE | re.DOTALL,
)
"""How a query begins, comments aside."""

FOREIGN = {
    "glue": ("dms",),
    "dms": ("connection", "incremental"),
    "sqlite": ("connection", "incremental", "schedule", "dms"),
}
"""Keys that mean nothing for a way to fetch."""


@rule("data.sources")
def sources(problem: Problem, _place: Place) -> Iterator[Finding]:
    """Everything that does not fit, source by source."""
    names: dict[str, int] = {}
    for index, source in enumerate(problem.data.sources):
        path: Path = ("data", "sources", index)
        if source.kind in {"s3", "kinesis"}:
            yield Finding(path, f"{source.kind} needs no entry", (), "Take the entry out.")
            continue
        if source.through is None:
            message = "it is not said how to reach the database"
            yield Finding((*path, "through"), message, WAYS, "Add through: to the source.")
            continue
        called = source.called.lower()
        if called in names:
            message = f"source {names[called] + 1} is called {source.called} as well"
            yield Finding(path, message, (), "Give each source a name of its own: name: …")
        names.setdefault(called, index)
        yield from _foreign(source, path)
        yield from _tables(source, path)
        yield from _reaching(source, path)


def _foreign(source: Source, path: Path) -> Iterator[Finding]:
    """Keys that another way to fetch has."""
    through = str(source.through)
    for key in FOREIGN[through]:
        if getattr(source, key) != type(source).model_fields[key].default:
            message = f"{key} has no meaning through {through}"
            yield Finding((*path, key), message, (), "Take the key out.")
    for at, table in enumerate(source.tables):
        for key, ways in (("columns", ("dms",)), ("incremental", ("glue",))):
            if getattr(table, key) and through not in ways:
                message = f"{key} has no meaning through {through}"
                place = (*path, "tables", at, key)
                yield Finding(place, message, (), "Take the key out.")


def _tables(source: Source, path: Path) -> Iterator[Finding]:
    if not source.tables and source.through != "sqlite":
        cure = "Name them as the database has them: tables: [customers]."
        yield Finding((*path, "tables"), "no table is named", (), cure)
    known: set[str] = set()
    for at, table in enumerate(source.tables):
        place = (*path, "tables", at)
        if table.name.lower() in known:
            yield Finding(place, f"the table {table.name} is named twice", (), "Name it once.")
        known.add(table.name.lower())
        if source.through == "dms" and "." not in table.name:
            message = f"the schema of {table.name} is missing"
            cure = f"Write schema.{table.name}: DMS writes to the folder schema/table/."
            yield Finding(place, message, (), cure)
    if source.query is None and len(source.tables) > 1:
        listed = ", ".join(table.name for table in source.tables)
        message = f"no query joins the tables {listed}"
        cure = "Write one SELECT over them as query: …, or name one table only."
        yield Finding((*path, "query"), message, (), cure)
    if source.query is not None and not READS.match(source.query):
        cure = "Write one query of DuckDB's SQL over the tables."
        yield Finding((*path, "query"), "it is no query that reads", ("SELECT …",), cure)


def _reaching(source: Source, path: Path) -> Iterator[Finding]:
    if source.through == "glue" and source.connection is None:
        message = "no connection is named"
        cure = "Name the Glue connection, which holds the address and the password."
        yield Finding((*path, "connection"), message, (), cure)
    if source.schedule is not None:
        try:
            read_schedule(source.schedule)
        except NoScheduleError as error:
            yield Finding((*path, "schedule"), str(error), ACCEPTED)
