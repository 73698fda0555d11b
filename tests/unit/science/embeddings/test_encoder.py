"""Texts as points: the published model's own, computed without its libraries."""

import json
import math

import numpy as np
import pytest

from local.sagemaker.containers.jumpstart.archives import (
    MissingWeightsError,
    model_archive,
    weights_of,
)
from local.sagemaker.containers.jumpstart.catalogue import find
from science.embeddings.encoder import Encoder, gelu
from science.embeddings.features import MODEL
from science.embeddings.weights import UnusableEncoder, convert
from science.embeddings.wordpiece import words_of
from tests import encoders

TEXTS = [
    "The new rose and the soil!",
    "Ünïcödé — dash, naïve café: 100€ U.S.A. x\u200by ½",
    "日本 and 中文 words\ttabs\r\nlines \u00a0 blanks",
    "long " * 400,
    "antidisestablishmentarianism " + "x" * 120,
    "...?!",
    "",
]


@pytest.fixture
def encoder(tmp_path):
    (tmp_path / "model.tar.gz").write_bytes(encoders.archive(encoders.files()))
    convert(tmp_path / "model.tar.gz", tmp_path / "encoder.npz")
    return Encoder(str(tmp_path / "encoder.npz"))


def test_every_text_becomes_a_point_at_distance_one(encoder):
    points = encoder.encode(TEXTS)

    assert (points.shape, points.dtype) == ((len(TEXTS), encoders.WIDTH), np.float32)
    assert np.linalg.norm(points, axis=1) == pytest.approx(1, abs=1e-5)


def test_a_text_is_where_it_is_whoever_stands_beside_it(encoder):
    """Padding counts for nothing, and neither does the order."""
    together = encoder.encode(TEXTS)
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])

    assert together == pytest.approx(alone, abs=1e-5)
    assert encoder.encode(TEXTS[::-1])[::-1] == pytest.approx(together, abs=1e-5)


def test_other_words_are_elsewhere(encoder):
    first, second, again = encoder.encode(["the rose", "the oven", "THE  Rose"])

    assert np.abs(first - second).max() > 0.01
    assert first == pytest.approx(again, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't stop", ["don", "'", "t", "stop"]),
        ("Crème brûlée", ["creme", "brulee"]),
        ("日本x", ["日", "本", "x"]),
        ("a\x00b\ufffdc\u200bd", ["abcd"]),
        ("$5+5=10", ["$", "5", "+", "5", "=", "10"]),
        ("", []),
    ],
)
def test_words_are_parted_as_bert_parts_them(text, words):
    assert words_of(text) == words


def test_the_unit_is_gaussian():
    """That is x Φ(x), with Python's own error function as the witness."""
    values = np.linspace(-8, 8, 2001, dtype=np.float32)
    true = [x * 0.5 * (1 + math.erf(x / math.sqrt(2))) for x in values.tolist()]

    assert gelu(values) == pytest.approx(true, abs=1e-6)


@pytest.mark.parametrize("folder", ["", "model/"])
def test_the_files_beside_the_weights_are_the_models(tmp_path, folder):
    """A sentence-transformers model has a folder for pooling, with a config.json of its own."""
    members = {"1_Pooling/config.json": b'{"word_embedding_dimension": 12}'}
    members |= {f"{folder}{name}": body for name, body in encoders.files().items()}
    (tmp_path / "model.tar.gz").write_bytes(encoders.archive(members))

    convert(tmp_path / "model.tar.gz", tmp_path / "encoder.npz")

    assert Encoder(str(tmp_path / "encoder.npz")).encode(["rose"]).shape == (1, encoders.WIDTH)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"model.safetensors": None, "pytorch_model.bin": b"\x80\x04"}, "pickle"),
        ({"config.json": json.dumps({**encoders.CONFIG, "model_type": "t5"}).encode()}, "t5"),
        ({"vocab.txt": None}, "no vocabulary"),
    ],
)
def test_what_is_no_encoder_of_this_kind_is_refused_by_name(tmp_path, changes, told):
    (tmp_path / "model.tar.gz").write_bytes(encoders.archive(encoders.files(**changes)))

    with pytest.raises(UnusableEncoder, match=told):
        convert(tmp_path / "model.tar.gz", tmp_path / "encoder.npz")


def test_a_damaged_archive_is_refused(tmp_path):
    (tmp_path / "model.tar.gz").write_bytes(encoders.archive(encoders.files())[:-2000])

    with pytest.raises(UnusableEncoder, match="damaged"):
        convert(tmp_path / "model.tar.gz", tmp_path / "encoder.npz")


def test_the_published_model_embeds_as_its_own_endpoint_does(tmp_path):
    """The same pieces, and points that agree but for the rounding of weights to 16 bits."""
    from local.sagemaker.containers.jumpstart.scripts.text_embedding import inference

    try:
        folder = weights_of(find(MODEL))
    except MissingWeightsError as error:
        pytest.skip(str(error))
    convert(model_archive(find(MODEL), tmp_path), tmp_path / "encoder.npz")
    theirs, ours = inference.Encoder(folder), Encoder(str(tmp_path / "encoder.npz"))

    near = (theirs.encode(TEXTS) * ours.encode(TEXTS)).sum(axis=1)

    assert near.min() > 0.9999
