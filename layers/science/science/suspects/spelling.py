"""Rare texts, or words in them, that are nearly a far more frequent one: typing errors.

Candidates come from counts of characters, which bound the edit distance from below; the distance
itself, with transpositions as one edit (Damerau 1964), is DuckDB's.
"""

from __future__ import annotations

import re
from collections import Counter
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from science.database import arrays, connect
from science.suspects.evidence import ByValue

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from science.suspects.columns import Coded, Table
    from science.suspects.evidence import Evidence

BUCKETS = 32
MOST_PAIRS = 20_000_000
"""Pairs of a rare and a frequent text whose characters are compared in one column."""

LONGEST = 400
FEWEST = 5
"""A text is frequent from so many rows on, and against one so many times rarer."""

MOST_CHANGED = 0.26
"""Edits to a character of the text, at most."""

SHORT = 4
FEWEST_FOR_SHORT = 40
WORDS_REPEAT = 8
"""Rows a word must have on average before a rare word is odd."""

FEWEST_FOR_WORDS = 20
MOST_FOR_WORDS = 10
"""A word that more rows have is one of its own."""

_DIGIT = re.compile(r"[\d.]")
_WORD = re.compile(r"\w{5,}")


class Near(NamedTuple):
    """A rare text (its place) with the frequent one that it may be meant to be."""

    rare: int
    frequent: int
    distance: int


def find(table: Table) -> Iterator[Evidence]:
    """Suspect misspelt texts, misspelt words, and rarer ways to write the same."""
    with connect() as connection:
        for at, column in enumerate(table.columns):
            if column.present == 0 or (column.is_numeric and not column.is_identifier):
                looks: tuple[tuple[str, ByValue], ...] = (("spelling", _texts(connection, column)),)
            else:
                looks = (
                    ("spelling", _texts(connection, column)),
                    ("word", _words(connection, column)),
                    ("variant", _variants(column)),
                )
            for detector, found in looks:
                evidence = found.evidence(detector, at)
                if evidence:
                    yield evidence


def _texts(connection: Any, column: Coded) -> ByValue:
    found = ByValue(column)
    numbers = ~np.isnan(column.numbers)
    values, counts = column.values, np.where(column.missing | numbers, 0, column.counts)
    pairs = near(connection, values, counts, FEWEST)
    words = _word_rows(column) if pairs else Counter()
    for rare, frequent, distance in pairs:
        meant = values[frequent]
        strength = _strength(values[rare], distance, counts[frequent] / counts[rare])
        strength *= _oddness(values[rare], meant, words)
        if strength > 0:
            reason = f"nearly {meant!r}, which {int(counts[frequent]):,} rows have"
            found.suspect(rare, strength, reason, meant)
    return found


def _strength(text: str, distance: int, ratio: float) -> float:
    """How surely a text is meant to be another, by the distance and how much rarer it is."""
    if len(text) <= SHORT:
        return 0.7 if ratio >= FEWEST_FOR_SHORT and distance == 1 else 0.0
    return (0.95 - 1.4 * distance / len(text)) * (1.0 if ratio >= 10 else 0.6)


def _oddness(text: str, meant: str, words: Counter[str]) -> float:
    """How odd the words are in which a text differs from what it may mean, 0 to 1.

    A typing error makes words that are hardly found elsewhere, and near to those meant.
    """
    first, second = text.casefold().split(), meant.casefold().split()
    if len(first) != len(second):
        known = any(words[word] > MOST_FOR_WORDS for word in first if word not in second)
        return 0.3 if known or not _alike(text, meant, 0.75) else 1.0
    if len(first) < 2:
        return 1.0
    odd = 1.0
    for one, other in zip(first, second):
        if one != other:
            if max(len(one), len(other)) <= 2 or 4 * words[one] > words[other]:
                return 0.3
            odd = min(odd, 1.0 if _alike(one, other, 0.66) else 0.3)
    return odd


def _alike(one: str, other: str, least: float) -> bool:
    """So much of the two is the same, in order."""
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= least


def _word_rows(column: Coded) -> Counter[str]:
    """Rows with each word, in whatever case."""
    rows: Counter[str] = Counter()
    for value, count in zip(column.values, column.counts.tolist()):
        for word in set(value.casefold().split()):
            rows[word] += count
    return rows


def _words(connection: Any, column: Coded) -> ByValue:
    """Rare words near a frequent one, in columns that use few words again and again."""
    found = ByValue(column)
    split = [_WORD.findall(value) if len(value) <= LONGEST else [] for value in column.values]
    rows: Counter[str] = Counter()
    for words, count, missing in zip(split, column.counts.tolist(), column.missing.tolist()):
        for word in () if missing else set(words):
            rows[word] += count
    total = sum(rows.values())
    if not rows or total < WORDS_REPEAT * len(rows):
        return found
    listed = list(rows)
    counts = np.array([rows[word] for word in listed])
    mended = {
        listed[rare]: listed[frequent]
        for rare, frequent, distance in near(connection, listed, counts, FEWEST_FOR_WORDS)
    }
    for code, words in enumerate(split):
        wrong = [word for word in words if word in mended]
        if wrong and not column.missing[code] and rows[wrong[0]] <= MOST_FOR_WORDS:
            text = _WORD.sub(lambda match: mended.get(match[0], match[0]), column.values[code])
            reason = f"{wrong[0]!r} is nearly {mended[wrong[0]]!r}, which is far more frequent"
            found.suspect(code, 0.75, reason, text)
    return found


def _variants(column: Coded) -> ByValue:
    """Texts that differ from a more frequent one in case, blanks or punctuation alone."""
    found = ByValue(column)
    groups: dict[str, list[int]] = {}
    for code, value in enumerate(column.values):
        key = "".join(filter(str.isalnum, value.casefold()))
        if key and not column.missing[code]:
            groups.setdefault(key, []).append(code)
    for codes in groups.values():
        if len(codes) < 2:
            continue
        best = max(codes, key=lambda code: int(column.counts[code]))
        for code in codes:
            if column.counts[best] >= 3 * column.counts[code]:
                usual = column.values[best]
                reason = f"another way to write {usual!r}, which is more frequent"
                found.suspect(code, 0.75, reason, usual)
    return found


def near(connection: Any, texts: Sequence[str], counts: Any, times: int) -> list[Near]:
    """For each rare text the frequent ones that few edits make of it, the nearest of them.

    Args:
        connection: a database, for the distances.
        texts: different texts.
        counts: rows with each; those with none take no part.
        times: how many times as frequent the other must be.
    """
    lengths = np.array([len(text) for text in texts])
    frequent = np.flatnonzero((counts >= times) & (lengths > 1) & (lengths <= LONGEST))
    if not len(frequent):
        return []
    lowest = counts[frequent].max() / times
    rare = np.flatnonzero((counts > 0) & (counts <= lowest) & (lengths > 1) & (lengths <= LONGEST))
    frequent = frequent[np.argsort(-counts[frequent], kind="stable")]
    frequent = frequent[: max(1, MOST_PAIRS // max(len(rare), 1))]
    bags = _bags(texts)
    pairs = _candidates(bags, lengths, counts, rare=rare, frequent=frequent, times=times)
    return _nearest(connection, texts, counts, pairs)


def _bags(texts: Sequence[str]) -> Any:
    """How often characters of each bucket are in each text, int16."""
    bags = np.zeros((len(texts), BUCKETS), dtype=np.int16)
    for at, text in enumerate(texts):
        for character, count in Counter(text[:LONGEST]).items():
            bags[at, ord(character) % BUCKETS] += count
    return bags


def _candidates(
    bags: Any, lengths: Any, counts: Any, *, rare: Any, frequent: Any, times: int
) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    frequent_bags = bags[frequent]
    for one in rare.tolist():
        allowed = max(1, int(MOST_CHANGED * lengths[one]))
        apart = np.abs(lengths[frequent] - lengths[one]) <= allowed
        chosen = np.flatnonzero(apart & (counts[frequent] >= times * counts[one]))
        if not len(chosen):
            continue
        least = np.abs(frequent_bags[chosen] - bags[one]).sum(axis=1)
        close = chosen[least <= 2 * allowed]
        pairs.extend((one, int(other)) for other in frequent[close[:50]] if other != one)
    return pairs


def _nearest(
    connection: Any, texts: Sequence[str], counts: Any, pairs: list[tuple[int, int]]
) -> list[Near]:
    pairs = [(one, other) for one, other in pairs if not _only_digits(texts[one], texts[other])]
    if not pairs:
        return []
    first = np.array([texts[one] for one, _ in pairs], dtype=object)
    second = np.array([texts[other] for _, other in pairs], dtype=object)
    connection.register("pairs_", {"a": first, "b": second})
    found = arrays(connection, "SELECT damerau_levenshtein(a, b) AS distance FROM pairs_")
    connection.unregister("pairs_")
    best: dict[int, Near] = {}
    for (one, other), distance in zip(pairs, found["distance"].tolist()):
        if distance > max(1, int(MOST_CHANGED * len(texts[one]))):
            continue
        before = best.get(one)
        if before is None or (distance, -counts[other]) < (
            before.distance,
            -counts[before.frequent],
        ):
            best[one] = Near(one, other, int(distance))
    return list(best.values())


def _only_digits(one: str, other: str) -> bool:
    """The two differ in digits alone: other numbers, no typing error that could be told."""
    return _DIGIT.sub("", one) == _DIGIT.sub("", other)
