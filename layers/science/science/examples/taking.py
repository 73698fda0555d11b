"""A landed file of examples taken in: Parquet with a row for each example that can be read.

One example that cannot be read never stops the rest: it is told, and left out.
"""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any, Callable, Iterable, Iterator, Optional

import numpy as np

from science import tables
from science.database import column_names, connect, write_parquet
from science.examples.archives import members
from science.examples.listed import Listed, address, content, manifest, path_column
from science.examples.reading import read
from science.examples.wanted import IMAGE, Wanted, content_of
from science.readers.unreadable import Limits, UnreadableFile
from science.sql_values import literal, name

Fetch = Callable[[str], bytes]
"""An object's bytes by its s3:// address; FileNotFoundError if there is none."""

ROWS_AT_ONCE = 1000
FETCHED_AT_ONCE = 16
"""Objects fetched side by side: each waits for S3 far longer than it takes to decode."""


@dataclass(frozen=True)
class Refused:
    """An example that was left out: ``where`` (a member or a reference), its line, and why."""

    where: str
    line: Optional[int]
    reason: str
    cure: str


@dataclass(frozen=True)
class Taken:
    """What was taken in: ``rows``, ``columns``, and the examples that were left out."""

    rows: int
    columns: int
    refused: tuple[Refused, ...] = ()


Row = dict[str, Any]
Found = Iterator["Row | Refused"]


def take_in(
    path: Path,
    key: str,
    out: Path,
    wanted: Wanted,
    *,
    home: str,
    fetch: Fetch,
    limits: Optional[Limits] = None,
) -> Taken:
    """Read a landed file of examples and write it as Parquet, every column VARCHAR.

    Args:
        path: the file.
        key: the object's key.
        out: the Parquet file to write.
        wanted: what it is taken for.
        home: the s3:// address that a list's relative paths start from.
        fetch: what gets the objects that a list names.
        limits: the most that is read.

    Raises:
        UnreadableFile: not one example can be read.
    """
    limits = limits or Limits()
    out.parent.mkdir(parents=True, exist_ok=True)
    if wanted.way == "one":
        found: Found = iter([_one(path, key, wanted)])
    elif wanted.way == "archive":
        found = _archived(path, wanted, limits)
    elif wanted.way == "manifest":
        found = _fetched(manifest(path, wanted.target), wanted, home, fetch)
    else:
        with tempfile.TemporaryDirectory(dir=out.parent) as folder, connect() as connection:
            rows = Path(folder, "rows.parquet")
            made = tables.ingest(path, PurePosixPath(key).name, rows, limits=limits)
            lines = _lines(connection, rows)
            if lines is None:
                rows.replace(out)
                return Taken(made.rows, made.columns)
            return _write(_fetched(lines, wanted, home, fetch), out)
    return _write(found, out)


def _one(path: Path, key: str, wanted: Wanted) -> Row:
    """The example that the file itself is."""
    if wanted.folder is None:
        reason = "It lies right below data/, so that no folder tells its class."
        raise UnreadableFile(reason, f"Drop it as data/<class>/{PurePosixPath(key).name}.")
    kind = str(wanted.content)
    return {kind: read(path.read_bytes(), kind, wanted.size), wanted.target: wanted.folder}


def _archived(path: Path, wanted: Wanted, limits: Limits) -> Found:
    for member in members(path, limits):
        if member.body is None:
            yield Refused(member.name, None, member.fault, "Pack it again.")
            continue
        kind = content_of(member.name)
        if kind is None or kind != (wanted.content or kind):
            reason = f"It is no {wanted.content or 'picture and no text'} by its name."
            yield Refused(member.name, None, reason, "Leave it out of the archive.")
            continue
        folder = PurePosixPath(member.name).parent.name or wanted.folder
        if not folder:
            reason = "It lies in no folder, so that nothing tells its class."
            yield Refused(member.name, None, reason, "Pack it as <class>/<name>.")
            continue
        try:
            cell = read(member.body, kind, wanted.size)
        except UnreadableFile as error:
            yield Refused(member.name, None, error.reason, error.cure)
        else:
            yield {kind: cell, wanted.target: folder}


def _fetched(listed: Iterable[Listed], wanted: Wanted, home: str, fetch: Fetch) -> Found:
    """The examples of a list, fetched some at a time, in its order."""

    def made(line: Listed) -> Row | Refused:
        where = line.reference or f"line {line.line}"
        if line.fault:
            return Refused(where, line.line, line.fault, "Mend the line.")
        kind = content(line, wanted.content)
        try:
            if line.reference is None:
                body = str(line.text).encode()
            else:
                body = fetch(address(line.reference, home))
            return {kind: read(body, kind, wanted.size), **line.cells}
        except UnreadableFile as error:
            return Refused(where, line.line, error.reason, error.cure)
        except FileNotFoundError:
            cure = f"Drop it below {home}/, then the list again under another name."
            return Refused(where, line.line, "There is no such object.", cure)

    lines = iter(listed)
    with ThreadPoolExecutor(FETCHED_AT_ONCE) as fetchers:
        while piece := list(islice(lines, 4 * FETCHED_AT_ONCE)):
            yield from fetchers.map(made, piece)


def _lines(connection: Any, rows: Path) -> Optional[Iterator[Listed]]:
    """A table as a list of pictures; None if no column names any."""
    source = f"read_parquet({literal(str(rows))})"
    names = column_names(connection, source)
    first = connection.execute(f"SELECT * FROM {source} LIMIT 1").fetchone()
    column = path_column(names, dict(zip(names, first)))
    if column is None:
        return None
    others = [each for each in names if each not in {column, IMAGE}]
    listing = connection.execute(
        f"SELECT {', '.join(name(each) for each in [column, *others])} FROM {source}"
    )
    return _lines_of(listing, others)


def _lines_of(listing: Any, others: list[str]) -> Iterator[Listed]:
    number = 1
    while piece := listing.fetchmany(ROWS_AT_ONCE):
        for reference, *cells in piece:
            number += 1
            fault = "" if reference else "It names no picture."
            yield Listed(number, reference, None, dict(zip(others, cells)), fault)


def _write(found: Found, out: Path) -> Taken:
    """Write the examples, and gather what was left out.

    Raises:
        UnreadableFile: there are none.
    """
    refused: list[Refused] = []

    def kept() -> Iterator[Row]:
        for item in found:
            if isinstance(item, Refused):
                refused.append(item)
            else:
                yield item

    rows, total, names = kept(), 0, dict[str, None]()
    with connect() as connection:
        while piece := list(islice(rows, ROWS_AT_ONCE)):
            names.update(dict.fromkeys(each for row in piece for each in row))
            _append(connection, piece, list(names))
            total += len(piece)
        if not total:
            raise _nothing(refused)
        write_parquet(connection, "SELECT * FROM examples", out)
    return Taken(total, len(names), tuple(refused))


def _append(connection: Any, piece: list[Row], names: list[str]) -> None:
    columns = {}
    for index, each in enumerate(names):
        cells = np.empty(len(piece), dtype=object)
        cells[:] = [row.get(each) for row in piece]
        columns[f"c{index}"] = cells
    connection.register("piece", columns)
    listed = ", ".join(
        f"CAST(c{index} AS VARCHAR) AS {name(each)}" for index, each in enumerate(names)
    )
    connection.execute(f"CREATE TABLE IF NOT EXISTS examples AS SELECT {listed} FROM piece LIMIT 0")
    for each in names:
        connection.execute(f"ALTER TABLE examples ADD COLUMN IF NOT EXISTS {name(each)} VARCHAR")
    connection.execute(f"INSERT INTO examples BY NAME SELECT {listed} FROM piece")
    connection.unregister("piece")


def _nothing(refused: list[Refused]) -> UnreadableFile:
    if not refused:
        reason, cure = "There is no example in it.", "Bring one with pictures or texts in folders."
        return UnreadableFile(reason, cure)
    first = refused[0]
    reason = f"None of its {len(refused)} example(s) can be read; {first.where}: {first.reason}"
    return UnreadableFile(reason, first.cure, first.line)
