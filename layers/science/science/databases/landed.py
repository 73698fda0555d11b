"""A landed SQLite file taken in as any other file is: rows as Parquet, every column text."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Optional

from science.databases.join import Table, join
from science.databases.sqlite_file import SUFFIXES, read_tables
from science.faults import UnusableData
from science.readers.unreadable import Limits, UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from science.tables import Ingested


def is_sqlite_name(file_name: str) -> bool:
    """Whether a file's name says that it is an SQLite database."""
    return file_name.lower().endswith(SUFFIXES)


def ingest_sqlite(
    path: Path,
    out_path: Path,
    *,
    tables: Sequence[str] = (),
    query: Optional[str] = None,
    limits: Optional[Limits] = None,
) -> Ingested:
    """Read a landed SQLite file by a query over its tables, or its one table.

    Args:
        path: the file.
        out_path: the Parquet file to write, in a folder with room for the tables.
        tables: those to read; all of them when none are named.
        query: one SELECT over them.
        limits: the most that is read.

    Raises:
        UnreadableFile: it is damaged, its tables need a query, or the query cannot be run.
    """
    with tempfile.TemporaryDirectory(dir=out_path.parent) as folder:
        read = read_tables(path, Path(folder), tables, limits=limits)
        try:
            return join({each: Table([file]) for each, file in read.items()}, query, out_path)
        except UnusableData as error:
            fault = error.faults[0]
            reason = f"The rows of the SQLite database cannot be had: {fault.what}."
            raise UnreadableFile(reason, f"In problem.yaml, {fault.cure}.") from error
