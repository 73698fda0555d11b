"""A landed file read, whatever it is: a table, or examples such as pictures and texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lifecycle.events import Fault
from lifecycle.sources import sqlite_source
from science.databases.landed import ingest_sqlite, is_sqlite_name
from science.examples.taking import Taken, take_in
from science.examples.wanted import wanted
from science.readers.unreadable import UnreadableFile
from science.tables import Ingested, Limits, ingest

if TYPE_CHECKING:
    from pathlib import Path

    from lifecycle.ports import Ports
    from lifecycle.records import InputRecord
    from science.examples.taking import Refused

HOME = "images"
"""The folder of the landing bucket for pictures that a list names: nothing hears of them there."""

MOST_TOLD = 50
"""So many examples left out are told one by one; the rest are counted."""


def read_landed(
    landed: Path, row: InputRecord, definition: dict[str, Any], out: Path, ports: Ports
) -> Taken:
    """Read a landed file into Parquet.

    Args:
        landed: the file.
        row: its row.
        definition: the problem's.
        out: the Parquet file to write.
        ports: the doors to the world, for pictures that a list names.

    Raises:
        UnreadableFile: nothing in it can be used.
    """
    how = wanted(definition, row.source)
    if how is None:
        read = _table(landed, row.source.rsplit("/", 1)[-1], definition, out, ports)
        return Taken(read.rows, read.columns)
    home = f"s3://{row.bucket}/{row.problem}/{HOME}"

    def fetch(uri: str) -> bytes:
        if not uri.startswith(f"{home}/"):
            raise UnreadableFile("Only pictures of this problem are read.", f"Drop it in {home}/.")
        return ports.objects.read(uri)

    return take_in(landed, row.source, out, how, home=home, fetch=fetch)


def _table(
    landed: Path, name: str, definition: dict[str, Any], out: Path, ports: Ports
) -> Ingested:
    """Write a landed file's rows; an SQLite database's by the definition's tables and query."""
    if not is_sqlite_name(name):
        # Half of the function's memory: Python and the database's buffers need the rest.
        memory = ports.settings.memory_mb * 1_000_000 // 2
        return ingest(landed, name, out, limits=Limits(memory_bytes=memory or None))
    source = sqlite_source(definition)
    return ingest_sqlite(landed, out, tables=source.tables, query=source.query)


def faults_of(refused: tuple[Refused, ...], source: str) -> tuple[Fault, ...]:
    """What is told of the examples that were left out."""
    told = [
        Fault(path=f"{source}: {each.where}", message=each.reason, line=each.line, cure=each.cure)
        for each in refused[:MOST_TOLD]
    ]
    if len(refused) > MOST_TOLD:
        message = f"{len(refused) - MOST_TOLD} more examples were left out."
        told.append(Fault(path=source, message=message, line=None, cure=told[-1].cure))
    return tuple(told)
