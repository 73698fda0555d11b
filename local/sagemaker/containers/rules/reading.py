"""Reads what a Debugger hook wrote, while it writes; see `training.debugger_files`."""

from __future__ import annotations

import json
import struct
from array import array
from typing import TYPE_CHECKING, Any

from local.sagemaker.containers.rules.recording import Recording, Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

END = "training_job_end.ts"
"""The file that says that nothing more will come."""

_TYPES = {1: "f", 2: "d", 3: "i", 9: "q"}  # types.proto: float, double, int32, int64
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_HEAD = 12  # a record's length and that length's checksum


class Reader:
    """Follows one folder of tensors."""

    def __init__(self, folder: Path, end: Path | None = None) -> None:
        """Read nothing yet.

        Args:
            folder: What the hook writes to.
            end: The file that appears at the end, if it is another than `END` in the folder.
        """
        self._folder = folder
        self._end = end or folder / END
        self._taken: dict[Path, int] = {}
        self.recording = Recording()

    def poll(self) -> list[int]:
        """Take up what is new; the steps in question, in order."""
        homes = self._homes()
        steps = set()
        for path in sorted(self._folder.glob("index/*/*.json")):
            size = path.stat().st_size
            if path.name.startswith(".") or self._taken.get(path) == size:
                continue
            self._taken[path] = size
            for tensor in self._tensors(path):
                self.recording.add(tensor, *homes.get(tensor.name, ()))
                steps.add(tensor.step)
        return sorted(steps)

    def ended(self) -> bool:
        """Tell whether the training has ended."""
        return self._end.exists()

    def _homes(self) -> dict[str, set[str]]:
        """The collections of each tensor."""
        homes: dict[str, set[str]] = {}
        for path in self._folder.glob("collections/*/*_collections.json"):
            for name, collection in json.loads(path.read_text())["collections"].items():
                for tensor in collection["tensor_names"]:
                    homes.setdefault(tensor, set()).add(name)
        return homes

    def _tensors(self, index: Path) -> Iterator[Tensor]:
        document = json.loads(index.read_text())
        step = int(index.name.split("_")[0])
        content = (self._folder / document["meta"]["event_file_name"]).read_bytes()
        for place in document["tensor_payload"]:
            start = place["start_idx"]
            record = content[start : start + place["length"]]
            values, shape = read_event(record[_HEAD:-4])
            mode = place.get("mode", document["meta"].get("mode", "GLOBAL"))
            yield Tensor(place["tensorname"], step, values, shape, mode)


def read_event(data: bytes) -> tuple[array[Any], tuple[int, ...]]:
    """Values and shape of the one tensor in a TensorFlow Event message."""
    value = _one(_one(data, 5), 1)
    for field, content in _fields(value):
        if field == 2 and isinstance(content, bytes):
            return array("d", struct.unpack("<f", content)), ()
    tensor = _one(value, 8)
    kind, values = 0, array("d")
    shape: tuple[int, ...] = ()
    for field, content in _fields(tensor):
        if field == 1 and isinstance(content, int):
            kind = content
        elif field == 2 and isinstance(content, bytes):
            shape = tuple(_size(dim) for _, dim in _fields(content) if isinstance(dim, bytes))
        elif field == 4 and isinstance(content, bytes):
            values = array(_TYPES[kind], content)
    return values, shape


def _size(dimension: bytes) -> int:
    return next((int(content) for field, content in _fields(dimension) if field == 1), 0)


def _one(data: bytes, wanted: int) -> bytes:
    for field, content in _fields(data):
        if field == wanted and isinstance(content, bytes):
            return content
    return b""


def _fields(data: bytes) -> Iterator[tuple[int, bytes | int]]:
    """The fields of a protocol buffer: number and raw content."""
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        kind = key & 7
        if kind == _VARINT:
            number, place = _varint(data, place)
            yield key >> 3, number
            continue
        size = {_FIXED64: 8, _FIXED32: 4}.get(kind)
        if size is None:
            size, place = _varint(data, place)
        yield key >> 3, data[place : place + size]
        place += size


def _varint(data: bytes, place: int) -> tuple[int, int]:
    number, shift = 0, 0
    while True:
        byte = data[place]
        number |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return number, place
