"""The encoder says what the published model says."""

import json

import numpy as np
import pytest

from local.sagemaker.containers.jumpstart.archives import MissingWeightsError, weights_of
from local.sagemaker.containers.jumpstart.catalogue import find
from local.sagemaker.containers.jumpstart.scripts.text_embedding.inference import (
    model_fn,
    transform_fn,
)

DOGS = ["How cute your dog is!", "Your dog is so cute."]
CELL = "The mitochondria is the powerhouse of the cell."


@pytest.fixture(scope="module")
def encoder():
    try:
        folder = weights_of(find("huggingface-textembedding-all-MiniLM-L6-v2"))
    except MissingWeightsError as missing:
        pytest.skip(str(missing))
    return model_fn(str(folder))


def ask(encoder, payload, content_type="application/json"):
    text, answered = transform_fn(encoder, payload, content_type, "application/json")
    assert answered == "application/json"
    return json.loads(text)


def test_a_known_sentence_has_the_known_embedding(encoder):
    """The first numbers that sentence-transformers gives for the model card's own example."""
    (embedding,) = encoder.encode(["This is an example sentence"])

    assert embedding.shape == (384,)
    np.testing.assert_allclose(
        embedding[:4], [0.0676569, 0.0634959, 0.0487131, 0.0793049], atol=2e-6
    )


def test_what_is_alike_is_near(encoder):
    """Cosines of unit vectors; those of unrelated texts are near zero."""
    one, other, cell = encoder.encode([*DOGS, CELL])

    assert one @ other > 0.8
    assert abs(one @ cell) < 0.1


def test_company_does_not_change_an_embedding(encoder):
    """Padding gets no attention, and answers come in the order of the texts."""
    texts = ["short", *DOGS, "a much longer text " * 20, CELL]
    together = encoder.encode(texts)

    np.testing.assert_allclose(together, [encoder.encode([text])[0] for text in texts], atol=1e-5)


def test_every_form_of_a_request_gets_its_embeddings(encoder):
    """Plain text, a list as text, and JSON."""
    (expected,) = ask(encoder, json.dumps({"text_inputs": CELL}))["embedding"]
    forms = [
        ask(encoder, json.dumps([CELL]).encode(), "application/x-text"),
        ask(encoder, CELL.encode(), "application/x-text"),
        ask(encoder, json.dumps({"text_inputs": [CELL], "mode": "embedding"})),
    ]

    assert [form["embedding"][0] for form in forms] == [expected] * 3


def test_the_nearest_of_a_corpus_come_first(encoder):
    """As many as top_k says, for each query."""
    asked = {"corpus": [CELL, DOGS[0]], "queries": [DOGS[1], "biology"], "mode": "nn_corpus"}
    found = ask(encoder, json.dumps(asked | {"top_k": 2}))

    assert [[item["id"] for item in row] for row in found] == [[1, 0], [0, 1]]
    assert all(row[0]["score"] > row[1]["score"] for row in found)


@pytest.mark.parametrize(
    ("payload", "content_type"),
    [
        ("{}", "application/json"),
        ('{"text_inputs": []}', "application/json"),
        ('{"text_inputs": [1]}', "application/json"),
        ('{"text_inputs": "a", "mode": "nn_train_data"}', "application/json"),
        ('{"queries": ["a"], "mode": "nn_corpus"}', "application/json"),
        ("a,b", "text/csv"),
    ],
)
def test_what_is_not_offered_is_refused(encoder, payload, content_type):
    """Rather than answered with something else."""
    with pytest.raises(ValueError, match=r"expected|offered|not application"):
        transform_fn(encoder, payload, content_type, "")
