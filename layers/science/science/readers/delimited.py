"""CSV and its kin: which delimiter, which quotes, and which line is wrong."""

from __future__ import annotations

import csv
import io
import itertools
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from science.database import refusals, words_of
from science.readers.unreadable import Limits, UnreadableFile
from science.sql_values import literal, name

if TYPE_CHECKING:
    from collections.abc import Callable

    from science.readers.source import Text

DELIMITERS = ",;\t|"
SAMPLE = 200_000
SNIFFED_RECORDS = 100
PIECE = 1_000_000


@dataclass(frozen=True)
class Dialect:
    """How fields are parted and quoted; no ``quote`` means that quotes are text like any other."""

    delimiter: str
    quote: str


def read(connection: Any, text: Text, said: str, save: Callable[[str, int], None]) -> None:
    """Save the file's rows, all columns VARCHAR.

    Args:
        connection: the database.
        text: UTF-8 text.
        said: ``csv`` or ``tsv``, which decides between delimiters that fit equally.
        save: writes a query's rows, of so many columns; what it wrote before is replaced.

    Raises:
        UnreadableFile: a line has too many fields or too few, a quote is not closed, …
    """
    sample, cut = text.sample(connection, SAMPLE)
    if sample.lstrip()[:1] in {"{", "["} and '"' in sample[:200] and ":" in sample[:400]:
        reason = f"Its name says {said}, but it holds JSON."
        raise UnreadableFile(reason, "Name it .json or .jsonl.")
    delimiter = sniff(sample, said, cut=cut)
    faults = []
    quotes = cut or '"' in sample
    for dialect in (Dialect(delimiter, '"'), Dialect(delimiter, "")):
        header = _header(sample, dialect, text.limits)
        fault = _read(connection, text, dialect, header, save)
        if fault is None:
            return
        faults.append(fault)
        if not quotes:
            break  # both dialects are one: it would be read again, and refused for the same
        if dialect.quote and any('"' in line for line in sample.splitlines()[:1]):
            break
    raise faults[0]


def sniff(sample: str, said: str, *, cut: bool) -> str:
    """The delimiter: the one that parts most records into the same number of fields, above one."""
    scores = {}
    for delimiter in DELIMITERS:
        records = list(itertools.islice(_records(sample, delimiter), SNIFFED_RECORDS))
        if cut and len(records) > 1:
            records.pop()
        widths = [len(record) for record in records if record]
        wanted = widths[0] if widths else 1
        agreeing = sum(width == wanted for width in widths) / max(len(widths), 1)
        scores[delimiter] = (wanted > 1) * agreeing * (1 + wanted / 1000)
    usual = "\t" if said == "tsv" else ","
    best = max(scores.values())
    return (
        usual if best == 0 or scores[usual] >= 0.9 * best else max(scores, key=scores.__getitem__)
    )


def _records(sample: str, delimiter: str, quote: str = '"') -> Any:
    csv.field_size_limit(10 * SAMPLE)
    text = io.StringIO(sample, newline="")
    if quote:
        reader = csv.reader(text, delimiter=delimiter, quotechar=quote)
    else:
        reader = csv.reader(text, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    try:
        yield from reader
    except csv.Error:
        return


def _header(sample: str, dialect: Dialect, limits: Limits) -> list[str]:
    records = (
        record for record in _records(sample, dialect.delimiter, dialect.quote) if any(record)
    )
    header: list[str] = next(records, [])
    if len(header) > limits.columns:
        reason = f"It has {len(header):,} columns; at most {limits.columns:,} are read."
        raise UnreadableFile(reason, "Leave out columns that tell nothing.", 1)
    return column_names(header)


def column_names(header: list[str]) -> list[str]:
    """Names trimmed; nameless columns numbered; repeated ones (whatever their case) told apart."""
    names: list[str] = []
    taken: set[str] = set()
    for position, cell in enumerate(header, 1):
        base = " ".join(cell.split()) or f"column {position}"
        title, number = base, 1
        while title.lower() in taken:
            number += 1
            title = f"{base}_{number}"
        taken.add(title.lower())
        names.append(title)
    return names


def _read(
    connection: Any,
    text: Text,
    dialect: Dialect,
    header: list[str],
    save: Callable[[str, int], None],
) -> UnreadableFile | None:
    """Save the rows; what is wrong with the first bad line, or None."""
    columns = ", ".join(f"{literal(title)}: 'VARCHAR'" for title in header)
    query = (
        f"SELECT * FROM read_csv({literal(str(text.path))}, "
        f"auto_detect = false, header = true, delim = {literal(dialect.delimiter)}, "
        f"quote = {literal(dialect.quote)}, escape = {literal(dialect.quote)}, "
        f"columns = {{{columns}}}, store_rejects = true, rejects_limit = 1, "
        f"max_line_size = {text.limits.line_bytes}, buffer_size = {2 * text.limits.line_bytes}, "
        f"compression = '{text.csv_compression}')"
    )
    connection.execute("DROP TABLE IF EXISTS reject_errors")
    connection.execute("DROP TABLE IF EXISTS reject_scans")
    try:
        save(query, len(header))
    except refusals() as error:
        cure = "Write it as RFC 4180 says: one record a line, quotes doubled inside quotes."
        return UnreadableFile(f"It cannot be read as text with columns: {_short(error)}", cure)
    # One or two: to have them sorted by the database takes longer than to read a small file.
    found = connection.execute(
        "SELECT byte_position, error_type, csv_line, column_idx FROM reject_errors"
    ).fetchall()
    first = min(found, key=lambda row: math.inf if row[0] is None else row[0], default=None)
    return _fault(connection, text, first, len(header), dialect) if first else None


def _short(error: Exception) -> str:
    """DuckDB's first line, without what it quotes: that may be a cell."""
    line = words_of(error).strip().splitlines()[0][:200]
    return re.sub(r"\"[^\"]*(\"|$)|'[^']*('|$)", "…", line)


def _fault(
    connection: Any, text: Text, found: tuple[Any, ...], fields: int, dialect: Dialect
) -> UnreadableFile:
    position, kind, content, column = found
    line = _line_at(connection, text, int(position or 1))
    if kind in {"MISSING COLUMNS", "TOO MANY COLUMNS"}:
        width = len(next(_records(str(content), dialect.delimiter, dialect.quote), []))
        reason = f"Line {line} has {width} fields, but the header has {fields}."
        cure = "Give every line as many fields as the header; quote fields that hold the delimiter."
        return UnreadableFile(reason, cure, line)
    if kind == "LINE SIZE OVER MAXIMUM":
        return UnreadableFile(f"Line {line} is too long.", "Is a quote left open?", line)
    reason = f"Line {line} has a quote that is not closed, or text after a closing quote."
    return UnreadableFile(reason, "Double the quotes inside quoted fields.", line, column)


def _line_at(connection: Any, text: Text, position: int) -> int:
    """The physical line of a byte, from 1; quoted fields may hold ends of lines."""
    left, line = position - 1, 1
    with text.opened(connection) as file:
        while left > 0 and (piece := file.read(min(PIECE, left))):
            line += piece.count(b"\n") or 0
            left -= len(piece)
    return line


def quoted(names: list[str]) -> str:
    """Columns as the list of a SELECT."""
    return ", ".join(name(title) for title in names)
