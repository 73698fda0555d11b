"""Serves k-NN: page "k-NN Request and Response Formats"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.sagemaker.containers.algorithms.common import model_file
from local.sagemaker.containers.algorithms.common.serving import Prediction, RowModel
from local.sagemaker.containers.algorithms.knn.neighbors import Index

if TYPE_CHECKING:
    from pathlib import Path

    from local.sagemaker.containers.algorithms.common.rows import Matrix


class NeighborsModel(RowModel):
    """Tells each row's label; with `verbose=true` also its neighbours'."""

    def __init__(self, model_dir: Path, _environment: dict[str, str]) -> None:
        """Load the index; raises `ModelLoadError`."""
        about, arrays = model_file.load(model_dir, "knn", "rows", "labels")
        self._index = Index(
            arrays["rows"],
            arrays["labels"],
            about["metric"],
            arrays.get("projection"),
            about["k"],
            about["predictor_type"] == "classifier",
        )
        given = self._index.rows if self._index.projection is None else self._index.projection.T
        self.width = given.shape[1]

    def predict(self, rows: Matrix, *, verbose: bool) -> list[Prediction]:
        """Answer rows by their neighbours."""
        distances, labels = self._index.search(rows)
        answers = self._index.answer(labels).tolist()
        if not verbose:
            return [{"predicted_label": label} for label in answers]
        columns = zip(answers, distances.tolist(), labels.tolist(), strict=True)
        return [
            {"predicted_label": label, "distances": near, "labels": their}
            for label, near, their in columns
        ]
