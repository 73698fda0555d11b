"""When a monitoring schedule runs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from local.sagemaker.monitoring.monitoring_clock import (
    Rhythm,
    hour_folders,
    iso,
    read_duration,
    read_expression,
)


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("expression", "rhythm"),
    [
        ("cron(0 * ? * * *)", Rhythm(0, 1)),
        ("cron(0 5 ? * * *)", Rhythm(5, 24)),
        ("cron(0 17/6 ? * * *)", Rhythm(17, 6)),
        ("NOW", None),
    ],
)
def test_expressions_are_read(expression: str, rhythm: Rhythm | None) -> None:
    """Hourly, daily, every few hours, and at once."""
    assert read_expression(expression) == rhythm


@pytest.mark.parametrize("expression", ["cron(5 * ? * * *)", "rate(1 hour)", "cron(0 25 ? * * *)"])
def test_other_expressions_are_refused(expression: str) -> None:
    """What Model Monitor does not take is named."""
    with pytest.raises(ValueError, match="ScheduleExpression"):
        read_expression(expression)


def test_the_next_hour_is_after_now() -> None:
    """A run at ten is followed by one at eleven, and a daily one by that of the next day."""
    ten = at("2026-02-03T10:00:00")
    assert Rhythm(0, 1).next_after(ten) == at("2026-02-03T11:00:00")
    assert Rhythm(10, 24).next_after(ten) == at("2026-02-04T10:00:00")
    assert Rhythm(1, 4).next_after(at("2026-02-03T22:30:00")) == at("2026-02-04T01:00:00")


def test_a_short_hour_has_short_days() -> None:
    """With an hour of two seconds a day has 48 of them, counted from the epoch."""
    assert Rhythm(0, 1).next_after(100.5, 2.0) == 102
    assert Rhythm(3, 24).next_after(100.5, 2.0) == 102
    assert Rhythm(2, 24).next_after(100.5, 2.0) == 148


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("-PT1H", -3600), ("PT0H", 0), ("-P1D", -86_400), ("-P1DT30M", -88_200), ("PT30S", 30)],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    """ISO durations, before or after."""
    assert read_duration(text) == seconds


@pytest.mark.parametrize("text", ["1H", "P", "PT", "-P1Y"])
def test_other_durations_are_refused(text: str) -> None:
    """What is no duration is named."""
    with pytest.raises(ValueError, match="duration"):
        read_duration(text)


def test_folders_are_the_hours_touched() -> None:
    """Half past nine to half past ten lies in two folders; nine to ten in one."""
    half = at("2026-02-03T09:30:00")
    assert hour_folders(half, half + 3600) == ["2026/02/03/09", "2026/02/03/10"]
    nine = at("2026-02-03T09:00:00")
    assert hour_folders(nine, nine + 3600) == ["2026/02/03/09"]
    assert iso(nine) == "2026-02-03T09:00:00Z"
