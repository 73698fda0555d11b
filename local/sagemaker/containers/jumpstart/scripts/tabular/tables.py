"""Reads a channel of CSV files without a header, label first, as JumpStart's models take it.

Below the channel lie `train/` and maybe `validation/`, or the files themselves; `data.csv` is the
usual name. A `categorical_index.json`, `{"cat_index_list": [1, 3]}`, names the columns whose values
are categories; the label is column 0.
"""

from __future__ import annotations

import csv
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

HELD_OUT = 0.2
"""Share of the rows that validate when no validation data is given."""

type Array = np.ndarray[Any, Any]
type Rows = list[list[str]]


@dataclass
class Encoding:
    """What turns text into numbers.

    Attributes:
        classes: The labels of a classification, whose places are the numbers; empty for regression.
        categories: Column of the features → the texts it may have.
        width: How many columns of features there are.
    """

    classes: list[str]
    categories: dict[int, list[str]]
    width: int

    def features(self, rows: Rows) -> Array:
        """Rows of features as numbers; what is missing or an unknown category is NaN.

        Raises:
            ValueError: When a row has another length, or a text that is no number.
        """
        matrix = np.full((len(rows), self.width), np.nan)
        known = {
            column: {text: place for place, text in enumerate(texts)}
            for column, texts in self.categories.items()
        }
        for number, row in enumerate(rows):
            if len(row) != self.width:
                raise ValueError(f"row {number} has {len(row)} features, not {self.width}")
            for column, text in enumerate(row):
                if column in known:
                    matrix[number, column] = known[column].get(text, np.nan)
                elif text not in ("", "nan", "NaN", "NA", "null"):
                    matrix[number, column] = float(text)
        return matrix

    def labels(self, texts: list[str]) -> Array:
        """Labels as numbers; raises ValueError for a class that training did not have."""
        if not self.classes:
            return np.array([float(text) for text in texts])
        places = {text: place for place, text in enumerate(self.classes)}
        unknown = sorted(set(texts) - set(places))
        if unknown:
            raise ValueError(f"the validation data has labels that training lacks: {unknown[:5]}")
        return np.array([places[text] for text in texts])


@dataclass
class Table:
    """Features and labels as numbers."""

    features: Array
    labels: Array


def load(*, classification: bool) -> tuple[Table, Table, Encoding]:
    """Read the job's channels.

    Args:
        classification: Whether labels are classes.

    Returns:
        Training rows, validation rows, and the encoding that both have.

    Raises:
        ValueError: When there is no data, or it has another form.
    """
    folder = Path(os.environ.get("SM_CHANNEL_TRAINING") or os.environ["SM_CHANNEL_TRAIN"])
    rows = _rows(folder / "train" if (folder / "train").is_dir() else folder)
    held = Path(os.environ.get("SM_CHANNEL_VALIDATION", str(folder / "validation")))
    if held.is_dir():
        train, validation = rows, _rows(held)
    else:
        order = np.random.default_rng(1).permutation(len(rows))
        count = max(1, int(len(rows) * HELD_OUT))
        train = [rows[place] for place in order[count:]]
        validation = [rows[place] for place in order[:count]]
    if not train:
        raise ValueError("there are too few rows to train on")
    encoding = _encoding(train, _categorical(folder), classification=classification)
    return _table(train, encoding), _table(validation, encoding), encoding


def _table(rows: Rows, encoding: Encoding) -> Table:
    features = encoding.features([row[1:] for row in rows])
    return Table(features, encoding.labels([row[0] for row in rows]))


def _rows(folder: Path) -> Rows:
    rows: Rows = []
    for path in sorted(folder.glob("*.csv")):
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows += [[cell.strip() for cell in row] for row in csv.reader(file) if row]
    if not rows:
        raise ValueError(f"no rows of CSV in {folder.name}: expected data.csv, label first")
    return rows


def _categorical(folder: Path) -> list[int]:
    for path in (folder / "categorical_index.json", folder / "train" / "categorical_index.json"):
        if path.is_file():
            return [int(index) for index in json.loads(path.read_text())["cat_index_list"]]
    return []


def _encoding(rows: Rows, categorical: list[int], *, classification: bool) -> Encoding:
    width = len(rows[0]) - 1
    if any(not 1 <= index <= width for index in categorical):
        raise ValueError(f"cat_index_list must be within 1 … {width}: the label is column 0")
    labels = {row[0] for row in rows}
    if classification and len(labels) < 2:
        raise ValueError("the training data has one class only")
    categories = {
        index - 1: sorted({row[index] for row in rows if len(row) > index}) for index in categorical
    }
    return Encoding(sorted(labels, key=_order) if classification else [], categories, width)


def _order(label: str) -> tuple[int, float, str]:
    """Numbers by value, then texts by letter."""
    try:
        return 0, float(label), label
    except ValueError:
        return 1, 0.0, label
