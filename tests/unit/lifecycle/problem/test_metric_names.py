"""The table of metrics, which control and science each keep."""

from __future__ import annotations

from typing import get_args

from lifecycle.problem import metric_names
from lifecycle.problem.definition import MetricName
from science import metric_names as in_science


def test_control_and_science_know_the_same_metrics() -> None:
    """Neither may import the other; this test is what holds them together."""
    ours = {
        name: (metric.tasks, metric.greater_is_better)
        for name, metric in metric_names.METRICS.items()
    }
    assert ours == in_science.METRICS
    assert metric_names.DEFAULTS == in_science.DEFAULTS


def test_what_may_be_written_is_what_the_table_has() -> None:
    """The definition's choices and the table are the same."""
    assert set(get_args(MetricName.__value__)) == set(metric_names.METRICS)


def test_every_task_is_judged_by_default_by_a_metric_of_its_own() -> None:
    """A default that does not fit its task would refuse every problem."""
    for task in metric_names.DEFAULTS:
        assert metric_names.default_metric(task) in metric_names.metrics_of(task)
