"""How slopes change parameters: sgd, nag, adam and rmsprop, as MXNet defines them."""

from __future__ import annotations

from typing import Any

import numpy as np

type Array = np.ndarray[Any, Any]


class Optimizer:
    """Changes parameters in place, step by step."""

    def __init__(self, values: list[Array], wanted: dict[str, Any]) -> None:
        """Begin without any history.

        Args:
            values: The parameters.
            wanted: The job's hyperparameters.
        """
        self._values = values
        self._wanted = wanted
        self._first = [np.zeros_like(value) for value in values]
        self._second = [np.zeros_like(value) for value in values]
        self._steps = 0

    def step(self, slopes: list[Array], rate: float) -> None:
        """Change every parameter once.

        Args:
            slopes: The loss's slope along each.
            rate: The learning rate.
        """
        self._steps += 1
        for place, value in enumerate(self._values):
            slope = slopes[place]
            if value.ndim > 1:  # weights decay, offsets and scales do not
                slope = slope + np.float32(self._wanted["weight_decay"]) * value
            np.subtract(value, self._change(place, slope, rate), out=value)

    def _change(self, place: int, slope: Array, rate: float) -> Array:
        first, second, wanted = self._first[place], self._second[place], self._wanted
        kind = wanted["optimizer"]
        if kind in ("sgd", "nag"):
            momentum = wanted["momentum"]
            first *= np.float32(momentum)
            first += np.float32(rate) * slope
            ahead: Array = np.float32(momentum) * first + np.float32(rate) * slope
            return ahead if kind == "nag" else first
        decay = wanted["beta_2"] if kind == "adam" else wanted["gamma"]
        second *= np.float32(decay)
        second += np.float32(1 - decay) * slope * slope
        if kind == "rmsprop":
            plain: Array = np.float32(rate) * slope / np.sqrt(second + wanted["eps"])
            return plain
        first *= np.float32(wanted["beta_1"])
        first += np.float32(1 - wanted["beta_1"]) * slope
        correction = np.sqrt(1 - wanted["beta_2"] ** self._steps)
        correction /= 1 - wanted["beta_1"] ** self._steps
        scaled: Array = first / (np.sqrt(second) + np.float32(wanted["eps"]))
        return np.float32(rate * correction) * scaled
