"""Free text as numbers: TF-IDF over hashed words, and a few counts of characters.

A word is hashed into one of 65,536 buckets by CRC-32, which is the same on every machine, and the
buckets that occur in most training rows become features; so the width is bounded, collisions are
rare, and no vocabulary has to be kept. Term frequency is sublinear and rows have unit length
(Manning, Raghavan, Schütze, "Introduction to Information Retrieval", 6.4.1 and 6.4.4).
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from science.values import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from science.kinds import Column

TASK = "text_classification"
BUCKETS = 65_536
ROWS_AT_ONCE = 4096
FEWEST_ROWS_OF_A_WORD = 3
EXTRAS = ("characters", "words", "digits", "capitals", "marks")
"""Counts beside the words: characters, words, share of digits, of capitals, of ! ? $ £ € %."""

_WORD = re.compile(r"\w+|[$£€%!?]+")
_DIGITS = re.compile(r"\d")
_CAPITALS = re.compile(r"[A-Z]")
_MARKS = re.compile(r"[!?$£€%]")


def settle(columns: Sequence[Column], problem: Mapping[str, Any], target: str) -> None:
    """Make sure that a problem about text has a column of text: the one with the most words.

    Short texts (a subject line, a search) look like categories, or like identifiers where each
    occurs once.

    Args:
        columns: as they were inferred; the chosen one is changed.
        problem: the resolved definition.
        target: the target's name.
    """
    told = problem.get("columns") or {}
    apart = {target, told.get("id"), told.get("time"), *(told.get("exclude") or [])}
    open_ones = [column for column in columns if column.name not in apart]
    if problem.get("task") != TASK or any(column.kind == "text" for column in open_ones):
        return
    wordy = [column for column in open_ones if column.kind in {"category", "identifier"}]
    if wordy:
        chosen = max(wordy, key=lambda column: (column.words, column.distinct))
        chosen.kind, chosen.role = "text", "feature"
        chosen.note = "read as text, which this problem is about"


def words_of(text: str) -> list[str]:
    """The words of a text: lower case, long numbers as their length."""
    return [
        f"#{len(word)}" if len(word) > 3 and word.isdigit() else word
        for word in _WORD.findall(text.lower())
    ]


def bucket_of(word: str) -> int:
    """The word's bucket."""
    return zlib.crc32(word.encode("utf-8", "replace")) % BUCKETS


def fit(column: str, cells: Iterable[Any], width: int) -> dict[str, Any]:
    """The encoder of a text column, from its training cells.

    Args:
        column: its name.
        cells: raw cells.
        width: the most words to keep.
    """
    rows = 0
    seen: Counter[str] = Counter()
    for cell in cells:
        rows += 1
        seen.update(set(words_of(text_of(cell) or "")))
    by_bucket: dict[int, tuple[int, str]] = {}
    for word, count in seen.most_common():
        bucket = bucket_of(word)
        known = by_bucket.get(bucket)
        by_bucket[bucket] = (known[0] + count, known[1]) if known else (count, word)
    often = [
        (count, word, bucket)
        for bucket, (count, word) in by_bucket.items()
        if FEWEST_ROWS_OF_A_WORD <= count < rows
    ]
    often.sort(key=lambda item: (-item[0], item[2]))
    kept = often[:width]
    return {
        "column": column,
        "kind": "text",
        "buckets": [bucket for _, _, bucket in kept],
        "idf": [float(np.log((1 + rows) / (1 + count)) + 1) for count, _, _ in kept],
        "outputs": [f"{column}: {word}" for _, word, _ in kept]
        + [f"{column} ({extra})" for extra in EXTRAS],
    }


def encode(encoder: Mapping[str, Any], cells: Any, out: Any) -> None:
    """Write the features of a text column's cells into ``out`` (rows × features)."""
    places = {bucket: place for place, bucket in enumerate(encoder["buckets"])}
    idf = np.asarray(encoder["idf"])
    place_of_word: dict[str, int] = {}
    listed = cells.tolist()
    for start in range(0, len(listed), ROWS_AT_ONCE):
        chunk = [text_of(cell) or "" for cell in listed[start : start + ROWS_AT_ONCE]]
        flat: list[int] = []
        counts = []
        for row, text in enumerate(chunk):
            found = words_of(text)
            counts.append(len(found))
            base = row * len(places)
            for word in found:
                place = place_of_word.get(word)
                if place is None:
                    place = place_of_word[word] = places.get(bucket_of(word), -1)
                if place >= 0:
                    flat.append(base + place)
        block = out[start : start + len(chunk)]
        _weigh(flat, idf, block[:, : len(places)])
        block[:, len(places) :] = _extras(chunk, counts)


def _weigh(flat: list[int], idf: Any, block: Any) -> None:
    if not block.size:
        return
    frequency = np.bincount(np.asarray(flat, dtype=np.int64), minlength=block.size)
    weights = np.log1p(frequency.reshape(block.shape)) * idf
    length = np.sqrt((weights * weights).sum(axis=1, keepdims=True))
    block[:] = weights / np.where(length > 0, length, 1.0)


def _extras(chunk: list[str], words: list[int]) -> Any:
    characters = np.array([len(text) for text in chunk], dtype=np.float64)
    some = np.maximum(characters, 1.0)
    shares = [
        np.array([len(pattern.findall(text)) for text in chunk]) / some
        for pattern in (_DIGITS, _CAPITALS, _MARKS)
    ]
    return np.column_stack([characters, np.array(words), *shares])
