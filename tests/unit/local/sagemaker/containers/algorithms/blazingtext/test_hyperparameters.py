"""Each mode has its own hyperparameters."""

import pytest

from local.sagemaker.containers.algorithms.blazingtext.hyperparameters import typed
from local.sagemaker.containers.algorithms.xgboost.errors import UserError


def test_defaults_are_those_of_the_documentation():
    """Of mode supervised."""
    assert typed({"mode": "supervised"}) == {
        "mode": "supervised",
        "epochs": 5,
        "learning_rate": 0.05,
        "min_count": 5,
        "vector_dim": 100,
        "buckets": 2_000_000,
        "early_stopping": False,
        "min_epochs": 5,
        "patience": 4,
        "word_ngrams": 2,
    }


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "Missing required hyperparameter: mode"),
        ({"mode": "glove"}, "mode: value glove not in"),
        (
            {"mode": "supervised", "window_size": "5"},
            "Extraneous hyperparameter found: window_size",
        ),
        ({"mode": "skipgram", "word_ngrams": "2"}, "Extraneous hyperparameter found: word_ngrams"),
        ({"mode": "skipgram", "subwords": "True"}, r"subwords \(subwords\)"),
        ({"mode": "cbow", "evaluation": "True"}, r"WordSimilarity-353.*\(evaluation\)"),
    ],
)
def test_what_has_no_effect_is_refused_by_name(given, told):
    """Other modes' hyperparameters, and what is not done here."""
    with pytest.raises(UserError, match=told):
        typed(given)
