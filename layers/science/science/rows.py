"""Rows as callers send them, turned into columns of raw values; nothing is prepared here.

The endpoint imports this: no DuckDB, no pyarrow.
"""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import numpy as np

Columns = dict[str, np.ndarray[Any, Any]]
Row = list[Any]

CSV = "text/csv"
JSON = "application/json"
JSON_LINES = ("application/jsonlines", "application/x-jsonlines", "application/x-ndjson")
PICTURE = "application/x-image"
"""The built-in Image Classification algorithm's type; ``image/jpeg`` and the like are taken too."""
TOLD = 10
"""So many faults are told one by one; the rest are counted."""


class BadRequest(ValueError):  # noqa: N818  (named for what the caller is told: HTTP's 400)
    """The rows cannot be read. The message names every fault.

    Attributes:
        faults: one sentence each.
    """

    def __init__(self, faults: list[str]) -> None:
        """Keep the faults and say them all, up to ``TOLD``."""
        self.faults = faults
        more = f" … and {len(faults) - TOLD} more." if len(faults) > TOLD else ""
        super().__init__(" ".join(faults[:TOLD]) + more)


class UnsupportedType(BadRequest):
    """The body is of a kind that is not read here (HTTP's 415)."""


def parse_rows(body: bytes, content_type: str, problem: dict[str, Any]) -> Columns:
    """Read a request's body into one object array a column, in training order.

    Text cells stay text and an empty one becomes None; JSON values keep their type. A column that
    is left out is all None; one that training did not know is left aside, and so is the target.

    Args:
        body: the request, UTF-8.
        content_type: its media type; parameters such as a charset are ignored.
        problem: the prepared problem, with ``inputs`` (column names in training order) and
            ``target``.

    Raises:
        UnsupportedType: the type is none of ``text/csv``, ``application/json``,
            ``application/jsonlines``; nor, of a problem with one column of pictures,
            ``application/x-image`` or ``image/…``.
        BadRequest: rows cannot be read.
    """
    kind = content_type.split(";", maxsplit=1)[0].strip().lower()
    if kind == PICTURE or kind.startswith("image/"):
        return _from_picture(body, problem)
    text = _decoded(body)
    if kind == CSV:
        return _from_csv(text, problem)
    if kind == JSON:
        return _from_records(_instances(_loaded(text, "The body")), problem)
    if kind in JSON_LINES:
        lines = [line for line in text.splitlines() if line.strip()]
        found = [_loaded(line, f"Line {number}") for number, line in enumerate(lines, 1)]
        return _from_records(found, problem)
    raise UnsupportedType([f"Send {CSV}, {JSON} or {JSON_LINES[0]}, not {content_type!r}."])


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        fault = f"The body is not UTF-8 (byte {error.start + 1}): send the rows as UTF-8."
        raise BadRequest([fault]) from error


def _loaded(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRequest([f"{place} is not JSON: {error}."]) from error


def _instances(document: Any) -> list[Any]:
    """The rows of ``{"instances": [...]}``, of a plain list, or of one object."""
    if isinstance(document, dict):
        document = document.get("instances", [document])
    if not isinstance(document, list):
        raise BadRequest(['"instances" must be a list of objects, one a row.'])
    return document


def _from_records(records: list[Any], problem: dict[str, Any]) -> Columns:
    names = problem["inputs"]
    known = set(names)
    faults: list[str] = []
    rows: list[Row] = []
    for number, record in enumerate(records, 1):
        if isinstance(record, list):
            rows.append(_positional(record, number, problem, faults))
        elif not isinstance(record, dict):
            faults.append(f"Row {number} is not an object with a value for each column.")
        elif known.isdisjoint(record):
            faults.append(f"Row {number} has none of the columns {_listed(names)}.")
        else:
            rows.append([_plain(record.get(name), name, number, faults) for name in names])
    return _columns(rows, problem, faults)


def _plain(value: Any, name: str, number: int, faults: list[str]) -> Any:
    if isinstance(value, (dict, list)):
        faults.append(f"Row {number}: {name} must be a number, a text, true, false or null.")
    return value


def _from_csv(text: str, problem: dict[str, Any]) -> Columns:
    # A bare carriage return inside a quoted cell is content, so line ends are left to the reader.
    reader = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True, strict=True)
    try:
        lines = [line for line in reader if line]
    except csv.Error as error:
        fault = f"Line {reader.line_num} is not CSV: {error}."
        raise BadRequest([fault]) from error
    names = problem["inputs"]
    header = _header(lines, problem)
    faults: list[str] = []
    rows: list[Row] = []
    for number, line in enumerate(lines[1:] if header else lines, 1):
        cells: Row = [cell.strip() or None for cell in line]
        if header is None:
            rows.append(_positional(cells, number, problem, faults))
        elif len(cells) != len(header):
            faults.append(f"Row {number} has {len(cells)} cells, the header {len(header)}.")
        else:
            given = dict(zip(header, cells))
            rows.append([given.get(name) for name in names])
    return _columns(rows, problem, faults)


def _header(lines: list[list[str]], problem: dict[str, Any]) -> list[str] | None:
    """The first line, if it names columns: more than half of its cells must be known names."""
    if not lines:
        return None
    known = {*problem["inputs"], problem.get("target")}
    cells = [cell.strip() for cell in lines[0]]
    return cells if 2 * sum(cell in known for cell in cells) > len(cells) else None


def _positional(cells: Row, number: int, problem: dict[str, Any], faults: list[str]) -> Row:
    """A row without names: the columns in training order, with or without the target."""
    names = problem["inputs"]
    if len(cells) == len(names) + 1:
        at = problem.get("target_position", len(names))
        return [*cells[:at], *cells[at + 1 :]]
    if len(cells) != len(names):
        faults.append(
            f"Row {number} has {len(cells)} values; {len(names)} are expected, in this order: "
            f"{_listed(names)}."
        )
    return cells


def _columns(rows: list[Row], problem: dict[str, Any], faults: list[str]) -> Columns:
    if not rows and not faults:
        faults.append("There are no rows in the body.")
    if faults:
        raise BadRequest(faults)
    columns: Columns = {}
    for position, name in enumerate(problem["inputs"]):
        column = np.empty(len(rows), dtype=object)
        column[:] = [row[position] for row in rows]
        columns[name] = column
    return _with_pictures(columns, problem)


def _with_pictures(columns: Columns, problem: dict[str, Any]) -> Columns:
    """Pictures as arrays, so that one that cannot be decoded is told and not guessed at."""
    names = problem.get("images") or []
    if not names:
        return columns
    from science.images.cells import pixels_of, text_of
    from science.images.decoding import UnreadableImage

    size = tuple(problem["prepare"]["image_size"])
    faults: list[str] = []
    for name in names:
        for number, cell in enumerate(columns[name].tolist(), 1):
            if cell is not None:
                try:
                    columns[name][number - 1] = text_of(pixels_of(cell, size))
                except UnreadableImage as error:
                    faults.append(f"Row {number}: {name}: {error}")
    if faults:
        raise BadRequest(faults)
    return columns


def _from_picture(body: bytes, problem: dict[str, Any]) -> Columns:
    """The body is a picture's file: one row."""
    names = problem.get("images") or []
    if len(names) != 1:
        raise UnsupportedType([f"Send {CSV}, {JSON} or {JSON_LINES[0]}: there is no one picture."])
    row = [body if name == names[0] else None for name in problem["inputs"]]
    return _columns([row], problem, [])


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:40])
    return shown if len(names) <= 40 else f"{shown} … ({len(names)} in all)"
