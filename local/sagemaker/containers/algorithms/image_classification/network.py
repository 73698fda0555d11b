"""A small residual network: a stem and three stages, each on half the rows and columns."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from local.sagemaker.containers.algorithms.image_classification.images import View
from local.sagemaker.containers.algorithms.image_classification.layers import (
    Convolution,
    Halving,
    Layer,
    Linear,
    Normalization,
    Rectifier,
    Residual,
)

if TYPE_CHECKING:
    from pathlib import Path

type Array = np.ndarray[Any, Any]

MODEL_FILE = "image-classification.npz"
FORMAT = "image-classification-1"
_WIDTHS = (16, 32, 64)
_AT_ONCE = 64


class Network:
    """A classifier of images.

    Attributes:
        view: How its images are made.
        classes: How many it tells apart.
        blocks: Residual blocks of each stage.
        layers: Its layers, in order.
        mean: Subtracted from every pixel, of each channel.
        spread: What pixels are then divided by, of each channel.
    """

    def __init__(self, view: View, classes: int, blocks: int, seed: int = 1) -> None:
        """Draw an untrained network."""
        generator = np.random.default_rng(seed)
        self.view, self.classes, self.blocks = view, classes, blocks
        self.mean = np.zeros(view.channels, np.float32)
        self.spread = np.ones(view.channels, np.float32)
        self.layers: list[Layer] = []
        inputs = view.channels
        for width in _WIDTHS:
            self.layers += _step(inputs, width, generator)
            self.layers.append(Halving())
            for _ in range(blocks):
                self.layers += [Residual(_block(width, generator)), Rectifier()]
            inputs = width
        self.layers.append(Linear(inputs, classes, generator))

    @property
    def values(self) -> list[Array]:
        """All parameters."""
        return [value for layer in self.layers for value in layer.values]

    @property
    def slopes(self) -> list[Array]:
        """The loss's slope along each parameter."""
        return [slope for layer in self.layers for slope in layer.slopes]

    @property
    def state(self) -> list[Array]:
        """Everything that training changes: parameters, running means and variances."""
        return self.values + [array for layer in self.layers for array in layer.fixed]

    def scores(self, pixels: Array, *, training: bool = False) -> Array:
        """A score of each class, images × classes; pixels are bytes."""
        images = (pixels.astype(np.float32) - self.mean) / self.spread
        for layer in self.layers:
            images = layer.forward(images, training=training)
        return images

    def probabilities(self, pixels: Array) -> Array:
        """A probability of each class, images × classes."""
        parts = [
            softmax(self.scores(pixels[first : first + _AT_ONCE]))
            for first in range(0, len(pixels), _AT_ONCE)
        ]
        return np.concatenate(parts)

    def learn(self, pixels: Array, labels: Array) -> Array:
        """Compute the slopes of the mean cross-entropy; returns the probabilities before."""
        found = softmax(self.scores(pixels, training=True))
        slope = found.copy()
        slope[np.arange(len(labels)), labels] -= 1
        slope /= np.float32(len(labels))
        for layer in reversed(self.layers):
            slope = layer.backward(slope)
        return found

    def save(self, folder: Path) -> None:
        """Write `image-classification.npz`: arrays and texts, which loading cannot run."""
        about = {
            "format": FORMAT,
            "view": asdict(self.view),
            "classes": self.classes,
            "blocks": self.blocks,
        }
        arrays = {f"state_{number}": array for number, array in enumerate(self.state)}
        arrays |= {"mean": self.mean, "spread": self.spread}
        arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
        np.savez(folder / MODEL_FILE, **arrays)  # type: ignore[arg-type]

    @classmethod
    def load(cls, folder: Path) -> Network:
        """Read what `save` wrote.

        Raises:
            OSError: When there is no such file, or it cannot be read.
            ValueError: When it holds something else.
            KeyError: When an array is missing.
        """
        with np.load(folder / MODEL_FILE, allow_pickle=False) as arrays:
            about = json.loads(arrays["about"].tobytes())
            if about.get("format") != FORMAT:
                raise ValueError(f"{MODEL_FILE} is not of the format {FORMAT}")
            network = cls(View(**about["view"]), about["classes"], about["blocks"])
            network.mean, network.spread = arrays["mean"], arrays["spread"]
            for number, array in enumerate(network.state):
                array[...] = arrays[f"state_{number}"]
        return network


def _step(inputs: int, outputs: int, generator: np.random.Generator) -> list[Layer]:
    return [Convolution(inputs, outputs, generator), Normalization(outputs), Rectifier()]


def _block(width: int, generator: np.random.Generator) -> list[Layer]:
    """Two convolutions that begin by adding nothing: a deep network begins as a shallow one.

    Goyal et al. 2017, "Accurate, Large Minibatch SGD", section 5.1: the last scale starts at zero.
    """
    last = Normalization(width)
    last.values[0][...] = 0
    return [*_step(width, width, generator), Convolution(width, width, generator), last]


def softmax(scores: Array) -> Array:
    """Scores, images × classes, as probabilities."""
    powers: Array = np.exp(scores - scores.max(axis=1, keepdims=True))
    powers /= powers.sum(axis=1, keepdims=True)
    return powers
