"""How sure a model must be to label by itself."""

from __future__ import annotations

import numpy as np
import pytest

from local.sagemaker.containers.labeling.text_classifier import learn, predict, threshold


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
