"""RecordIO, the format that SageMaker wraps objects in for algorithms that read records.

Each record is a magic number, a length with a flag in its upper three bits, the data, and zeros up
to a multiple of four bytes. Data that holds the magic number at such a place is split there, into a
first, middle and last part (dmlc-core, recordio.h).
"""

from __future__ import annotations

import struct

MAGIC = 0xCED7230A
_MAGIC = struct.pack("<I", MAGIC)
_WHOLE, _FIRST, _MIDDLE, _LAST = range(4)
_LENGTH_BITS = 29


def record(data: bytes) -> bytes:
    """One record.

    Args:
        data: Fewer than 2**29 bytes.

    Raises:
        ValueError: When it is more.
    """
    if len(data) >= 1 << _LENGTH_BITS:
        raise ValueError(f"a RecordIO record holds less than {1 << _LENGTH_BITS} bytes")
    cuts = _magic_places(data)
    if not cuts:
        return _part(_WHOLE, data)
    starts = [0, *(cut + 4 for cut in cuts)]
    ends = [*cuts, len(data)]
    flags = [_FIRST, *[_MIDDLE] * (len(cuts) - 1), _LAST]
    parts = zip(flags, starts, ends, strict=True)
    return b"".join(_part(flag, data[start:end]) for flag, start, end in parts)


def records(stream: bytes) -> list[bytes]:
    """The data of every record of a stream.

    Raises:
        ValueError: When it is no RecordIO, or is cut off.
    """
    found: list[bytes] = []
    place = 0
    while place < len(stream):
        head = stream[place : place + 8]
        if len(head) < 8 or not head.startswith(_MAGIC):
            raise ValueError(f"no RecordIO record at byte {place}")
        (size,) = struct.unpack("<I", head[4:])
        flag, length = size >> _LENGTH_BITS, size & ((1 << _LENGTH_BITS) - 1)
        data = stream[place + 8 : place + 8 + length]
        if len(data) < length:
            raise ValueError(f"the RecordIO record at byte {place} is cut off")
        if flag in (_WHOLE, _FIRST):
            found.append(data)
        else:
            found[-1] += _MAGIC + data
        place += 8 + length + -length % 4
    return found


def _magic_places(data: bytes) -> list[int]:
    places, start = [], 0
    while (place := data.find(_MAGIC, start)) >= 0:
        if place % 4 == 0:
            places.append(place)
            start = place + 4
        else:
            start = place + 1
    return places


def _part(flag: int, data: bytes) -> bytes:
    head = struct.pack("<II", MAGIC, flag << _LENGTH_BITS | len(data))
    return head + data + bytes(-len(data) % 4)
