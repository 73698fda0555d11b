"""Numbers of variable length, as Protocol Buffers and Thrift write them.

Seven bits a byte, the lowest first; the eighth says that more follow (Protocol Buffers, "Encoding";
Thrift, "Thrift Compact protocol encoding").
"""

from __future__ import annotations

LONGEST = 10
"""Bytes of the longest number there is, 64 bits."""


def varint(data: bytes, at: int) -> tuple[int, int]:
    """The number at a place, and the place behind it.

    Raises:
        ValueError: the data ends in it, or it is longer than 64 bits.
    """
    value = shift = 0
    for place in range(at, min(len(data), at + LONGEST)):
        byte = data[place]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place + 1
        shift += 7
    raise ValueError("a number is cut off")
