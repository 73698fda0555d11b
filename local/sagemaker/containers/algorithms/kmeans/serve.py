"""Serves K-Means: page "K-Means Response Formats"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.sagemaker.containers.algorithms.common import model_file
from local.sagemaker.containers.algorithms.common.rows import CSV
from local.sagemaker.containers.algorithms.common.serving import Prediction, RowModel
from local.sagemaker.containers.algorithms.kmeans.clustering import nearest

if TYPE_CHECKING:
    from pathlib import Path

    from local.sagemaker.containers.algorithms.common.rows import Matrix


class KMeansModel(RowModel):
    """Tells each row's closest cluster and the distance to its center."""

    writes = (*RowModel.writes, CSV)

    def __init__(self, model_dir: Path, _environment: dict[str, str]) -> None:
        """Load the centers; raises `ModelLoadError`."""
        self._centers = model_file.load(model_dir, "kmeans", "centers")[1]["centers"]
        self.width = self._centers.shape[1]

    def predict(self, rows: Matrix, *, verbose: bool) -> list[Prediction]:
        """Assign rows to clusters; cluster numbers are floats, as on AWS."""
        del verbose
        indexes, distances = nearest(rows, self._centers)
        return [
            {"closest_cluster": float(index), "distance_to_cluster": float(distance)}
            for index, distance in zip(indexes, distances, strict=True)
        ]
