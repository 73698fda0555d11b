"""Texts whose shape is rare in a column of few shapes, blanks at their ends, broken characters."""

from __future__ import annotations

import html
import re
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from science.suspects.columns import GLANCE
from science.suspects.evidence import ByValue
from science.suspects.shapes import MIXED, NUMBER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from science.suspects.columns import Coded, Table
    from science.suspects.evidence import Evidence

MOST_RARE = 0.08
"""So much of a column may have rare shapes; with more, shapes say nothing of it."""

RARE = 0.02
MINOR = 0.2
MOST_FORMS = 3
FAR = 2.5
OFTEN = 5
"""A text that so many rows have is a level of its own, whatever its form."""
USUAL = 0.75
FEWEST_ROWS = 20

WORDS = "a"
"""The shape of words alone; names of things may well have a digit in them."""

_BROKEN = re.compile("[\ufffd\u0000-\u0008\u000b\u000c\u000e-\u001f\u0080-\u009f]|Ã.|â€.|Â[^\\w ]")
_ENTITY = re.compile(r"&(?:[a-z]{2,8}|#\d{1,5});", re.IGNORECASE)


def find(table: Table) -> Iterator[Evidence]:
    """Suspect texts that are not formed as the column's others."""
    for at, column in enumerate(table.columns):
        looks = (
            ("shape", _rare(column, column.short_shapes)),
            ("words", _rare_words(column)),
            ("length", _lengths(column)),
            ("blanks", _blanks(column)),
            ("characters", _characters(column)),
        )
        for detector, found in looks:
            evidence = found.evidence(detector, at)
            if evidence:
                yield evidence


def _rare(column: Coded, shapes: list[str], *, and_minor: bool = True) -> ByValue:
    found = ByValue(column)
    shares = column.share_by(shapes)
    present = max(column.present, 1)
    if len(shares) < 2 or present < FEWEST_ROWS:
        return found
    rare = {each for each, count in shares.items() if count <= max(1, RARE * present)}
    mass = sum(shares[each] for each in rare) / present
    usual, most = shares.most_common(1)[0]
    structured = mass <= MOST_RARE and usual != MIXED
    minor = and_minor and most >= USUAL * present and len(shares) - len(rare) <= 4 and structured
    for code, each in enumerate(shapes):
        if column.missing[code]:
            continue
        share = shares[each] / present
        reason = f"its form {each!r} is that of {share:.1%} of the column; {usual!r} is usual"
        if each in rare and structured:
            strength = 0.4 if usual == WORDS else 0.85 - 4 * mass
            often = column.counts[code] >= OFTEN and usual != NUMBER
            found.suspect(code, strength * (0.5 if often else 1.0), reason)
        elif minor and each != usual and share <= MINOR:
            found.suspect(code, 0.3, reason)
    return found


def _rare_words(column: Coded) -> ByValue:
    """A rare number of words or digits, where nearly all texts are of two or three forms."""
    shares = column.share_by(column.word_shapes)
    common = sum(count for _, count in shares.most_common(MOST_FORMS))
    if common < 0.97 * column.present or len(shares) < 2:
        return ByValue(column)
    return _rare(column, column.word_shapes, and_minor=False)


def _lengths(column: Coded) -> ByValue:
    """Codes of digits that are all of one length, such as zip codes and phone numbers."""
    found = ByValue(column)
    lengths = Counter(map(len, column.values[:GLANCE]))
    if not lengths or lengths.most_common(1)[0][1] < 0.5 * sum(lengths.values()):
        return found
    shares = column.share_by(column.shapes)
    if not shares or column.present < FEWEST_ROWS:
        return found
    usual, count = shares.most_common(1)[0]
    if count < 0.97 * column.present or len(usual) < 4 or "9" not in usual:
        return found
    near = _range_of(column, usual)
    for code, each in enumerate(column.shapes):
        if each == usual or column.missing[code]:
            continue
        number = column.numbers[code]
        if near and near[0] < number < near[1]:
            continue
        found.suspect(code, 0.8, f"not of the form {usual!r}, as {count:,} others are")
    return found


def _range_of(column: Coded, usual: str) -> tuple[float, float] | None:
    """What numbers may be that are measures, not codes, though most have one length."""
    if usual.strip("9"):
        return (-np.inf, np.inf) if column.is_numeric else None
    numbers = column.numbers[[each == usual for each in column.shapes]]
    return float(numbers.min()) / FAR, float(numbers.max()) * FAR


def _blanks(column: Coded) -> ByValue:
    found = ByValue(column)
    padded = [
        code for code, value in enumerate(column.values) if value != value.strip() and value.strip()
    ]
    share = column.counts[padded].sum() / max(column.present, 1) if padded else 0
    for code in padded:
        strength = 0.9 if share < 0.5 else 0.6
        value = column.values[code]
        found.suspect(code, strength, "blanks before or after the text", value.strip())
    return found


def _characters(column: Coded) -> ByValue:
    found = ByValue(column)
    for code, value in enumerate(column.values):
        if _BROKEN.search(value):
            found.suspect(code, 0.7, "characters broken by a wrong encoding", _mended(value))
        elif _ENTITY.search(value) and html.unescape(value) != value:
            found.suspect(code, 0.6, "characters escaped for HTML", html.unescape(value))
    return found


def _mended(text: str) -> str | None:
    """UTF-8 that was read as Windows-1252, read rightly."""
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return None
