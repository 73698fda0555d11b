"""Unpacks archives of strangers: nothing leaves the folder, nothing grows without bound."""

from __future__ import annotations

import errno
import gzip
import tarfile
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES = 4 * 1024**3
"""What an archive may unpack to."""
MOST_ENTRIES = 100_000
_MOST_AT_ONCE = 16 * 1024**2
_GZIP = b"\x1f\x8b"
_BY_NAME = frozenset(
    {
        *(errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ENOENT),
        *(errno.ENAMETOOLONG, errno.ELOOP),
    }
)
"""What systems say of a name under which nothing can be written, however much room there is."""


class ArchiveError(Exception):
    """The archive is damaged, or holds what it must not; the message says which."""


def unpack(
    archive: Path, folder: Path, *, most_bytes: int = MOST_BYTES, most_entries: int = MOST_ENTRIES
) -> None:
    """Unpack a tar file, compressed by gzip or not.

    Absolute names, names and links that lead out of the folder, and devices are refused
    (PEP 706, filter "data"), and so are names that two entries use in ways that exclude each other.

    Args:
        archive: The file.
        folder: Where to.
        most_bytes: What it may unpack to, headers included.
        most_entries: How many files and folders it may hold.

    Raises:
        ArchiveError: For all of these, and for what is no tar file.
        OSError: When the files cannot be written.
    """
    try:
        with archive.open("rb") as raw:
            packed = raw.read(2) == _GZIP
        with gzip.open(archive) if packed else archive.open("rb") as opened:
            content: Any = _Bounded(opened, most_bytes)
            with tarfile.open(fileobj=content, mode="r:") as entries:
                for number, entry in enumerate(entries):
                    if number >= most_entries:
                        raise ArchiveError(f"more than {most_entries} entries")
                    _extract(entries, entry, folder)
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, ValueError) as error:
        raise ArchiveError(str(error)) from error


def _extract(entries: tarfile.TarFile, entry: tarfile.TarInfo, folder: Path) -> None:
    try:
        entries.extract(entry, folder, filter="data")
    except OSError as error:
        if error.errno not in _BY_NAME:
            raise
        raise ArchiveError(f"{entry.name!r} cannot be written: {error.strerror}") from error


class _Bounded:
    """A file to read, up to so many bytes.

    A tar header that asks for more at once than any real one is refused too: `tarfile` keeps it in
    memory.
    """

    def __init__(self, file: gzip.GzipFile | BinaryIO, most: int) -> None:
        self._file = file
        self._most = most

    def read(self, size: int = -1) -> bytes:
        if size > _MOST_AT_ONCE or size < 0:
            raise ArchiveError("a header of absurd size")
        self._check(self._file.tell() + size)
        return self._file.read(size)

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, place: int, whence: int = 0) -> int:
        if whence == 0:
            self._check(place)
        return self._file.seek(place, whence)

    def _check(self, place: int) -> None:
        if place > self._most + tarfile.RECORDSIZE:
            raise ArchiveError(f"it unpacks to more than {self._most} bytes")
