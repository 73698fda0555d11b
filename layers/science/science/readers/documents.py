"""JSON: an array of objects, or one object a line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from science.database import column_names as columns_of
from science.readers.delimited import column_names
from science.readers.unreadable import Limits, UnreadableFile
from science.sql_values import literal, name

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_LOCATED = 200_000_000
"""The largest array in which the place of a fault is looked for; it is parsed whole for that."""


def read(connection: Any, path: Path, limits: Limits) -> str:
    """A query of the file's objects, all columns VARCHAR: numbers keep their digits.

    A key that an object lacks is missing in its row; nested values stay JSON text.

    Raises:
        UnreadableFile: the JSON is damaged, or holds no objects.
    """
    import duckdb

    shape = "array" if _first(path) == "[" else "newline_delimited"
    source = (
        f"read_json({literal(str(path))}, format = '{shape}', records = true, maximum_depth = 1, "
        "sample_size = -1, map_inference_threshold = -1, field_appearance_threshold = 0, "
        f"maximum_object_size = {limits.line_bytes}, compression = 'uncompressed')"
    )
    try:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE landed AS SELECT * FROM {source}")
    except duckdb.Error as error:
        raise _located(path, shape, limits) from error
    found = columns_of(connection, "landed")
    if found == ["json"]:
        _refuse_no_objects(path, shape, limits)
    if len(found) > limits.columns:
        reason = f"It has {len(found):,} different keys; at most {limits.columns:,} are read."
        raise UnreadableFile(reason, "Leave out keys that tell nothing.")
    listed = ", ".join(
        f"{name(column)}->>'$' AS {name(title)}"
        for column, title in zip(found, column_names(found))
    )
    return f"SELECT {listed} FROM landed"


def _first(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        while piece := file.read(4096):
            if piece.strip():
                return piece.lstrip()[0]
    return ""


def _refuse_no_objects(path: Path, shape: str, limits: Limits) -> None:
    """A single column named json is what DuckDB makes of values that are no objects."""
    fault = _located(path, shape, limits)
    if fault.line is not None:
        raise fault


def _located(path: Path, shape: str, limits: Limits) -> UnreadableFile:
    """Which line or element is no object."""
    cure = "Write one JSON object a line, or an array of objects."
    if shape == "newline_delimited":
        found = _located_line(path, cure)
    elif path.stat().st_size <= min(LARGEST_LOCATED, limits.expanded_bytes):
        found = _located_element(path, cure)
    else:
        found = None
    return found or UnreadableFile("Its JSON is damaged, or its objects are too large.", cure)


def _located_line(path: Path, cure: str) -> UnreadableFile | None:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                value = json.loads(line)
            except json.JSONDecodeError as error:
                reason = f"Line {number} is no JSON: {error.msg}."
                return UnreadableFile(reason, cure, number, error.colno)
            if not isinstance(value, dict):
                return UnreadableFile(f"Line {number} is JSON, but no object.", cure, number)
    return None


def _located_element(path: Path, cure: str) -> UnreadableFile | None:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        reason = f"The JSON is damaged at line {error.lineno}: {error.msg}."
        return UnreadableFile(reason, cure, error.lineno, error.colno)
    for number, element in enumerate(value, 1):
        if not isinstance(element, dict):
            return UnreadableFile(f"Element {number} of the array is no object.", cure, 1)
    return None
