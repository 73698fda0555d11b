"""Writes tensors as SageMaker Debugger's hook lays them out; a script imports it as baton_debugger.

    import baton_debugger
    hook = baton_debugger.Hook()
    for step in range(steps):
        ...
        hook.save(step, {"loss": loss}, collection="losses")
        hook.save(step, {"dense/weight": weight, "dense/bias": bias}, collection="weights")

Below DebugHookConfig's LocalPath (smdebug library, locations.py and index_file_writer.py):
`events/<step, 12 digits>/<step>_<worker>.tfevents`, TensorFlow's event files with one tensor a
record; `index/<step // 1000, 9 digits>/<step>_<worker>.json`, which says where in them each tensor
lies and is written last, so that what it names is whole; `collections/000000000/
<worker>_collections.json`. This file stands alone and needs the standard library only: it is copied
beside the script.
"""

from __future__ import annotations

import json
import os
import re
import struct
import time
from array import array
from pathlib import Path
from typing import Any

DEFAULT_INTERVAL = 10
"""Steps between two savings of a collection for which none is configured, scalars excepted."""

_EVERY_STEP = frozenset({"losses", "metrics", "scalars"})
_DOUBLE = 2  # tensorflow/core/framework/types.proto, DT_DOUBLE
_POLYNOMIAL = 0x82F63B78  # CRC-32C (RFC 3720, B.4), reflected
type Document = dict[str, Any]


class Hook:
    """One process's writer."""

    def __init__(self, folder: Path | str | None = None, config: Document | None = None) -> None:
        """Read DebugHookConfig from the container, unless it is given.

        Args:
            folder: Where to write; by default LocalPath below the container's `/opt/ml`.
            config: DebugHookConfig; by default `/opt/ml/input/config/debughookconfig.json`.
        """
        base = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
        path = base / "input/config/debughookconfig.json"
        if config is None:
            config = json.loads(path.read_text()) if path.is_file() else {}
        local = config.get("LocalPath", "/opt/ml/output/tensors").removeprefix("/opt/ml")
        self.folder = Path(folder) if folder else base / local.strip("/")
        host = os.environ.get("CURRENT_HOST", "algo-1").rpartition("-")[2]
        self.worker = f"worker_{int(host) - 1 if host.isdigit() else 0}"
        self._shared: dict[str, str] = config.get("HookParameters") or {}
        self._collections: dict[str, dict[str, str]] = {
            item["CollectionName"]: item.get("CollectionParameters") or {}
            for item in config.get("CollectionConfigurations") or []
        }
        self._names: dict[str, set[str]] = {}
        self._indexes: dict[int, Document] = {}

    def asks_for(self, collection: str) -> bool:
        """Tell whether the job's DebugHookConfig names a collection."""
        return collection in self._collections

    def due(self, step: int, collection: str) -> bool:
        """Tell whether a collection is to be saved at a step."""
        given = self._shared | self._collections.get(collection, {})
        if "save_steps" in given:
            return step in {int(word) for word in given["save_steps"].split(",")}
        interval = given.get("save_interval", 1 if collection in _EVERY_STEP else DEFAULT_INTERVAL)
        begin, end = int(given.get("start_step", 0)), given.get("end_step")
        within = step >= begin and (end is None or step < int(end))
        return within and (step - begin) % int(interval) == 0

    def save(
        self,
        step: int,
        tensors: dict[str, Any],
        collection: str = "default",
        mode: str = "GLOBAL",
    ) -> None:
        """Write what of some tensors is to be saved at a step.

        Args:
            step: The step, from 0.
            tensors: Values by name: a number, nested lists, or an array with `tolist`.
            collection: The collection they belong to; others follow from `include_regex`.
            mode: TRAIN, EVAL, PREDICT or GLOBAL.
        """
        payload = []
        for name, values in tensors.items():
            homes = [collection, *self._homes(name)]
            if any(self.due(step, home) for home in homes):
                payload.append((name, *flat(values)))
                for home in homes:
                    self._names.setdefault(home, set()).add(name)
        if payload:
            self._write(step, payload, mode)

    def _homes(self, name: str) -> list[str]:
        """The configured collections whose include_regex a name matches."""
        return [
            home
            for home, given in self._collections.items()
            if given.get("include_regex")
            and any(re.search(part, name) for part in given["include_regex"].split(","))
        ]

    def _write(
        self, step: int, payload: list[tuple[str, array[float], list[int]]], mode: str
    ) -> None:
        number = f"{step:012d}"
        file = f"events/{number}/{number}_{self.worker}.tfevents"
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        meta = {"mode": mode, "mode_step": step, "event_file_name": file}
        index = self._indexes.setdefault(step, {"meta": meta, "tensor_payload": []})
        with path.open("ab") as events:
            for name, values, shape in payload:
                written = record(event(step, name, values, shape))
                place = {"tensorname": name, "start_idx": events.tell(), "length": len(written)}
                events.write(written)
                index["tensor_payload"].append(place | {"mode": mode})
        collections = {
            "collections": {
                name: {"name": name, "tensor_names": sorted(names)}
                for name, names in self._names.items()
            },
            "_meta": {"num_workers": 1},
        }
        _replace(self.folder / f"collections/000000000/{self.worker}_collections.json", collections)
        _replace(self.folder / f"index/{step // 1000:09d}/{number}_{self.worker}.json", index)
        self._indexes = {step: index}


def flat(values: Any) -> tuple[array[float], list[int]]:
    """Values in one row, and their shape."""
    if hasattr(values, "tolist"):
        values = values.tolist()
    if not isinstance(values, (list, tuple)):
        return array("d", [float(values)]), []
    parts = [flat(item) for item in values]
    joined = array("d")
    for row, _ in parts:
        joined.extend(row)
    return joined, [len(parts), *(parts[0][1] if parts else [])]


def event(step: int, name: str, values: array[float], shape: list[int]) -> bytes:
    """TensorFlow's Event message (event.proto, summary.proto, tensor.proto) of one tensor."""
    dimensions = b"".join(_message(2, _number(1, size)) for size in shape)
    tensor = _number(1, _DOUBLE) + _message(2, dimensions) + _message(4, values.tobytes())
    value = _message(1, name.encode()) + _message(8, tensor)
    when = b"\x09" + struct.pack("<d", time.time())
    return when + _number(2, step) + _message(5, _message(1, value))


def record(data: bytes) -> bytes:
    """A TFRecord: length, its checksum, the data, its checksum."""
    length = struct.pack("<Q", len(data))
    return length + _masked(length) + data + _masked(data)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _message(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def _table() -> list[int]:
    table = []
    for entry in range(256):
        for _ in range(8):
            entry = entry >> 1 ^ (_POLYNOMIAL if entry & 1 else 0)  # noqa: PLW2901 -- the register
        table.append(entry)
    return table


_TABLE = _table()


def _masked(data: bytes) -> bytes:
    """The masked CRC-32C of TFRecords (tensorflow/core/lib/hash/crc32c.h)."""
    register = 0xFFFFFFFF
    for byte in data:
        register = register >> 8 ^ _TABLE[(register ^ byte) & 0xFF]
    checksum = register ^ 0xFFFFFFFF
    return struct.pack("<I", ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def _replace(path: Path, document: Document) -> None:
    """Write a JSON file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.sagemaker-ignore")
    part.write_text(json.dumps(document))
    part.replace(path)
