"""Reads LightGBM's channels: CSV, label first, with categories where a JSON file names them.

Page "How to use SageMaker AI LightGBM": either channels `train` (or `training`) and `validation`,
or one channel with the folders `train/` and `validation/`; without validation a fifth of the rows
is taken. `categorical_index.json` beside the rows, `{"cat_index_list": [1, 3]}`, counts columns
with the label as 0.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from local.sagemaker.containers.algorithms.common.data import data_files
from local.sagemaker.containers.algorithms.common.errors import UserError
from local.sagemaker.containers.algorithms.common.rows import Matrix, Rows

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

CATEGORIES_FILE = "categorical_index.json"
VALIDATION_SHARE = 0.2
_MISSING = ["", "nan", "NaN", "NA", "null", "None"]
_SEED = 0


@dataclass
class Categories:
    """Which features are categories, and what each has.

    Attributes:
        names: Feature (from 0, without the label) → its categories; the place is the code.
    """

    names: dict[int, list[str]] = field(default_factory=dict)

    def codes(self, feature: int, cells: Iterable[str | None]) -> Matrix:
        """Cells as codes; what was never seen is missing."""
        known = {name: float(code) for code, name in enumerate(self.names[feature])}
        return np.array([known.get(category(cell), np.nan) for cell in cells], np.float64)


@dataclass
class Channels:
    """All that a training reads."""

    train: Rows
    validation: Rows
    categories: Categories


def read_channels(folder: Path, names: set[str], earlier: Categories | None = None) -> Channels:
    """Read the channels of a job.

    Args:
        folder: `/opt/ml/input/data`.
        names: The job's channels.
        earlier: The categories of the model to go on from, whose codes stay.

    Raises:
        UserError: When there are no rows, or unreadable ones.
    """
    found = [name for name in ("train", "training") if name in names]
    if len(found) != 1:
        raise UserError("The algorithm needs one channel: train or training")
    root = folder / found[0]
    train_folder = root / "train" if (root / "train").is_dir() else root
    held_out = folder / "validation" if "validation" in names else root / "validation"
    wanted = _wanted(root)
    table = _read(train_folder, wanted)
    categories = earlier or Categories(
        {
            column - 1: sorted({category(cell) for cell in table[column] if cell is not None})
            for column in wanted
        }
    )
    if sorted(categories.names) != [column - 1 for column in wanted]:
        raise UserError(
            f"{CATEGORIES_FILE} names other columns than the earlier model was trained on"
        )
    rows = _rows(table, categories)
    if held_out.is_dir():
        validation = _rows(_read(held_out, wanted), categories)
        if validation.features.shape[1] != rows.features.shape[1]:
            raise UserError(
                f"The validation rows have {validation.features.shape[1]} features, the training "
                f"rows {rows.features.shape[1]}"
            )
        return Channels(rows, validation, categories)
    return Channels(*_parted(rows), categories)


def request_matrix(text: str, categories: Categories) -> Matrix:
    """Rows of a request, without label; raises `ValueError`."""
    lines = [line for line in csv.reader(io.StringIO(text)) if line]
    if len(widths := {len(line) for line in lines}) != 1:
        raise ValueError(f"rows have {sorted(widths)} values")
    columns = []
    for feature, cells in enumerate(zip(*lines, strict=True)):
        stripped = [None if cell.strip() in _MISSING else cell.strip() for cell in cells]
        if feature in categories.names:
            columns.append(categories.codes(feature, stripped))
        else:
            columns.append(np.array([cell or "nan" for cell in stripped], np.float64))
    return np.column_stack(columns)


def category(cell: str | None) -> str:
    """A category's name: 1 and 1.0 are the same."""
    text = (cell or "").strip()
    try:
        return f"{float(text):.17g}"
    except ValueError:
        return text


def _wanted(root: Path) -> list[int]:
    """The columns that are categories, counted with the label as 0."""
    files = sorted(root.rglob(CATEGORIES_FILE))
    if not files:
        return []
    try:
        listed = json.loads(files[0].read_text())["cat_index_list"]
        columns = [int(column) for column in listed]
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f'{CATEGORIES_FILE} is not of the form {{"cat_index_list": [1, 3]}}'
        ) from error
    if any(column < 1 for column in columns):
        raise UserError(f"{CATEGORIES_FILE} names column 0, which is the label")
    return sorted(set(columns))


def _read(folder: Path, categorical: list[int]) -> list[Any]:
    """The columns of a channel: numbers, or lists of text for categories."""
    files = [path for path in data_files(folder) if path.name != CATEGORIES_FILE]
    if not files:
        raise UserError(f"No data in the {folder.name} channel")
    tables = [_read_file(path, categorical) for path in files]
    if len(widths := {table.num_columns for table in tables}) > 1:
        raise UserError(f"The channel's files differ in their number of columns: {sorted(widths)}")
    table = pa.concat_tables(tables)
    if table.num_columns < 2:
        raise UserError("The data have no feature columns: the label stands first")
    return [
        column.to_pylist() if number in categorical else column.to_numpy()
        for number, column in enumerate(table.columns)
    ]


def _read_file(path: Path, categorical: list[int]) -> Any:
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        width = len(next(csv.reader(file), []))
    if categorical and categorical[-1] >= width:
        raise UserError(f"{CATEGORIES_FILE} names column {categorical[-1]}, which is not there")
    names = [f"f{number}" for number in range(width)]
    types = {
        name: pa.string() if number in categorical else pa.float64()
        for number, name in enumerate(names)
    }
    convert = pacsv.ConvertOptions(
        column_types=types, null_values=_MISSING, strings_can_be_null=True
    )
    try:
        return pacsv.read_csv(
            path, read_options=pacsv.ReadOptions(column_names=names), convert_options=convert
        )
    except pa.ArrowInvalid as error:
        raise UserError(
            f"{path.name} is not a CSV file of numbers without a header; columns of text must be "
            f"named in {CATEGORIES_FILE}: {error}"
        ) from error


def _rows(columns: list[Any], categories: Categories) -> Rows:
    labels = np.asarray(columns[0], np.float64)
    if not np.isfinite(labels).all():
        raise UserError("The label column, which is the first, has missing or infinite values")
    features = [
        categories.codes(number, cells) if number in categories.names else cells
        for number, cells in enumerate(columns[1:])
    ]
    return Rows(np.column_stack(features).astype(np.float64), labels)


def _parted(rows: Rows) -> tuple[Rows, Rows]:
    """Hold a fifth out, at random."""
    assert rows.labels is not None
    if len(rows.labels) < 2:
        raise UserError("One row cannot be parted into training and validation")
    order = np.random.default_rng(_SEED).permutation(len(rows.labels))
    cut = max(1, round(len(order) * VALIDATION_SHARE))
    some, most = np.sort(order[:cut]), np.sort(order[cut:])
    return Rows(rows.features[most], rows.labels[most]), Rows(
        rows.features[some], rows.labels[some]
    )
