"""Unpacks a model.tar.gz, which may come from anybody, without letting it write anywhere else."""

from __future__ import annotations

import lzma
import shutil
import tarfile
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_BYTES = 20 * 1024**3
"""What a model may be when unpacked; an instance's volume holds 30 GB unless asked for more."""

MOST_FILES = 50_000
_CHUNK = 1024 * 1024


class BadArchiveError(Exception):
    """The archive cannot be read, or holds what an archive of a model must not hold."""


def unpack(archive: Path, target: Path, *, largest: int = LARGEST_BYTES) -> None:
    """Unpack an archive into a folder, which is made if it is not there.

    Only plain files and folders are taken: links, devices, absolute names and names that climb out
    of the folder are refused, and so is more than `largest` bytes. Permissions and owners in the
    archive are ignored.

    Args:
        archive: A tar file, compressed by gzip or not at all.
        target: Where its members go.
        largest: Bytes that all members together may have.

    Raises:
        BadArchiveError: Naming the member and what is wrong with it.
    """
    target.mkdir(parents=True, exist_ok=True)
    root, left = target.resolve(), largest
    try:
        with tarfile.open(archive, mode="r:*") as members:
            for number, member in enumerate(members):
                if number >= MOST_FILES:
                    raise BadArchiveError(f"it holds more than {MOST_FILES} members")
                left -= member.size if member.isfile() else 0
                if left < 0:
                    raise BadArchiveError(f"unpacked it is larger than {largest} bytes")
                _place(members, member, root)
    except (tarfile.TarError, EOFError, OSError, ValueError, zlib.error, lzma.LZMAError) as error:
        raise BadArchiveError(f"it is not a readable tar archive: {error}") from error


def _place(members: tarfile.TarFile, member: tarfile.TarInfo, root: Path) -> None:
    path = (root / member.name).resolve()
    if member.name.startswith("/") or not path.is_relative_to(root):
        raise BadArchiveError(
            f"its member {member.name!r} would be written outside the model's folder"
        )
    if member.isdir():
        path.mkdir(parents=True, exist_ok=True)
        return
    if not member.isfile():
        raise BadArchiveError(f"its member {member.name!r} is neither a file nor a folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    source = members.extractfile(member)
    if source is None:
        raise BadArchiveError(f"its member {member.name!r} has no content")
    with source, path.open("wb") as copy:
        shutil.copyfileobj(source, copy, _CHUNK)
