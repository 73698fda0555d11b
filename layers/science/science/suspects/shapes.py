"""The shape of a text: which kinds of characters it has, in which order."""

from __future__ import annotations

import re

NUMBER = "#"
"""The shape of a plain number, whatever its size."""

MIXED = "…"
"""The shape of a text so long that its shape says nothing."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_DIGIT = re.compile(r"\d")
_LETTER = re.compile(r"[^\W\d_]")
_DIGITS = re.compile(r"\d+")
_LETTERS = re.compile(r"[^\W\d_]+")
_WORDS = re.compile(r"a(?:[ '\-&.,]+a)+")


def shape(text: str) -> str:
    """Digits as 9, letters as a, each of them: ``10-AB`` is ``99-aa``."""
    return _LETTER.sub("a", _DIGIT.sub("9", text))


def short_shape(text: str) -> str:
    """Plain numbers alike, runs of digits or letters as one, several words as one.

    ``7:10 a.m.`` is ``9:9 a.``, ``St. Paul`` and ``Bend`` are both ``a``.
    """
    if _NUMBER.fullmatch(text):
        return NUMBER
    runs = _LETTERS.sub("a", _DIGITS.sub("9", text))
    return _WORDS.sub("a", runs)


def word_shape(text: str) -> str:
    """As ``short_shape``, but each word for itself: ``37 patients each`` is ``9 a a``."""
    if _NUMBER.fullmatch(text):
        return NUMBER
    return _LETTERS.sub("a", _DIGITS.sub("9", text))


def plain_number(text: str) -> float:
    """The value of a text that is a plain number, else NaN."""
    return float(text) if _NUMBER.fullmatch(text) else float("nan")
