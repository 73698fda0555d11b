"""Normalizes features and labels before training, and takes that back out of the weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from local.sagemaker.containers.algorithms.common.hyperparameters import AUTO
from local.sagemaker.containers.algorithms.linear_learner.hyperparameters import REGRESSOR

if TYPE_CHECKING:
    from local.sagemaker.containers.algorithms.common.rows import Rows

type Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Scaling:
    """x → (x − shift) / spread for each feature, and the same for the label.

    Attributes:
        shift: One a feature.
        spread: One a feature.
        label_shift: Zero for classes.
        label_spread: One for classes.
    """

    shift: Array
    spread: Array
    label_shift: float = 0.0
    label_spread: float = 1.0

    def features(self, rows: Array) -> Array:
        """Normalize features."""
        scaled: Array = (rows.astype(np.float64) - self.shift) / self.spread
        return scaled

    def labels(self, labels: Array) -> Array:
        """Normalize labels."""
        scaled: Array = (labels.astype(np.float64) - self.label_shift) / self.label_spread
        return scaled

    def undo(self, weights: Array, bias: Array) -> tuple[Array, Array]:
        """Weights and bias that take plain features and give plain labels."""
        plain = weights / self.spread[:, None]
        shifted = bias - self.shift @ plain
        return plain * self.label_spread, shifted * self.label_spread + self.label_shift


def measure(rows: Rows, parameters: dict[str, Any]) -> Scaling:
    """Measure what the hyperparameters want normalized, on the first `num_point_for_scaler` rows.

    Nothing is shifted when there is no bias that could make up for it.
    """
    assert rows.labels is not None
    count = parameters["num_point_for_scaler"]
    features, labels = rows.features[:count].astype(np.float64), rows.labels[:count].astype(float)
    width, biased = features.shape[1], parameters["use_bias"]
    normalize = parameters["normalize_data"] in (True, AUTO)
    unbias = parameters["unbias_data"] in (True, AUTO) or normalize
    shift = features.mean(axis=0) if unbias and biased else np.zeros(width)
    spread = _spread(features) if normalize else np.ones(width)
    if parameters["predictor_type"] != REGRESSOR:
        return Scaling(shift, spread)
    normalize = parameters["normalize_label"] in (True, AUTO)
    unbias = parameters["unbias_label"] in (True, AUTO) or normalize
    label_shift = float(labels.mean()) if unbias and biased else 0.0
    label_spread = float(_spread(labels[:, None])[0]) if normalize else 1.0
    return Scaling(shift, spread, label_shift, label_spread)


def _spread(columns: Array) -> Array:
    """Standard deviations; one where a column is constant."""
    spread = columns.std(axis=0)
    return np.where(spread > 0, spread, 1.0)
