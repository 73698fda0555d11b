"""Search expressions, operator by operator."""

import pytest

from local.sagemaker.api.errors import ValidationException
from local.sagemaker.api.search_expressions import check, matches, sort_key

JOB = {
    "TrainingJobName": "churn-7",
    "EnableManagedSpotTraining": True,
    "CreationTime": 1_770_000_000.0,  # 2026-02-02T02:40:00Z
    "HyperParameters": {"eta": "0.2", "SageMaker.kind": "plain"},
    "BillableTimeInSeconds": 40,
    "InputDataConfig": [
        {"ChannelName": "train", "ContentType": "text/csv"},
        {"ChannelName": "validation", "ContentType": "text/libsvm"},
    ],
    "Tags": [{"Key": "owner", "Value": "ada"}, {"Key": "cost.center", "Value": "12"}],
    "Metrics": [{"MetricName": "validation:auc", "Value": 0.9}],
    "Parameters": {"rate": {"NumberValue": 0.1}},
}


def where(name, operator=None, value=None):
    given = {"Name": name, "Operator": operator, "Value": value}
    return {"Filters": [{key: item for key, item in given.items() if item is not None}]}


@pytest.mark.parametrize(
    ("name", "operator", "value"),
    [
        ("TrainingJobName", "Equals", "churn-7"),
        ("TrainingJobName", "NotEquals", "churn-8"),
        ("TrainingJobName", "Contains", "URN"),
        ("TrainingJobName", "In", "a, churn-7"),
        ("TrainingJobName", None, "churn-7"),
        ("FailureReason", "NotExists", None),
        ("Tags.owner", "Equals", "ada"),
        ("Tags.cost.center", "Exists", None),
        ("HyperParameters.eta", "Equals", "0.2"),
        ("HyperParameters.SageMaker.kind", "Equals", "plain"),
        ("EnableManagedSpotTraining", "Equals", "true"),
        ("BillableTimeInSeconds", "GreaterThan", "39.5"),
        ("BillableTimeInSeconds", "LessThanOrEqualTo", "40"),
        ("CreationTime", "GreaterThan", "2026-02-01T00:00:00"),
        ("CreationTime", "LessThan", "2026-02-03T00:00:00Z"),
        ("Metrics.validation:auc", "GreaterThanOrEqualTo", "0.9"),
        ("Parameters.rate", "LessThan", "0.2"),
        ("InputDataConfig.ChannelName", "Equals", "validation"),
    ],
)
def test_a_filter_that_holds(name, operator, value):
    """Each operator, on text, numbers, times, booleans, tags, maps and lists; and its opposite."""
    assert matches(where(name, operator, value), JOB)
    opposite = {"Equals": "NotEquals", "Exists": "NotExists", "NotExists": "Exists"}
    if operator in opposite:
        assert not matches(where(name, opposite[operator], value), JOB)


def test_nested_filters_ask_all_of_one_item():
    """That some item has the name and another the type is not enough."""

    def nested(channel, content):
        filters = [
            {"Name": "InputDataConfig.ChannelName", "Operator": "Equals", "Value": channel},
            {"Name": "InputDataConfig.ContentType", "Operator": "Equals", "Value": content},
        ]
        return {"NestedFilters": [{"NestedPropertyName": "InputDataConfig", "Filters": filters}]}

    assert matches(nested("train", "text/csv"), JOB)
    assert not matches(nested("train", "text/libsvm"), JOB)


def test_or_and_and_can_be_nested():
    """An Or of two And expressions holds when either does."""
    wrong, right = where("TrainingJobName", "Equals", "x"), where("Tags.owner", "Equals", "ada")

    assert matches({"SubExpressions": [wrong, right], "Operator": "Or"}, JOB)
    assert not matches({"SubExpressions": [wrong, right]}, JOB)


def test_texts_cannot_be_greater():
    """AWS does not support it for text properties."""
    with pytest.raises(ValidationException, match="not supported for the text"):
        matches(where("TrainingJobName", "GreaterThan", "a"), JOB)


@pytest.mark.parametrize("expression", [{}, {"SubExpressions": [{}]}, where("Nonsense", "Exists")])
def test_what_makes_no_sense_is_refused(expression):
    """Empty expressions, and properties that the resource does not have."""
    with pytest.raises(ValidationException):
        check(expression, set(JOB))


def test_documents_without_the_property_are_sorted_first():
    """And numbers by their value, not their digits."""
    documents = [{"a": 10}, {"a": 9}, {}, {"a": "text"}]

    assert sorted(documents, key=lambda item: sort_key(item, "a")) == [
        {},
        {"a": 9},
        {"a": 10},
        {"a": "text"},
    ]
