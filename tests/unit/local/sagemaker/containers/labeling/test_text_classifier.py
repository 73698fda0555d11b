"""How sure a model must be to label by itself."""

from __future__ import annotations

import tarfile

import numpy as np
import pytest

from local.sagemaker.containers.labeling.text_classifier import (
    INFERENCE,
    MODEL,
    learn,
    pack,
    predict,
    threshold,
)


def test_the_threshold_keeps_the_bar() -> None:
    """It is the lowest confidence from which on 95 % of the texts are right."""
    sure = np.linspace(1.0, 0.5, 40)
    right = np.array([True] * 30 + [False] * 10)
    limit = threshold(sure, right)
    assert limit is not None
    assert right[sure >= limit].mean() >= 0.95
    assert limit == pytest.approx(sure[30])


def test_texts_of_one_confidence_stay_together() -> None:
    """A threshold takes all texts of a confidence: of equals, half of them wrong, none."""
    assert threshold(np.ones(40), np.array([True] * 20 + [False] * 20)) is None


def test_few_texts_prove_nothing() -> None:
    """Nine texts that are right are too few to trust."""
    assert threshold(np.ones(9), np.ones(9, dtype=bool)) is None
    assert threshold(np.array([]), np.array([], dtype=bool)) is None


def test_a_model_learns_words() -> None:
    """A text takes the class of those that share its words."""
    model = learn(["good tea", "fine good cup", "bad tea", "bad old cup"], ["y", "y", "n", "n"])
    names, sure = predict(model, ["good", "bad"])
    assert list(names) == ["y", "n"]
    assert (sure > 0.5).all()


@pytest.mark.parametrize("classes", [("cat", "dog"), ("cat", "dog", "newt")])
def test_what_an_endpoint_serves_answers_as_the_model_that_learned(tmp_path, classes):
    """It is rebuilt of numbers and JSON; nothing in the archive is a pickle."""
    texts = [f"a {name} number {n} says {name[::-1]}" for n in range(12) for name in classes]
    model = learn(texts, [name for _ in range(12) for name in classes])
    pack(model, tmp_path / "model.tar.gz")
    with tarfile.open(tmp_path / "model.tar.gz") as archive:
        assert set(archive.getnames()) == {MODEL, "code/inference.py"}
        archive.extractall(tmp_path, filter="data")
    served: dict = {}
    exec(INFERENCE, served)  # what the archive's script is

    asked = ["a newt says", "the dog, number 7", "cat", ""]
    rows = served["predict_fn"](asked, served["model_fn"](str(tmp_path)))

    names, sure = predict(model, asked)
    assert [str(name) for name, _ in rows] == [str(name) for name in names]
    assert [share for _, share in rows] == pytest.approx(list(sure))
    body, kind = served["output_fn"](rows, "application/jsonlines")
    assert (len(body.splitlines()), kind) == (4, "application/jsonlines")
