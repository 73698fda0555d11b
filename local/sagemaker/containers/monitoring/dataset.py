"""Reads what is to be analysed: captured traffic, CSV, JSON or Parquet, as columns of cells."""

from __future__ import annotations

import base64
import csv
import io
import json
import runpy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.sagemaker.containers.monitoring.contract import AnalysisError, moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

type Cell = str | float | int | bool | None
type Row = dict[str, Cell]
type Document = dict[str, Any]

INPUT, OUTPUT = "endpointInput", "endpointOutput"
BOTH = (INPUT, OUTPUT)


@dataclass
class Dataset:
    """Rows and the names of their columns.

    Attributes:
        names: Columns in their order.
        rows: Cells by name; a name that is not there has no value.
        identities: Of captured rows, the inference's id, or the event's.
        named: Whether the names come with the data; otherwise they are `_c0`, `_c1`, …
    """

    names: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    identities: list[str] = field(default_factory=list)
    named: bool = True

    def add(self, row: Row, identity: str = "") -> None:
        """Append a row; new names are appended to the columns."""
        self.names.extend(name for name in row if name not in self._known)
        self._known.update(row)
        self.rows.append(row)
        self.identities.append(identity)

    def column(self, name: str) -> list[Cell]:
        """All cells of a column; an empty text is no value."""
        return [None if (cell := row.get(name)) == "" else cell for row in self.rows]

    def rename(self, names: list[str]) -> None:
        """Give the columns the names of a baseline, by position."""
        renamed = dict(zip(self.names, names, strict=False))
        self.names = [renamed.get(name, name) for name in self.names]
        self.rows = [
            {renamed.get(name, name): cell for name, cell in row.items()} for row in self.rows
        ]
        self._known = set(self.names)

    def __post_init__(self) -> None:
        self._known = set(self.names)


@dataclass(frozen=True)
class Side:
    """One side of a captured exchange, as a preprocessor script sees it."""

    data: str
    encoding: str
    observed_content_type: str = ""


@dataclass(frozen=True)
class InferenceRecord:
    """A captured exchange, as `preprocess_handler` gets it (page "Preprocessing")."""

    endpoint_input: Side
    endpoint_output: Side
    event_metadata: Document
    event_version: str


def read_dataset(folder: Path, formats: Document, **capture: Any) -> Dataset:
    """Read every file below a folder, or one file.

    Args:
        folder: A folder or a file.
        formats: `dataset_format`: `{"csv": {"header": true}}`, `{"json": {"lines": true}}`,
            `{"parquet": {}}` or `{"sagemakerCaptureJson": {"captureIndexNames": […]}}`.
        capture: Further arguments of `read_capture`.

    Raises:
        AnalysisError: When there is nothing, or a file is not what it should be.
    """
    paths = [folder] if folder.is_file() else sorted(p for p in folder.rglob("*") if p.is_file())
    kind, options = next(iter(formats.items()))
    if kind == "sagemakerCaptureJson":
        names = options.get("captureIndexNames") or BOTH
        lines = (line for path in paths for line in path.read_text("utf-8").splitlines())
        return read_capture(lines, names, **capture)
    readers = {"csv": _read_csv, "json": _read_json, "parquet": _read_parquet}
    if kind not in readers:
        raise AnalysisError(f"dataset_format {kind} is not known")
    found = Dataset(named=kind != "csv" or _truth(options.get("header")))
    for path in paths:
        readers[kind](path, options, found)
    return found


def read_capture(
    lines: Iterable[str],
    sides: Iterable[str] = BOTH,
    *,
    start: float | None = None,
    end: float | None = None,
    position: str = "START",
    preprocess: Callable[[InferenceRecord], Any] | None = None,
) -> Dataset:
    """Read data capture's lines; the answers' columns come first (or last: `position` END).

    Args:
        lines: Captured exchanges, JSON.
        sides: Which sides are looked at.
        start: Exchanges before this time (seconds since the epoch) are left out.
        end: As are those from this time on.
        position: Where the answers' columns go.
        preprocess: Turns an exchange into a row, or a list of rows.

    Raises:
        AnalysisError: When a line is no captured exchange.
    """
    found = Dataset(named=False)
    for line in lines:
        if not line.strip():
            continue
        try:
            document = json.loads(line)
            about = document.get("eventMetadata") or {}
            captured = document["captureData"]
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise AnalysisError(f"A line is no captured exchange: {error}") from error
        when = moment(str(about.get("inferenceTime") or ""))
        if when is not None and (
            (start is not None and when < start) or (end is not None and when >= end)
        ):
            continue
        identity = str(about.get("inferenceId") or about.get("eventId") or "")
        if preprocess is not None:
            rows = _preprocessed(preprocess(_record(document)))
            found.named = True
        else:
            rows, named = _exchange(captured, sides, position)
            found.named = found.named or named
        for row in rows:
            found.add(row, identity)
    return found


def load_function(path: Path, name: str) -> Callable[..., Any]:
    """A function of a script of the caller's; raises `AnalysisError` when it has none."""
    function = runpy.run_path(str(path)).get(name)
    if not callable(function):
        raise AnalysisError(f"{path.name} has no function {name}")
    return function  # type: ignore[no-any-return]


def flat(value: Any, name: str = "") -> Row:
    """A JSON value as one row: names of nested values are joined with dots."""
    if isinstance(value, dict):
        parts = [flat(item, f"{name}.{key}" if name else str(key)) for key, item in value.items()]
    elif isinstance(value, list):
        parts = [flat(item, f"{name}.{at}" if name else f"_c{at}") for at, item in enumerate(value)]
    else:
        return {name or "_c0": value}
    return {key: cell for part in parts for key, cell in part.items()}


def _exchange(captured: Document, sides: Iterable[str], position: str) -> tuple[list[Row], bool]:
    order = [side for side in (OUTPUT, INPUT) if side in set(sides) and captured.get(side)]
    if position == "END":
        order.reverse()
    parts = [_side_rows(captured[side]) for side in order]
    if all(not named for _, named in parts):
        return _side_by_side([rows for rows, _ in parts]), False
    length = max((len(rows) for rows, _ in parts), default=0)
    joined: list[Row] = [{} for _ in range(length)]
    for rows, _ in parts:
        for at, row in enumerate(rows):
            joined[at] |= row
    return joined, True


def _side_by_side(parts: list[list[Row]]) -> list[Row]:
    length = max((len(rows) for rows in parts), default=0)
    widths = [max((len(row) for row in rows), default=0) for rows in parts]
    joined = []
    for at in range(length):
        cells: list[Cell] = []
        for rows, width in zip(parts, widths, strict=True):
            own = list(rows[at].values()) if at < len(rows) else []
            cells += own + [None] * (width - len(own))
        joined.append({f"_c{place}": cell for place, cell in enumerate(cells)})
    return joined


def _side_rows(side: Document) -> tuple[list[Row], bool]:
    """The rows of one side, and whether their columns have names."""
    text, kind = side.get("data", ""), side.get("encoding", "CSV")
    if kind == "BASE64":
        text = base64.b64decode(text).decode("utf-8", "replace")
        kind = "JSON" if "json" in side.get("observedContentType", "") else "CSV"
    if kind == "JSON":
        try:
            value = json.loads(text)
        except ValueError as error:
            raise AnalysisError(f"Captured JSON cannot be read: {error}") from error
        rows = value if isinstance(value, list) and value and _all_maps(value) else [value]
        return [flat(row) for row in rows], isinstance(rows[0], dict)
    cells = [row for row in csv.reader(io.StringIO(text)) if row]
    return [{f"_c{at}": cell for at, cell in enumerate(row)} for row in cells], False


def _all_maps(values: list[Any]) -> bool:
    return all(isinstance(value, dict) for value in values)


def _record(document: Document) -> InferenceRecord:
    captured = document["captureData"]
    sides = []
    for name in BOTH:
        side = captured.get(name) or {}
        sides.append(
            Side(
                side.get("data", ""),
                side.get("encoding", ""),
                side.get("observedContentType", ""),
            )
        )
    about = document.get("eventMetadata") or {}
    return InferenceRecord(sides[0], sides[1], about, str(document.get("eventVersion", "0")))


def _preprocessed(made: Any) -> list[Row]:
    rows = made if isinstance(made, list) and made and _all_maps(made) else [made]
    if rows in ([None], [[]]):
        return []
    return [flat(row) for row in rows]


def _read_csv(path: Path, options: Document, found: Dataset) -> None:
    with path.open(encoding="utf-8", newline="") as text:
        reader = csv.reader(text)
        header = next(reader, None) if found.named else None
        for cells in reader:
            if cells:
                names = header or [f"_c{at}" for at in range(len(cells))]
                found.add(dict(zip(names, cells, strict=False)))
    if options.get("output_columns_position", "START") != "START":
        # Captured answers come first in each row that is compared; a baseline must match them.
        raise AnalysisError("output_columns_position: only START is honoured here")


def _read_json(path: Path, options: Document, found: Dataset) -> None:
    text = path.read_text("utf-8")
    try:
        if _truth(options.get("lines", options.get("line", True))):
            values: Iterator[Any] = (json.loads(line) for line in text.splitlines() if line.strip())
        else:
            read = json.loads(text)
            values = iter(read if isinstance(read, list) else [read])
        for value in values:
            found.add(flat(value))
    except ValueError as error:
        raise AnalysisError(f"{path.name} is not JSON: {error}") from error


def _read_parquet(path: Path, _options: Document, found: Dataset) -> None:
    import pyarrow.parquet  # few data sets are Parquet

    for row in pyarrow.parquet.read_table(path).to_pylist():
        found.add(flat(row))


def _truth(value: Any) -> bool:
    return value if isinstance(value, bool) else str(value).lower() == "true"
