"""Serves a tabular model: rows of CSV in, probabilities or values out.

`text/csv` without a label → `{"probabilities": [[…], …]}`, and with Accept
`application/json;verbose` also `labels` and `predicted_label`; a regression gives
`{"prediction": […]}`.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from local.sagemaker.containers.jumpstart.scripts.tabular import tables
else:  # in the archive it lies beside it
    import tables

type Array = np.ndarray[Any, Any]


class Predictor(Protocol):
    """What predicts from numbers."""

    def predict(self, features: Array) -> Array:
        """Probabilities, rows × classes, or values."""


class Trees:
    """A booster of LightGBM or XGBoost."""

    def __init__(self, folder: Path, library: str, classes: int) -> None:
        """Load it from its library's own format."""
        self._classes = classes
        self._booster: Any
        if library == "lightgbm":
            import lightgbm

            self._booster = lightgbm.Booster(model_file=folder / "model.txt")
            self._predict = self._booster.predict
        else:
            import xgboost

            self._booster = xgboost.Booster(model_file=folder / "model.ubj")
            self._predict = self._booster.inplace_predict

    def predict(self, features: Array) -> Array:
        """Probabilities, rows × classes, or values."""
        found = np.asarray(self._predict(features))
        return np.column_stack([1 - found, found]) if self._classes == 2 else found


class Linear:
    """Standardized features times weights."""

    def __init__(self, folder: Path, classes: int) -> None:
        """Load means, spreads, weights and offsets from JSON."""
        document = json.loads((folder / "model.json").read_text())
        self._mean, self._spread, self._weights, self._offsets = (
            np.array(document[name]) for name in ("mean", "spread", "weights", "offsets")
        )
        self._classes = classes

    def predict(self, features: Array) -> Array:
        """Probabilities, rows × classes, or values; one against the rest, made to sum to one."""
        filled = np.where(np.isnan(features), self._mean, features)
        scores: Array = (filled - self._mean) / self._spread @ self._weights.T + self._offsets
        if not self._classes:
            return scores[:, 0]
        shares: Array = 1 / (1 + np.exp(-np.clip(scores, -500, 500)))
        if self._classes == 2:
            return np.column_stack([1 - shares, shares])
        normalized: Array = shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-12)
        return normalized


def model_fn(model_dir: str) -> tuple[Predictor, tables.Encoding]:
    """Load the model and what turns text into its numbers."""
    folder = Path(model_dir)
    about = json.loads((folder / "table.json").read_text())
    categories = {int(column): texts for column, texts in about["categories"].items()}
    encoding = tables.Encoding(about["classes"], categories, about["width"])
    classes = len(encoding.classes)
    if about["library"] == "sklearn":
        return Linear(folder, classes), encoding
    return Trees(folder, about["library"], classes), encoding


def transform_fn(
    model: tuple[Predictor, tables.Encoding], data: bytes | str, content_type: str, accept: str
) -> tuple[str, str]:
    """Answer one request; raises ValueError for rows that do not fit."""
    if content_type.partition(";")[0].strip().lower() != "text/csv":
        raise ValueError(f"{content_type} is not text/csv")
    text = data if isinstance(data, str) else data.decode("utf-8")
    rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text)) if row]
    predictor, encoding = model
    found = predictor.predict(encoding.features(rows)).tolist()
    if not encoding.classes:
        return json.dumps({"prediction": found}), "application/json"
    answer: dict[str, Any] = {"probabilities": found}
    if "verbose" in accept:
        best = [row.index(max(row)) for row in found]
        answer["labels"] = encoding.classes
        answer["predicted_label"] = [encoding.classes[place] for place in best]
    return json.dumps(answer), "application/json"
