"""Texts that hold the value of another column beside their own, such as a city with its state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from science.suspects.evidence import Evidence, Hint

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from science.suspects.columns import Coded, Table

MOST_PARTS = 2_000
"""A column with more different values is not looked for inside others."""

FEWEST = 3
MOST_WORDS = 3
MOST_SHARE = 0.35
MOST_BESIDE = 0.1
"""If more rows hold the other column's value although it stands there too, it belongs to both."""

FEWEST_GAPS, TIMES = 0.2, 5
"""Of the gaps beside, so many must be explained, and so many times as often as there is none."""

BLANKS = " ,;-/("


def find(table: Table) -> Iterator[Evidence]:
    """Suspect texts that end in a value of another column which is missing in their row."""
    parts = {at: _parts(column) for at, column in enumerate(table.columns)}
    for at, column in enumerate(table.columns):
        if column.is_numeric or column.present == 0:
            continue
        tails = _tails(column)
        for other, known in parts.items():
            ending = {code for tail in tails.keys() & known.keys() for code in tails[tail]}
            if other != at and ending:
                yield from _pair(table, at, other, known, ending)


def _parts(column: Coded) -> dict[str, int]:
    if len(column.values) > MOST_PARTS or column.is_numeric:
        return {}
    return {
        value: code
        for code, (value, count) in enumerate(zip(column.values, column.counts.tolist()))
        if count >= FEWEST and not column.missing[code] and len(value) > 1
    }


def _tails(column: Coded) -> dict[str, list[int]]:
    """What the column's texts end in, their last one to three words, with the texts that do."""
    tails: dict[str, list[int]] = {}
    for code, value in enumerate(column.values):
        words = value.split()
        for count in range(1, min(MOST_WORDS, len(words) - 1) + 1):
            tails.setdefault(" ".join(words[-count:]).strip("()"), []).append(code)
    return tails


def _pair(
    table: Table, at: int, other: int, known: dict[str, int], ending: set[int]
) -> Iterator[Evidence]:
    column, beside = table.columns[at], table.columns[other]
    rests: dict[int, tuple[str, int]] = {}
    for code in sorted(ending):
        split = _split(column.values[code], known)
        if split:
            rests[code] = split
    if not rests:
        return
    held = np.full(len(column.values), -1, dtype=np.int32)
    held[list(rests)] = [part for _, part in rests.values()]
    held_by_row = held[column.codes]
    holds, gaps = held_by_row >= 0, beside.empty[beside.codes]
    besides = (holds & ~gaps).sum() / max((~gaps).sum(), 1)
    gap = gaps & holds
    if besides > MOST_BESIDE or gap.sum() < max(FEWEST_GAPS, TIMES * besides) * gaps.sum():
        gap = np.zeros(table.rows, dtype=bool)
    same = (held_by_row == beside.codes) & (held_by_row >= 0)
    known_rest = np.zeros(len(column.values), dtype=bool)
    for code, (rest, _) in rests.items():
        known_rest[code] = rest in column.code_of
    rest_known = known_rest[column.codes] if besides <= MOST_BESIDE else False
    strong = gap | (same & rest_known)
    if not 0 < strong.sum() <= MOST_SHARE * table.rows:
        return
    yield _told(at, np.where(gap, 0.95, 0.8) * strong, column, rests, beside)
    if gap.any():
        yield _gap(other, gap, column, rests, beside)


def _told(
    at: int, strength: Any, column: Coded, rests: dict[int, tuple[str, int]], beside: Coded
) -> Evidence:
    def hint(row: int) -> Hint:
        rest, part = rests[int(column.codes[row])]
        return Hint(f"holds {beside.values[part]!r}, a value of {beside.name!r}", rest)

    return Evidence("merged", at, strength.astype(np.float32), hint)


def _gap(
    at: int, gap: Any, column: Coded, rests: dict[int, tuple[str, int]], beside: Coded
) -> Evidence:
    def hint(row: int) -> Hint:
        part = rests[int(column.codes[row])][1]
        return Hint(f"empty, while {column.name!r} holds its value", beside.values[part])

    return Evidence("merged", at, (0.95 * gap).astype(np.float32), hint)


def _split(text: str, known: dict[str, int]) -> tuple[str, int] | None:
    """The rest and the known part of a text that ends in a known part."""
    words = text.split()
    for count in range(1, MOST_WORDS + 1):
        if len(words) <= count:
            return None
        tail = " ".join(words[-count:]).strip("()")
        if tail in known:
            rest = text.rstrip(")")[: -len(tail)].rstrip(BLANKS)
            return (rest, known[tail]) if rest else None
    return None
