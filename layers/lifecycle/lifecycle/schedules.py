"""When a written schedule fires: ``rate()``, ``at()`` and ``cron()`` of EventBridge Scheduler.

Times are UTC. Facts: EventBridge Scheduler User Guide, "Schedule types" (six fields of cron; L, W
and # in the days; days of the week from 1, Sunday; one of the two days is ``?``).
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from lifecycle.clock import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

ACCEPTED = ("rate(1 day)", "cron(0 4 * * ? *)", "at(2026-12-24T04:00:00)")
RATE = re.compile(r"rate\(\s*([1-9]\d{0,5})\s+(minute|hour|day)s?\s*\)")
AT = re.compile(r"at\(\s*(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\s*\)")
CRON = re.compile(r"cron\(\s*(\S+(?:\s+\S+){5})\s*\)")
UNITS = {"minute": 60, "hour": 3600, "day": 86400}
MONTHS = {
    name: n
    for n, name in enumerate(
        ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"), 1
    )
}
WEEKDAYS = {name: n for n, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
FARTHEST_DAYS = 1500
"""So far back is looked for a time that was missed: over a leap year."""


class NoScheduleError(ValueError):
    """A text that is no schedule; the message says why."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """One that can be asked whether it fired.

    Attributes:
        fired: whether it fired after a moment and not later than another.
    """

    fired: Callable[[datetime, datetime], bool]


def read_schedule(text: str) -> Schedule:
    """The schedule that a text describes.

    Raises:
        NoScheduleError: it describes none.
    """
    written = text.strip()
    if match := RATE.fullmatch(written):
        every = timedelta(seconds=int(match[1]) * UNITS[match[2]])
        return Schedule(lambda since, now: now - since >= every)
    if match := AT.fullmatch(written):
        try:
            moment = datetime.fromisoformat(match[1]).replace(tzinfo=UTC)
        except ValueError as error:
            raise NoScheduleError(f"{match[1]} is no time") from error
        return Schedule(lambda since, now: since < moment <= now)
    if match := CRON.fullmatch(written):
        return Schedule(_Cron(match[1].split()).fired)
    raise NoScheduleError(f"{text!r} is no schedule")


def is_due(text: str, since: str, now: str) -> bool:
    """Whether a schedule fired after one ISO 8601 time and not later than another."""
    return read_schedule(text).fired(parse_time(since), parse_time(now))


class _Cron:
    """Six fields: minutes, hours, days of the month, months, days of the week, years."""

    def __init__(self, fields: list[str]) -> None:
        minutes, hours, self._days, months, self._weekdays, years = fields
        if (self._days == "?") == (self._weekdays == "?"):
            raise NoScheduleError("one of the day of the month and the day of the week must be ?")
        self._minutes = _numbers(minutes, 0, 59)
        self._hours = _numbers(hours, 0, 23)
        self._months = _numbers(months, 1, 12, MONTHS)
        self._years = _numbers(years, 1970, 2199)
        if self._weekdays == "?":
            self._on_days = _days_of_month(self._days)
        else:
            self._on_days = _days_of_week(self._weekdays)

    def fired(self, since: datetime, now: datetime) -> bool:
        """Whether a time of it lies after one moment and not later than another."""
        now = now.astimezone(UTC).replace(second=0, microsecond=0)
        day = now.date()
        for _ in range(min((now.date() - since.astimezone(UTC).date()).days, FARTHEST_DAYS) + 1):
            if day.year in self._years and day.month in self._months and self._on_days(day):
                for moment in self._moments(day):
                    if moment <= now:
                        return moment > since
            day -= timedelta(days=1)
        return False

    def _moments(self, day: date) -> Iterator[datetime]:
        """The times of one day, the last first."""
        for hour in sorted(self._hours, reverse=True):
            for minute in sorted(self._minutes, reverse=True):
                yield datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def _numbers(
    field: str, low: int, high: int, names: dict[str, int] | None = None
) -> frozenset[int]:
    """The numbers that a field means: lists, ranges and steps of them."""
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        begin = low if first == "*" else _number(first, low, high, names)
        to_the_end = first == "*" or step
        end = _number(last, low, high, names) if last else high if to_the_end else begin
        every = _number(step, 1, high) if step else 1
        if begin > end:
            raise NoScheduleError(f"{part} in cron runs backwards")
        found.update(range(begin, end + 1, every))
    return frozenset(found)


def _number(text: str, low: int, high: int, names: dict[str, int] | None = None) -> int:
    value = (names or {}).get(text.upper())
    if value is None and text.isascii() and text.isdigit():
        value = int(text)
    if value is None or not low <= value <= high:
        raise NoScheduleError(f"{text!r} in cron is none of {low} to {high}")
    return value


def _last(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _days_of_month(field: str) -> Callable[[date], bool]:
    """Whether a day is one of those that the third field means."""
    if field == "L":
        return lambda day: day.day == _last(day)
    if field == "LW" or re.fullmatch(r"\d{1,2}W", field):
        wanted = 31 if field == "LW" else _number(field[:-1], 1, 31)
        return lambda day: day.day == _nearest_weekday(day, min(wanted, _last(day)))
    days = _numbers(field, 1, 31)
    return lambda day: day.day in days


def _nearest_weekday(day: date, wanted: int) -> int:
    """The working day that is nearest to a day of the month, within that month."""
    weekday = day.replace(day=wanted).weekday()
    if weekday == 5:
        return wanted - 1 if wanted > 1 else wanted + 2
    if weekday == 6:
        return wanted + 1 if wanted < _last(day) else wanted - 2
    return wanted


def _days_of_week(field: str) -> Callable[[date], bool]:
    """Whether a day is one of those that the fifth field means."""
    if match := re.fullmatch(r"(\w{1,3})#([1-5])", field):
        only, nth = _number(match[1], 1, 7, WEEKDAYS), int(match[2])
        return lambda day: _weekday(day) == only and (day.day - 1) // 7 + 1 == nth
    if field == "L":
        return lambda day: _weekday(day) == 7
    if match := re.fullmatch(r"(\w{1,3})L", field):
        only = _number(match[1], 1, 7, WEEKDAYS)
        return lambda day: _weekday(day) == only and day.day > _last(day) - 7
    days = _numbers(field, 1, 7, WEEKDAYS)
    return lambda day: _weekday(day) in days


def _weekday(day: date) -> int:
    """Sunday is 1."""
    return day.isoweekday() % 7 + 1
