"""A model with the features it was trained on: raw columns in, the model's output out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import xgboost

from science import features as feature_recipe
from science.embeddings.features import located
from serving_package import FEATURES, MODEL, PROBLEM, verify

if TYPE_CHECKING:
    from pathlib import Path

Array = np.ndarray[Any, Any]


class ServedModel:
    """Answers raw rows; the same object serves the endpoint, bulk scoring and the evaluation."""

    def __init__(
        self, model: bytes, features: dict[str, Any], problem: dict[str, Any], threads: int = 0
    ) -> None:
        """Load a model.

        Args:
            model: what XGBoost saved, UBJ or JSON.
            features: the fitted ``features.json``.
            problem: the prepared ``problem.json``.
            threads: how many compute a prediction; 0 means all cores.
        """
        self.features = features
        self.problem = problem
        self.size = len(model)
        self.booster = xgboost.Booster({"nthread": threads} if threads else {})
        self.booster.load_model(bytearray(model))
        self._rounds = (0, self.rounds)

    @property
    def rounds(self) -> int:
        """Boosting rounds in use: those up to the best one, if training stopped early."""
        kept = int(self.booster.num_boosted_rounds())
        best = self.booster.attr("best_iteration")
        return min(kept, int(best) + 1) if best is not None else kept

    @classmethod
    def from_package(cls, folder: Path, threads: int = 0) -> ServedModel:
        """Open an unpacked package, once it is proven to be what was packed.

        Raises:
            PackageMismatchError: it is not.
        """
        verify(folder)
        features, problem = (
            json.loads((folder / name).read_bytes()) for name in (FEATURES, PROBLEM)
        )
        return cls((folder / MODEL).read_bytes(), located(features, folder), problem, threads)

    def matrix(self, columns: dict[str, Array]) -> Array:
        """Raw columns as the feature matrix, float32, shape (rows, features)."""
        encoded: Array = feature_recipe.apply(self.features, columns)
        return encoded

    def output(self, matrix: Array) -> Array:
        """What the model says of a feature matrix: shape (n,), or (n, k) for several classes."""
        said: Array = self.booster.inplace_predict(
            matrix, iteration_range=self._rounds, missing=np.nan, validate_features=False
        )
        return said

    def contributions(self, matrix: Array) -> Array:
        """Exact Shapley values of each feature and, last, the bias: (n, f + 1) or (n, k, f + 1)."""
        rows = xgboost.DMatrix(matrix, missing=np.nan)
        said: Array = self.booster.predict(
            rows, pred_contribs=True, iteration_range=self._rounds, validate_features=False
        )
        return said

    def predict(self, columns: dict[str, Array]) -> Array:
        """What the model says of raw columns."""
        return self.output(self.matrix(columns))
