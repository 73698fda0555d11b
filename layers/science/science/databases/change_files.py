"""Files as AWS DMS writes them to S3: which are which, in what order, and how one is read.

The facts are those of "Using Amazon S3 as a target for AWS DMS": the full load of a table is
``LOAD`` and a hexadecimal counter, changes are named by their time, both in the folder
``<schema>/<table>/`` (with ``DatePartitionEnabled`` in folders by date below it), as CSV (plain or
gzip) or Parquet. The first column of a change is its operation, I, U or D, in a full load only
with ``IncludeOpForFullLoad``. CSV has no header unless ``AddColumnName`` is set, and
``TimestampColumnName`` adds a column. What an endpoint's setting decides is detected here where it
shows in the file, and told by the definition where it does not.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional

from science.database import column_names, refusals
from science.readers.content import compression_of
from science.readers.expand import expand
from science.readers.parquet_footer import refuse_false_footer
from science.readers.unreadable import Limits, UnreadableFile
from science.sql_values import literal, name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LOAD = re.compile(r"LOAD[0-9A-F]{3,16}\.(csv|parquet)(\.gz)?")
CHANGES = re.compile(r"[0-9]{8}-[0-9]{6,12}[A-Za-z0-9_-]*\.(csv|parquet)(\.gz)?")
STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}")
"""The form of what ``TimestampColumnName`` adds (DMS API reference, S3Settings)."""

OPERATION = "Op"
OPERATIONS = ("I", "U", "D")
NULL_TEXT = "NULL"
"""What ``CsvNullValue`` is unless the endpoint sets it."""

LONGEST_LINE = 16_000_000
"""Bytes of a line of CSV; DMS cuts large objects off at less unless told otherwise."""

CUT_OFF = "Have it written again under its name, or bring it whole."


@dataclass(frozen=True)
class Layout:
    """What the definition says of a table's files, where they do not say it themselves.

    Attributes:
        columns: the columns in order, for CSV without a header; without ``Op`` and the timestamp.
        timestamp: the name of the column that ``TimestampColumnName`` adds, which is left out.
        null: the text that stands for NULL in CSV (``CsvNullValue``).
        delimiter: what parts fields in CSV (``CsvDelimiter``).
        plain: whether files hold rows alone, no operations: as the fetching job writes them.
    """

    columns: tuple[str, ...] = ()
    timestamp: Optional[str] = None
    null: str = NULL_TEXT
    delimiter: str = ","
    plain: bool = False


def is_load(file_name: str) -> bool:
    """Whether a file is of a full load."""
    return bool(LOAD.fullmatch(file_name))


def is_changes(file_name: str) -> bool:
    """Whether a file holds changes."""
    return bool(CHANGES.fullmatch(file_name))


def is_csv(file_name: str) -> bool:
    """Whether a file's columns come without types."""
    return ".csv" in file_name


@dataclass(frozen=True)
class Source:
    """One file as a FROM clause: its data columns and, of changes, the operation.

    Attributes:
        relation: what stands behind FROM; rows in the order of the file.
        columns: the data columns by name, with their types.
        operation: the SQL expression of a row's operation.
    """

    relation: str
    columns: dict[str, str]
    operation: str


def source(connection: Any, path: Path, file_name: str, layout: Layout) -> Source:
    """How to read one file.

    Raises:
        UnreadableFile: it is damaged or cut off, or its columns cannot be named.
    """
    said = f"{file_name} is damaged or cut off."
    try:
        if compression_of(path):
            expand(connection, path, "gzip", path.with_suffix(".expanded"), Limits())
            path = path.with_suffix(".expanded")
        if is_csv(file_name):
            return _csv(connection, path, file_name, layout)
        refuse_false_footer(path)
        relation = f"read_parquet({literal(str(path))})"
        found = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    except refusals(csv.Error, OSError, EOFError) as error:
        raise UnreadableFile(said, CUT_OFF) from error
    types = {str(column): str(kind) for column, kind, *_ in found}
    return _source(relation, types, layout)


def _source(relation: str, types: dict[str, str], layout: Layout) -> Source:
    """Without an operation all rows are inserted: full loads, and ``CdcInsertsOnly``."""
    columns = dict(types)
    first = next(iter(columns), "")
    operation = literal(OPERATIONS[0])
    if first.lower() == OPERATION.lower() and not layout.plain:
        operation = f"trim({name(first)})"
        del columns[first]
    for column in [each for each in columns if each == layout.timestamp]:
        del columns[column]
    return Source(relation, columns, operation)


def _csv(connection: Any, path: Path, file_name: str, layout: Layout) -> Source:
    first = _first_record(path, layout)
    if not first:
        raise UnreadableFile(f"{file_name} is empty.", CUT_OFF)
    header = _is_header(first, layout)
    titles = first if header else _titles(first, file_name, layout)
    listed = ", ".join(f"{literal(title)}: 'VARCHAR'" for title in titles)
    quoted = "'\"'"
    relation = (
        f"read_csv({literal(str(path))}, auto_detect = false, "
        f"header = {str(header).lower()}, delim = {literal(layout.delimiter)}, "
        f"quote = {quoted}, escape = {quoted}, nullstr = {literal(layout.null)}, "
        f"allow_quoted_nulls = false, null_padding = false, strict_mode = true, "
        f"max_line_size = {LONGEST_LINE}, columns = {{{listed}}})"
    )
    column_names(connection, relation)  # reads the first rows, and tells of damage
    return _source(relation, dict.fromkeys(titles, "VARCHAR"), layout)


def _first_record(path: Path, layout: Layout) -> list[str]:
    csv.field_size_limit(LONGEST_LINE)  # of the whole process, and 131,072 characters at first
    with path.open(encoding="utf-8-sig", newline="") as file:
        return next(csv.reader(file, delimiter=layout.delimiter), [])


def _is_header(first: Sequence[str], layout: Layout) -> bool:
    """Whether a first record names columns: with ``AddColumnName``, it does."""
    data = [
        each
        for at, each in enumerate(first)
        if not (at == 0 and each == OPERATION) and each != layout.timestamp
    ]
    if layout.columns:
        return [each.lower() for each in data] == [each.lower() for each in layout.columns]
    if first[0] in OPERATIONS:
        return False
    words = all(re.fullmatch(r"[^\W\d][\w $#.-]*", each) for each in data)
    return words and len({each.lower() for each in data}) == len(data)


def _titles(first: Sequence[str], file_name: str, layout: Layout) -> list[str]:
    """The names of a file's columns, which has none itself."""
    if not layout.columns:
        reason = f"{file_name} has no header, and the columns are not named."
        cure = "Set AddColumnName on DMS's target endpoint, or list columns under the table."
        raise UnreadableFile(reason, cure)
    titles, cells = list(layout.columns), list(first)
    if len(cells) > len(titles) and cells[0].strip() in OPERATIONS:
        titles = [OPERATION, *titles]
    if layout.timestamp and len(cells) == len(titles) + 1:
        # AWS does not say where the column stands, so its fixed form shows it.
        at = next((at for at, cell in enumerate(cells) if STAMP.fullmatch(cell)), len(titles))
        titles.insert(at, layout.timestamp)
    if len(cells) != len(titles):
        reason = f"{file_name} has {len(cells)} columns; {len(titles)} are named."
        raise UnreadableFile(reason, "List the table's columns as they are now, and load it anew.")
    return titles
