"""`application/x-recordio-protobuf`: SageMaker's `Record` messages in RecordIO frames.

Page "Common Data Formats for Training" (the message) and MXNet's "RecordIO" (the frame: a magic
number, then 3 bits that tell which part of a record it is and 29 bits of length, both little
endian; the bytes; zeros up to a multiple of four).
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from local.sagemaker.containers.algorithms.common import protobuf
from local.sagemaker.containers.algorithms.common.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CONTENT_TYPE = "application/x-recordio-protobuf"
VALUES = "values"
"""The name of a record's one feature, and of its one label."""

MAGIC = 0xCED7230A
LARGEST_WIDTH = 10_000_000
"""Columns that a sparse row may claim to have: its shape alone would take the memory."""

_HEAD = struct.Struct("<II")
_LENGTH_BITS = 29
_WHOLE, _FIRST, _MIDDLE, _LAST = range(4)
_FEATURES, _LABEL, _UID, _METADATA, _CONFIGURATION = range(1, 6)
_KEY, _VALUE = 1, 2
_TENSOR_VALUES, _TENSOR_KEYS, _TENSOR_SHAPE = 1, 2, 3
_DTYPES: dict[int, np.dtype[Any]] = {2: np.dtype("<f4"), 3: np.dtype("<f8"), 7: np.dtype("<i4")}
_NUMBERS = {dtype: number for number, dtype in _DTYPES.items()}

type Vector = np.ndarray[Any, Any]


@dataclass
class Tensor:
    """The numbers of one feature or label.

    Attributes:
        values: float32, float64 or int32, one dimension.
        keys: Where each value stands in a sparse tensor; None for a dense one.
        shape: The tensor's size along each axis; a sparse one must say it.
    """

    values: Vector
    keys: Vector | None = None
    shape: tuple[int, ...] = ()

    def dense(self, absent: float = 0.0) -> Vector:
        """All values in order.

        Args:
            absent: What stands where a sparse tensor names nothing.

        Raises:
            UserError: When keys, values and shape contradict each other.
        """
        size = math.prod(self.shape) if self.shape else len(self.values)
        if self.keys is None:
            if size != len(self.values):
                raise UserError(f"a tensor of shape {self.shape} has {len(self.values)} values")
            return self.values
        if not self.shape:
            raise UserError("a sparse tensor has no shape")
        if size > LARGEST_WIDTH:
            raise UserError(f"a sparse tensor's shape {self.shape} is beyond {LARGEST_WIDTH}")
        if len(self.keys) != len(self.values):
            raise UserError(f"a tensor has {len(self.keys)} keys and {len(self.values)} values")
        if len(self.keys) and int(self.keys.max()) >= size:
            raise UserError(f"key {int(self.keys.max())} is outside a tensor of shape {self.shape}")
        whole = self.values.dtype if absent == 0.0 else np.float64
        full = np.full(size, absent, whole)
        full[self.keys.astype(np.int64)] = self.values
        return full


@dataclass
class Record:
    """One row."""

    features: dict[str, Tensor] = field(default_factory=dict)
    label: dict[str, Tensor] = field(default_factory=dict)
    uid: str = ""
    metadata: str = ""
    configuration: str = ""


def read_records(data: bytes) -> list[Record]:
    """Read every record; raises `UserError` for bytes that are none."""
    return [_read_record(frame) for frame in frames(data)]


def write_records(records: Iterable[Record]) -> bytes:
    """Write records, each in a frame."""
    written = bytearray()
    for record in records:
        message = _write_record(record)
        written += _HEAD.pack(MAGIC, len(message)) + message + bytes(-len(message) % 4)
    return bytes(written)


def frames(data: bytes) -> Iterator[bytes]:
    """The content of each frame; parts of one record are joined again by the magic number.

    Raises:
        UserError: When the magic number is not where a frame begins, or a frame is cut off.
    """
    at, parts = 0, list[bytes]()
    while at < len(data):
        if at + _HEAD.size > len(data):
            raise UserError("the RecordIO data are cut off within a frame's head")
        magic, rest = _HEAD.unpack_from(data, at)
        if magic != MAGIC:
            raise UserError(f"byte {at} is no RecordIO frame: 0x{magic:08x}, not 0x{MAGIC:08x}")
        part, length = rest >> _LENGTH_BITS, rest & ((1 << _LENGTH_BITS) - 1)
        start = at + _HEAD.size
        if start + length > len(data):
            raise UserError("the RecordIO data are cut off within a frame")
        if (part in (_WHOLE, _FIRST)) == bool(parts) or part > _LAST:
            raise UserError(f"byte {at} is part {part} of a RecordIO record, out of turn")
        parts.append(data[start : start + length])
        at = start + length + -length % 4
        if part in (_WHOLE, _LAST):
            yield struct.pack("<I", MAGIC).join(parts)
            parts = []
    if parts:
        raise UserError("the RecordIO data end within a record")


def _read_record(message: bytes) -> Record:
    record = Record()
    for number, kind, value in protobuf.fields(message):
        if kind != protobuf.BYTES:
            continue
        if number in (_FEATURES, _LABEL):
            entries = record.features if number == _FEATURES else record.label
            entries.update([_read_entry(value)])
        elif number in (_UID, _METADATA, _CONFIGURATION):
            name = {_UID: "uid", _METADATA: "metadata", _CONFIGURATION: "configuration"}[number]
            setattr(record, name, _text(value))
    return record


def _read_entry(message: bytes) -> tuple[str, Tensor]:
    name, tensor = "", Tensor(np.empty(0, np.float32))
    for number, kind, value in protobuf.fields(message):
        if kind == protobuf.BYTES and number == _KEY:
            name = _text(value)
        elif kind == protobuf.BYTES and number == _VALUE:
            for which, _, content in protobuf.fields(value):
                if which not in _DTYPES:
                    raise UserError(f"feature {name or VALUES!r} holds bytes instead of numbers")
                tensor = _read_tensor(content, _DTYPES[which])
    return name, tensor


def _read_tensor(message: bytes, dtype: np.dtype[Any]) -> Tensor:
    values: list[Vector] = []
    keys: list[int] = []
    shape: list[int] = []
    for number, kind, value in protobuf.fields(message):
        if number == _TENSOR_VALUES:
            values.append(_read_values(value, kind, dtype))
        elif number == _TENSOR_KEYS:
            keys += protobuf.read_varints(value)
        elif number == _TENSOR_SHAPE:
            shape += protobuf.read_varints(value)
    joined = values[0] if len(values) == 1 else np.concatenate([np.empty(0, dtype), *values])
    return Tensor(joined, np.array(keys, np.uint64) if keys else None, tuple(shape))


def _read_values(value: bytes, kind: int, dtype: np.dtype[Any]) -> Vector:
    """Packed values and single ones look the same once their bytes are cut out."""
    if dtype.kind == "i":
        return np.array(protobuf.read_varints(value), np.uint64).astype(np.uint32).view(np.int32)
    if kind == protobuf.VARINT or len(value) % dtype.itemsize:
        raise UserError(f"a tensor of {dtype.name} has {len(value)} bytes of values")
    return np.frombuffer(value, dtype)


def _write_record(record: Record) -> bytes:
    parts = [
        protobuf.field(number, _write_entry(name, tensor))
        for number, entries in ((_FEATURES, record.features), (_LABEL, record.label))
        for name, tensor in entries.items()
    ]
    texts = {_UID: record.uid, _METADATA: record.metadata, _CONFIGURATION: record.configuration}
    parts += [protobuf.field(number, text.encode()) for number, text in texts.items() if text]
    return b"".join(parts)


def _write_entry(name: str, tensor: Tensor) -> bytes:
    dtype = tensor.values.dtype
    if dtype.kind == "i":
        values = protobuf.varints(tensor.values.tolist())
    else:
        values = tensor.values.astype(dtype.newbyteorder("<")).tobytes()
    message = protobuf.field(_TENSOR_VALUES, values)
    if tensor.keys is not None:
        message += protobuf.field(_TENSOR_KEYS, protobuf.varints(tensor.keys.tolist()))
    if tensor.shape:
        message += protobuf.field(_TENSOR_SHAPE, protobuf.varints(tensor.shape))
    value = protobuf.field(_NUMBERS[dtype.newbyteorder("<")], message)
    return protobuf.field(_KEY, name.encode()) + protobuf.field(_VALUE, value)


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise UserError("a record's text is not UTF-8") from error
