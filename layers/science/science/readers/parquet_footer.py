"""Whether a Parquet file's footer holds what it says, before a reader makes room for it.

A footer is Thrift's compact protocol (apache/parquet-format, "File Format"; apache/thrift,
"Thrift Compact protocol encoding"): a list begins with the number of its items. DuckDB makes room
for so many before it reads the first, 95 bytes for each row group, so that a file of 357 bytes took
17 GB. An item takes a byte at least: a list of more items than there are bytes left was never
written by anybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from science.readers.unreadable import UnreadableFile
from science.varint import varint

if TYPE_CHECKING:
    from pathlib import Path

MAGIC = b"PAR1"
TAIL_BYTES = 8
MOST_BYTES = 16_000_000
"""The longest footer: 10,000 columns in ten row groups take about ten million bytes."""
MOST_DEPTH = 32
"""So deep may structs and lists lie in each other; those of pyarrow and DuckDB are seven deep."""

BYTE, DOUBLE, BINARY, LIST, SET, MAP, STRUCT, UUID = 3, 7, 8, 9, 10, 11, 12, 13
TRUTHS = (1, 2)
"""A field's truth value lies in its type; in a list each takes a byte."""
INTEGERS = (4, 5, 6)
FIXED = {BYTE: 1, DOUBLE: 8, UUID: 16}
LONG = 15
"""In the place of a short list's length: a longer one follows."""


def refuse_false_footer(path: Path) -> None:
    """Make sure that a file's footer holds all that it says.

    A file without a footer is let through: whoever reads it finds that by itself.

    Raises:
        UnreadableFile: it does not, or is too long to be looked through.
    """
    footer = _footer(path)
    try:
        _struct(footer, 0, 0)
    except (IndexError, ValueError) as error:
        raise UnreadableFile("The Parquet file is damaged.", "Write it again.") from error


def _footer(path: Path) -> bytes:
    """The footer's bytes; one empty struct where there is none."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - TAIL_BYTES))
        tail = file.read()
        length = int.from_bytes(tail[:4], "little")
        if tail[4:] != MAGIC or length > size - TAIL_BYTES:
            return b"\0"
        if length > MOST_BYTES:
            reason = f"What the Parquet file says of itself has {length:,} bytes."
            raise UnreadableFile(reason, "Write it with larger row groups, or in several files.")
        file.seek(size - TAIL_BYTES - length)
        return file.read(length)


def _struct(data: bytes, at: int, depth: int) -> int:
    """The place behind a struct."""
    while head := data[at]:
        at += 1
        if not head >> 4:
            _, at = varint(data, at)  # the field's number, written out
        kind = head & 15
        if kind not in TRUTHS:
            at = _value(data, at, kind, depth)
    return at + 1


def _value(data: bytes, at: int, kind: int, depth: int) -> int:
    """The place behind a value."""
    if depth > MOST_DEPTH:
        raise ValueError("its parts lie too deep in each other")
    if kind in INTEGERS:
        return varint(data, at)[1]
    if kind == BINARY:
        size, at = varint(data, at)
        return _within(data, at, size)
    if kind == STRUCT:
        return _struct(data, at, depth + 1)
    if kind in {LIST, SET}:
        head = data[at]
        count, at = varint(data, at + 1) if head >> 4 == LONG else (head >> 4, at + 1)
        return _items(data, at, count, (head & 15,), depth)
    if kind == MAP:
        return _map(data, at, depth)
    if kind in FIXED:
        return _within(data, at, FIXED[kind])
    raise ValueError(f"there is no type {kind}")


def _map(data: bytes, at: int, depth: int) -> int:
    """The place behind a map; an empty one does not say of what."""
    count, at = varint(data, at)
    if not count:
        return at
    kinds = data[at]
    return _items(data, at + 1, count, (kinds >> 4, kinds & 15), depth)


def _within(data: bytes, at: int, size: int) -> int:
    """The place so many bytes on.

    Raises:
        ValueError: there are fewer.
    """
    if size > len(data) - at:
        raise ValueError("it says to hold more than there is")
    return at + size


def _items(data: bytes, at: int, count: int, kinds: tuple[int, ...], depth: int) -> int:
    """The place behind the items of a list, a set or a map."""
    _within(data, at, count * len(kinds))
    for _ in range(count):
        for kind in kinds:
            at = _value(data, at, BYTE if kind in TRUTHS else kind, depth + 1)
    return at
