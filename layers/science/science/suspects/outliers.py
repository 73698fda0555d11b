"""Numbers far from all others, and capitals where nearly nobody has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

import numpy as np

from science.suspects.evidence import ByValue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from science.suspects.columns import Coded, Table
    from science.suspects.evidence import Evidence

FEWEST_ROWS = 50
MOST_FAR = 3
TIMES_FARTHER = 10
"""An outlier is so many times farther from the median than the next number inside."""

ONE_CASE = 0.9
MOST_OTHER = 0.08
FEWEST_LETTERS = 5

CASES: dict[str, Callable[[str], str]] = {
    "small letters": str.lower,
    "capitals": str.upper,
    "words in capitals": str.title,
}


def find(table: Table) -> Iterator[Evidence]:
    """Suspect isolated numbers and texts in another case."""
    for at, column in enumerate(table.columns):
        for detector, found in (("outlier", _numbers(column)), ("case", _case(column))):
            evidence = found.evidence(detector, at)
            if evidence:
                yield evidence


def _numbers(column: Coded) -> ByValue:
    found = ByValue(column)
    known = np.flatnonzero(~np.isnan(column.numbers) & ~column.missing)
    if not column.is_numeric or column.present < FEWEST_ROWS or len(known) < MOST_FAR + 2:
        return found
    values = column.numbers[known]
    median = float(np.median(np.repeat(values, column.counts[known])))
    far = np.abs(values - median)
    order = np.argsort(-far, kind="stable")
    for last in range(MOST_FAR):
        inside = far[order[last + 1]]
        outside = known[order[: last + 1]]
        if inside > 0 and far[order[last]] >= TIMES_FARTHER * inside:
            if column.counts[outside].sum() > MOST_FAR:
                return found
            for code in outside.tolist():
                reason = f"{TIMES_FARTHER} times farther from the median {median:g} than all others"
                found.suspect(code, 0.6, reason)
    return found


def _case(column: Coded) -> ByValue:
    """Texts in one case where nearly all of the column are in another."""
    found = ByValue(column)
    cases = [case_of(value) for value in column.values]
    shares = column.share_by(cases)
    usual, most = max(shares.items(), key=lambda each: each[1], default=("", 0))
    if usual not in CASES or most < ONE_CASE * column.present or column.present < FEWEST_ROWS:
        return found
    for code, case in enumerate(cases):
        few = shares[case] <= MOST_OTHER * column.present
        if case in CASES and case != usual and few and not column.missing[code]:
            value = column.values[code]
            reason = f"in {case}, where {most / column.present:.0%} of the column are in {usual}"
            found.suspect(code, 0.6, reason, CASES[usual](value))
    return found


def case_of(text: str) -> str:
    """How a text uses capitals: one of ``CASES``, or nothing where it is mixed or short."""
    if sum(map(str.isalpha, text)) < FEWEST_LETTERS:
        return ""
    return next((case for case, make in CASES.items() if make(text) == text), "")
