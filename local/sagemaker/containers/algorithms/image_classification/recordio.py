"""Reads MXNet's RecordIO files of images, and writes them.

A record is a magic number, a word with a flag (3 bits) and a length (29 bits), and the content,
padded to four bytes; a content in which the magic number occurs is cut there into several records.
The content is IRHeader (flag, label, two ids) and an encoded image (MXNet, `recordio.py`).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from local.sagemaker.containers.algorithms.xgboost.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

_MAGIC = 0xCED7230A
_MARK = struct.pack("<I", _MAGIC)
_LENGTH = (1 << 29) - 1
_WHOLE, _FIRST, _MIDDLE, _LAST = 0, 1, 2, 3
_HEADER = struct.Struct("<IfQQ")


def read_images(path: Path) -> Iterator[tuple[float, bytes]]:
    """Label and encoded image of every record.

    Raises:
        UserError: When the file is not RecordIO, ends early, or has several labels an image.
    """
    with path.open("rb") as file:
        for number, content in enumerate(_contents(file, path.name)):
            if len(content) < _HEADER.size:
                raise UserError(f"{path.name}: record {number} has no image header")
            flag, label, _, _ = _HEADER.unpack_from(content)
            body = content[_HEADER.size :]
            if flag:  # so many labels stand before the image
                if flag > 1:
                    raise UserError(f"{path.name}: record {number} has {flag} labels, not one")
                (label,) = struct.unpack_from("<f", body)
                body = body[4:]
            yield label, body


def write_images(path: Path, images: list[tuple[float, bytes]]) -> None:
    """Write labels and encoded images."""
    with path.open("wb") as file:
        for number, (label, image) in enumerate(images):
            _write(file, _HEADER.pack(0, label, number, 0) + image)


def _contents(file: BinaryIO, name: str) -> Iterator[bytes]:
    parts: list[bytes] = []
    while head := file.read(8):
        if len(head) < 8 or head[:4] != _MARK:
            raise UserError(f"{name} is not a RecordIO file")
        (word,) = struct.unpack("<I", head[4:])
        flag, length = word >> 29, word & _LENGTH
        content = file.read(length)
        file.read(-length % 4)
        if len(content) < length:
            raise UserError(f"{name} ends in the middle of a record")
        parts.append(content)
        if flag in (_WHOLE, _LAST):
            yield _MARK.join(parts)
            parts = []
    if parts:
        raise UserError(f"{name} ends in the middle of a record")


def _write(file: BinaryIO, content: bytes) -> None:
    parts = _cut(content)
    for number, part in enumerate(parts):
        if len(parts) == 1:
            flag = _WHOLE
        elif number == 0:
            flag = _FIRST
        else:
            flag = _LAST if number == len(parts) - 1 else _MIDDLE
        file.write(_MARK + struct.pack("<I", flag << 29 | len(part)))
        file.write(part + b"\0" * (-len(part) % 4))


def _cut(content: bytes) -> list[bytes]:
    """The pieces between magic numbers, which count only where a multiple of four begins."""
    pieces, start = [], 0
    for place in range(0, len(content) - 3, 4):
        if content[place : place + 4] == _MARK:
            pieces.append(content[start:place])
            start = place + 4
    return [*pieces, content[start:]]
