"""Compressed files decompressed to disk, piece by piece, and never beyond a bound."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING, Any, Optional

from science.database import refusals
from science.readers.unreadable import Limits, UnreadableFile
from science.readers.zstd_frames import is_whole
from science.sql_values import literal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PIECE = 1_000_000
LINES_AT_ONCE = 10_000


def expand(
    connection: Any,
    path: Path,
    compression: str,
    target: Path,
    limits: Limits,
    *,
    room: Optional[int] = None,
) -> bool:
    """Decompress ``path`` into ``target``, or only look whether it is whole if that would not fit.

    Args:
        connection: a database, which decompresses Zstandard.
        path: the file.
        compression: ``gzip`` or ``zstd``.
        target: the file to write.
        limits: the most that is read.
        room: how many bytes the target may take up; None for whatever it takes.

    Returns:
        Whether the target was written; if not, there is none.

    Raises:
        UnreadableFile: it is damaged, or grows beyond the limits (a "bomb").
    """
    size = path.stat().st_size
    most = min(limits.expanded_bytes, max(limits.free_bytes, size * limits.ratio))
    written, fits = 0, True
    with target.open("wb") as file:
        for piece in pieces(connection, path, compression, limits):
            written += len(piece)
            if written > most:
                reason = f"It has {size:,} bytes, but would grow beyond {most:,} when decompressed."
                raise UnreadableFile(reason, "Bring it in several files, or as Parquet.")
            if fits and room is not None and written > room:
                fits = False
                file.truncate(0)
            if fits:
                file.write(piece)
    if not fits:
        target.unlink()
    return fits


def pieces(connection: Any, path: Path, compression: str, limits: Limits) -> Iterator[bytes]:
    """The decompressed content, piece by piece.

    Raises:
        UnreadableFile: it is damaged or cut off.
    """
    return _gunzip(path) if compression == "gzip" else _unzstd(connection, path, limits)


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
    except refusals() as error:
        reason = "The Zstandard data is damaged, cut off, or has lines that are too long."
        raise UnreadableFile(reason, "Upload it again, or compress it with gzip.") from error
