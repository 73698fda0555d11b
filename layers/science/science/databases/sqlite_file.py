"""Tables of an SQLite file, read by the standard library, read-only, as Parquet.

SQLite types values, not columns ("Datatypes In SQLite"): a column is given the type that all of
its values have. Declared ``DECIMAL(p, s)`` and ``NUMERIC(p, s)`` are kept exact where the values
are numbers, and declared dates and times are read where all of them are written so.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from science.database import connect, write_parquet
from science.databases import text_types
from science.readers.unreadable import Limits, UnreadableFile
from science.sql_values import name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

ROWS_AT_ONCE = 20_000
MAGIC = b"SQLite format 3\x00"
SUFFIXES = (".sqlite", ".sqlite3", ".db")
DECIMAL = re.compile(
    r"(?:DECIMAL|NUMERIC)\s*\(\s*(\d{1,2})\s*(?:,\s*(\d{1,2})\s*)?\)", re.IGNORECASE
)
CLOCK = re.compile(r"DATE|TIME", re.IGNORECASE)
DAMAGED = "Copy the file again while nothing writes to it, or make a copy by `VACUUM INTO`."


def is_database(path: Path) -> bool:
    """Whether the file begins as every SQLite database does ("Database File Format")."""
    with path.open("rb") as file:
        return file.read(16) == MAGIC


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The database, not to be written, and not waiting for a journal that is not there.

    Raises:
        UnreadableFile: it is damaged, cut off or locked with a password.
    """
    if not is_database(path):
        reason = "Its name says that it is an SQLite database, but it is none."
        raise UnreadableFile(reason, "Name it by what it is.")
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as opened:
            opened.text_factory = lambda raw: raw.decode("utf-8", "replace")
            yield opened
    except sqlite3.Error as error:
        raise UnreadableFile(f"The SQLite database is damaged: {error}.", DAMAGED) from error


def table_names(path: Path) -> list[str]:
    """The tables of the file, by name, without SQLite's own.

    Raises:
        UnreadableFile: it is no database, or a damaged one.
    """
    with _opened(path) as database:
        return _names(database)


def _names(database: sqlite3.Connection) -> list[str]:
    found = database.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' "
        "ESCAPE '\\' ORDER BY name"
    )
    return [each for (each,) in found]


def read_tables(
    path: Path, folder: Path, wanted: Sequence[str] = (), *, limits: Limits | None = None
) -> dict[str, Path]:
    """Write tables as Parquet files into a folder.

    Args:
        path: the SQLite file.
        folder: where the files go.
        wanted: the tables, whatever their case; all of them when none are named.
        limits: the most columns that a table may have.

    Raises:
        UnreadableFile: it is damaged, or lacks a table; the tables it has are named.
    """
    most = (limits or Limits()).columns
    with _opened(path) as database, connect() as connection:
        there = {each.lower(): each for each in _names(database)}
        if not there:
            raise UnreadableFile("The SQLite database has no tables.", "Bring one with rows.")
        missing = [each for each in wanted if each.lower() not in there]
        if missing:
            reason = f"The SQLite database has no table {', '.join(missing)}."
            raise UnreadableFile(reason, f"Name one of: {', '.join(there.values())}.")
        written = {}
        for number, each in enumerate(wanted or list(there.values())):
            target = folder / f"table-{number:04d}.parquet"
            _copy(database, connection, there[each.lower()], target, most)
            written[each] = target
        return written


def _copy(
    database: sqlite3.Connection, connection: Any, table: str, target: Path, most: int
) -> None:
    declared = [
        (str(row[1]), str(row[2] or ""))
        for row in database.execute(f"PRAGMA table_info({name(table)})")
    ]
    if len(declared) > most:
        reason = f"The table {table} has {len(declared):,} columns."
        raise UnreadableFile(reason, f"Bring one with at most {most:,}.")
    places = [f"c{at}" for at in range(len(declared))]
    connection.execute(
        f"CREATE OR REPLACE TABLE texts ({', '.join(f'{place} VARCHAR' for place in places)})"
    )
    rows = database.execute(f"SELECT * FROM {name(table)}")
    kinds: list[set[type]] = [set() for _ in places]
    while chunk := rows.fetchmany(ROWS_AT_ONCE):
        columns = list(zip(*chunk))
        for seen, values in zip(kinds, columns):
            seen.update(map(type, values))
        view = {place: _texts(values) for place, values in zip(places, columns)}
        connection.register("chunk", view)
        connection.execute(f"INSERT INTO texts SELECT {', '.join(places)} FROM chunk")
        connection.unregister("chunk")
    types = [_type(kind, seen) for (_, kind), seen in zip(declared, kinds)]
    types = _clocks(connection, places, declared, types)
    listed = ", ".join(
        f"CAST({place} AS {kind}) AS {name(column)}"
        for place, kind, (column, _) in zip(places, types, declared)
    )
    write_parquet(connection, f"SELECT {listed} FROM texts", target)


def _texts(values: Sequence[Any]) -> Any:
    """Values as texts that lose nothing: floats as Python writes them, bytes in hexadecimal."""
    found = np.empty(len(values), dtype=object)
    for at, value in enumerate(values):
        if value is None or isinstance(value, str):
            found[at] = value
        else:
            found[at] = value.hex() if isinstance(value, bytes) else repr(value)
    return found


def _type(declared: str, seen: set[type]) -> str:
    """The one type of all values of a column."""
    numbers = seen - {type(None)}
    if not numbers or not numbers <= {int, float}:
        return text_types.TEXT
    exact = DECIMAL.search(declared)
    if exact and int(exact[1]) <= 38:
        return f"DECIMAL({exact[1]}, {exact[2] or 0})"
    return "DOUBLE" if float in numbers else "BIGINT"


def _clocks(
    connection: Any, places: list[str], declared: list[tuple[str, str]], types: list[str]
) -> list[str]:
    """Types in which declared dates and times that are all written as such have theirs."""
    texts = [
        place
        for place, (_, said), kind in zip(places, declared, types)
        if kind == text_types.TEXT and CLOCK.search(said)
    ]
    found = text_types.infer(connection, "texts", texts)
    clocks = {"DATE", "TIMESTAMP"}
    return [
        found[place] if found.get(place) in clocks else kind for place, kind in zip(places, types)
    ]
