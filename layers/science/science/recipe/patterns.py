r"""Regular expressions that RE2, Java and Python read alike.

Allowed are literals, classes, groups, alternatives, the dot, the anchors and the greedy or lazy
quantifiers; ``\d``, ``\w`` and ``\s`` mean ASCII digits, letters and blanks. Lookaround, back
references, named groups, flags, ``\b``, ``\p`` and possessive quantifiers are refused, for each
of them is missing from, or means another thing in, one of the three.
"""

from __future__ import annotations

import re

CLASSES = {"d": "0-9", "w": "A-Za-z0-9_", "s": " \\t\\n\\r\\f"}
NEGATED = {"D": "0-9", "W": "A-Za-z0-9_", "S": " \\t\\n\\r\\f"}
CONTROLS = frozenset("tnrf")
PUNCTUATION = frozenset(r"\.[]{}()*+?^$|-&~")
PLAIN = frozenset("/#%!@,:;=<>'\"_` ")
"""Signs that mean themselves, with a backslash before them or without."""
QUANTIFIERS = frozenset("*+?}")
MOST_REPEATS = 1000
"""RE2's own limit of a counted repetition."""


def faults_of(pattern: str) -> list[str]:
    """Why a pattern is not read alike everywhere; empty if it is."""
    try:
        compiled = re.compile(portable(pattern, end=r"\Z"))
    except (ValueError, re.error, OverflowError, RecursionError) as error:
        return [str(error)]
    return ["it matches the empty text"] if compiled.match("") else []


def portable(pattern: str, end: str) -> str:
    r"""The pattern with its classes spelled out and its anchors made exact.

    Args:
        pattern: as a person writes it.
        end: how the dialect writes "end of the text": ``\z``, or ``\Z`` in Python.

    Raises:
        ValueError: something in it is not read alike everywhere.
    """
    made, at, inside = [], 0, False
    while at < len(pattern):
        taken, text, inside = _next(pattern, at, inside=inside, end=end)
        made.append(text)
        at += taken
    if inside:
        raise ValueError("a class is not closed")
    return "".join(made)


def _next(pattern: str, at: int, *, inside: bool, end: str) -> tuple[int, str, bool]:
    """How much the next thing takes up, how it is written, and whether it leaves us in a class."""
    sign = pattern[at]
    if sign == "\\":
        return 2, _escaped(pattern[at + 1 : at + 2], inside=inside), inside
    if inside:
        return _in_class(pattern, at)
    if sign == "[":
        negated = pattern[at + 1 : at + 2] == "^"
        if pattern[at + 1 + negated : at + 2 + negated] in {"]", ""}:
            raise ValueError("a class needs a character")
        return 1 + negated, "[^" if negated else "[", True
    if sign == "(" and pattern[at + 1 : at + 2] in {"?", "*"}:
        return _group(pattern, at)
    if sign in QUANTIFIERS and pattern[at + 1 : at + 2] == "+":
        raise ValueError("possessive quantifiers are not read everywhere")
    if sign == "{":
        return _counted(pattern, at)
    return 1, {"$": end, "^": r"\A", ".": r"[^\n]"}.get(sign, sign), False


def _group(pattern: str, at: int) -> tuple[int, str, bool]:
    if pattern[at + 1 : at + 3] != "?:":
        raise ValueError(f"{pattern[at : at + 3]!r} is not read alike everywhere")
    return 3, "(?:", False


def _in_class(pattern: str, at: int) -> tuple[int, str, bool]:
    sign = pattern[at]
    if sign == "[" or pattern[at : at + 2] in {"&&", "--", "||", "~~"}:
        raise ValueError(f"{sign!r} inside a class must be written with a backslash")
    return 1, sign, sign != "]"


def _escaped(letter: str, *, inside: bool) -> str:
    if letter in CLASSES:
        return CLASSES[letter] if inside else f"[{CLASSES[letter]}]"
    if letter in NEGATED and not inside:
        return f"[^{NEGATED[letter]}]"
    if letter and letter in PLAIN:
        return letter
    if letter in CONTROLS or (letter and letter in PUNCTUATION):
        return f"\\{letter}"
    raise ValueError(f"\\{letter} is not read alike everywhere")


def _counted(pattern: str, at: int) -> tuple[int, str, bool]:
    found = re.compile(r"\{(\d{1,4})(?:,(\d{0,4}))?\}").match(pattern, at)
    if not found or any(int(each or 0) > MOST_REPEATS for each in found.groups()):
        raise ValueError(f"a counted repetition is {{n}} or {{n,m}}, at most {MOST_REPEATS}")
    if pattern[found.end() : found.end() + 1] == "+":
        raise ValueError("possessive quantifiers are not read everywhere")
    return len(found.group()), found.group(), False
