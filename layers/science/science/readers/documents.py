"""JSON: an array of objects, or one object a line."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from science.database import column_names as columns_of
from science.database import refusals
from science.readers.delimited import column_names
from science.readers.unreadable import UnreadableFile
from science.sql_values import literal, name

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from science.readers.source import Text

DETECT = (
    "maximum_depth = 1, sample_size = -1, map_inference_threshold = -1, "
    "field_appearance_threshold = 0"
)
"""Every key of every object, and nothing of what is under it."""

BEYOND = "is nested too deep, or holds a number of thousands of digits."
"""What Python's reader gives up on with errors of other kinds than that of damage."""

LARGEST_LOCATED = 200_000_000
"""The largest array in which the place of a fault is looked for; it is parsed whole for that."""


def read(connection: Any, text: Text, _said: str, save: Callable[[str, int], None]) -> None:
    """Save the file's objects as rows, all columns VARCHAR: numbers keep their digits.

    A key that an object lacks is missing in its row; nested values stay JSON text.

    Raises:
        UnreadableFile: the JSON is damaged, or holds no objects.
    """
    limits = text.limits
    shape = "array" if _first(connection, text) == "[" else "newline_delimited"
    common = (
        f"{literal(str(text.path))}, format = '{shape}', records = true, "
        f"maximum_object_size = {limits.line_bytes}, compression = '{text.json_compression}'"
    )
    try:
        found = columns_of(connection, f"read_json({common}, {DETECT})")
        if found == ["json"]:
            _refuse_no_objects(connection, text, shape)
        if len(found) > limits.columns:
            reason = f"It has {len(found):,} different keys; at most {limits.columns:,} are read."
            raise UnreadableFile(reason, "Leave out keys that tell nothing.")
        if _renamed(found):
            save(*_united(connection, common))
            return
        # The keys are known now: naming them saves DuckDB another look at the whole file.
        named = ", ".join(f"{literal(column)}: 'JSON'" for column in found)
        listed = ", ".join(
            f"{name(column)}->>'$' AS {name(title)}"
            for column, title in zip(found, column_names(found))
        )
        query = f"SELECT {listed} FROM read_json({common}, columns = {{{named}}})"
        save(query, len(found))
    except refusals() as error:
        raise _located(connection, text, shape) from error


def _renamed(found: list[str]) -> bool:
    """Whether DuckDB may have renamed keys that differ by their case alone: the second, ``_1``."""
    lower = {column.lower() for column in found}
    return any(re.sub(r"_\d+$", "", column) in lower for column in lower if column[-1:].isdigit())


def _united(connection: Any, common: str) -> tuple[str, int]:
    """A query of the objects where keys that differ by their case alone are one column.

    And how many columns it has.

    Unless an object holds two of them: then they mean different things and are told apart.
    """
    source = f"read_json_objects({common.replace(', records = true', '')})"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE keys AS SELECT json_keys(json) AS keys, "
        f"min(number) AS first FROM (SELECT json, row_number() OVER () AS number FROM {source}) "
        "GROUP BY 1"
    )
    sets = connection.execute("SELECT keys FROM keys ORDER BY first").fetchall()
    groups: dict[str, list[str]] = {}
    for (keys,) in sets:
        for key in keys:
            group = groups.setdefault(key.strip().lower(), [])
            if key not in group:
                group.append(key)
    columns: list[list[str]] = []
    for group in groups.values():
        together = any(len(set(group).intersection(keys)) > 1 for (keys,) in sets)
        columns += [[key] for key in group] if together else [group]
    titles = column_names([group[0] for group in columns])
    listed = ", ".join(
        f"coalesce({', '.join(f'json ->> {literal(_pointer(key))}' for key in group)}, NULL) "
        f"AS {name(title)}"
        for group, title in zip(columns, titles)
    )
    return f"SELECT {listed} FROM {source}", len(titles)


def _pointer(key: str) -> str:
    """A key as a JSON pointer (RFC 6901)."""
    return "/" + key.replace("~", "~0").replace("/", "~1")


def _first(connection: Any, text: Text) -> str:
    with text.lines(connection) as file:
        while piece := file.read(4096):
            if piece.strip():
                return piece.lstrip()[0]
    return ""


def _refuse_no_objects(connection: Any, text: Text, shape: str) -> None:
    """A single column named json is what DuckDB makes of values that are no objects."""
    fault = _located(connection, text, shape)
    if fault.line is not None:
        raise fault


def _located(connection: Any, text: Text, shape: str) -> UnreadableFile:
    """Which line or element is no object."""
    cure = "Write one JSON object a line, or an array of objects."
    with text.lines(connection) as file:
        if shape == "newline_delimited":
            found = _located_line(file, cure)
        elif text.compression is None and text.path.stat().st_size <= LARGEST_LOCATED:
            found = _located_element(file.read(), cure)
        else:
            found = None
    return found or UnreadableFile("Its JSON is damaged, or its objects are too large.", cure)


def _located_line(file: TextIO, cure: str) -> UnreadableFile | None:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except json.JSONDecodeError as error:
            reason = f"Line {number} is no JSON: {error.msg}."
            return UnreadableFile(reason, cure, number, error.colno)
        except (ValueError, RecursionError):
            return UnreadableFile(f"Line {number} {BEYOND}", cure, number)
        if not isinstance(value, dict):
            return UnreadableFile(f"Line {number} is JSON, but no object.", cure, number)
    return None


def _located_element(content: str, cure: str) -> UnreadableFile | None:
    try:
        value = json.loads(content)
    except json.JSONDecodeError as error:
        reason = f"The JSON is damaged at line {error.lineno}: {error.msg}."
        return UnreadableFile(reason, cure, error.lineno, error.colno)
    except (ValueError, RecursionError):
        return UnreadableFile(f"The JSON {BEYOND}", cure)
    for number, element in enumerate(value, 1):
        if not isinstance(element, dict):
            return UnreadableFile(f"Element {number} of the array is no object.", cure, 1)
    return None
