"""Records that the Kinesis Producer Library packed together, taken apart.

Format ("KPL Aggregated Record Format", in the library's repository): four bytes of mark, a protocol
buffer, and its MD5. The buffer's field 3 repeats for each record; its field 3 holds the data, and
the others hold keys, which nobody here asks for.
"""

from __future__ import annotations

from hashlib import md5
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = b"\xf3\x89\x9a\xc2"
DIGEST_BYTES = 16
RECORDS = DATA = 3
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
LONGEST_VARINT = 10
"""Bytes of the longest number there is, 64 bits ("Protocol Buffers: Encoding")."""


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
    return [value for record in packed for number, value in _fields(record) if number == DATA]


def _fields(buffer: bytes) -> Iterator[tuple[int, bytes]]:
    """The fields of a protocol buffer that hold bytes, with their numbers."""
    at = 0
    while at < len(buffer):
        key, at = _varint(buffer, at)
        number, kind = key >> 3, key & 7
        if kind == BYTES:
            length, at = _varint(buffer, at)
            yield number, buffer[at : at + length]
            at += length
        elif kind == VARINT:
            _, at = _varint(buffer, at)
        elif kind in {FIXED64, FIXED32}:
            at += 8 if kind == FIXED64 else 4
        else:
            raise ValueError("the records that were packed together are no protocol buffer")


def _varint(buffer: bytes, at: int) -> tuple[int, int]:
    """A number of variable length and the place behind it."""
    value = shift = 0
    end = min(len(buffer), at + LONGEST_VARINT)
    while at < end:
        byte = buffer[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise ValueError("the records that were packed together are cut off")
