"""What no database does to texts alike: Python's own functions, registered in both.

Unicode forms, case and accents follow the Unicode tables of Python in every engine, since DuckDB,
Java and Python each bring others. Normal forms of characters that are assigned never change
(Unicode Standard Annex 15, "Stability"), so one version of Python gives what another does.
"""

from __future__ import annotations

import math
import re
import unicodedata
from typing import TYPE_CHECKING, Optional

from science.texts import words_of
from science.values import number_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SEPARATOR = ","
TOKENS, NEAR = "tokens", "near"
_BLANKS = re.compile(r"\s+")


def normal_text(text: str, mode: str) -> Optional[str]:
    """A text in a normal form.

    Args:
        text: the cell.
        mode: ``tokens``; or ``near,<digits>``, for telling whether texts read alike; or five words
            with commas between: Unicode form, case, accents, spaces, punctuation, as
            ``science.recipe.cell_steps.NormaliseText`` has them.
    """
    if mode == TOKENS:
        return " ".join(words_of(text)) or None
    told = mode.split(SEPARATOR)
    if told[0] == NEAR:
        number = number_of(text)
        if math.isnan(number):
            return _normal(text, ("NFKC", "lower", "strip", "remove", "remove"))
        return f"{number + 0.0:.{told[1]}g}"
    return _normal(text, told)


def _normal(text: str, told: Sequence[str]) -> Optional[str]:
    form, case, accents, spaces, punctuation = told
    if form != "keep":
        text = unicodedata.normalize("NFC" if form == "NFC" else "NFKC", text)
    if accents == "strip":
        parts = unicodedata.normalize("NFD", text)
        text = "".join(each for each in parts if unicodedata.category(each) != "Mn")
        text = unicodedata.normalize("NFC", text)
    text = _CASES[case](text)
    if punctuation == "remove":
        text = "".join(each for each in text if unicodedata.category(each)[0] not in "PS")
    if spaces != "keep":
        text = _BLANKS.sub("" if spaces == "remove" else " ", text).strip()
    return text or None


_CASES: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "title": str.title,
    "keep": str,
}


def number_text(number: float) -> Optional[str]:
    """A number as ``science.values`` writes it: whole ones without a point, else the shortest."""
    return text_of(number)


def normal_text_or_none(text: Optional[str], mode: str) -> Optional[str]:
    """``normal_text`` for databases, which hand over missing cells as well."""
    return None if text is None else normal_text(text, mode)


def number_text_or_none(number: Optional[float]) -> Optional[str]:
    """``number_text`` for databases."""
    return None if number is None else number_text(number)
