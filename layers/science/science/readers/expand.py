"""Compressed files decompressed to disk, piece by piece, and never beyond a bound."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING, Any

from science.readers.unreadable import Limits, UnreadableFile
from science.readers.zstd_frames import is_whole
from science.sql_values import literal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PIECE = 1_000_000
LINES_AT_ONCE = 10_000


def expand(connection: Any, path: Path, compression: str, target: Path, limits: Limits) -> None:
    """Decompress ``path`` into ``target``.

    Raises:
        UnreadableFile: it is damaged, or grows beyond the limits (a "bomb").
    """
    pieces = _gunzip(path) if compression == "gzip" else _unzstd(connection, path, limits)
    size = path.stat().st_size
    most = min(limits.expanded_bytes, max(limits.free_bytes, size * limits.ratio))
    written = 0
    with target.open("wb") as file:
        for piece in pieces:
            written += len(piece)
            if written > most:
                reason = f"It has {size:,} bytes, but would grow beyond {most:,} when decompressed."
                raise UnreadableFile(reason, "Bring it in several files, or as Parquet.")
            file.write(piece)


def _gunzip(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path, "rb") as file:
            while piece := file.read(PIECE):
                yield piece
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableFile("The gzip data is damaged or cut off.", "Upload it again.") from error


def _unzstd(connection: Any, path: Path, limits: Limits) -> Iterator[bytes]:
    """Zstandard, which Python reads from 3.14 on: DuckDB decompresses it, as lines of bytes.

    Read as Latin-1 every byte is one character, so the bytes come out as they went in; only the
    ends of lines become line feeds.
    """
    import duckdb

    if not is_whole(path):
        raise UnreadableFile("The Zstandard data is damaged or cut off.", "Upload it again.")
    query = (
        f"SELECT line FROM read_csv({literal(str(path))}, compression = 'zstd', header = false, "
        "auto_detect = false, delim = '\x01', quote = '', escape = '', encoding = 'latin-1', "
        f"columns = {{'line': 'VARCHAR'}}, max_line_size = {limits.line_bytes}, "
        "strict_mode = false)"
    )
    try:
        connection.execute(query)
        while rows := connection.fetchmany(LINES_AT_ONCE):
            yield b"".join((line or "").encode("latin-1") + b"\n" for (line,) in rows)
    except duckdb.Error as error:
        reason = "The Zstandard data is damaged, cut off, or has lines that are too long."
        raise UnreadableFile(reason, "Upload it again, or compress it with gzip.") from error
