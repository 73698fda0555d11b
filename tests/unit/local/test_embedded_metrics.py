"""Metrics found in a log."""

import json

import pytest

from local.embedded_metrics import Metric, read_metrics


def line(**changes):
    directive = {
        "Namespace": "Baton",
        "Dimensions": [["leg"], ["leg", "problem"]],
        "Metrics": [{"Name": "Rows", "Unit": "Count"}],
    }
    document = {
        "_aws": {"Timestamp": 5000, "CloudWatchMetrics": [directive]},
        "leg": "ingest",
        "problem": "churn",
        "Rows": [3, 4],
    }
    return json.dumps({**document, **changes})


def test_each_set_of_dimensions_gets_the_metric():
    """One line with two sets of dimensions makes two metrics."""
    found = list(read_metrics(f"some text\n{line()}\nmore", now=9.0))

    one = Metric("Baton", "Rows", {"leg": "ingest"}, "Count", 5.0, [3.0, 4.0])
    other = Metric("Baton", "Rows", {"leg": "ingest", "problem": "churn"}, "Count", 5.0, [3.0, 4.0])
    assert found == [one, other]


def test_without_dimensions_and_time_the_metric_stands_alone_and_now():
    """Unit, dimensions and time have defaults."""
    metadata = {"CloudWatchMetrics": [{"Namespace": "N", "Metrics": [{"Name": "Rows"}]}]}

    found = list(read_metrics(line(_aws=metadata, Rows=2), now=9.0))

    assert found == [Metric("N", "Rows", {}, "None", 9.0, [2.0])]


@pytest.mark.parametrize(
    "text",
    [
        "",
        '{"_aws": 1}',
        '{"_aws": {"CloudWatchMetrics": [{}]}}',
        '{"_aws": broken',
        line(Rows="many"),
        line(_aws={"CloudWatchMetrics": [{"Namespace": "N", "Metrics": [{"Name": "Absent"}]}]}),
    ],
)
def test_malformed_lines_are_text_and_no_more(text):
    """A function can log anything without harm."""
    assert list(read_metrics(text, now=0.0)) == []
