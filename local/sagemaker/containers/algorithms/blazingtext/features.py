"""From words to rows of the embedding matrix: a vocabulary, and hashed n-grams of words.

Joulin et al. 2016, "Bag of Tricks for Efficient Text Classification"; hashing as in fastText: words
by 32-bit FNV-1a, n-grams by folding their words' hashes, modulo the number of buckets.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

END = "</s>"
"""The word that fastText puts after every line: a bias, and the n-gram that tells the last word."""

_OFFSET, _PRIME, _MASK = 2166136261, 16777619, 0xFFFFFFFF
_FOLD = np.uint64(116049371)

type Rows = np.ndarray[Any, np.dtype[np.int64]]
type Hashes = np.ndarray[Any, np.dtype[np.uint64]]


@dataclass
class Features:
    """What a trained model knows of words.

    Attributes:
        words: The vocabulary; a word's place is its row.
        buckets: The buckets that occurred in training, ascending; the rows after the words'. A
            bucket that never occurred has learned nothing and gets no row.
        modulus: How many buckets n-grams are hashed into.
        longest: Words of the longest n-gram.
    """

    words: list[str]
    buckets: Rows
    modulus: int
    longest: int
    _places: dict[str, int] = field(default_factory=dict)
    _hashes: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Index the vocabulary."""
        self._places = {word: place for place, word in enumerate(self.words)}

    @property
    def size(self) -> int:
        """How many rows the embedding matrix has."""
        return len(self.words) + len(self.buckets)

    def rows(self, words: Sequence[str]) -> Rows:
        """The rows of one text's known words and n-grams."""
        line = [*words, END]
        known = [self._places[word] for word in line if word in self._places]
        singles = np.array(known, np.int64)
        if self.longest < 2 or not len(self.buckets):
            return singles
        found = self.grams(line)
        places = np.minimum(np.searchsorted(self.buckets, found), len(self.buckets) - 1)
        places = places[self.buckets[places] == found]
        return np.concatenate([singles, places + len(self.words)])

    def grams(self, line: Sequence[str]) -> Rows:
        """The buckets of a line's n-grams of two to `longest` words."""
        base = self._line_hashes(line)
        folded, parts = base, []
        for length in range(2, min(self.longest, len(line)) + 1):
            folded = folded[:-1] * _FOLD + base[length - 1 :]
            parts.append(folded % np.uint64(self.modulus))
        return np.concatenate(parts).astype(np.int64) if parts else np.empty(0, np.int64)

    def _line_hashes(self, line: Sequence[str]) -> Hashes:
        hashes = self._hashes
        for word in line:
            if word not in hashes:
                hashes[word] = hashed(word)
        values = np.array([hashes[word] for word in line], np.uint32)
        # fastText keeps them in signed 32 bits, whose sign fills the upper half
        return values.view(np.int32).astype(np.int64).view(np.uint64)


def hashed(word: str) -> int:
    """32-bit FNV-1a of a word's UTF-8 bytes, each taken as signed, as fastText does."""
    value = _OFFSET
    for byte in word.encode("utf-8"):
        signed = byte if byte < 128 else byte | 0xFFFFFF00
        value = ((value ^ signed) * _PRIME) & _MASK
    return value


def learn(texts: Iterable[Sequence[str]], *, least: int, modulus: int, longest: int) -> Features:
    """Find the vocabulary and the buckets of a corpus.

    Args:
        texts: The words of each text; read twice.
        least: Words that occur less often are not in the vocabulary; n-grams still count them.
        modulus: How many buckets n-grams are hashed into.
        longest: Words of the longest n-gram.
    """
    lines = [[*words, END] for words in texts]
    counts = Counter(word for line in lines for word in line)
    words = [word for word, count in counts.most_common() if count >= least]
    features = Features(words, np.empty(0, np.int64), modulus, longest)
    if longest > 1:
        found = [features.grams(line) for line in lines]
        features.buckets = np.unique(np.concatenate(found)) if found else features.buckets
    return features
