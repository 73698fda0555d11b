"""Serves PCA: page "PCA Response Formats"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.sagemaker.containers.algorithms.common import model_file
from local.sagemaker.containers.algorithms.common.serving import Prediction, RowModel

if TYPE_CHECKING:
    from pathlib import Path

    from local.sagemaker.containers.algorithms.common.rows import Matrix


class ComponentsModel(RowModel):
    """Tells where each row lies along the components, the most important one last."""

    root = "projections"

    def __init__(self, model_dir: Path, _environment: dict[str, str]) -> None:
        """Load the components; raises `ModelLoadError`."""
        arrays = model_file.load(model_dir, "pca", "mean", "v")[1]
        self._mean, self._directions = arrays["mean"], arrays["v"]
        self.width = self._directions.shape[0]

    def predict(self, rows: Matrix, *, verbose: bool) -> list[Prediction]:
        """Project rows."""
        del verbose
        projections = (rows - self._mean) @ self._directions
        return [{"projection": projection} for projection in projections.tolist()]
