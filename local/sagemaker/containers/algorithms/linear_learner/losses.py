"""The losses of Linear Learner and their slopes, by score.

Where a loss has a corner it is rounded off over `SMOOTH`, so that a quasi-Newton method can follow
it; the losses that are reported are the sharp ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, logsumexp, softmax  # type: ignore[import-untyped]

SMOOTH = 0.01

type Array = np.ndarray[Any, Any]

_OBJECTIVES = {
    "logistic": "binary_classification_cross_entropy_objective",
    "softmax_loss": "multiclass_cross_entropy_objective",
    "squared_loss": "mse_objective",
}


@dataclass(frozen=True)
class Loss:
    """One loss with what shapes it.

    Attributes:
        name: As the hyperparameter `loss` names it.
        quantile: For `quantile_loss`: the probability that a label is above its prediction.
        insensitivity: Errors below it count nothing, for the `eps_insensitive` losses.
        delta: Where `huber_loss` turns from squared to absolute.
        margin: Of `hinge_loss`.
    """

    name: str
    quantile: float = 0.5
    insensitivity: float = 0.01
    delta: float = 1.0
    margin: float = 1.0

    @property
    def objective(self) -> str:
        """How the log names the objective."""
        return _OBJECTIVES.get(self.name, f"{self.name}_objective")

    def values(self, scores: Array, labels: Array, smooth: float = 0.0) -> Array:
        """The loss of each row.

        Args:
            scores: Rows × outputs; one output but for `softmax_loss`.
            labels: One a row.
            smooth: Over what a corner is rounded off.
        """
        if self.name == "softmax_loss":
            chosen = scores[np.arange(len(labels)), labels.astype(int)]
            multiclass: Array = logsumexp(scores, axis=1) - chosen
            return multiclass
        single = scores[:, 0]
        if self.name == "logistic":
            return np.asarray(np.logaddexp(0.0, -_sides(labels) * single))
        if self.name == "hinge_loss":
            return _plus(self.margin - _sides(labels) * single, smooth)[0]
        return self._of_error(single - labels, smooth)[0]

    def slopes(self, scores: Array, labels: Array, smooth: float = 0.0) -> Array:
        """The derivative of each row's loss by its scores, rows × outputs."""
        if self.name == "softmax_loss":
            slope: Array = softmax(scores, axis=1)
            slope[np.arange(len(labels)), labels.astype(int)] -= 1
            return slope
        single = scores[:, 0]
        if self.name == "logistic":
            side = _sides(labels)
            found = -side * expit(-side * single)
        elif self.name == "hinge_loss":
            side = _sides(labels)
            found = -side * _plus(self.margin - side * single, smooth)[1]
        else:
            found = self._of_error(single - labels, smooth)[1]
        return np.asarray(found)[:, None]

    def _of_error(self, error: Array, smooth: float) -> tuple[Array, Array]:
        """Value and slope by the error, which is prediction − label."""
        if self.name == "squared_loss":
            return error**2, 2 * error
        size, side = np.abs(error), np.sign(error)
        if self.name == "huber_loss":
            inside = size <= self.delta
            far = self.delta * (size - self.delta / 2)
            return np.where(inside, error**2 / 2, far), np.clip(error, -self.delta, self.delta)
        if self.name == "eps_insensitive_squared_loss":
            rest = np.maximum(size - self.insensitivity, 0)
            return rest**2, 2 * rest * side
        if self.name == "eps_insensitive_absolute_loss":
            value, slope = _plus(size - self.insensitivity, smooth)
            return value, slope * side
        above, below = (self.quantile, 1 - self.quantile)  # of predictions, not of labels
        if self.name == "absolute_loss":
            above = below = 1.0
        over, under = _plus(error, smooth), _plus(-error, smooth)
        return above * over[0] + below * under[0], above * over[1] - below * under[1]


def link(loss: str, scores: Array) -> Array:
    """Probabilities where the loss makes them; else the scores themselves."""
    if loss == "logistic":
        return np.asarray(expit(scores))
    return np.asarray(softmax(scores, axis=1)) if loss == "softmax_loss" else scores


def _sides(labels: Array) -> Array:
    """Labels 0 and 1 as −1 and 1."""
    sides: Array = 2.0 * labels - 1.0
    return sides


def _plus(value: Array, smooth: float) -> tuple[Array, Array]:
    """max(0, value) and its slope, the corner rounded off by a parabola."""
    if not smooth:
        return np.maximum(value, 0.0), (value > 0).astype(float)
    within = np.clip(value, 0.0, smooth)
    rounded: Array = within**2 / (2 * smooth) + np.maximum(value - smooth, 0.0)
    return rounded, within / smooth
