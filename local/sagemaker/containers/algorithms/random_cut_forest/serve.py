"""Serves Random Cut Forest: page "RCF Response Formats"."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from local.sagemaker.containers.algorithms.common import model_file
from local.sagemaker.containers.algorithms.common.serving import Prediction, RowModel
from local.sagemaker.containers.algorithms.random_cut_forest.forest import Forest

if TYPE_CHECKING:
    from pathlib import Path

    from local.sagemaker.containers.algorithms.common.rows import Matrix


class ForestModel(RowModel):
    """Tells each row's anomaly score."""

    root = "scores"

    def __init__(self, model_dir: Path, _environment: dict[str, str]) -> None:
        """Load the forest; raises `ModelLoadError`."""
        names = [item.name for item in dataclasses.fields(Forest)]
        arrays = model_file.load(model_dir, "randomcutforest", *names)[1]
        self._forest = Forest(**{name: arrays[name] for name in names})
        self.width = self._forest.low.shape[1]

    def predict(self, rows: Matrix, *, verbose: bool) -> list[Prediction]:
        """Score rows."""
        del verbose
        return [{"score": score} for score in self._forest.scores(rows).tolist()]
