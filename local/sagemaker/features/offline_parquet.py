"""Writes rows of a feature group as Parquet; runs in the jobs environment, which has pyarrow.

Called with the path of a JSON file: {"schema": [[name, type], …], "files": [[rows, target], …]},
where `rows` is a file of JSON lines and `target` the Parquet file to write.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def main(arguments: list[str]) -> int:
    """Write every file of an order."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    order = json.loads(Path(arguments[0]).read_text())
    schema = pa.schema([(name, _type(pa, kind)) for name, kind in order["schema"]])
    for source, target in order["files"]:
        rows = [json.loads(line) for line in Path(source).read_text().splitlines()]
        columns = [
            pa.array([_value(row.get(name), kind) for row in rows], type=schema.field(name).type)
            for name, kind in order["schema"]
        ]
        pq.write_table(pa.Table.from_arrays(columns, schema=schema), target)
    return 0


def _type(pa: Any, kind: str) -> Any:
    if kind.startswith("List<"):
        return pa.list_(_type(pa, kind[5:-1]))
    return {
        "Integral": pa.int64(),
        "Fractional": pa.float64(),
        "String": pa.string(),
        "Boolean": pa.bool_(),
        "Time": pa.timestamp("ms", tz="UTC"),
    }[kind]


def _value(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind.startswith("List<"):
        return [_value(item, kind[5:-1]) for item in value]
    if kind == "Integral":
        return int(value)
    if kind == "Fractional":
        return float(value)
    if kind == "Time":
        return int(float(value) * 1000)
    return value
