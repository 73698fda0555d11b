"""When a written schedule fires."""

from __future__ import annotations

import pytest

from lifecycle.schedules import NoScheduleError, is_due, read_schedule

NOON = "2026-02-03T12:00:00Z"  # a Tuesday


@pytest.mark.parametrize(
    ("schedule", "since", "due"),
    [
        ("rate(1 minute)", "2026-02-03T11:59:00Z", True),
        ("rate(2 minutes)", "2026-02-03T11:59:00Z", False),
        ("rate(1 day)", "2026-02-02T12:00:00Z", True),
        ("rate(1 day)", "2026-02-02T12:00:01Z", False),
        ("at(2026-02-03T11:00:00)", "2026-02-03T10:00:00Z", True),
        ("at(2026-02-03T11:00:00)", "2026-02-03T11:00:00Z", False),
        ("at(2026-02-03T13:00:00)", "2026-02-03T10:00:00Z", False),
        ("cron(0 12 * * ? *)", "2026-02-03T11:59:59Z", True),
        ("cron(0 12 * * ? *)", NOON, False),
        ("cron(1 12 * * ? *)", "2026-02-02T12:01:00Z", False),
        ("cron(0/15 8-17 ? * MON-FRI *)", "2026-02-03T11:50:00Z", True),
        ("cron(0/15 8-17 ? * SAT,SUN *)", "2026-02-02T00:00:00Z", False),
        ("cron(0 0 1 * ? *)", "2026-01-31T23:00:00Z", True),
        ("cron(0 0 L * ? *)", "2026-01-31T00:00:00Z", False),
        ("cron(0 0 L * ? *)", "2026-01-30T00:00:00Z", True),
        ("cron(0 0 1W * ? *)", "2026-02-01T12:00:00Z", True),
        ("cron(0 0 ? * 3#1 *)", "2026-02-02T00:00:00Z", True),
        ("cron(0 0 ? * 3#2 *)", "2026-02-02T00:00:00Z", False),
        ("cron(0 0 ? JAN 6L *)", "2026-01-29T00:00:00Z", True),
        ("cron(0 0 ? JAN 6L *)", "2026-01-30T00:00:00Z", False),
        ("cron(0 0 29 2 ? *)", "2024-02-28T00:00:00Z", True),
        ("cron(0 0 1 1 ? 2025)", "2025-06-01T00:00:00Z", False),
    ],
)
def test_it_is_due_when_it_fired_since(schedule: str, since: str, *, due: bool) -> None:
    assert is_due(schedule, since, NOON) is due


@pytest.mark.parametrize(
    "schedule",
    [
        "",
        "daily",
        "rate(0 days)",
        "rate(1 week)",
        "at(tomorrow)",
        "at(2026-02-30T00:00:00)",
        "cron(* * * * *)",
        "cron(0 0 1 * 1 *)",
        "cron(0 0 ? * ? *)",
        "cron(60 0 ? * 1 *)",
        "cron(0 5-3 ? * 1 *)",
        "cron(0 0 ? * FOO *)",
        "cron(0 0 40W * ? *)",
        "cron(0 0 ? * 2#6 *)",
    ],
)
def test_what_is_no_schedule_is_refused(schedule: str) -> None:
    with pytest.raises(NoScheduleError):
        read_schedule(schedule)


def test_a_schedule_that_was_missed_for_long_fires_once() -> None:
    """What is due is due, however often it was missed."""
    assert is_due("cron(0 4 * * ? *)", "2025-01-01T00:00:00Z", NOON)
