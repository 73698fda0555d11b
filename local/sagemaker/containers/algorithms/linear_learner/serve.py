"""Serves Linear Learner: page "Linear learner response formats"."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from local.sagemaker.containers.algorithms.common import model_file
from local.sagemaker.containers.algorithms.common.serving import Prediction, RowModel
from local.sagemaker.containers.algorithms.linear_learner.hyperparameters import BINARY, MULTICLASS
from local.sagemaker.containers.algorithms.linear_learner.losses import link

if TYPE_CHECKING:
    from pathlib import Path

    from local.sagemaker.containers.algorithms.common.rows import Matrix


class LinearModel(RowModel):
    """Tells each row's score and, of a classifier, its label."""

    def __init__(self, model_dir: Path, _environment: dict[str, str]) -> None:
        """Load the weights; raises `ModelLoadError`."""
        self._about, arrays = model_file.load(model_dir, "linear-learner", "weight", "bias")
        self._weights, self._bias = arrays["weight"], arrays["bias"]
        self.width = self._weights.shape[0]

    def predict(self, rows: Matrix, *, verbose: bool) -> list[Prediction]:
        """Score rows."""
        del verbose
        scores = rows.astype(np.float64) @ self._weights + self._bias
        outputs = link(self._about["loss"], scores)
        kind = self._about["predictor_type"]
        if kind == MULTICLASS:
            labels = outputs.argmax(axis=1).tolist()
            pairs = zip(outputs.tolist(), labels, strict=True)
            return [{"score": score, "predicted_label": label} for score, label in pairs]
        single = outputs[:, 0].tolist()
        if kind == BINARY:
            threshold = self._about["threshold"]
            return [{"score": one, "predicted_label": int(one > threshold)} for one in single]
        return [{"score": one} for one in single]
