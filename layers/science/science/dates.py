"""Dates and times of day: which spellings a column uses, and each cell as seconds.

Standard library and NumPy alone, since the endpoint imports it. The patterns keep to what both
Python's ``re`` and DuckDB's RE2 know, because ``science.sql_values`` renders the very same ones.
"""

from __future__ import annotations

import math
import re
from datetime import date
from typing import Any

import numpy as np

from science.values import mapped, number_of, text_of

SECONDS_A_DAY = 86_400
UNIX_EPOCH = date(1970, 1, 1).toordinal()

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

CLOCK = r"(?P<h>\d{1,2}):(?P<i>\d{2})(?::(?P<s>\d{2})(?:[.,]\d+)?)?(?: ?(?P<p>[ap])\.?m\.?)?"
_TIME = rf"(?:(?:t|,? +){CLOCK} ?(?P<z>z|utc|gmt|[+-]\d{{2}}:?(?:\d{{2}})?)?)?"
_WEEKDAY = r"(?:[a-z]{3,9},? +)?"
_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?"
_NAMED = r"(?P<m>[a-z]{3,9})"
_YEAR = r"(?P<y>\d{4}|\d{2})"

PATTERNS = {
    "ymd": rf"(?P<y>\d{{4}})[-/.](?P<m>\d{{1,2}})[-/.](?P<d>\d{{1,2}}){_TIME}",
    "mdy": rf"(?P<m>\d{{1,2}})[-/.](?P<d>\d{{1,2}})[-/.]{_YEAR}{_TIME}",
    "dmy": rf"(?P<d>\d{{1,2}})[-/.](?P<m>\d{{1,2}})[-/.]{_YEAR}{_TIME}",
    "d month y": rf"{_WEEKDAY}{_DAY}[-/ .]+{_NAMED}[-/ ,.]+{_YEAR}{_TIME}",
    "month d y": rf"{_WEEKDAY}{_NAMED}\.? +{_DAY},? +{_YEAR}{_TIME}",
    "ym": r"(?P<y>\d{4})[-/](?P<m>\d{1,2})",
    "compact": r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})"
    r"(?:t(?P<h>\d{2})(?P<i>\d{2})(?P<s>\d{2})?(?P<z>z)?)?",
    "clock": CLOCK,
}
"""Spellings a column may use, as patterns over the lower-case cell."""

FIELDS = ("y", "m", "d", "h", "i", "s", "p", "z")
_COMPILED = {name: re.compile(pattern) for name, pattern in PATTERNS.items()}


def seconds_of(value: Any, formats: list[str]) -> float:
    """A cell as seconds since 1970-01-01 UTC (of the day, for clock times); NaN when it is none.

    Args:
        value: text; or a number, which counts as seconds already.
        formats: names from ``PATTERNS``, in the order to try, or ``epoch_s``, ``epoch_ms``.
    """
    if formats and formats[0].startswith("epoch"):
        return number_of(value) / (1000.0 if formats[0] == "epoch_ms" else 1.0)
    if isinstance(value, (int, float)) and "compact" not in formats:
        return number_of(value)
    text = text_of(value)
    if text is None:
        return math.nan
    text = text.lower()
    for name in formats:
        found = _COMPILED[name].fullmatch(text) if text.isascii() else None
        if found:
            seconds = _seconds(found.groupdict(), clock=name == "clock")
            if not math.isnan(seconds):
                return seconds
    return math.nan


def _seconds(parts: dict[str, str | None], *, clock: bool) -> float:
    hour, minute, second = (int(parts.get(name) or 0) for name in "his")
    if parts.get("p"):
        if not 1 <= hour <= 12:
            return math.nan
        hour = hour % 12 + (12 if parts["p"] == "p" else 0)
    if hour > 23 or minute > 59 or second > 59:
        return math.nan
    of_day = hour * 3600 + minute * 60 + second
    if clock:
        return float(of_day)
    days = _days(parts["y"] or "", parts["m"] or "", parts.get("d") or "1")
    return days * SECONDS_A_DAY + of_day - _offset(parts.get("z") or "")


def _days(year: str, month: str, day: str) -> float:
    number = MONTHS.index(month[:3]) + 1 if month[:3] in MONTHS else 0
    if month.isdigit():
        number = int(month)
    whole_year = int(year)
    if len(year) == 2:  # POSIX: 69 to 99 are 1969 to 1999
        whole_year += 1900 if whole_year >= 69 else 2000
    try:
        return float(date(whole_year, number, int(day)).toordinal() - UNIX_EPOCH)
    except ValueError:
        return math.nan


def _offset(zone: str) -> float:
    if zone[:1] not in {"+", "-"}:
        return 0.0
    digits = zone[1:].replace(":", "")
    size = int(digits[:2]) * 3600 + int(digits[2:] or 0) * 60
    return float(-size if zone[0] == "-" else size)


def seconds(cells: Any, formats: list[str]) -> Any:
    """A column as seconds since 1970 (float64, NaN where there is no date); floats stay."""
    cells = np.asarray(cells)
    if cells.dtype.kind in "fiu":
        return cells.astype(np.float64)
    return mapped(cells, lambda cell: seconds_of(cell, formats))


def formats_of(texts: list[str], *, least: float = 0.95) -> list[str]:
    """The spellings that read at least the share ``least`` of the cells; empty if there are none.

    ``01/02/2024`` is read month first unless some cell can only be day first, or full stops
    separate its parts, as is the custom where the day comes first.
    """
    if not texts:
        return []
    preferred = [name for name in PATTERNS if name not in {"mdy", "dmy"}]
    dotted = sum("." in text.split(" ")[0] for text in texts) * 2 > len(texts)
    preferred[1:1] = ["dmy", "mdy"] if dotted else ["mdy", "dmy"]
    left, chosen = list(texts), list[str]()
    while left and len(chosen) < 3:
        misses = {
            name: [t for t in left if math.isnan(seconds_of(t, [name]))] for name in preferred
        }
        best = min(preferred, key=lambda name: len(misses[name]))
        if len(misses[best]) == len(left):
            break
        chosen.append(best)
        left = misses[best]
        if len(left) <= (1 - least) * len(texts):
            return chosen
    return chosen if len(left) <= (1 - least) * len(texts) else []


def parts(seconds: Any) -> dict[str, Any]:
    """Parts of dates as float64 arrays: year, month, day, weekday (Monday is 0), hour and more.

    Args:
        seconds: float64 seconds since 1970-01-01 UTC, NaN where there is none.
    """
    known = np.isfinite(seconds) & (np.abs(seconds) < 1e11)
    whole = np.where(known, seconds, 0.0)
    days = np.floor(whole / SECONDS_A_DAY)
    dates = days.astype("int64").astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    years = dates.astype("datetime64[Y]")
    of_day = whole - days * SECONDS_A_DAY
    found = {
        "days": whole / SECONDS_A_DAY,
        "year": years.astype("int64") + 1970,
        "month": (months - years.astype("datetime64[M]")).astype("int64") + 1,
        "day": (dates - months.astype("datetime64[D]")).astype("int64") + 1,
        "weekday": (days.astype("int64") + 3) % 7,
        "day_of_year": (dates - years.astype("datetime64[D]")).astype("int64") + 1,
        "hour": np.floor(of_day / 3600),
        "minute_of_day": np.floor(of_day / 60),
    }
    return {name: np.where(known, part, np.nan).astype(np.float64) for name, part in found.items()}
