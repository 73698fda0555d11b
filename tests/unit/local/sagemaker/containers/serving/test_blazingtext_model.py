"""A BlazingText model answers as the BlazingText container does."""

import json

import numpy as np
import pytest

from local.sagemaker.containers.algorithms.blazingtext import supervised
from local.sagemaker.containers.algorithms.blazingtext.corpus import Example
from local.sagemaker.containers.algorithms.blazingtext.hyperparameters import typed
from local.sagemaker.containers.algorithms.blazingtext.word_vectors import WordVectors
from local.sagemaker.containers.serving.answers import Invocation, ModelLoadError, RefusedError
from local.sagemaker.containers.serving.blazingtext_model import BlazingTextModel


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    examples = [Example(("__label__spam",), ("win", "cash")), Example(("__label__ham",), ("hi",))]
    wanted = typed({"mode": "supervised", "min_count": "1", "epochs": "30", "learning_rate": "1"})
    supervised.train(examples * 20, [], wanted).save(folder)
    return BlazingTextModel(folder, {})


def ask(model, body, content_type="application/json", accept=""):
    return model.answer(Invocation(body.encode(), content_type, accept))


def test_instances_get_their_likeliest_label(model):
    """One label each unless k says more."""
    answer = ask(model, '{"instances": ["win cash", "hi"]}')
    spam, ham = json.loads(answer.body)

    assert answer.content_type == "application/json"
    assert [spam["label"], ham["label"]] == [["__label__spam"], ["__label__ham"]]
    assert spam["prob"][0] > 0.9


def test_k_labels_come_in_order_of_their_probability(model):
    """Which sum to one when they are all."""
    (row,) = json.loads(ask(model, '{"instances": ["hi"], "configuration": {"k": 2}}').body)

    assert row["label"] == ["__label__ham", "__label__spam"]
    assert row["prob"] == sorted(row["prob"], reverse=True)
    assert sum(row["prob"]) == pytest.approx(1)


def test_json_lines_are_answered_line_by_line(model):
    """With k of each line."""
    answer = ask(
        model,
        '{"source": "win cash"}\n{"source": "hi", "k": 2}\n',
        "application/jsonlines",
    )
    rows = [json.loads(line) for line in answer.body.splitlines()]

    assert answer.content_type == "application/jsonlines"
    assert [len(row["label"]) for row in rows] == [1, 2]


@pytest.mark.parametrize(
    "body",
    ["", "[]", "{}", '{"instances": [1]}', '{"instances": ["a"], "configuration": {"k": 0}}'],
)
def test_a_payload_of_another_form_is_refused(model, body):
    """With status 400."""
    with pytest.raises(RefusedError) as refused:
        ask(model, body)

    assert refused.value.status == 400


def test_other_types_are_refused(model):
    """415 for what cannot be read, 406 for what cannot be written."""
    with pytest.raises(RefusedError) as read:
        ask(model, "hi", "text/csv")
    with pytest.raises(RefusedError) as written:
        ask(model, '{"instances": ["hi"]}', accept="text/csv")

    assert (read.value.status, written.value.status) == (415, 406)


def test_an_archive_without_a_model_does_not_load(tmp_path):
    """Nor does one whose file is no archive of arrays."""
    with pytest.raises(ModelLoadError):
        BlazingTextModel(tmp_path, {})
    (tmp_path / "model.npz").write_bytes(b"not a model")
    with pytest.raises(ModelLoadError):
        BlazingTextModel(tmp_path, {})


def test_words_get_their_vectors(tmp_path):
    """Zeros for a word that training never saw."""
    WordVectors(["cat", "dog"], np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)).save(tmp_path)
    answer = ask(BlazingTextModel(tmp_path, {}), '{"instances": ["dog", "owl"]}')

    assert json.loads(answer.body) == [
        {"vector": [3.0, 4.0], "word": "dog"},
        {"vector": [0.0, 0.0], "word": "owl"},
    ]
