"""A landed file taken in: any format that is read, as Parquet whose columns are all text.

All text, so that files unite whatever each of them held, and so that what a cell means is told by
all of them together (``science.kinds``), not by the first that came.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

from science.database import column_names, connect, file_list, refusals, write_parquet
from science.readers import delimited, documents
from science.readers.content import compression_of, head_of, named, refuse_other_content
from science.readers.parquet_footer import refuse_false_footer
from science.readers.source import HEAD, Text, expanded, plain, straight
from science.readers.unreadable import Limits, UnreadableFile
from science.sql_values import literal, name

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Ingested", "Limits", "UnreadableFile", "ingest", "ingest_with", "unite"]


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
    memory = f"{limits.memory_bytes // 1_000_000}MB" if limits.memory_bytes else None
    with connect(memory) as connection:
        return ingest_with(connection, path, file_name, out_path, limits)


def ingest_with(
    connection: Any, path: Path, file_name: str, out_path: Path, limits: Limits
) -> Ingested:
    """Read a landed file with a database that is open already; the same as ``ingest`` otherwise."""
    said = named(file_name)
    if path.stat().st_size == 0:
        raise UnreadableFile("The file is empty.", "Bring a file with a header and rows.")
    out_path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out_path.parent) as folder:
        if said.format == "parquet":
            landed = _plain_parquet(connection, path, said.compression, Path(folder), limits)
            rows, columns = _save_parquet(connection, landed, out_path, limits)
        else:
            text = _text(connection, path, said.format, Path(folder), limits)
            reader = documents if said.format in {"json", "jsonl"} else delimited
            save = _Saver(connection, out_path)
            reader.read(connection, text, said.format, save)
            rows, columns = save.rows, save.columns
        return _written(out_path, rows, columns)


def unite(paths: Sequence[Path], out_path: Path) -> Ingested:
    """Ingested files as one, by column name; a column that one lacks is missing in its rows."""
    source = f"read_parquet({file_list(paths)}, union_by_name = true)"
    with connect() as connection:
        rows = write_parquet(connection, f"SELECT * FROM {source}", out_path)
        return _written(out_path, rows, len(column_names(connection, source)))


def _text(connection: Any, path: Path, said: str, folder: Path, limits: Limits) -> Text:
    """The file as UTF-8 text, decompressed if there is room for it."""
    compression = compression_of(path)
    if compression:
        found = expanded(connection, path, compression, folder, limits)
        if found is None:
            text = straight(connection, path, compression, limits)
            with text.opened(connection) as file:
                refuse_other_content(file.read(HEAD), said)
            return text
        path = found
    refuse_other_content(head_of(path), said)
    return plain(path, folder, limits)


class _Saver:
    """Writes a query's rows, as they come, without holding them in memory or on disk before.

    Attributes:
        rows: how many the last query had.
        columns: the same of its columns.
    """

    def __init__(self, connection: Any, out_path: Path) -> None:
        self.rows = self.columns = 0
        self._connection, self._out_path = connection, out_path

    def __call__(self, query: str, columns: int) -> None:
        import duckdb

        self.columns = columns

        try:
            self.rows = write_parquet(self._connection, query, self._out_path)
        except duckdb.OutOfMemoryException as error:
            cure = "Bring it in several files, or give the stack more ComputeMemory; drop it again."
            raise UnreadableFile("It takes more memory to read than there is.", cure) from error
        except duckdb.IOException as error:
            if "space" not in str(error):
                raise
            cure = "Bring it in several files, or as Parquet."
            raise UnreadableFile("There is no room on disk for its rows.", cure) from error


def _plain_parquet(
    connection: Any, path: Path, compression: Optional[str], folder: Path, limits: Limits
) -> Path:
    """The Parquet file out of its archive."""
    if compression == "zstd":
        reason = "A Parquet file is compressed inside; another Zstandard around it is not read."
        raise UnreadableFile(reason, "Drop it as .parquet, without the .zst.")
    if not compression:
        return path
    found = expanded(connection, path, compression, folder, limits)
    if found is None:
        reason = "There is no room to decompress it: Parquet cannot be read from an archive."
        raise UnreadableFile(reason, "Drop it as .parquet, without the .gz.")
    return found


def _save_parquet(connection: Any, path: Path, out_path: Path, limits: Limits) -> tuple[int, int]:
    """Write its rows with all columns VARCHAR; how many of both there are."""
    refuse_other_content(head_of(path), "parquet")
    refuse_false_footer(path)
    query, columns = _parquet(connection, path, limits)
    try:
        return write_parquet(connection, query, out_path), columns
    except refusals() as error:
        raise UnreadableFile("The Parquet file is damaged.", "Write it again.") from error


def _parquet(connection: Any, path: Path, limits: Limits) -> tuple[str, int]:
    source = f"read_parquet({literal(str(path))})"
    try:
        found = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
        size = connection.execute(
            f"SELECT sum(total_uncompressed_size) FROM parquet_metadata({literal(str(path))})"
        ).fetchone()[0]
    except refusals() as error:
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
    return f"SELECT {listed} FROM {source}", len(titles)


def _written(out_path: Path, rows: int, columns: int) -> Ingested:
    if rows == 0:
        out_path.unlink(missing_ok=True)
        raise UnreadableFile("There are no rows, only a header.", "Bring a file with rows.")
    return Ingested(rows, columns, out_path.stat().st_size)
