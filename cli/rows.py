"""Rows of a local file, one dictionary each: CSV, TSV, JSON lines or JSON, plain or gzipped."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from cli.errors import CliError

if TYPE_CHECKING:
    from collections.abc import Iterator

STANDARD_INPUT = "-"
FORMATS = (".csv", ".tsv", ".json", ".jsonl")

type Row = dict[str, Any]


def file_format(path: Path) -> str:
    """Tell a file's format by its name, without ``.gz``.

    Raises:
        CliError: it is none of those that hold rows as text.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    found = suffixes[-1] if suffixes else ""
    if found not in FORMATS:
        raise CliError(
            f"{path} is no file of rows that can be read here.",
            f"Accepted: {', '.join(FORMATS)}, also with .gz.",
        )
    return found


def read_rows(path: Path) -> Iterator[Row]:
    """Read a file's rows one by one; an empty field of a CSV is None.

    Raises:
        CliError: the file is missing, unreadable, or a line of it is broken; it names the line.
    """
    try:
        if str(path) == STANDARD_INPUT:
            yield from _any_rows(sys.stdin.read())
            return
        form = file_format(path)
        opener: Any = gzip.open if path.suffix.lower() == ".gz" else open
        with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
            yield from _rows(file, form, path)
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise CliError(f"{path} cannot be read: {error}") from error


def _rows(file: IO[str], form: str, path: Path) -> Iterator[Row]:
    if form in {".csv", ".tsv"}:
        yield from _delimited(file, "\t" if form == ".tsv" else ",", path)
    elif form == ".jsonl":
        yield from _json_lines(file, path)
    else:
        yield from parse_json(file.read(), str(path))


def _delimited(file: IO[str], delimiter: str, path: Path) -> Iterator[Row]:
    reader = csv.DictReader(file, delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if None in row:
                raise CliError(f"{path}, line {reader.line_num}: more values than column names.")
            yield {name: value or None for name, value in row.items()}
    except csv.Error as error:
        raise CliError(f"{path}, line {reader.line_num}: {error}.") from error


def _json_lines(file: IO[str], path: Path) -> Iterator[Row]:
    for number, line in enumerate(file, 1):
        if line.strip():
            yield from parse_json(line, f"{path}, line {number}")


def parse_json(text: str, where: str) -> list[Row]:
    """Read rows out of JSON: one object, a list of them, or ``{"instances": [...]}``.

    Raises:
        CliError: it is no JSON, or holds something else than objects.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise CliError(f"{where}: no JSON: {error}.") from error
    if isinstance(document, dict):
        document = document.get("instances", [document])
    if not isinstance(document, list) or not all(isinstance(row, dict) for row in document):
        raise CliError(f"{where}: rows must be JSON objects.", 'For example {"age": 40}.')
    return document


def _any_rows(text: str) -> Iterator[Row]:
    """Rows of unnamed text: JSON if it begins like it, else CSV with a header."""
    stripped = text.lstrip()
    if stripped.startswith("["):
        yield from parse_json(text, "standard input")
    elif stripped.startswith("{"):
        try:
            yield from parse_json(text, "standard input")
        except CliError:
            yield from _json_lines(io.StringIO(text), Path("standard input"))
    else:
        yield from _delimited(io.StringIO(text), ",", Path("standard input"))
