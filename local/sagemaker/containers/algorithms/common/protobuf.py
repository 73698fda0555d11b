"""The wire format of protocol buffers, as far as SageMaker's `Record` needs it.

Page "Encoding" of the protocol buffers' documentation: a field is a tag (number × 8 + wire type)
and a value; wire types are varint (0), 64 bits (1), bytes of a told length (2) and 32 bits (5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.sagemaker.containers.algorithms.common.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

VARINT, FIXED_64, BYTES, FIXED_32 = 0, 1, 2, 5
_WIDTHS = {FIXED_64: 8, FIXED_32: 4}
_LONGEST_VARINT = 10
_BITS_64 = (1 << 64) - 1

type Field = tuple[int, int, bytes]
"""Number, wire type, and the value's bytes: a varint's as they stand."""


def varint(number: int) -> bytes:
    """Write an integer; a negative one as the 64-bit number of the same bits."""
    number &= _BITS_64
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)


def varints(numbers: Iterable[int]) -> bytes:
    """Write integers one after the other."""
    return b"".join(map(varint, numbers))


def field(number: int, value: bytes) -> bytes:
    """Write a field of bytes: a text, a message, or a packed list."""
    return varint(number << 3 | BYTES) + varint(len(value)) + value


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """Read an integer; returns it and where the next thing begins.

    Raises:
        UserError: When it has no end.
    """
    number = 0
    for place in range(_LONGEST_VARINT):
        if at + place >= len(data):
            break
        byte = data[at + place]
        number |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return number & _BITS_64, at + place + 1
    raise UserError("a protobuf message is cut off within a number")


def read_varints(data: bytes) -> list[int]:
    """Read integers to the end; raises `UserError`."""
    numbers, at = [], 0
    while at < len(data):
        number, at = read_varint(data, at)
        numbers.append(number)
    return numbers


def fields(message: bytes) -> Iterator[Field]:
    """Read a message field by field.

    Raises:
        UserError: When it is cut off or holds a wire type that does not exist.
    """
    at = 0
    while at < len(message):
        tag, start = read_varint(message, at)
        kind = tag & 7
        if kind == BYTES:
            length, start = read_varint(message, start)
            end = start + length
        elif kind == VARINT:
            _, end = read_varint(message, start)
        elif kind in _WIDTHS:
            end = start + _WIDTHS[kind]
        else:
            raise UserError(f"a protobuf message holds the unknown wire type {kind}")
        if end > len(message):
            raise UserError("a protobuf message is cut off within a field")
        yield tag >> 3, kind, message[start:end]
        at = end
