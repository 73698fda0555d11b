"""The network learns shapes it never saw, in seconds."""

import csv
import io
import random
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from local.sagemaker.containers.algorithms.image_classification.hyperparameters import typed
from local.sagemaker.containers.algorithms.image_classification.images import Images, View
from local.sagemaker.containers.algorithms.image_classification.network import Network
from local.sagemaker.containers.algorithms.image_classification.optimizers import Optimizer
from local.sagemaker.containers.algorithms.image_classification.training import moved, train
from local.sagemaker.containers.algorithms.xgboost.errors import UserError
from tests.unit.local.sagemaker.containers.algorithms.image_classification.drawn import (
    CLASSES,
    labelled,
)

CELLS = Path(__file__).resolve().parents[8] / "shared" / "data" / "blood-cells-images"
VIEW = View(3, 16, 16)


def images(count, seed):
    pairs = labelled(count, seed)
    pixels = np.stack([VIEW.read(encoded) for _, encoded in pairs])
    return Images(pixels, np.array([int(label) for label, _ in pairs]))


def hyperparameters(**given):
    fixed = {"num_classes": CLASSES, "num_training_samples": 120, "num_layers": 18}
    fixed |= {"mini_batch_size": 16, "image_shape": "3,16,16"}
    return typed({name: str(value) for name, value in (fixed | given).items()})


@pytest.fixture(scope="module")
def trained():
    wanted = hyperparameters(epochs=10, optimizer="adam", learning_rate=0.01)
    return train(images(120, 1), images(60, 2), VIEW, wanted)


def test_it_tells_shapes_apart_that_it_never_saw(trained):
    """Three classes: chance is a third."""
    held = images(60, 3)

    assert (trained.probabilities(held.pixels).argmax(axis=1) == held.labels).mean() > 0.8


def test_a_saved_network_says_the_same(trained, tmp_path):
    """Running means included."""
    trained.save(tmp_path)
    held = images(9, 4)

    np.testing.assert_array_equal(
        trained.probabilities(held.pixels), Network.load(tmp_path).probabilities(held.pixels)
    )


def test_the_best_epochs_weights_are_kept(capsys):
    """Not the last ones, and training ends when nothing gets better."""
    held = images(30, 2)
    wanted = hyperparameters(
        epochs=30,
        early_stopping=True,
        early_stopping_min_epochs=2,
        early_stopping_patience=2,
        learning_rate=0.5,
        top_k=2,
        augmentation_type="crop",
    )
    network = train(images(45, 1), held, VIEW, wanted)
    log = capsys.readouterr().out
    seen = [float(text) for text in re.findall(r"Validation-accuracy=(\S+)", log)]
    kept = (network.probabilities(held.pixels).argmax(axis=1) == held.labels).mean()

    assert len(seen) < 30
    assert kept == pytest.approx(max(seen), abs=1e-6)
    assert "Epoch[0] Train-top_k_accuracy_2=" in log


@pytest.mark.parametrize("optimizer", ["sgd", "nag", "adam", "rmsprop"])
def test_every_optimizer_goes_downhill(optimizer):
    """On a bowl, from afar."""
    value = np.full((1, 2), 3, np.float32)
    wanted = hyperparameters(optimizer=optimizer)
    descent = Optimizer([value], wanted)
    for _ in range(400):
        descent.step([2 * value.copy()], 0.02)

    assert np.abs(value).max() < 0.1


def test_a_moved_image_keeps_its_shape_and_its_pixels():
    """It is shifted or mirrored, not painted over."""
    pixels = images(6, 5).pixels
    answer = moved(pixels, np.random.default_rng(1))

    assert answer.shape == pixels.shape
    assert (answer != pixels).any()
    assert set(np.unique(answer)) <= set(np.unique(pixels))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"use_pretrained_model": 1}, r"without weights of ImageNet.*\(use_pretrained_model\)"),
        ({"multi_label": 1}, r"\(multi_label\)"),
        ({"augmentation_type": "crop_color"}, "augmentation_type: value crop_color not in"),
        ({"image_shape": "3,4,4"}, "image_shape: could not parse"),
        ({"num_layers": 19}, "num_layers: value 19 not in"),
        ({"kv_store": "dist_sync"}, "Extraneous hyperparameter found: kv_store"),
        ({"resize": 8}, "resize: value is smaller than image_shape"),
    ],
)
def test_what_is_not_done_is_refused_by_name(given, told):
    """Pretrained weights above all: none come with it."""
    with pytest.raises(UserError, match=told):
        hyperparameters(**given)


@pytest.mark.skipif(not CELLS.exists(), reason=f"the blood cell images are not at {CELLS}")
def test_real_cells_are_told_apart():
    """Red cells, white cells and platelets, cut out of photographs; chance is a third."""
    kinds = {"RBC": 0, "WBC": 1, "Platelets": 2}
    with (CELLS / "annotations.csv").open() as file:
        rows = list(csv.DictReader(file))
    random.Random(1).shuffle(rows)
    chosen = [row for kind in kinds for row in [r for r in rows if r["cell_type"] == kind][:50]]
    random.Random(2).shuffle(chosen)
    view = View(3, 24, 24)
    pixels = []
    for row in chosen:
        box = tuple(int(row[side]) for side in ("xmin", "ymin", "xmax", "ymax"))
        content = io.BytesIO()
        Image.open(CELLS / "images" / row["filename"]).crop(box).save(content, "PNG")
        pixels.append(view.read(content.getvalue()))
    labels = np.array([kinds[row["cell_type"]] for row in chosen])
    parts = [
        Images(np.stack(pixels)[part], labels[part]) for part in (slice(110), slice(110, None))
    ]
    network = train(*parts, view, hyperparameters(epochs=10, learning_rate=0.05))

    assert (network.probabilities(parts[1].pixels).argmax(axis=1) == parts[1].labels).mean() > 0.85
