"""Splits an input object into records, packs records into requests, and puts answers together.

"Use Batch Transform": SplitType, BatchStrategy, MaxPayloadInMB, AssembleWith. RecordIO is MXNet's:
the magic number 0xced7230a, a word with the length in its lower 29 bits, the payload, padding to
four bytes; a record keeps this frame in the request, for that is what algorithms decode.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_MAGIC = 0xCED7230A
_LENGTH_BITS = (1 << 29) - 1
MEGABYTE = 1024 * 1024


class RecordsError(ValueError):
    """An object cannot be split, or a record is larger than a request may be."""


def split(content: bytes, split_type: str) -> list[bytes]:
    """The records of an object; a line is without its end, and empty lines are left out.

    Args:
        content: The whole object, unpacked.
        split_type: None, Line or RecordIO.

    Raises:
        RecordsError: When it is not RecordIO.
    """
    if split_type == "Line":
        lines = (line.removesuffix(b"\r") for line in content.split(b"\n"))
        return [line for line in lines if line]
    if split_type == "RecordIO":
        return _recordio(content)
    return [content]


def pack(
    records: Iterable[bytes], *, split_type: str, single: bool, most_bytes: int
) -> list[list[bytes]]:
    """Groups of records, each for one request, in their order.

    Args:
        records: From `split`.
        split_type: None, Line or RecordIO.
        single: BatchStrategy SingleRecord: one record a request.
        most_bytes: What a request may have; 0 for no bound.

    Raises:
        RecordsError: When one record is larger than that.
    """
    between = len(separator(split_type))
    groups: list[list[bytes]] = []
    size = 0
    for record in records:
        if most_bytes and len(record) > most_bytes:
            raise RecordsError("Too much data for max payload size")
        fits = not most_bytes or size + between + len(record) <= most_bytes
        if single or not groups or not fits:
            groups.append([record])
            size = len(record)
        else:
            groups[-1].append(record)
            size += between + len(record)
    return groups


def separator(split_type: str) -> bytes:
    """What stands between the records of one request."""
    return b"\n" if split_type == "Line" else b""


def assemble(answers: Iterable[bytes], assemble_with: str) -> bytes:
    """One output object of all answers; with Line each ends with a line's end, and with one only.

    Args:
        answers: In the order of the requests.
        assemble_with: None or Line.
    """
    if assemble_with != "Line":
        return b"".join(answers)
    return b"".join(answer if answer.endswith(b"\n") else answer + b"\n" for answer in answers)


def _recordio(content: bytes) -> list[bytes]:
    records, at, start = [], 0, 0
    while at < len(content):
        if len(content) - at < 8:
            raise RecordsError("the RecordIO object ends within a record's head")
        magic, word = struct.unpack_from("<II", content, at)
        if magic != _MAGIC:
            raise RecordsError("the object is not RecordIO: its magic number is wrong")
        length, part = word & _LENGTH_BITS, word >> 29
        end = at + 8 + (length + 3) // 4 * 4
        if end > len(content):
            raise RecordsError("the RecordIO object ends within a record")
        # A record that holds the magic number itself is cut: 1 begins, 2 goes on, 3 ends it.
        if part in (0, 3):
            records.append(content[start:end])
            start = end
        at = end
    if start < len(content):
        raise RecordsError("the RecordIO object ends within a record of several parts")
    return records
