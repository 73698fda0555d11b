"""Fits weights: by L-BFGS on all rows, or by the optimizer and learning rate that were asked for.

With `optimizer` and `learning_rate` on auto nothing obliges to mini-batches, and a quasi-Newton
method (Byrd et al., 1995) comes nearer to the least loss in the same number of epochs. An epoch
is then ten of its iterations. L1 is made smooth by two non-negative weights for each one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import minimize  # type: ignore[import-untyped]

from local.sagemaker.containers.algorithms.common.hyperparameters import AUTO
from local.sagemaker.containers.algorithms.linear_learner.losses import SMOOTH, Loss

if TYPE_CHECKING:
    from collections.abc import Callable

type Array = np.ndarray[Any, Any]

ITERATIONS = 10
"""Of L-BFGS in an epoch."""

#: What `auto` means beside an optimizer or learning rate that was given.
RATES = {"adam": 0.05, "rmsprop": 0.01, "sgd": 0.1}
SCHEDULE = {"lr_scheduler_step": 10, "lr_scheduler_factor": 0.99, "lr_scheduler_minimum_lr": 1e-5}
_SEED = 0


@dataclass(frozen=True)
class Problem:
    """What is to be fitted, in normalized units.

    Attributes:
        features: Rows × columns.
        labels: One a row.
        weights: Of each row; their mean is one.
        outputs: Scores a row.
        loss: The loss.
        parameters: The hyperparameters, `l1` and `wd` among them as numbers.
    """

    features: Array
    labels: Array
    weights: Array
    outputs: int
    loss: Loss
    parameters: dict[str, Any]

    @property
    def bias_decay(self) -> float:
        """L2 on the bias: none by default."""
        factor = self.parameters["bias_wd_mult"]
        return 0.0 if factor == AUTO else float(factor * self.parameters["wd"])

    def gradient(self, weights: Array, bias: Array, rows: Any = slice(None)) -> tuple[Array, Array]:
        """The slope of loss and L2 by weights and bias, over some rows."""
        features, labels = self.features[rows], self.labels[rows]
        slopes = self.loss.slopes(features @ weights + bias, labels, SMOOTH)
        slopes *= self.weights[rows][:, None] / len(labels)
        by_bias = slopes.sum(axis=0) + self.bias_decay * bias
        if not self.parameters["use_bias"]:
            by_bias[:] = 0.0
        return features.T @ slopes + self.parameters["wd"] * weights, by_bias

    def value(self, weights: Array, bias: Array) -> float:
        """Loss and L2 over all rows."""
        losses = self.loss.values(self.features @ weights + bias, self.labels, SMOOTH)
        decay = self.parameters["wd"] * np.sum(weights**2) + self.bias_decay * np.sum(bias**2)
        return float(np.mean(self.weights * losses) + decay / 2)


def fit(problem: Problem, goes_on: Callable[[int, Array, Array], bool]) -> tuple[Array, Array]:
    """Fit weights and bias.

    Args:
        problem: What is to be fitted.
        goes_on: Called after each epoch with its number, the weights and the bias; tells whether
            another one is worth it.

    Returns:
        Columns × outputs, and one bias an output.
    """
    parameters = problem.parameters
    weights, bias = _first(problem)
    stepping = _Stepping(problem) if steps(parameters) else None
    for epoch in range(parameters["epochs"]):
        if stepping:
            weights, bias = stepping.epoch(weights, bias)
        else:
            weights, bias = _quasi_newton(problem, weights, bias)
        if not goes_on(epoch, weights, bias):
            break
    return weights, bias


def steps(parameters: dict[str, Any]) -> bool:
    """Tell whether the caller asked for an optimizer that goes step by step."""
    return bool(parameters["optimizer"] != AUTO or parameters["learning_rate"] != AUTO)


def _first(problem: Problem) -> tuple[Array, Array]:
    parameters, generator = problem.parameters, np.random.default_rng(_SEED)
    shape = (problem.features.shape[1], problem.outputs)
    if parameters["init_method"] == "uniform":
        weights = generator.uniform(-1, 1, shape) * parameters["init_scale"]
    else:
        weights = generator.normal(0, parameters["init_sigma"], shape)
    start = parameters["init_bias"] if parameters["use_bias"] else 0.0
    return weights, np.full(problem.outputs, float(start))


def _quasi_newton(problem: Problem, weights: Array, bias: Array) -> tuple[Array, Array]:
    l1, shape = problem.parameters["l1"], weights.shape
    size = weights.size

    def unpack(vector: Array) -> tuple[Array, Array]:
        flat = vector[:size] - vector[size : -len(bias)] if l1 else vector[:size]
        return flat.reshape(shape), vector[-len(bias) :]

    def objective(vector: Array) -> tuple[float, Array]:
        at, at_bias = unpack(vector)
        value = problem.value(at, at_bias)
        by_weights, by_bias = problem.gradient(at, at_bias)
        flat = by_weights.ravel()
        if not l1:
            return value, np.concatenate([flat, by_bias])
        value += l1 * float(vector[: -len(bias)].sum())
        return value, np.concatenate([flat + l1, l1 - flat, by_bias])

    flat = weights.ravel()
    parts = [np.maximum(flat, 0), np.maximum(-flat, 0), bias] if l1 else [flat, bias]
    bounds = [(0, None)] * (2 * size) + [(None, None)] * len(bias) if l1 else None
    options = {"maxiter": ITERATIONS}
    found = minimize(
        objective,
        np.concatenate(parts),
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options=options,
    )
    return unpack(found.x)


class _Stepping:
    """Adam, RMSProp or SGD with momentum, on shuffled mini-batches; L1 by soft thresholds."""

    def __init__(self, problem: Problem) -> None:
        parameters = problem.parameters
        self._problem = problem
        self._kind = "adam" if parameters["optimizer"] == AUTO else parameters["optimizer"]
        self._rate = _given(parameters, "learning_rate", RATES[self._kind])
        self._bias_factor = _given(parameters, "bias_lr_mult", 1.0)
        self._first = _given(parameters, "beta_1", 0.9)
        self._second = _given(parameters, "beta_2", 0.999)
        self._momentum = _given(parameters, "momentum", 0.9)
        self._generator = np.random.default_rng(_SEED)
        self._means: list[Any] = [0.0, 0.0]
        self._squares: list[Any] = [0.0, 0.0]
        self._step = 0

    def epoch(self, weights: Array, bias: Array) -> tuple[Array, Array]:
        problem, size = self._problem, self._problem.parameters["mini_batch_size"]
        order = self._generator.permutation(len(problem.labels))
        for start in range(0, len(order), size):
            slopes = problem.gradient(weights, bias, order[start : start + size])
            rate = self._scheduled()
            weights = weights - rate * self._direction(0, slopes[0])
            shrink = rate * problem.parameters["l1"]
            weights = np.sign(weights) * np.maximum(np.abs(weights) - shrink, 0.0)
            bias = bias - rate * self._bias_factor * self._direction(1, slopes[1])
            self._step += 1
        return weights, bias

    def _scheduled(self) -> float:
        parameters = self._problem.parameters
        if not parameters["use_lr_scheduler"]:
            return self._rate
        step, factor, least = (_given(parameters, name, SCHEDULE[name]) for name in SCHEDULE)
        return float(max(self._rate * factor ** (self._step // step), min(least, self._rate)))

    def _direction(self, which: int, slope: Array) -> Array:
        if self._kind == "sgd":
            self._means[which] = self._momentum * self._means[which] + slope
            return np.asarray(self._means[which])
        first = self._first if self._kind == "adam" else 0.0
        self._means[which] = first * self._means[which] + (1 - first) * slope
        self._squares[which] = self._second * self._squares[which] + (1 - self._second) * slope**2
        mean = self._means[which] / (1 - first ** (self._step + 1))
        square = self._squares[which] / (1 - self._second ** (self._step + 1))
        return np.asarray(mean / (np.sqrt(square) + 1e-8))


def _given(parameters: dict[str, Any], name: str, default: float) -> float:
    return float(default if parameters[name] == AUTO else parameters[name])
