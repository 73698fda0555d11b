"""Patterns match as EventBridge's do."""

import json
from pathlib import Path

import pytest

from events.wiring import functions, rules
from faults.mutations.wires import listeners, matches

SAMPLES = Path(__file__).parents[4] / "events"
BY_PATTERN = ("aws.s3", "aws.sagemaker", "aws.glue", "aws.dms")
SENT = [
    path
    for path in sorted((SAMPLES / "aws").glob("*.json"))
    if json.loads(path.read_text("utf-8")).get("source") in BY_PATTERN
]


@pytest.mark.parametrize(
    ("pattern", "event", "expected"),
    [
        ({"a": ["x"]}, {"a": "x"}, True),
        ({"a": ["x", "y"]}, {"a": "y"}, True),
        ({"a": ["x"]}, {"a": "y"}, False),
        ({"a": ["x"]}, {}, False),
        ({"a": ["x"]}, {"a": ["z", "x"]}, True),
        ({"a": {"b": ["x"]}}, {"a": {"b": "x"}}, True),
        ({"a": {"b": ["x"]}}, {"a": "b"}, False),
        ({"a": [{"exists": False}]}, {}, True),
        ({"a": [{"exists": False}]}, {"a": 1}, False),
        ({"a": {"b": [{"exists": False}]}}, {"a": {"c": 1}}, True),
        ({"a": [{"prefix": "ab"}]}, {"a": "abc"}, True),
        ({"a": [{"prefix": "b"}]}, {"a": "abc"}, False),
        ({"a": [{"wildcard": "*/data/*"}]}, {"a": "churn/data/a b [1].csv"}, True),
        ({"a": [{"wildcard": "*/data/*"}]}, {"a": "churn/score/a.csv"}, False),
        ({"a": [{"wildcard": "*.y?ml"}]}, {"a": "x.yaml"}, False),
    ],
)
def test_an_event_matches_by_what_a_pattern_asks_for(pattern, event, expected):
    assert matches(pattern, event) is expected


def test_an_operator_that_is_not_known_is_refused():
    with pytest.raises(NotImplementedError, match="numeric"):
        matches({"a": [{"numeric": [">", 1]}]}, {"a": 2})


UNHEARD = {"model-package-described", "training-job-of-a-tuning-job"}
"""What nobody acts on: another edit of a package, and a training that its tuning job tells of."""


@pytest.mark.parametrize("sample", SENT, ids=lambda path: path.stem)
def test_samples_of_aws_reach_a_function_by_the_real_rules(sample):
    heard = listeners(rules(), json.loads(sample.read_text("utf-8")))

    assert bool(heard) is (sample.stem not in UNHEARD)
    assert set(heard) <= set(functions())
