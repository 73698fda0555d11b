"""Numbers with something around them: units, percent signs, currencies, digits of noise."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from science.suspects.evidence import ByValue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from science.suspects.columns import Coded, Table
    from science.suspects.evidence import Evidence

MOST_AFFIXES = 12
FEWEST_QUANTITIES = 0.8
SAME_AFFIX = 0.9
PLAIN_IS_USUAL = 0.5
NOISE_DIGITS = 15
"""Significant digits that only binary arithmetic leaves behind."""

_QUANTITY = re.compile(
    r"([^\d+-]*)([+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[+-]?\d+(?:\.\d+)?|[+-]?\.\d+)([^\d]*)"
)


class Quantity(NamedTuple):
    """A number as text without grouping commas, and what stands before and after it.

    A comma that groups digits counts as standing before the number.
    """

    before: str
    number: str
    after: str


def find(table: Table) -> Iterator[Evidence]:
    """Suspect quantities that are not written as the column's others."""
    for at, column in enumerate(table.columns):
        parts = [parse(value) for value in column.values] if column.mostly(parse) else []
        for detector, found in (("unit", _affixes(column, parts)), ("noise", _noise(column))):
            evidence = found.evidence(detector, at)
            if evidence:
                yield evidence


def parse(text: str) -> Quantity | None:
    """The number in a text and what is around it; None if there is not exactly one."""
    matched = _QUANTITY.fullmatch(text)
    if not matched:
        return None
    grouped = "," if "," in matched[2] else ""
    return Quantity(matched[1] + grouped, matched[2].replace(",", ""), matched[3])


def _fitting(part: Quantity, plain: Any) -> str:
    """The number alone; of percents their hundredth where only that is like the plain numbers."""
    value = float(part.number)
    if part.after.strip() == "%" and len(plain):
        low, high = np.quantile(plain, [0.01, 0.99])
        if not low <= value <= high and low <= value / 100 <= high:
            return plainly(repr(float(f"{value / 100:.12g}")))
    return plainly(part.number)


def plainly(number: str) -> str:
    """A number without digits that say nothing: ``12.0`` is ``12``, binary noise is rounded."""
    value = float(number)
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(float(f"{value:.12g}")) if significant(number) >= NOISE_DIGITS else number


def significant(number: str) -> int:
    """How many significant digits are written."""
    return len(re.sub(r"[eE].*", "", number).replace(".", "").strip("+-").lstrip("0"))


def _affixes(column: Coded, parts: list[Quantity | None]) -> ByValue:
    found = ByValue(column)
    shares: Counter[tuple[str, str]] = Counter()
    for part, count, missing in zip(parts, column.counts.tolist(), column.missing.tolist()):
        if part and not missing:
            shares[part.before, part.after] += count
    quantities = sum(shares.values())
    if len(shares) < 2 or len(shares) > max(MOST_AFFIXES, 0.02 * quantities):
        return found
    if quantities < FEWEST_QUANTITIES * max(column.present, 1):
        return found
    usual = _usual_affix(shares, quantities)
    plain = column.numbers[~np.isnan(column.numbers)]
    for code, part in enumerate(parts):
        if part is None or column.missing[code] or (part.before, part.after) == usual:
            continue
        number = _fitting(part, plain)
        if usual in {None, ("", "")}:
            said = (part.before + part.after).strip()
            reason = f"a number with {said!r} in its text"
            found.suspect(code, 0.9, reason, number)
        else:
            before, after = usual or ("", "")
            reason = f"a number without the column's usual {(before + after).strip()!r}"
            found.suspect(code, 0.8, reason, f"{before}{number}{after}")
    return found


def _usual_affix(shares: Counter[tuple[str, str]], quantities: int) -> tuple[str, str] | None:
    """What is around most numbers; None where the spellings differ and none is usual."""
    affix, count = shares.most_common(1)[0]
    if shares["", ""] >= PLAIN_IS_USUAL * quantities:
        return ("", "")
    return affix if count >= SAME_AFFIX * quantities else None


def _noise(column: Coded) -> ByValue:
    found = ByValue(column)
    long = [
        code
        for code, value in enumerate(column.values)
        if column.numbers[code] == column.numbers[code] and significant(value) >= NOISE_DIGITS
    ]
    if not long or column.counts[long].sum() > 0.2 * column.present:
        return found
    for code in long:
        value = column.values[code]
        short = plainly(value)
        if "." in value and significant(short) < NOISE_DIGITS - 4:
            found.suspect(code, 0.7, "digits that only computing leaves behind", short)
    return found
