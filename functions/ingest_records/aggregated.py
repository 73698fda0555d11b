"""Records that the Kinesis Producer Library packed together, taken apart.

Format ("KPL Aggregated Record Format", in the library's repository): four bytes of mark, a protocol
buffer, and its MD5. The buffer's field 3 repeats for each record; its field 3 holds the data, and
the others hold keys, which nobody here asks for.
"""

from __future__ import annotations

from hashlib import md5
from typing import TYPE_CHECKING

from science.varint import varint

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = b"\xf3\x89\x9a\xc2"
DIGEST_BYTES = 16
RECORDS = DATA = 3
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def is_aggregated(data: bytes) -> bool:
    """Whether the library packed these bytes."""
    return data.startswith(MARK)


def records_in(data: bytes) -> list[bytes]:
    """The data of each record that was packed, in order.

    Raises:
        ValueError: the bytes are damaged, in words.
    """
    buffer, digest = data[len(MARK) : -DIGEST_BYTES], data[-DIGEST_BYTES:]
    if md5(buffer, usedforsecurity=False).digest() != digest:
        raise ValueError("the records that were packed together are damaged")
    packed = (value for number, value in _fields(buffer) if number == RECORDS)
    try:
        return [value for record in packed for number, value in _fields(record) if number == DATA]
    except ValueError as error:
        raise ValueError(f"the records that were packed together are damaged: {error}") from error


def _fields(buffer: bytes) -> Iterator[tuple[int, bytes]]:
    """The fields of a protocol buffer that hold bytes, with their numbers."""
    at = 0
    while at < len(buffer):
        key, at = varint(buffer, at)
        number, kind = key >> 3, key & 7
        if kind == BYTES:
            length, at = varint(buffer, at)
            yield number, buffer[at : at + length]
            at += length
        elif kind == VARINT:
            _, at = varint(buffer, at)
        elif kind in {FIXED64, FIXED32}:
            at += 8 if kind == FIXED64 else 4
        else:
            raise ValueError(f"there is no type {kind}")
