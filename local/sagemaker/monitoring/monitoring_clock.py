"""When a monitoring schedule runs, and which time it looks at.

API ScheduleConfig: `cron(0 * ? * * *)` every hour, `cron(0 H ? * * *)` every day,
`cron(0 H/n ? * * *)` every n hours, or `NOW`. The hour's length is a parameter throughout, so that
a schedule can be watched without waiting for it: the hours of a shorter day are counted from the
epoch, 24 a day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

NOW = "NOW"
HOUR, DAY_HOURS = 3600.0, 24
_CRON = re.compile(r"^cron\(0 (\*|\d{1,2})(?:/(\d{1,2}))? \? \* \* \*\)$")
_DURATION = re.compile(r"^(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$")


@dataclass(frozen=True)
class Rhythm:
    """When a schedule runs.

    Attributes:
        first: The hour of the day of its first run, 0 to 23.
        every: Hours from one run to the next, 1 to 24.
    """

    first: int
    every: int

    def next_after(self, when: float, hour: float = HOUR) -> float:
        """The first run after a time; both in seconds since the epoch.

        Args:
            when: The time.
            hour: The hour's length in seconds.
        """
        at = int(when // hour) + 1
        while not self._runs(at % DAY_HOURS):
            at += 1
        return at * hour

    def _runs(self, hour_of_day: int) -> bool:
        return hour_of_day >= self.first and (hour_of_day - self.first) % self.every == 0


def read_expression(text: str) -> Rhythm | None:
    """The rhythm of a ScheduleExpression; None for `NOW`.

    Raises:
        ValueError: When it is none of the expressions that Model Monitor takes.
    """
    if text == NOW:
        return None
    match = _CRON.match(text)
    if match is None:
        raise ValueError(
            f"ScheduleExpression {text} is not supported: cron(0 * ? * * *), cron(0 H ? * * *), "
            "cron(0 H/n ? * * *) and NOW are"
        )
    first, step = match.groups()
    every = int(step) if step else 1 if first == "*" else DAY_HOURS
    start = 0 if first == "*" else int(first)
    if start >= DAY_HOURS or not 1 <= every <= DAY_HOURS:
        raise ValueError(f"ScheduleExpression {text} has no such hour")
    return Rhythm(start, every)


def read_duration(text: str, hour: float = HOUR) -> float:
    """An ISO 8601 duration (`-PT1H`, `-P1D`) in seconds.

    Args:
        text: The duration.
        hour: The hour's length in seconds; everything else is in proportion to it.

    Raises:
        ValueError: When it is none.
    """
    match = _DURATION.match(text)
    if match is None or not any(match.groups()[1:]):
        raise ValueError(f"{text} is not a duration such as -PT1H or -P1D")
    sign, days, hours, minutes, seconds = match.groups()
    whole = int(days or 0) * 24 + int(hours or 0) + int(minutes or 0) / 60
    value = (whole + int(seconds or 0) / 3600) * hour
    return -value if sign else value


def iso(when: float) -> str:
    """A time as the analyzer's environment has it, `2026-02-03T10:00:00Z`."""
    text = datetime.fromtimestamp(when, UTC).isoformat(timespec="milliseconds")
    return text.replace(".000", "").replace("+00:00", "Z")


def hour_folders(start: float, end: float) -> list[str]:
    """`yyyy/mm/dd/hh` of every hour that a time touches; at least one."""
    first, last = int(start // HOUR), max(int(start // HOUR), int(-(-end // HOUR)) - 1)
    return [hour_folder(at * HOUR) for at in range(first, last + 1)]


def hour_folder(when: float) -> str:
    """`yyyy/mm/dd/hh` of a time, UTC."""
    return datetime.fromtimestamp(when, UTC).strftime("%Y/%m/%d/%H")
