"""Files of rows, read and written piece by piece: a file larger than memory is no larger a job.

``.csv .tsv .json .jsonl .parquet``, plain, ``.gz`` or ``.zst``. What is written has the form of
what was read, with columns added.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import json
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Iterable, Iterator, Optional

import numpy as np
import pyarrow as pa
from pyarrow import parquet

if TYPE_CHECKING:
    from pathlib import Path

Array = np.ndarray[Any, Any]
Added = dict[str, list[Any]]
Answer = Callable[[dict[str, Array]], Added]
"""Rows by column in, the columns to add out."""

PIECE = 20_000
"""Rows answered at a time."""
LARGEST_JSON = 2 * 1024**3
"""A JSON document must be whole in memory; so large it may be."""
LONGEST_CELL = 16 * 1024**2
TOLD = 10
COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
HEADS = {b"PAR1": "Parquet", b"PK\x03\x04": "a zip archive", b"\x1f\x8b": "gzip"}


class UnreadableRowsError(ValueError):
    """The file cannot be read as rows; the message says where and how to mend it."""


@dataclass(frozen=True)
class Layout:
    """What the problem expects of a file.

    Attributes:
        inputs: the raw columns, in training order.
        target: the target, which a file may hold as well.
        target_position: where the target stands in a file without a header that holds it.
        personal: columns that are read and not written again.
    """

    inputs: list[str]
    target: str
    target_position: int
    personal: tuple[str, ...] = ()

    @property
    def all_columns(self) -> list[str]:
        """Every column of the training data, in its order."""
        at = self.target_position
        return [*self.inputs[:at], self.target, *self.inputs[at:]]

    def written(self, names: Iterable[str]) -> list[int]:
        """Which of a file's columns are written again."""
        left_out = {name.strip().lower() for name in self.personal}
        return [at for at, name in enumerate(names) if name.strip().lower() not in left_out]


def answer_file(source: Path, target: Path, layout: Layout, answer: Answer) -> int:
    """Read a file, add columns to it, write it under another path, and count its rows.

    Args:
        source: the file; its name tells its form.
        target: where the same form is written.
        layout: what columns there are.
        answer: what to add.

    Raises:
        UnreadableRowsError: the file is not what its name says, or rows in it are broken.
    """
    suffixes = [suffix.lower() for suffix in source.suffixes]
    compression = COMPRESSIONS.get(suffixes[-1]) if suffixes else None
    form = next(reversed(suffixes[:-1] if compression else suffixes), "")
    if form not in FORMS:
        raise UnreadableRowsError(f"{source.name} is none of {', '.join(FORMS)} (.gz, .zst)")
    target.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as opened:
        raw = opened.enter_context(pa.input_stream(str(source), compression=compression))
        out = opened.enter_context(pa.output_stream(str(target), compression=compression))
        try:
            rows = FORMS[form](raw, out, layout, answer)
        except (pa.ArrowException, OSError, UnicodeError, csv.Error) as error:
            raise UnreadableRowsError(f"{source.name} is damaged: {_kind(error)}") from error
    if not rows:
        raise UnreadableRowsError(f"{source.name} holds no rows")
    return rows


def _text(raw: Any) -> io.TextIOBase:
    """The content as text: UTF-8, with or without its mark, UTF-16, or else Latin-1."""
    buffered = io.BufferedReader(raw, 1 << 20)
    head = buffered.peek(1 << 20)[: 1 << 20]
    for magic, what in HEADS.items():
        if head.startswith(magic):
            raise UnreadableRowsError(f"its content is {what}: name it so, or write it as text")
    encoding = next((name for mark, name in MARKS if head.startswith(mark)), None)
    if encoding is None:
        try:
            codecs.getincrementaldecoder("utf-8")().decode(head)
            encoding = "utf-8"
        except UnicodeDecodeError:
            encoding = "latin-1"
    return io.TextIOWrapper(buffered, encoding, newline="")


def _csv(raw: Any, out: Any, layout: Layout, answer: Answer, delimiter: str = "") -> int:
    text = _text(raw)
    first = text.readline(LONGEST_CELL)
    delimiter = delimiter or max(",;\t|", key=first.count)
    csv.field_size_limit(LONGEST_CELL)
    lines = csv.reader(itertools.chain([first], text), delimiter=delimiter)
    rows: Iterator[list[str]] = (line for line in lines if line)
    head = next(rows, None)
    if head is None:
        return 0
    header, rows = _header(head, rows, layout)
    writer = csv.writer(out_text := _writer(out), delimiter=delimiter, lineterminator="\n")
    kept = layout.written(header.names)
    count = 0
    for piece in _pieces(rows):
        _refuse_ragged(piece, header, lines.line_num)
        columns = {
            name: _column([line[at].strip() or None for line in piece])
            for at, name in enumerate(header.names)
        }
        added = answer(columns)
        if header.written and not count:
            names = [header.names[at] for at in kept]
            writer.writerow([*names, *_new_names(added, header.names)])
        writer.writerows(
            [*(line[at] for at in kept), *cells] for line, cells in zip(piece, zip(*added.values()))
        )
        count += len(piece)
    out_text.flush()
    out_text.detach()
    return count


def _tsv(raw: Any, out: Any, layout: Layout, answer: Answer) -> int:
    return _csv(raw, out, layout, answer, "\t")


@dataclass(frozen=True)
class Header:
    """The columns of a file, and whether its first line names them."""

    names: list[str]
    written: bool


def _header(
    head: list[str], rows: Iterator[list[str]], layout: Layout
) -> tuple[Header, Iterator[list[str]]]:
    """Names from the first line, or, if it holds values, from the training data's order.

    Raises:
        UnreadableRowsError: neither fits.
    """
    cells = [cell.strip() for cell in head]
    known = set(layout.all_columns)
    if 2 * sum(cell in known for cell in cells) > len(cells):
        return Header(cells, written=True), rows
    for names in (layout.inputs, layout.all_columns):
        if len(names) == len(cells):
            return Header(names, written=False), itertools.chain([head], rows)
    if any(cell in known for cell in cells):
        return Header(cells, written=True), rows
    raise UnreadableRowsError(
        f"its first line names none of the columns {', '.join(layout.inputs[:20])}, and has "
        f"{len(cells)} cells where {len(layout.inputs)} are expected"
    )


def _refuse_ragged(piece: list[list[str]], header: Header, last_line: int) -> None:
    broken = [at for at, line in enumerate(piece) if len(line) != len(header.names)]
    if not broken:
        return
    first = last_line - len(piece) + 1
    told = ", ".join(f"{first + at} ({len(piece[at])} cells)" for at in broken[:TOLD])
    raise UnreadableRowsError(
        f"{len(broken)} line(s) do not have {len(header.names)} cells, about line {told}"
    )


def _json_lines(raw: Any, out: Any, layout: Layout, answer: Answer) -> int:
    writer = _writer(out)
    count = 0
    for piece in _pieces(line for line in _text(raw) if line.strip()):
        records = [_loaded(line, f"row {count + at}") for at, line in enumerate(piece, 1)]
        for record in _answered(records, count, layout, answer):
            writer.write(json.dumps(record, ensure_ascii=False) + "\n")
        count += len(piece)
    writer.flush()
    writer.detach()
    return count


def _json(raw: Any, out: Any, layout: Layout, answer: Answer) -> int:
    text = _text(raw).read(LARGEST_JSON)
    if len(text) >= LARGEST_JSON:
        raise UnreadableRowsError("it is too large for one JSON document: send it as .jsonl")
    document = _loaded(text, "it")
    wrapped = isinstance(document, dict) and isinstance(document.get("instances"), list)
    records = document["instances"] if wrapped else document
    if isinstance(records, dict):
        records = [records]
    if not isinstance(records, list):
        raise UnreadableRowsError("it holds no list of objects")
    answered: list[Any] = []
    for start in range(0, len(records), PIECE):
        answered += _answered(records[start : start + PIECE], start, layout, answer)
    writer = _writer(out)
    json.dump(
        {**document, "instances": answered} if wrapped else answered, writer, ensure_ascii=False
    )
    writer.flush()
    writer.detach()
    return len(answered)


def _answered(
    records: list[Any], before: int, layout: Layout, answer: Answer
) -> Iterable[dict[str, Any]]:
    known = set(layout.inputs)
    broken = [
        before + at
        for at, record in enumerate(records, 1)
        if not isinstance(record, dict) or known.isdisjoint(record)
    ]
    if broken:
        told = ", ".join(str(number) for number in broken[:TOLD])
        raise UnreadableRowsError(f"row(s) {told} are no objects with the columns' names")
    columns = {name: _column([record.get(name) for record in records]) for name in layout.inputs}
    added = answer(columns)
    names = _new_names(added, {key for record in records for key in record})
    for record, cells in zip(records, zip(*added.values())):
        keys = list(record)
        kept = {keys[at]: record[keys[at]] for at in layout.written(keys)}
        yield {**kept, **dict(zip(names, cells))}


def _parquet(raw: Any, out: Any, layout: Layout, answer: Answer) -> int:
    # Parquet is read from its end, so a compressed one is unpacked first.
    file = parquet.ParquetFile(pa.BufferReader(raw.read_buffer()))
    names = file.schema_arrow.names
    if set(names).isdisjoint(layout.inputs):
        raise UnreadableRowsError(f"it has none of the columns {', '.join(layout.inputs[:20])}")
    writer: Optional[parquet.ParquetWriter] = None
    count = 0
    for batch in file.iter_batches(PIECE):
        columns = {
            name: batch.column(at).to_numpy(zero_copy_only=False) for at, name in enumerate(names)
        }
        added = answer(columns)
        table = pa.Table.from_batches([batch]).select(layout.written(names))
        for name, cells in zip(_new_names(added, names), added.values()):
            table = table.append_column(name, pa.array(cells))
        writer = writer or parquet.ParquetWriter(out, table.schema)
        writer.write_table(table)
        count += batch.num_rows
    if writer is not None:
        writer.close()
    return count


FORMS: dict[str, Callable[[Any, Any, Layout, Answer], int]] = {
    ".csv": _csv,
    ".tsv": _tsv,
    ".json": _json,
    ".jsonl": _json_lines,
    ".parquet": _parquet,
}


def _pieces(rows: Iterable[Any]) -> Iterator[list[Any]]:
    rows = iter(rows)
    while piece := list(itertools.islice(rows, PIECE)):
        yield piece


def _column(cells: list[Any]) -> Array:
    column = np.empty(len(cells), dtype=object)
    column[:] = cells
    return column


def _loaded(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise UnreadableRowsError(f"{place} is not JSON: {error}") from error


def _kind(error: Exception) -> str:
    """What kind of damage it is; Arrow's and Python's own words may quote the row."""
    return type(error).__name__


def _new_names(added: Added, taken: Iterable[str]) -> list[str]:
    """The added columns' names; one that is taken gets an underscore."""
    used = set(taken)
    names = []
    for name in added:
        free = name
        while free in used:
            free += "_"
        used.add(free)
        names.append(free)
    return names


def _writer(out: Any) -> io.TextIOWrapper:
    return io.TextIOWrapper(out, "utf-8", newline="", write_through=False)
