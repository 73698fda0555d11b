"""Words that stand in the same company get near vectors, in every mode."""

import random

import numpy as np
import pytest

from local.sagemaker.containers.algorithms.blazingtext.hyperparameters import typed
from local.sagemaker.containers.algorithms.blazingtext.word_vectors import WordVectors, train
from local.sagemaker.containers.algorithms.xgboost.errors import UserError

TOPICS = [["cat", "dog", "horse", "cow", "hen"], ["bread", "cheese", "soup", "salad", "cake"]]


def sentences(count, seed):
    generator = random.Random(seed)
    return [" ".join(generator.choices(generator.choice(TOPICS), k=8)) for _ in range(count)]


def hyperparameters(mode, **given):
    fixed = {"vector_dim": 16, "min_count": 1, "sampling_threshold": 0, "epochs": 5}
    return typed({"mode": mode} | {name: str(value) for name, value in (fixed | given).items()})


def nearness(found):
    """The mean cosine within topics and between them."""
    unit = found.vectors / np.linalg.norm(found.vectors, axis=1, keepdims=True)
    topic = np.array([word in TOPICS[0] for word in found.words])
    same = topic[:, None] == topic
    cosines = unit @ unit.T
    apart = ~np.eye(len(topic), dtype=bool)
    return cosines[same & apart].mean(), cosines[~same].mean()


@pytest.mark.parametrize("mode", ["skipgram", "batch_skipgram", "cbow"])
def test_words_of_one_topic_are_near(mode):
    """And those of two are not."""
    found = train(sentences(200, 1), hyperparameters(mode, epochs=8))
    within, between = nearness(found)

    assert sorted(found.words) == sorted(TOPICS[0] + TOPICS[1])
    assert within > 0.7
    assert between < 0.3


def test_saved_vectors_are_the_same(tmp_path):
    """In the format of word2vec too: a line with the size, then a line for each word."""
    found = train(sentences(50, 1), hyperparameters("skipgram", epochs=1))
    found.save(tmp_path)
    loaded = WordVectors.load(tmp_path)
    lines = (tmp_path / "vectors.txt").read_text().splitlines()
    word, *numbers = lines[1].split()

    assert loaded.words == found.words
    np.testing.assert_array_equal(loaded.vectors, found.vectors)
    assert lines[0] == "10 16"
    assert word == found.words[0]
    np.testing.assert_allclose([float(text) for text in numbers], found.vectors[0], rtol=1e-5)


def test_rare_words_alone_are_refused():
    """There is nothing to learn then."""
    with pytest.raises(UserError, match="min_count"):
        train(["one two three"], hyperparameters("cbow", min_count=5))


def test_a_batch_belongs_to_its_mode():
    """Elsewhere its size would mean nothing."""
    with pytest.raises(UserError, match="batch_size"):
        hyperparameters("cbow", batch_size=11)
