"""A landed text as it is read: decompressed on disk where that fits, else from its archive."""

from __future__ import annotations

import io
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional

from science.readers.encoding import as_utf8, marked_encoding
from science.readers.expand import expand, pieces
from science.readers.unreadable import Limits, UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO, TextIO

HEAD = 4096
SHARE_OF_TEXT = 2 / 3
"""The share of the free disk that decompressed text may take; Parquet of it is less than half."""

COMPRESSIONS = {None: ("none", "uncompressed"), "gzip": ("gzip",) * 2, "zstd": ("zstd",) * 2}


@dataclass(frozen=True)
class Text:
    """UTF-8 text in a file.

    Attributes:
        path: the file.
        compression: ``gzip`` or ``zstd`` where there was no room to decompress it; else None.
        limits: the most that is read.
    """

    path: Path
    compression: Optional[str]
    limits: Limits

    @property
    def csv_compression(self) -> str:
        """What ``read_csv`` calls the compression."""
        return COMPRESSIONS[self.compression][0]

    @property
    def json_compression(self) -> str:
        """What ``read_json`` calls it."""
        return COMPRESSIONS[self.compression][1]

    @contextmanager
    def opened(self, connection: Any) -> Iterator[BinaryIO]:
        """The decompressed bytes, from the first on."""
        if self.compression is None:
            with self.path.open("rb") as file:
                yield file
        else:
            found = pieces(connection, self.path, self.compression, self.limits)
            yield io.BufferedReader(_Pieces(found), 1 << 20)

    def sample(self, connection: Any, characters: int) -> tuple[str, bool]:
        """The first characters, and whether there are more."""
        with self.lines(connection) as text:
            return text.read(characters), bool(text.read(1))

    @contextmanager
    def lines(self, connection: Any) -> Iterator[TextIO]:
        """The text, from the first character on, its ends of lines as they are."""
        with self.opened(connection) as file:
            yield io.TextIOWrapper(file, encoding="utf-8", errors="replace", newline="")


class _Pieces(io.RawIOBase):
    """Pieces of bytes as a file."""

    def __init__(self, found: Iterator[bytes]) -> None:
        self._found, self._left = found, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            piece = next(self._found, None)
            if piece is None:
                return 0
            self._left = piece
        taken = min(len(buffer), len(self._left))
        buffer[:taken] = self._left[:taken]
        self._left = self._left[taken:]
        return taken


def expanded(
    connection: Any, path: Path, compression: str, folder: Path, limits: Limits
) -> Optional[Path]:
    """The decompressed file; None where it would not fit beside the Parquet file made of it.

    Raises:
        UnreadableFile: it is damaged, or a "bomb".
    """
    free = shutil.disk_usage(folder).free if limits.disk_bytes is None else limits.disk_bytes
    target, room = folder / "expanded", int(free * SHARE_OF_TEXT)
    fits = expand(connection, path, compression, target, limits, room=room)
    return target if fits else None


def straight(connection: Any, path: Path, compression: str, limits: Limits) -> Text:
    """Text that is read from its archive, since there is no room for it.

    Raises:
        UnreadableFile: it must be written as UTF-8 first.
    """
    text = Text(path, compression, limits)
    with text.opened(connection) as file:
        encoding = marked_encoding(file.read(HEAD))
    if encoding:
        reason = f"It is {encoding}, and there is no room to write it as UTF-8."
        raise UnreadableFile(reason, "Save it as UTF-8, or bring it in several files.")
    return text


def plain(path: Path, folder: Path, limits: Limits) -> Text:
    """Text of any common encoding, as UTF-8.

    Raises:
        UnreadableFile: it is no text.
    """
    return Text(as_utf8(path, folder / "utf8"), None, limits)
