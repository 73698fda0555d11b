"""Trains the network epoch by epoch, with the container's log lines."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from local.sagemaker.containers.algorithms.image_classification.hyperparameters import BLOCKS
from local.sagemaker.containers.algorithms.image_classification.network import Network
from local.sagemaker.containers.algorithms.image_classification.optimizers import Optimizer

if TYPE_CHECKING:
    from local.sagemaker.containers.algorithms.image_classification.images import Images, View
    from local.sagemaker.containers.algorithms.image_classification.network import Array

SEED = 1
_SHIFT = 1 / 8
"""How far `crop` moves an image at most, as a share of its sides."""


def train(images: Images, held: Images, view: View, wanted: dict[str, Any]) -> Network:
    """Train a network; the weights of the best validation accuracy are kept.

    Args:
        images: The train channel.
        held: The validation channel.
        view: How the images were made.
        wanted: The hyperparameters, all of them.
    """
    network = Network(view, wanted["num_classes"], BLOCKS[wanted["num_layers"]], SEED)
    network.mean = images.pixels.mean(axis=(0, 1, 2)).astype(np.float32)
    network.spread = images.pixels.std(axis=(0, 1, 2)).astype(np.float32) + np.float32(1)
    run = _Run(network, wanted)
    best, kept, waited = -1.0, [array.copy() for array in network.state], 0
    for epoch in range(wanted["epochs"]):
        run.learn(epoch, images)
        accuracy = run.tell(epoch, "Validation", network.probabilities(held.pixels), held.labels)
        waited = 0 if accuracy > best * (1 + wanted["early_stopping_tolerance"]) else waited + 1
        if accuracy > best:
            print(f"Storing the best model with validation accuracy: {accuracy:f}")
            best, kept = accuracy, [array.copy() for array in network.state]
        if (
            wanted["early_stopping"]
            and epoch + 1 >= wanted["early_stopping_min_epochs"]
            and waited >= wanted["early_stopping_patience"]
        ):
            print(f"Early stopping: no better validation accuracy in {waited} epochs")
            break
    for array, good in zip(network.state, kept, strict=True):
        array[...] = good
    return network


class _Run:
    """What one epoch leaves for the next."""

    def __init__(self, network: Network, wanted: dict[str, Any]) -> None:
        self._network = network
        self._wanted = wanted
        self._optimizer = Optimizer(network.values, wanted)
        self._generator = np.random.default_rng(SEED)

    def learn(self, epoch: int, images: Images) -> None:
        """Go once over all images, in an order of its own."""
        began, wanted, network = time.monotonic(), self._wanted, self._network
        order, size = self._generator.permutation(len(images.labels)), wanted["mini_batch_size"]
        found = np.empty((len(order), network.classes), np.float32)
        for first in range(0, len(order), size):
            chosen = order[first : first + size]
            pixels = images.pixels[chosen]
            if wanted["augmentation_type"] == "crop":
                pixels = moved(pixels, self._generator)
            found[chosen] = network.learn(pixels, images.labels[chosen])
            self._optimizer.step(network.slopes, self._rate(epoch))
        self.tell(epoch, "Train", found, images.labels)
        print(f"Epoch[{epoch}] Time cost={time.monotonic() - began:.3f}")

    def tell(self, epoch: int, name: str, found: Array, labels: Array) -> float:
        """Print how many likeliest classes are right; returns their share."""
        accuracy, top = float((found.argmax(axis=1) == labels).mean()), self._wanted["top_k"]
        print(f"Epoch[{epoch}] {name}-accuracy={accuracy:f}", flush=True)
        if top:
            best = (-found).argsort(axis=1)[:, :top]
            share = float((best == labels[:, None]).any(axis=1).mean())
            print(f"Epoch[{epoch}] {name}-top_k_accuracy_{top}={share:f}")
        return accuracy

    def _rate(self, epoch: int) -> float:
        passed = sum(epoch >= step for step in self._wanted["lr_scheduler_step"])
        rate: float = self._wanted["learning_rate"] * self._wanted["lr_scheduler_factor"] ** passed
        return rate


def moved(pixels: Array, generator: np.random.Generator) -> Array:
    """Cut each image out a little aside of its middle, and mirror every other one."""
    rows, columns = pixels.shape[1:3]
    down, right = max(1, int(rows * _SHIFT)), max(1, int(columns * _SHIFT))
    padded = np.pad(pixels, ((0, 0), (down, down), (right, right), (0, 0)), mode="edge")
    answer = np.empty_like(pixels)
    for place, image in enumerate(padded):
        top, left = generator.integers(2 * down + 1), generator.integers(2 * right + 1)
        cut = image[top : top + rows, left : left + columns]
        answer[place] = cut[:, ::-1] if generator.random() < 0.5 else cut
    return answer
