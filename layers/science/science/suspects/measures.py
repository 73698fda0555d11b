"""Dates, times, durations, ranges and numbers, written in another way than the column's others."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from science.dates import MONTHS, PATTERNS
from science.suspects.evidence import ByValue
from science.suspects.recast import recast
from science.suspects.shapes import NUMBER
from science.values import FORMATTED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from science.suspects.columns import Coded, Table
    from science.suspects.evidence import Evidence

MEASURED = 0.9
USUAL = 0.55
MOST_SHARE = 0.35
MOST_FORMS = 5
LONGEST = 40
EXAMPLES = 200

_MONTH = "|".join(MONTHS)
_DATES = re.compile(
    "|".join(
        f"(?:{re.sub(r'[?]P<[a-z]>', '', PATTERNS[name])})"
        for name in ("ymd", "mdy", "dmy", "d month y", "month d y", "ym", "clock")
    )
)
_SPREADSHEET = re.compile(rf"\d+[-/ ](?:{_MONTH})|(?:{_MONTH})[-/ ]\d+")
"""What a spreadsheet makes of ``8-73``."""

_DURATION = re.compile(r"(?:\d+ ?[a-z]{1,8}[.,]?\s*){1,3}")
_RANGE = re.compile(r"\d+(?:\.\d+)?\s*[-–/]\s*\d+(?:\.\d+)?")
_DIGIT = re.compile(r"\d")
_CLOSING = re.compile(r"\s*\([^()]*\)$")


def find(table: Table) -> Iterator[Evidence]:
    """Suspect measures that are written as few others of their column."""
    for at, column in enumerate(table.columns):
        evidence = _others(column).evidence("written", at)
        if evidence:
            yield evidence


def kind(text: str) -> str:
    """What a text measures: number, quantity, date, range; nothing for other texts."""
    low = _CLOSING.sub("", text.strip().lower())
    if not low or len(low) > LONGEST or not _DIGIT.search(low):
        return ""
    if _DATES.fullmatch(low) or _SPREADSHEET.fullmatch(low):
        return "date"
    if _RANGE.fullmatch(low):
        return "range"
    return "quantity" if FORMATTED.fullmatch(low) or _DURATION.fullmatch(low) else ""


def _others(column: Coded) -> ByValue:
    found = ByValue(column)
    if not column.mostly(kind):
        return found
    shapes = column.short_shapes
    kinds = [
        "number" if each == NUMBER else kind(text) for each, text in zip(shapes, column.values)
    ]
    forms: Counter[str] = Counter()
    of_form: dict[str, str] = {}
    for each, what, count, missing in zip(
        shapes, kinds, column.counts.tolist(), column.missing.tolist()
    ):
        if what and not missing:
            forms[each] += count
            of_form.setdefault(each, what)
    measured = sum(forms.values())
    if len(forms) < 2 or measured < MEASURED * max(column.present, 1):
        return found
    usual, most = forms.most_common(1)[0]
    many = [each for each, count in forms.items() if count >= 0.01 * measured]
    if most < USUAL * measured or len(many) > MOST_FORMS:
        return found
    alike = [value for value, each in zip(column.values, shapes) if each == usual]
    dated = [value for value, what in zip(column.values, kinds) if what == "date"]
    made = recast(usual, alike[:EXAMPLES], dated)
    for code, each in enumerate(shapes):
        share = forms[each] / measured
        if not kinds[code] or each == usual or column.missing[code] or share > MOST_SHARE:
            continue
        if of_form[usual] == "range" and kinds[code] == "number":
            continue
        reason = f"written as {each!r}, where {most / measured:.0%} of the column are {usual!r}"
        suggestion = None if kinds[code] == "quantity" else made(column.values[code])
        found.suspect(code, 0.65, reason, suggestion)
    return found
