"""Layers of a convolutional network in NumPy, forwards and backwards.

Arrays are images × rows × columns × channels. `backward` takes the loss's slope at a layer's
output, keeps the slopes of its parameters, and gives the slope at its input.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

type Array = np.ndarray[Any, Any]

_SIDE = 3
_EPSILON = np.float32(1e-5)
_KEPT = np.float32(0.9)
"""Share of the running mean and variance that a batch leaves."""


class Layer(Protocol):
    """A step of the network.

    Attributes:
        values: Its parameters, which an optimizer changes in place.
        slopes: The loss's slope along each, after `backward`.
        fixed: Further arrays that belong to the model and are not learned by descent.
    """

    values: list[Array]
    slopes: list[Array]
    fixed: list[Array]

    def forward(self, images: Array, *, training: bool) -> Array:
        """Compute its output."""

    def backward(self, slope: Array) -> Array:
        """Compute the slope at its input from the one at its output."""


class Convolution:
    """3 × 3, same size, no bias: a matrix product of all neighbourhoods (im2col)."""

    def __init__(self, inputs: int, outputs: int, generator: np.random.Generator) -> None:
        """Draw weights (He et al. 2015, "Delving Deep into Rectifiers")."""
        spread = np.sqrt(2 / (_SIDE * _SIDE * inputs))
        drawn = generator.normal(0, spread, (_SIDE * _SIDE * inputs, outputs))
        self.values = [drawn.astype(np.float32)]
        self.slopes = [np.zeros_like(self.values[0])]
        self.fixed: list[Array] = []
        self._columns: Array = np.empty(0)

    def forward(self, images: Array, *, training: bool) -> Array:
        """Compute its output."""
        count, rows, columns, channels = images.shape
        padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
        near = np.empty((count, rows, columns, _SIDE * _SIDE, channels), np.float32)
        for place, (down, right) in enumerate(np.ndindex(_SIDE, _SIDE)):
            near[:, :, :, place] = padded[:, down : down + rows, right : right + columns]
        flat = near.reshape(count * rows * columns, -1)
        self._columns = flat if training else np.empty(0)
        answer: Array = (flat @ self.values[0]).reshape(count, rows, columns, -1)
        return answer

    def backward(self, slope: Array) -> Array:
        """Compute the slope at its input from the one at its output."""
        count, rows, columns, outputs = slope.shape
        flat = slope.reshape(-1, outputs)
        self.slopes = [self._columns.T @ flat]
        near = (flat @ self.values[0].T).reshape(count, rows, columns, _SIDE * _SIDE, -1)
        padded = np.zeros((count, rows + 2, columns + 2, near.shape[-1]), np.float32)
        for place, (down, right) in enumerate(np.ndindex(_SIDE, _SIDE)):
            padded[:, down : down + rows, right : right + columns] += near[:, :, :, place]
        return padded[:, 1:-1, 1:-1]


class Normalization:
    """Batch normalization (Ioffe and Szegedy 2015), each channel by itself."""

    def __init__(self, channels: int) -> None:
        """Begin as the identity of normalized values."""
        self.values = [np.ones(channels, np.float32), np.zeros(channels, np.float32)]
        self.slopes = [np.zeros_like(value) for value in self.values]
        self.fixed = [np.zeros(channels, np.float32), np.ones(channels, np.float32)]
        self._normal: Array = np.empty(0)
        self._spread: Array = np.empty(0)

    def forward(self, images: Array, *, training: bool) -> Array:
        """Compute its output; the running mean and variance follow in training."""
        if training:
            mean: Array = images.mean(axis=(0, 1, 2))
            variance: Array = images.var(axis=(0, 1, 2))
            for running, seen in zip(self.fixed, (mean, variance), strict=True):
                np.add(_KEPT * running, (1 - _KEPT) * seen, out=running)
        else:
            mean, variance = self.fixed
        self._spread = np.sqrt(variance + _EPSILON)
        self._normal = (images - mean) / self._spread
        answer: Array = self._normal * self.values[0] + self.values[1]
        return answer

    def backward(self, slope: Array) -> Array:
        """Compute the slope at its input from the one at its output."""
        everywhere = (0, 1, 2)
        self.slopes = [(slope * self._normal).sum(axis=everywhere), slope.sum(axis=everywhere)]
        inner = slope * self.values[0]
        inner -= inner.mean(axis=everywhere)
        inner -= self._normal * (inner * self._normal).mean(axis=everywhere)
        answer: Array = inner / self._spread
        return answer


class Rectifier:
    """What is negative becomes zero."""

    def __init__(self) -> None:
        """Nothing is learned."""
        self.values: list[Array] = []
        self.slopes: list[Array] = []
        self.fixed: list[Array] = []
        self._positive: Array = np.empty(0)

    def forward(self, images: Array, *, training: bool) -> Array:
        """Compute its output."""
        del training
        self._positive = images > 0
        return images * self._positive

    def backward(self, slope: Array) -> Array:
        """Compute the slope at its input from the one at its output."""
        return slope * self._positive


class Halving:
    """The mean of each 2 × 2 square: rows and columns must be even."""

    def __init__(self) -> None:
        """Nothing is learned."""
        self.values: list[Array] = []
        self.slopes: list[Array] = []
        self.fixed: list[Array] = []

    def forward(self, images: Array, *, training: bool) -> Array:
        """Compute its output."""
        del training
        count, rows, columns, channels = images.shape
        squares = images.reshape(count, rows // 2, 2, columns // 2, 2, channels)
        answer: Array = squares.mean(axis=(2, 4))
        return answer

    def backward(self, slope: Array) -> Array:
        """Compute the slope at its input from the one at its output."""
        return slope.repeat(2, axis=1).repeat(2, axis=2) * np.float32(0.25)


class Residual:
    """Layers whose output is added to their input (He et al. 2016, "Deep Residual Learning")."""

    def __init__(self, layers: list[Layer]) -> None:
        """Wrap layers that keep the shape."""
        self._layers = layers
        self.values = [value for layer in layers for value in layer.values]
        self.fixed = [array for layer in layers for array in layer.fixed]
        self.slopes: list[Array] = []

    def forward(self, images: Array, *, training: bool) -> Array:
        """Compute its output."""
        inner = images
        for layer in self._layers:
            inner = layer.forward(inner, training=training)
        return images + inner

    def backward(self, slope: Array) -> Array:
        """Compute the slope at its input from the one at its output."""
        inner = slope
        for layer in reversed(self._layers):
            inner = layer.backward(inner)
        self.slopes = [one for layer in self._layers for one in layer.slopes]
        return slope + inner


class Linear:
    """The mean over all places, then a linear map to classes."""

    def __init__(self, inputs: int, outputs: int, generator: np.random.Generator) -> None:
        """Draw small weights."""
        drawn = generator.normal(0, np.sqrt(1 / inputs), (inputs, outputs))
        self.values = [drawn.astype(np.float32), np.zeros(outputs, np.float32)]
        self.slopes = [np.zeros_like(value) for value in self.values]
        self.fixed: list[Array] = []
        self._means: Array = np.empty(0)
        self._shape: tuple[int, ...] = ()

    def forward(self, images: Array, *, training: bool) -> Array:
        """Compute its output."""
        del training
        self._shape, self._means = images.shape, images.mean(axis=(1, 2))
        answer: Array = self._means @ self.values[0] + self.values[1]
        return answer

    def backward(self, slope: Array) -> Array:
        """Compute the slope at its input from the one at its output."""
        self.slopes = [self._means.T @ slope, slope.sum(axis=0)]
        count, rows, columns, channels = self._shape
        inner = (slope @ self.values[0].T) / np.float32(rows * columns)
        return np.broadcast_to(inner[:, None, None, :], (count, rows, columns, channels))
