"""Reads a channel of CSV or recordIO-protobuf into arrays.

Page "Common Data Formats for Training": CSV has no header and, unless the content type says
`label_size=0`, the label first; without a content type the files are recordIO-protobuf.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from local.sagemaker.containers.algorithms.common.errors import UserError
from local.sagemaker.containers.algorithms.common.recordio import CONTENT_TYPE, read_records
from local.sagemaker.containers.algorithms.common.rows import CSV, Rows, media_parameters, rows_of

if TYPE_CHECKING:
    from pathlib import Path

    from local.sagemaker.containers.algorithms.common.rows import Matrix


def label_size(content_type: str) -> int:
    """Label columns that a training channel's content type tells, one by default.

    Raises:
        UserError: For anything but 0 or 1.
    """
    text = media_parameters(content_type)[1].get("label_size", "1")
    if text not in {"0", "1"}:
        raise UserError(f"label_size={text} of the content type is neither 0 nor 1")
    return int(text)


def data_files(folder: Path) -> list[Path]:
    """The files of a channel that hold something.

    Raises:
        UserError: When there are none.
    """
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.stat().st_size]
    files = [path for path in files if not path.name.startswith((".", "_"))]
    if not files:
        raise UserError(f"No data in the {folder.name} channel")
    return files


def read_channel(folder: Path, content_type: str) -> Rows:
    """Read every file of a channel.

    Args:
        folder: The channel's folder.
        content_type: The channel's ContentType.

    Raises:
        UserError: When there is nothing, or nothing readable, or a value is missing.
    """
    files = data_files(folder)
    kind = media_parameters(content_type)[0]
    try:
        rows = _read_files(files, kind, content_type)
        _check_finite(rows)
    except UserError as error:
        raise UserError(f"The {folder.name} channel cannot be read: {error}") from error
    return rows


def _read_files(files: list[Path], kind: str, content_type: str) -> Rows:
    if kind == CSV:
        return split_label(_joined([read_csv(path) for path in files]), content_type)
    if kind in {"", CONTENT_TYPE}:
        return rows_of([record for path in files for record in read_records(path.read_bytes())])
    raise UserError(f"content type {kind} is not one of {CSV}, {CONTENT_TYPE}")


def split_label(table: Matrix, content_type: str) -> Rows:
    """Part a table into label and features; raises `UserError`."""
    labelled = label_size(content_type)
    if table.shape[1] <= labelled:
        raise UserError("the data have no feature columns: the label stands first")
    return Rows(table[:, labelled:], np.ascontiguousarray(table[:, 0]) if labelled else None)


def read_csv(path: Path) -> Matrix:
    """Read a file of numbers with commas and without a header; raises `UserError`."""
    with path.open(encoding="utf-8", errors="replace") as file:
        width = file.readline().count(",") + 1
    names = [f"f{number}" for number in range(width)]
    convert = pacsv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.float32()),
        null_values=["", "nan", "NaN", "NA", "null", "None"],
    )
    options = pacsv.ReadOptions(column_names=names)
    try:
        table = pacsv.read_csv(path, read_options=options, convert_options=convert)
    except pa.ArrowInvalid as error:
        raise UserError(
            f"{path.name} is not a CSV file of numbers without a header: {error}"
        ) from error
    return np.column_stack([column.to_numpy() for column in table.columns]).astype(np.float32)


def _joined(tables: list[Matrix]) -> Matrix:
    if len(widths := {table.shape[1] for table in tables}) > 1:
        raise UserError(f"its files differ in their number of columns: {sorted(widths)}")
    return tables[0] if len(tables) == 1 else np.concatenate(tables)


def _check_finite(rows: Rows) -> None:
    if rows.labels is not None and not np.isfinite(rows.labels).all():
        raise UserError("the label column has missing or infinite values")
    broken = ~np.isfinite(rows.features).all(axis=0)
    if broken.any():
        column = int(broken.argmax())
        raise UserError(f"feature {column} (counted from 0) has missing or infinite values")
