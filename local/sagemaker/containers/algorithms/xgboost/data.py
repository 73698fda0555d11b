"""Reads a channel: CSV, LibSVM, Parquet or recordIO, label first, into arrays.

Page "Input/Output Interface for the XGBoost Algorithm": no header; with `csv_weights` the second
column is the weight.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from local.sagemaker.containers.algorithms.common import recordio
from local.sagemaker.containers.algorithms.common.errors import UserError as UnreadableError
from local.sagemaker.containers.algorithms.common.rows import rows_of
from local.sagemaker.containers.algorithms.xgboost.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

type Matrix = np.ndarray[Any, np.dtype[np.float32]]

_CSV = frozenset({"text/csv", "csv"})
_LIBSVM = frozenset({"text/libsvm", "libsvm", "text/x-libsvm"})
_RECORDIO = frozenset({recordio.CONTENT_TYPE, "recordio-protobuf"})
_PARQUET = frozenset({"application/x-parquet", "parquet"})


@dataclass
class Rows:
    """One channel's rows.

    Attributes:
        features: Rows × columns; NaN where nothing is known.
        labels: One a row.
        weights: One a row, or None.
    """

    features: Matrix
    labels: Matrix
    weights: Matrix | None = None


def read_channel(folder: Path, content_type: str, *, weighted: bool) -> Rows:
    """Read every file of a channel.

    Args:
        folder: The channel's folder.
        content_type: The channel's ContentType; LibSVM if empty.
        weighted: `csv_weights`.

    Raises:
        UserError: When there is nothing, or nothing readable.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
    files = [path for path in files if not path.name.startswith((".", "_"))]
    if not files:
        raise UserError(f"No data in {folder.name} channel path {folder}")
    kind = content_type.partition(";")[0].strip().lower()
    if kind in _CSV:
        table = _joined([_read_csv(path) for path in files])
    elif kind in _PARQUET:
        table = _joined([_read_parquet(path) for path in files])
    elif kind in _LIBSVM or not kind:
        return _read_libsvm(files)
    elif kind in _RECORDIO:
        return _read_recordio(files)
    else:
        raise UserError(
            f"{content_type} is not an accepted ContentType: csv, libsvm, parquet, "
            "recordio-protobuf"
        )
    first = 2 if weighted and kind in _CSV else 1
    if table.shape[1] <= first:
        raise UserError("The data has no feature columns: the label stands first")
    labels = np.ascontiguousarray(table[:, 0])
    if np.isnan(labels).any():
        raise UserError("The label column, which is the first, has missing values")
    weights = np.ascontiguousarray(table[:, 1]) if first == 2 else None
    return Rows(table[:, first:], labels, weights)


def _joined(tables: list[Matrix]) -> Matrix:
    widths = {table.shape[1] for table in tables}
    if len(widths) > 1:
        raise UserError(f"The channel's files differ in their number of columns: {sorted(widths)}")
    return tables[0] if len(tables) == 1 else np.concatenate(tables)


def _read_csv(path: Path) -> Matrix:
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        head = file.readline()
    try:
        delimiter = csv.Sniffer().sniff(head, ",;\t| ").delimiter
    except csv.Error:  # one column
        delimiter = ","
    if not delimiter.isprintable() and delimiter != "\t":
        delimiter = ","
    options = {
        "read_options": pacsv.ReadOptions(autogenerate_column_names=True),
        "parse_options": pacsv.ParseOptions(delimiter=delimiter),
    }
    names = [
        f"f{number}"
        for number in range(len(next(csv.reader(io.StringIO(head), delimiter=delimiter))))
    ]
    convert = pacsv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.float32()),
        null_values=["", "nan", "NaN", "NA", "null", "None"],
        strings_can_be_null=True,
    )
    try:
        table = pacsv.read_csv(path, convert_options=convert, **options)
    except pa.ArrowInvalid as error:
        raise UserError(
            f"{path.name} is not a CSV file of numbers without a header: {error}"
        ) from error
    return _to_matrix(table)


def _read_parquet(path: Path) -> Matrix:
    try:
        return _to_matrix(pq.read_table(path))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise UserError(f"{path.name} is not a Parquet file of numbers: {error}") from error


def _read_recordio(files: list[Path]) -> Rows:
    """Records with a label; what a sparse one does not name is missing."""
    try:
        records = [record for path in files for record in recordio.read_records(path.read_bytes())]
        rows = rows_of(records, absent=np.nan)
    except UnreadableError as error:
        raise UserError(f"The channel is not recordIO-protobuf: {error}") from error
    if rows.labels is None:
        raise UserError("The records have no labels")
    return Rows(rows.features, rows.labels)


def _to_matrix(table: Any) -> Matrix:
    """An Arrow table as rows × columns of float32, nulls as NaN."""
    matrix = np.empty((table.num_rows, table.num_columns), np.float32)
    for number, column in enumerate(table.columns):
        if not (pa.types.is_floating(column.type) and column.null_count == 0):
            column = column.cast(pa.float64())  # noqa: PLW2901 -- integers and nulls become floats
        matrix[:, number] = column.to_numpy()
    return matrix


def _read_libsvm(files: list[Path]) -> Rows:
    """`label[:weight] index:value …`; indexes are taken as they stand, absent ones are missing."""
    labels: list[float] = []
    weights: list[float] = []
    places: list[tuple[int, int, float]] = []
    for path in files:
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            words = line.partition("#")[0].split()
            if not words:
                continue
            try:
                label, _, weight = words[0].partition(":")
                pairs = [word.split(":") for word in words[1:] if not word.startswith("qid:")]
                places += [(len(labels), int(index), float(value)) for index, value in pairs]
                labels.append(float(label))
                weights.append(float(weight or 1.0))
            except ValueError as error:
                raise UserError(f"{path.name} line {number} is not LibSVM: {error}") from error
    width = 1 + max((column for _, column, _ in places), default=0)
    features = np.full((len(labels), width), np.nan, np.float32)
    for row, column, value in places:
        features[row, column] = value
    plain = all(weight == 1.0 for weight in weights)
    return Rows(
        features, np.array(labels, np.float32), None if plain else np.array(weights, np.float32)
    )
