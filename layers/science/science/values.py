"""How a cell of text becomes a value: the one place that says what counts as missing or a number.

Everything here needs the standard library and NumPy alone, since the endpoint imports it. The same
rules in SQL stand in ``science.sql_values``; a property test holds the two together.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

BLANKS = " \t\n\r\x0b\x0c\u00a0\ufeff"
"""What is trimmed off both ends of a cell: ASCII blanks, the no-break space and a stray BOM."""

MISSING = frozenset(
    {"", "na", "n/a", "n.a.", "#n/a", "nan", "null", "<na>", "<null>", "?", "-", "--", "\\n"}
)
"""Spellings (lower case) of a missing cell, whatever the column holds."""

LONGEST_MISSING = max(len(spelling) for spelling in MISSING)

SOFT_MISSING = frozenset(
    {"none", "nil", "unknown", "missing", "undefined", "not available", "not applicable", "."}
    | {"tbd", "unspecified", "n.d.", "#value!", "#ref!", "#div/0!", "inf", "-inf"}
)
"""Missing in a column of numbers or dates; in a category they are a level like any other."""

TRUE_WORDS = frozenset({"true", "t", "yes", "y", "on", "ja", "oui", "si", "sí", "sim", "1", "1.0"})
FALSE_WORDS = frozenset({"false", "f", "no", "n", "off", "nein", "non", "não", "nao", "0", "0.0"})

LARGEST_NUMBER = 1.7e308

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_WHOLE_AS_FLOAT = re.compile(r"([+-]?\d+)\.0+")

CURRENCY = "$€£¥₹₽₩₺₪฿¢"
ASCII_BLANKS = " \\t\\n\\r\\f"
"""Inside a class of a pattern: what RE2 takes for blanks; Java and Python take one more."""

NARROW_SPACES = "\u00a0\u202f"
"""No-break spaces, which group digits in many languages."""

FORMATTED = re.compile(
    rf"(\()?([+\-−])?[{ASCII_BLANKS}]*(?:[{CURRENCY}]|usd|eur|gbp|chf|jpy|us\$|r\$|kr\.?)?[{ASCII_BLANKS}]*([+\-−])?"
    rf"(\d[\d.,'’_{ASCII_BLANKS}{NARROW_SPACES}]*|[.,]\d+)"
    rf"[{ASCII_BLANKS}]*([{CURRENCY}]|[a-z%°][a-z0-9/%°²³µ]{{0,11}}\.?)?(\))?",
    re.IGNORECASE | re.ASCII,
)
"""A number as people write it: sign, currency, grouped digits, unit or percent, or in brackets."""

MULTIPLIERS = {"k": 1e3, "m": 1e6, "mio": 1e6, "b": 1e9, "bn": 1e9}
"""Suffixes that scale, taken so only beside a currency sign."""

_GROUPED_BY_COMMA = re.compile(r"\d{1,3}(,\d{3})+")
_GROUPED_BY_POINT = re.compile(r"\d{1,3}(\.\d{3})+")


def strip(cell: str) -> str:
    """The cell without blanks around it."""
    return cell.strip(BLANKS)


def text_of(value: Any) -> str | None:
    """A cell of any type as text, ``None`` when it is missing.

    Whole floats lose their ``.0`` and booleans are ``true`` and ``false``, so that a record sent as
    JSON and the same record in a CSV file give the same text.
    """
    if isinstance(value, str):
        text = value.strip(BLANKS)
        return None if len(text) <= LONGEST_MISSING and text.lower() in MISSING else text
    return _text_of_other(value)


def _text_of_other(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (float, np.floating)):
        number = float(value)
        if math.isnan(number):
            return None
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    return text_of(str(value))


def level_of(value: Any) -> str | None:
    """The name under which a category is known: lower case, whole numbers without ``.0``."""
    text = text_of(value)
    if text is None:
        return None
    key = text.lower()
    if key.endswith("0") and "." in key:
        whole = _WHOLE_AS_FLOAT.fullmatch(key)
        if whole:
            return whole.group(1)
    return key


def number_of(value: Any, decimal: str | None = None) -> float:
    """A cell as a finite number, NaN when it is missing or none.

    Args:
        value: text, a number, a boolean or ``None``.
        decimal: the decimal mark of the column (``.`` or ``,``) when its numbers carry currencies,
            units or grouped digits; ``None`` for a column of plain numbers.
    """
    if isinstance(value, str):
        text = value.strip(BLANKS)
        plain = _NUMBER.fullmatch(text) if text.isascii() else None
        if plain and (decimal != "," or "." not in text):
            return _finite(float(text))
        return formatted_number(text, decimal) if decimal else math.nan
    if value is None:
        return math.nan
    try:
        return _finite(float(value))
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _finite(number: float) -> float:
    return number if abs(number) <= LARGEST_NUMBER else math.nan


def formatted_number(text: str, decimal: str) -> float:
    """A number as people write it, ``$1,234.50`` or ``(12,5 %)``; NaN when it is none."""
    found = FORMATTED.fullmatch(text)
    if not found:
        return math.nan
    opening, sign, second_sign, digits, suffix, closing = found.groups()
    digits = re.sub(rf"['’_{ASCII_BLANKS}{NARROW_SPACES}]", "", digits)
    group = "," if decimal == "." else "."
    digits = digits.replace(group, "").replace(decimal, ".")
    if digits.count(".") > 1 or bool(opening) != bool(closing):
        return math.nan
    try:
        number = float(digits)
    except ValueError:
        return math.nan
    if suffix and any(mark in text for mark in CURRENCY):
        number *= MULTIPLIERS.get(suffix.lower(), 1.0)
    negative = (
        bool(opening) or "-" in (sign or second_sign or "") or "−" in (sign or second_sign or "")
    )
    return _finite(-number if negative else number)


def decimal_mark(texts: list[str]) -> str:
    """The decimal mark of a column: where both marks occur in a cell the later one tells.

    ``1.234.567`` and ``1,234`` alone are grouped digits; a mark that is never followed by exactly
    three digits is a decimal mark. Without any evidence it is the point.
    """
    comma = point = 0
    for text in texts:
        digits = re.sub(r"[^\d.,]", "", text)
        if "," in digits and "." in digits:
            comma, point = (
                (comma + 1, point) if digits.rfind(",") > digits.rfind(".") else (comma, point + 1)
            )
        elif ("," in digits and not _GROUPED_BY_COMMA.fullmatch(digits)) or (
            digits.count(".") > 1 and _GROUPED_BY_POINT.fullmatch(digits)
        ):
            comma += 1
    return "," if comma > point else "."


def suffix_of(text: str) -> str | None:
    """The unit behind a written number (lower case, no full stop), ``None`` if it is no number."""
    found = FORMATTED.fullmatch(text)
    return (found.group(5) or "").lower().rstrip(".") if found else None


def boolean_of(value: Any) -> float:
    """1.0 for yes, 0.0 for no in many spellings, NaN for all else."""
    key = level_of(value)
    if key in TRUE_WORDS:
        return 1.0
    return 0.0 if key in FALSE_WORDS else math.nan


def numbers(cells: Any, decimal: str | None = None) -> Any:
    """A column of cells as float64, NaN where there is no number; an array of floats stays."""
    cells = np.asarray(cells)
    if cells.dtype.kind in "fiub":
        values = cells.astype(np.float64)
        return np.where(np.isfinite(values), values, np.nan)
    plain = _plain_numbers(cells) if decimal != "," else None
    return mapped(cells, lambda cell: number_of(cell, decimal)) if plain is None else plain


def _plain_numbers(cells: Any) -> Any:
    """What ``number_of`` gives for each cell, all at once; None unless every cell is plain.

    Python reads more as a number than is one here: underscores, and blanks and digits of any
    script. Cells that hold such are left to ``number_of``.
    """
    texts = "".join(cell for cell in cells.tolist() if type(cell) is str)
    if not (texts.isascii() and texts.isprintable()) or "_" in texts:
        return None
    try:
        values = cells.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        return None
    return np.where(np.abs(values) <= LARGEST_NUMBER, values, np.nan)


def booleans(cells: Any) -> Any:
    """A column of cells as 1.0, 0.0 and NaN; an array of floats stays."""
    cells = np.asarray(cells)
    if cells.dtype.kind in "fiub":
        return np.where(np.isin(cells, (0, 1)), cells, np.nan).astype(np.float64)
    return mapped(cells, boolean_of)


def mapped(cells: Any, function: Callable[[Any], float]) -> Any:
    """``function`` of every cell as float64, asked once for each distinct text."""
    seen: dict[str, float] = {}
    result = np.empty(len(cells), dtype=np.float64)
    for index, cell in enumerate(cells.tolist()):
        if type(cell) is not str:
            result[index] = function(cell)
            continue
        value = seen.get(cell)
        if value is None:
            value = seen[cell] = function(cell)
        result[index] = value
    return result
