"""Whether a Zstandard file is whole, told by its block headers without decompressing it.

DuckDB takes the end of a file that was cut off for the end of its rows; rows would be lost without
a word. Format: RFC 8878, sections 3.1.1 (frames and blocks) and 3.1.2 (skippable frames).
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FRAME = 0xFD2FB528
SKIPPABLE = range(0x184D2A50, 0x184D2A60)
RUN_LENGTH, RESERVED = 1, 3
DICTIONARY_BYTES = (0, 1, 2, 4)
CONTENT_SIZE_BYTES = (0, 2, 4, 8)


def is_whole(path: Path) -> bool:
    """Whether the file is a sequence of frames, the last one complete."""
    size = path.stat().st_size
    with path.open("rb") as file:
        while file.tell() < size:
            if not _skip_frame(file) or file.tell() > size:
                return False
    return True


def _skip_frame(file: IO[bytes]) -> bool:
    magic = _number(file, 4)
    if magic in SKIPPABLE:
        file.seek(_number(file, 4), 1)
        return True
    if magic != FRAME:
        return False
    descriptor = _number(file, 1)
    single_segment = descriptor >> 5 & 1
    header = DICTIONARY_BYTES[descriptor & 3] + CONTENT_SIZE_BYTES[descriptor >> 6]
    header += 1 if not single_segment or not descriptor >> 6 else 0
    file.seek(header, 1)
    last = False
    while not last:
        raw = file.read(3)
        if len(raw) < 3:
            return False
        block = int.from_bytes(raw, "little")
        last, kind, length = bool(block & 1), block >> 1 & 3, block >> 3
        if kind == RESERVED:
            return False
        file.seek(1 if kind == RUN_LENGTH else length, 1)
    if descriptor >> 2 & 1:
        file.seek(4, 1)
    return True


def _number(file: IO[bytes], size: int) -> int:
    return int.from_bytes(file.read(size), "little")
