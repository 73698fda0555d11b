"""A text as BERT's pieces of words (uncased): the tokeniser that the published weights expect.

Cleaning, lower case without accents, a split at blanks, punctuation and ideographs, then the
longest pieces of the vocabulary from the left (Devlin et al., "BERT", NAACL 2019; Wu et al.,
"Google's Neural Machine Translation System", 2016, for the pieces).
"""

from __future__ import annotations

import unicodedata
from typing import Sequence

UNKNOWN, START, END = "[UNK]", "[CLS]", "[SEP]"
LONGEST_WORD = 100
"""Characters of a word beyond which it counts as unknown, as in BERT's own tokeniser."""
MOST_REMEMBERED = 50_000

_IDEOGRAPHS = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)
"""CJK Unified Ideographs and their extensions: each is a word of its own."""


class WordPiece:
    """Numbers of pieces for a text."""

    def __init__(self, vocabulary: Sequence[str], longest: int) -> None:
        """Take the vocabulary, whose order numbers the pieces.

        Args:
            vocabulary: pieces; those inside a word begin with ``##``.
            longest: the most pieces of a text, its start and its end included.
        """
        self._numbers = {piece: number for number, piece in enumerate(vocabulary)}
        self._longest = longest
        self._known: dict[str, list[int]] = {}

    def encode(self, text: str) -> list[int]:
        """The numbers of a text's pieces between start and end; what is too long is cut off."""
        found: list[int] = []
        room = self._longest - 2
        for word in words_of(text):
            found += self._pieces(word)
            if len(found) >= room:
                break
        return [self._numbers[START], *found[:room], self._numbers[END]]

    def _pieces(self, word: str) -> list[int]:
        known = self._known.get(word)
        if known is None:
            known = self._cut(word)
            if len(self._known) < MOST_REMEMBERED:
                self._known[word] = known
        return known

    def _cut(self, word: str) -> list[int]:
        unknown = [self._numbers[UNKNOWN]]
        if len(word) > LONGEST_WORD:
            return unknown
        found, start = [], 0
        while start < len(word):
            end = len(word)
            while end > start:
                piece = ("##" if start else "") + word[start:end]
                if piece in self._numbers:
                    break
                end -= 1
            if end == start:
                return unknown
            found.append(self._numbers[piece])
            start = end
        return found


def words_of(text: str) -> list[str]:
    """The words of a text before they are cut into pieces."""
    plain = unicodedata.normalize("NFD", "".join(map(_cleaned, text)).lower())
    parts = []
    for letter in plain:
        kind = unicodedata.category(letter)
        if kind != "Mn":
            parts.append(f" {letter} " if _is_punctuation(letter, kind) else letter)
    return "".join(parts).split()


def _cleaned(letter: str) -> str:
    """Control characters go, every blank is a space, ideographs stand apart."""
    if letter in "\t\n\r":
        return " "
    code = ord(letter)
    kind = unicodedata.category(letter)
    if code in {0, 0xFFFD} or kind.startswith("C"):
        return ""
    if kind == "Zs":
        return " "
    return f" {letter} " if any(low <= code <= high for low, high in _IDEOGRAPHS) else letter


def _is_punctuation(letter: str, kind: str) -> bool:
    """Unicode's punctuation, and every sign of ASCII that is neither letter, digit nor blank."""
    return kind.startswith("P") or (
        letter.isascii() and letter.isprintable() and not letter.isalnum() and letter != " "
    )
