"""Whether an alarm is in alarm."""

import pytest

from local.alarms import judge, statistic

NOW = 1_000.0


def alarm(**changes):
    return {
        "Statistic": "Sum",
        "Period": 10,
        "EvaluationPeriods": 3,
        "Threshold": 5,
        "ComparisonOperator": "GreaterThanThreshold",
        "StateValue": "OK",
        **changes,
    }


def points(*values):
    """One point a period, the newest first; None for none."""
    return [
        {"Timestamp": NOW - 10 * age - 1, "Value": value}
        for age, value in enumerate(values)
        if value is not None
    ]


@pytest.mark.parametrize(
    ("values", "changes", "state"),
    [
        ((9, 9, 9), {}, "ALARM"),
        ((9, 9, 1), {}, "OK"),
        ((9, 1, 9), {"DatapointsToAlarm": 2}, "ALARM"),
        ((9, 1, 1, 9, 9), {"DatapointsToAlarm": 2}, "OK"),
        ((5, 5, 5), {}, "OK"),
        ((5, 5, 5), {"ComparisonOperator": "GreaterThanOrEqualToThreshold"}, "ALARM"),
        ((1, 1, 1), {"ComparisonOperator": "LessThanThreshold"}, "ALARM"),
        ((5, 5, 6), {"ComparisonOperator": "LessThanOrEqualToThreshold"}, "OK"),
        ((), {}, "INSUFFICIENT_DATA"),
        ((), {"TreatMissingData": "notBreaching"}, "OK"),
        ((), {"TreatMissingData": "breaching"}, "ALARM"),
        ((), {"TreatMissingData": "ignore", "StateValue": "ALARM"}, "ALARM"),
        ((9, None, None), {"TreatMissingData": "notBreaching", "DatapointsToAlarm": 1}, "ALARM"),
        ((9, None, None), {"TreatMissingData": "breaching"}, "ALARM"),
        ((9, None, None), {"TreatMissingData": "notBreaching"}, "OK"),
    ],
)
def test_an_alarm_follows_its_last_periods(values, changes, state):
    """M of N periods breach, and missing ones count as the alarm says."""
    assert judge(alarm(**changes), points(*values), NOW).state == state


def test_points_of_one_period_are_judged_together():
    """Three small values make a large sum."""
    three = [{"Timestamp": NOW - 1, "Value": 2}] * 3

    assert judge(alarm(EvaluationPeriods=1), three, NOW).state == "ALARM"
    assert judge(alarm(EvaluationPeriods=1, Statistic="Maximum"), three, NOW).state == "OK"


def test_the_reason_names_values_and_threshold():
    """It is what the notification says."""
    reason = judge(alarm(EvaluationPeriods=1), points(9), NOW).reason

    assert "[9.0]" in reason
    assert "GreaterThanThreshold (5)" in reason


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SampleCount", 4.0),
        ("Sum", 16.0),
        ("Average", 4.0),
        ("Minimum", 1.0),
        ("Maximum", 10.0),
        ("p50", 2.0),
        ("p99", 10.0),
    ],
)
def test_statistics_count_each_value_as_often_as_it_was_seen(name, value):
    """Values may come with counts."""
    seen = [
        {"Value": 10},
        {"Value": 1},
        {"Value": 2.5 - 0.5, "Count": 1.0},
        {"Value": 3},
    ]

    assert statistic(name, seen) == value


def test_counts_weigh():
    """Nine calm answers and one slow one."""
    seen = [{"Value": 1, "Count": 9.0}, {"Value": 11, "Count": 1.0}]

    assert statistic("Average", seen) == 2.0
    assert statistic("p90", seen) == 1.0
