"""A landed file taken in: any format that is read, as Parquet whose columns are all text.

All text, so that files unite whatever each of them held, and so that what a cell means is told by
all of them together (``science.kinds``), not by the first that came.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from science.database import column_names, connect, write_parquet
from science.readers import delimited, documents
from science.readers.content import compression_of, named, refuse_other_content
from science.readers.encoding import as_utf8
from science.readers.expand import expand
from science.readers.unreadable import Limits, UnreadableFile
from science.sql_values import literal, name

__all__ = ["Ingested", "Limits", "UnreadableFile", "ingest"]


@dataclass(frozen=True)
class Ingested:
    """What was taken in: ``rows``, ``columns``, and the ``bytes`` of the Parquet file."""

    rows: int
    columns: int
    bytes: int


def ingest(path: Path, file_name: str, out_path: Path, *, limits: Limits | None = None) -> Ingested:
    """Read a landed file and write it as Parquet, every column VARCHAR.

    Args:
        path: the file.
        file_name: its name as it landed, which says what it is.
        out_path: the Parquet file to write, in a folder with room for the decompressed file.
        limits: the most that is read.

    Raises:
        UnreadableFile: with the reason, the cure and, where there is one, the line.
    """
    limits = limits or Limits()
    said = named(file_name)
    if path.stat().st_size == 0:
        raise UnreadableFile("The file is empty.", "Bring a file with a header and rows.")
    out_path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out_path.parent) as folder, connect() as connection:
        compression = compression_of(path) if said.format != "parquet" else said.compression
        if compression:
            expanded = Path(folder, "expanded")
            expand(connection, path, compression, expanded, limits)
            path = expanded
        refuse_other_content(path, said.format)
        query = _query(connection, path, said.format, Path(folder, "utf8"), limits)
        return _write(connection, query, out_path)


def _query(connection: Any, path: Path, said: str, utf8: Path, limits: Limits) -> str:
    if said == "parquet":
        return _parquet(connection, path, limits)
    path = as_utf8(path, utf8)
    if said in {"json", "jsonl"}:
        return documents.read(connection, path, limits)
    return delimited.read(connection, path, said, limits)


def _parquet(connection: Any, path: Path, limits: Limits) -> str:
    import duckdb

    source = f"read_parquet({literal(str(path))})"
    try:
        found = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
        size = connection.execute(
            f"SELECT sum(total_uncompressed_size) FROM parquet_metadata({literal(str(path))})"
        ).fetchone()[0]
    except duckdb.Error as error:
        raise UnreadableFile(
            "The Parquet file is damaged or cut off.", "Write it again."
        ) from error
    if (size or 0) > limits.expanded_bytes or len(found) > limits.columns:
        reason = f"It has {len(found):,} columns and {size or 0:,} bytes when it is expanded."
        raise UnreadableFile(reason, "Bring it in several files.")
    titles = delimited.column_names([column for column, *_ in found])
    nested = ("STRUCT", "MAP", "UNION")
    listed = ", ".join(
        f"CAST(to_json({name(column)}) AS VARCHAR) AS {name(title)}"
        if str(kind).startswith(nested) or str(kind).endswith("]")
        else f"CAST({name(column)} AS VARCHAR) AS {name(title)}"
        for (column, kind, *_), title in zip(found, titles)
    )
    return f"SELECT {listed} FROM {source}"


def _write(connection: Any, query: str, out_path: Path) -> Ingested:
    import duckdb

    try:
        write_parquet(connection, query, out_path)
    except duckdb.Error as error:
        raise UnreadableFile("The data is damaged.", "Write it again.") from error
    columns = len(column_names(connection, f"read_parquet({literal(str(out_path))})"))
    rows = connection.execute(
        f"SELECT count(*) FROM read_parquet({literal(str(out_path))})"
    ).fetchone()[0]
    if rows == 0:
        out_path.unlink()
        raise UnreadableFile("There are no rows, only a header.", "Bring a file with rows.")
    return Ingested(rows, columns, out_path.stat().st_size)
