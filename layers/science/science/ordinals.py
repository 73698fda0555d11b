"""Texts that have an order: sizes, grades, months, ranges of numbers."""

from __future__ import annotations

import re

SCALES: tuple[tuple[str, ...], ...] = (
    ("very low", "low", "medium", "high", "very high"),
    ("very low", "low", "moderate", "high", "very high"),
    ("low", "mid", "high"),
    ("low", "normal", "high"),
    ("low", "average", "high"),
    ("xxs", "xs", "s", "m", "l", "xl", "xxl", "xxxl"),
    ("tiny", "small", "medium", "large", "huge"),
    ("very small", "small", "medium", "large", "very large"),
    ("very poor", "poor", "fair", "average", "good", "very good", "excellent"),
    ("fair", "good", "very good", "premium", "ideal"),
    ("very bad", "bad", "average", "good", "very good"),
    ("never", "rarely", "sometimes", "often", "usually", "always"),
    ("strongly disagree", "disagree", "neutral", "agree", "strongly agree"),
    ("very dissatisfied", "dissatisfied", "neutral", "satisfied", "very satisfied"),
    ("none", "mild", "moderate", "severe"),
    ("primary", "secondary", "tertiary"),
    ("elementary", "primary", "secondary", "high school", "bachelor", "master", "phd"),
    ("high school", "associate", "bachelor", "master", "doctorate"),
    ("basic", "standard", "premium"),
    ("bronze", "silver", "gold", "platinum", "diamond"),
    ("junior", "mid", "senior"),
    ("third", "second", "first"),
    ("minor", "major", "critical"),
    ("low", "medium", "high", "critical"),
    ("young", "middle", "old"),
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    (
        *("january", "february", "march", "april", "may", "june"),
        *("july", "august", "september", "october", "november", "december"),
    ),
    ("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
    ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    ("q1", "q2", "q3", "q4"),
    ("i", "ii", "iii", "iv", "v", "vi"),
)
"""Orders that words have, lowest first."""

RANGE = re.compile(
    r"(?P<below><=?|under|below|less than|up to)?\s*\$?(?P<low>\d[\d,]*\.?\d*)\s*[a-z%$]{0,8}\s*"
    r"(?:(?:-|–|to|\.\.)\s*\$?\d[\d,]*\.?\d*\s*[a-z%$]{0,8}|\+|or more|and (?:over|above)|plus)?"
    r"|(?P<above>>=?|over|above|more than)\s*\$?(?P<high>\d[\d,]*\.?\d*)\s*[a-z%$]{0,8}"
)
"""``18-25``, ``<18``, ``65+``, ``over 100 k``."""


def order_of(levels: list[str]) -> list[str]:
    """The levels (lower case) from lowest to highest, or an empty list when they have no order."""
    if len(levels) < 3:
        return []
    for scale in SCALES:
        if set(levels) <= set(scale):
            return [level for level in scale if level in levels]
    return _ranges(levels)


def _ranges(levels: list[str]) -> list[str]:
    ranked = []
    spans = 0
    for level in levels:
        found = RANGE.fullmatch(level.strip())
        if not found:
            return []
        start = found.group("low") or found.group("high")
        spans += level.strip() != start
        side = -1 if found.group("below") else 1 if found.group("above") else 0
        ranked.append((float(start.replace(",", "")), side, level))
    numbers_with_units = len({re.sub(r"[\d.,\s]", "", level) for level in levels}) <= 1
    mixed = any(
        re.search(r"\d\s*(-|–|to|\.\.)\s*\$?\d|[+<>]|over|under|more|less", x) for x in levels
    )
    if not spans or (numbers_with_units and not mixed) or not mixed:
        return []
    return [level for _, _, level in sorted(ranked)]
