"""The model card JSON schema."""

import json

import pytest

from local.sagemaker.api.errors import ValidationException
from local.sagemaker.registry.model_card_schema import (
    CARD,
    METRICS,
    PACKAGE_CARD,
    faults,
    read_content,
)


def metric(kind, value, **more):
    return {"name": "m", "type": kind, "value": value, **more}


@pytest.mark.parametrize(
    "value",
    [
        metric("number", 0.5),
        metric("string", "good", notes="n"),
        metric("boolean", value=True),
        metric("linear_graph", [[0, 1.5], [1, 2]], x_axis_name="fpr", y_axis_name="tpr"),
        metric("bar_chart", [1, 2], x_axis_name=["a", "b"], y_axis_name="count"),
        metric("matrix", [[1, 2], [3, 4]], x_axis_name=["a", "b"], y_axis_name=["a", "b"]),
    ],
)
def test_every_kind_of_metric_is_accepted(value):
    """Each with axes of its form."""
    assert list(faults(value, METRICS, "$")) == []


@pytest.mark.parametrize(
    "value",
    [
        metric("linear_graph", [[0, 1, 2]]),
        metric("bar_chart", []),
        metric("bar_chart", [1], x_axis_name="not a list"),
        metric("matrix", [[]]),
        metric("pie", 1),
        {"name": "m", "type": "number"},
        {"name": "", "type": "number", "value": 1},
    ],
)
def test_metrics_of_no_form_are_refused(value):
    """Wrong lengths, axes, types; no value, no name."""
    assert len(list(faults(value, METRICS, "$"))) == 1


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ({"model_overview": {"model_description": "x" * 1025}}, "longer than 1024"),
        ({"model_overview": {"model_version": True}}, "must be of type number"),
        ({"evaluation_details": {}}, "must be of type array"),
        ({"additional_information": {"custom_details": {"a": 1}}}, "custom_details.a: must be"),
        ({"model_overview": {"model_artifact": ["s3://a"] * 16}}, "has 16 items"),
    ],
)
def test_what_does_not_follow_the_schema_is_named(content, fault):
    """By path."""
    with pytest.raises(ValidationException, match=fault):
        read_content(json.dumps(content), CARD)


def test_a_packages_card_has_fewer_members():
    """No model_id; the same sections otherwise."""
    read_content('{"model_overview": {"model_creator": "me"}}', PACKAGE_CARD)
    with pytest.raises(ValidationException, match="is not defined"):
        read_content('{"model_overview": {"model_id": "x"}}', PACKAGE_CARD)


@pytest.mark.parametrize("text", ["", "[]", "nonsense"])
def test_content_must_be_a_json_object(text):
    """Text, and lists, are no cards."""
    with pytest.raises(ValidationException, match=r"\$: must be of type object|not JSON"):
        read_content(text)
