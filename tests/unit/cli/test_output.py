"""Times are told in words that fit their size."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cli.errors import CliError
from cli.output import ago, duration, parse_time

NOW = datetime(2026, 2, 3, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.314, "0.31 s"), (12.4, "12 s"), (60, "1 min"), (200, "3 min 20 s"), (7500, "2 h 5 min"),
     (400_000, "4 days")],
)  # fmt: skip
def test_durations_get_coarser_as_they_grow(seconds: float, text: str) -> None:
    """Hundredths matter within seconds, and nobody counts seconds after a day."""
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ("2026-02-03T11:59:58.200Z", "2 s ago"),
        ("2026-02-03T11:57:33Z", "2 min ago"),
        ("2026-02-03T12:00:05Z", "0 s ago"),
        ("2026-02-03T13:00:00+02:00", "1 h 0 min ago"),
        ("", ""),
    ],
)
def test_how_long_ago_a_moment_was_is_told_in_whole_steps(moment: str, text: str) -> None:
    """A clock that runs ahead never makes a time negative."""
    assert ago(moment, NOW) == text


def test_a_time_without_an_offset_is_utc() -> None:
    """What people type is taken as UTC; nonsense is told."""
    assert parse_time("2026-02-03T12:00:00") == NOW
    with pytest.raises(CliError, match="is no time"):
        parse_time("noon")
