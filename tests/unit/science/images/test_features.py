"""A picture as numbers: what is told of it depends on that picture alone."""

import numpy as np
import pytest

from science.images import features
from science.images.cells import text_of
from science.images.decoding import decode
from tests import pictures

CELLS = np.array(
    [
        text_of(decode(pictures.encoded(pictures.drawn(kind, seed)), (64, 64)))
        for seed in range(3)
        for kind in pictures.KINDS
    ],
    dtype=object,
)


def encoded(cells, size=(64, 64)):
    encoder = features.fit("image", size)
    out = np.empty((len(cells), len(encoder["outputs"])), dtype=np.float32)
    features.encode(encoder, cells, out)
    return out


@pytest.mark.parametrize("size", [(64, 64), (8, 8), (37, 21), (200, 16)])
def test_every_output_has_a_name_of_its_own(size):
    outputs = features.fit("image", size)["outputs"]

    assert len(set(outputs)) == len(outputs)
    assert np.isfinite(encoded(CELLS, size)).all()


def test_one_picture_is_told_as_among_others():
    """To the last bit, so that the endpoint says what training saw."""
    together = encoded(CELLS)
    alone = np.concatenate([encoded(CELLS[at : at + 1]) for at in range(len(CELLS))])

    assert (together == alone).all()


def test_a_cell_without_a_picture_is_missing_throughout():
    out = encoded(np.array([CELLS[0], None, "no picture", 5], dtype=object))

    assert np.isfinite(out[0]).all()
    assert np.isnan(out[1:]).all()


def test_upright_and_level_edges_are_told_apart():
    upright = np.zeros((64, 64, 3), dtype=np.uint8)
    upright[:, ::8] = upright[:, 1::8] = 255
    encoder = features.fit("image", (64, 64))
    both = features.describe(np.stack([upright, upright.transpose(1, 0, 2)]), encoder)
    edges = both[:, 192 : 192 + 576].reshape(2, 64, 9).mean(axis=1)

    assert edges[0].argmax() in {0, 8}
    assert edges[1].argmax() == 4


def test_edges_do_not_depend_on_the_light():
    pixels = decode(pictures.encoded(pictures.drawn("box", 1)), (64, 64))
    dimmed = (pixels * 0.5).astype(np.uint8)
    told = features.describe(np.stack([pixels, dimmed]), features.fit("image", (64, 64)))
    edges = told[:, 192 : 192 + 576]

    assert np.corrcoef(edges)[0, 1] > 0.97


def test_shares_of_colours_add_to_one():
    assert encoded(CELLS)[:, -64:].sum(axis=1) == pytest.approx(1)


def test_brightness_stands_for_a_picture():
    white = text_of(np.full((4, 4, 3), 255, dtype=np.uint8))
    black = text_of(np.zeros((4, 4, 3), dtype=np.uint8))

    found = features.brightness(np.array([white, black, None], dtype=object))

    assert found[:2] == pytest.approx([255, 0], abs=0.01)
    assert np.isnan(found[2])
