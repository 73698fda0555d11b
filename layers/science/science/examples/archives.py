"""Members of a ZIP or TAR archive, one at a time in memory, and never beyond a bound."""

from __future__ import annotations

import lzma
import struct
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Callable, Iterator, Optional

from science.images.decoding import MOST_BYTES
from science.readers.unreadable import Limits, UnreadableFile

if TYPE_CHECKING:
    from pathlib import Path

MOST_MEMBERS = 200_000
DAMAGED = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, OSError, ValueError, NotImplementedError, RuntimeError),
)
"""What reading a damaged archive ends in: the modules pass on what their decompressors raise."""
IGNORED = frozenset({"thumbs.db", "desktop.ini"})


@dataclass(frozen=True)
class Member:
    """One file of an archive.

    Attributes:
        name: its path in there.
        body: its content, None if it cannot be had.
        fault: why not.
    """

    name: str
    body: Optional[bytes]
    fault: str = ""


def members(path: Path, limits: Limits) -> Iterator[Member]:
    """The files of an archive, in its order, without folders and what systems leave behind.

    Nothing is written to disk, so no name in the archive can lead anywhere. A member that is
    damaged, encrypted, a link, or larger than one picture may be has a fault and no body.

    Raises:
        UnreadableFile: it is no archive, or holds more than is read (a "bomb").
    """
    with path.open("rb") as file:
        zipped = file.read(4) == b"PK\x03\x04" or zipfile.is_zipfile(path)
    left = limits.expanded_bytes
    try:
        for number, member in enumerate(_zip(path) if zipped else _tar(path), 1):
            left -= len(member.body or b"")
            if number > MOST_MEMBERS or left < 0:
                reason = (
                    f"It unpacks to more than {MOST_MEMBERS:,} files or "
                    f"{limits.expanded_bytes:,} bytes."
                )
                raise UnreadableFile(reason, "Bring it in several archives.")
            yield member
    except DAMAGED as error:
        if isinstance(error, UnreadableFile):
            raise
        raise UnreadableFile("The archive is damaged or cut off.", "Upload it again.") from error


def _kept(name: str) -> bool:
    parts = PurePosixPath(name).parts
    hidden = any(part.startswith((".", "__MACOSX")) and part != ".." for part in parts)
    return bool(parts) and not hidden and parts[-1].lower() not in IGNORED


def _zip(path: Path) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:
        for item in archive.infolist():
            if item.is_dir() or not _kept(item.filename):
                continue
            if item.flag_bits & 1:
                yield Member(item.filename, None, "It is encrypted.")
                continue
            yield _read(item.filename, lambda item=item: _unzipped(archive, item))  # type: ignore[misc]


def _unzipped(archive: zipfile.ZipFile, item: zipfile.ZipInfo) -> bytes:
    # What the head says of the size may be a lie, so that no more is asked for than is taken.
    with archive.open(item) as source:
        return source.read(MOST_BYTES + 1)


def _tar(path: Path) -> Iterator[Member]:
    with tarfile.open(path, "r:*") as archive:
        for item in archive:
            if item.isdir() or not _kept(item.name):
                continue
            source = archive.extractfile(item) if item.isfile() else None
            if source is None:
                yield Member(item.name, None, "It is a link or a device, not a file.")
                continue
            with source:
                yield _read(item.name, lambda source=source: source.read(MOST_BYTES + 1))  # type: ignore[misc]


def _read(name: str, body_of: Callable[[], bytes]) -> Member:
    try:
        body = body_of()
    except DAMAGED:
        return Member(name, None, "It is damaged, or packed in a way that is not read.")
    if len(body) > MOST_BYTES:
        return Member(name, None, f"It has more than {MOST_BYTES:,} bytes.")
    return Member(name, body)
