"""What a network's way back computes is the slope of its loss."""

import numpy as np
import pytest

from local.sagemaker.containers.algorithms.image_classification.images import View
from local.sagemaker.containers.algorithms.image_classification.layers import (
    Convolution,
    Halving,
    Linear,
    Normalization,
    Rectifier,
    Residual,
)
from local.sagemaker.containers.algorithms.image_classification.network import Network


def generator():
    return np.random.default_rng(3)


def doubled(layer):
    """The layer with parameters of 64 bits, for small differences."""
    for values in (layer.values, layer.slopes, layer.fixed):
        values[:] = [value.astype(np.float64) for value in values]
    return layer


LAYERS = {
    "convolution": lambda: Convolution(2, 3, generator()),
    "normalization": lambda: Normalization(2),
    "rectifier": Rectifier,
    "halving": Halving,
    "residual": lambda: Residual([Normalization(2), Rectifier()]),
    "linear": lambda: Linear(2, 3, generator()),
}


@pytest.mark.parametrize("name", sorted(LAYERS))
def test_slopes_are_those_of_small_differences(name):
    """At the input and at every parameter."""
    layer = LAYERS[name]()
    images = generator().normal(size=(3, 4, 4, 2)).astype(np.float32)
    weights = generator().normal(size=layer.forward(images, training=True).shape)

    def loss(given):
        return float((layer.forward(given, training=True).astype(np.float64) * weights).sum())

    loss(images)
    at_input = layer.backward(weights.astype(np.float32))
    slopes = [slope.copy() for slope in layer.slopes]
    for array, slope in [(images, at_input), *zip(layer.values, slopes, strict=True)]:
        for place in [
            tuple(index) for index in generator().integers(array.shape, size=(6, array.ndim))
        ]:
            before, step = array[place], np.float32(1e-2)
            array[place] = before + step
            above = loss(images)
            array[place] = before - step
            below = loss(images)
            array[place] = before
            assert (above - below) / 2e-2 == pytest.approx(slope[place], rel=0.02, abs=0.05)


def test_the_running_mean_follows_in_training_only():
    """An image is judged by what training saw, not by its company."""
    layer = Normalization(1)
    images = np.full((2, 2, 2, 1), 5, np.float32)
    layer.forward(images, training=False)
    untouched = float(layer.fixed[0][0])
    layer.forward(images, training=True)

    assert untouched == 0
    assert float(layer.fixed[0][0]) == pytest.approx(0.5)


def test_more_layers_are_a_deeper_network():
    """Each block adds two convolutions to each of three stages."""
    counts = [len(Network(View(3, 8, 8), 2, blocks).values) for blocks in (1, 2)]

    assert counts[1] - counts[0] == 3 * 2 * 3


def test_a_deep_network_begins_as_a_shallow_one():
    """Its blocks add nothing before they have learned to: what they are given passes through."""
    network = Network(View(3, 8, 8), 2, 2)
    blocks = [layer for layer in network.layers if isinstance(layer, Residual)]
    images = generator().normal(size=(2, 8, 8, 16)).astype(np.float32)

    assert len(blocks) == 6
    np.testing.assert_array_equal(blocks[0].forward(images, training=True), images)
