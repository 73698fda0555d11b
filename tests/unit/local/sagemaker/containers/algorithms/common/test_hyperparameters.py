"""Hyperparameters, checked against their rules."""

import pytest

from local.sagemaker.containers.algorithms.common.errors import UserError
from local.sagemaker.containers.algorithms.common.hyperparameters import (
    AUTO,
    Rule,
    boolean,
    choice,
    positive,
    read,
    some_of,
    whole,
)

RULES = {
    "k": whole(required=True, high=1024),
    "rate": positive(AUTO, words=(AUTO,)),
    "share": Rule(float, 0.5, low=0, high=1, below=True),
    "kind": choice("sign", "sign", "fjlt"),
    "bias": boolean(default=True),
    "metrics": some_of("msd", "ssd", default=("msd",)),
}


def test_what_is_not_given_has_its_default():
    """All names are there, typed."""
    assert read(RULES, {"k": "3"}) == {
        "k": 3,
        "rate": AUTO,
        "share": 0.5,
        "kind": "sign",
        "bias": True,
        "metrics": ["msd"],
    }


@pytest.mark.parametrize("text", ['["ssd", "msd"]', "ssd,msd", '"ssd", "msd"'])
def test_a_list_may_be_json_or_have_commas(text):
    """As the SDK and as people write it."""
    assert read(RULES, {"k": "1", "metrics": text})["metrics"] == ["ssd", "msd"]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("k", "0", r"k: value 0 is not in \[1, 1024\]"),
        ("k", "2000", r"\[1, 1024\]"),
        ("k", "2.5", "'2.5' is not a whole number"),
        ("rate", "0", r"rate: value 0 is not in \(0, inf\) or auto"),
        ("rate", "nan", r"rate: value nan is not in \(0, inf\)"),
        ("rate", "fast", "'fast' is not a number or auto"),
        ("share", "1", r"\[0, 1\)"),
        ("kind", "other", "other is not one of sign, fjlt"),
        ("bias", "maybe", "maybe is not one of true, false"),
        ("metrics", '["mad"]', "msd, ssd"),
        ("metrics", "[", "metrics"),
        ("unheard", "1", "Extraneous hyperparameter found: unheard"),
    ],
)
def test_what_is_out_of_range_is_told_with_the_range(name, text, told):
    """The name, the value, and what it may be."""
    with pytest.raises(UserError, match=told):
        read(RULES, {"k": "1", name: text})


def test_what_is_required_is_missed_by_name():
    """Nothing stands in for it."""
    with pytest.raises(UserError, match="Missing required hyperparameter: k"):
        read(RULES, {})
