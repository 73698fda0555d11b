"""Rewriting a text into another form, learned from examples: ``11/6/03`` into ``2003-11-06``.

A text is parted into runs of digits, runs of letters, and single marks. A rewriting puts parts of
the one text together with marks into the other; it is learned from a pair, and applies to every
text whose parts are of the same kinds in the same order.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Callable, NamedTuple

from science.dates import MONTHS
from science.suspects.quantities import parse, plainly

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LONGEST = 60
MOST_PARTS = 25
RIGHT = 0.8
"""A rewriting must give what people gave for so many of the labelled cells that it applies to."""

_PARTS = re.compile(r"\d+|[^\W\d_]+|.", re.DOTALL)


def parts_of(text: str) -> list[str]:
    """Runs of digits, runs of letters, and single other characters."""
    return _PARTS.findall(text)


def kinds_of(parts: Sequence[str]) -> str:
    """9 for digits, a for letters, and the marks themselves."""
    return "".join(_kind(part) for part in parts)


def _kind(part: str) -> str:
    if part.isdecimal():
        return "9"
    return "a" if part[0] != "_" and (part[0].isalnum() or len(part) > 1) else part


def _month_name(text: str) -> str:
    return MONTHS[int(text) - 1].title() if text.isdecimal() and 1 <= int(text) <= 12 else text


def _month_number(text: str) -> str:
    low = text[:3].lower()
    return str(MONTHS.index(low) + 1) if low in MONTHS else text


def _full_year(text: str) -> str:
    """Two digits as POSIX reads them: from 69 on the last century, below it this one."""
    return f"{'19' if text >= '69' else '20'}{text}" if len(text) == 2 else text


WAYS: dict[str, Callable[[str], str]] = {
    "same": lambda text: text,
    "short": lambda text: text.lstrip("0") or "0",
    "two digits": lambda text: text.zfill(2),
    "four digits": lambda text: text.zfill(4),
    "full year": _full_year,
    "short year": lambda text: text[-2:],
    "name of the month": _month_name,
    "number of the month": _month_number,
    "month of two digits": lambda text: _month_number(text).zfill(2),
    "small": str.lower,
    "capitals": str.upper,
    "capitalised": str.capitalize,
    "abbreviated": lambda text: text[:3],
}
"""What may become of a part."""

LIKE_ALL = ("two digits", "short")
"""Where one part is written so, others that need not be are too."""


class Piece(NamedTuple):
    """A part by its place, and what becomes of it; or a mark."""

    part: int
    way: str
    mark: str = ""


class Rewriting(NamedTuple):
    """How texts with parts of these kinds are rewritten."""

    kinds: str
    pieces: tuple[Piece, ...]

    def of(self, text: str) -> str | None:
        """The text rewritten; None where this does not apply."""
        if len(text) > LONGEST:
            return None
        parts = parts_of(text)
        if kinds_of(parts) != self.kinds:
            return None
        if self.pieces and self.pieces[0].way == "number":
            quantity = parse(text)
            return plainly(quantity.number) if quantity else None
        return "".join(
            piece.mark if piece.part < 0 else WAYS[piece.way](parts[piece.part])
            for piece in self.pieces
        )


def learned(pair: tuple[str, str]) -> Iterable[Rewriting]:
    """The rewritings that make the second text of the first."""
    text, other = pair
    if not other or max(len(text), len(other)) > LONGEST:
        return
    parts, wanted = parts_of(text), parts_of(other)
    if max(len(parts), len(wanted)) > MOST_PARTS:
        return
    kinds = kinds_of(parts)
    quantity = parse(text)
    if quantity and plainly(quantity.number) == other:
        yield Rewriting(kinds, (Piece(0, "number"),))
    for backwards in (False, True):
        pieces = _put_together(parts, wanted, WAYS, backwards=backwards)
        for way in LIKE_ALL:
            if pieces and any(piece.way == way for piece in pieces):
                first = {way: WAYS[way], **WAYS}
                again = _put_together(parts, wanted, first, backwards=backwards)
                yield Rewriting(kinds, again or pieces)
        if pieces:
            yield Rewriting(kinds, pieces)


def _put_together(
    parts: list[str],
    wanted: list[str],
    ways: Mapping[str, Callable[[str], str]],
    *,
    backwards: bool,
) -> tuple[Piece, ...] | None:
    """Pieces that make what is wanted, each part used once; None where letters have no source."""
    free = list(range(len(parts)))
    if backwards:
        free.reverse()
    pieces: list[Piece] = []
    for part in wanted:
        if _kind(part) == part:
            pieces.append(Piece(-1, "same", part))
            continue
        made = (
            (at, way) for way, make in ways.items() for at in free if _makes(make, parts[at], part)
        )
        found = next(made, None)
        if found is None:
            return None
        free.remove(found[0])
        pieces.append(Piece(*found))
    return tuple(pieces) if any(piece.part >= 0 for piece in pieces) else None


def _makes(make: Callable[[str], str], part: str, wanted: str) -> bool:
    return _kind(part) in {"9", "a"} and make(part) == wanted


def learn(pairs: Sequence[tuple[str, str]]) -> list[Rewriting]:
    """The rewritings that labelled cells agree on, at most one for texts of the same kinds.

    Args:
        pairs: for each labelled cell what it holds and what it should hold.
    """
    candidates: dict[str, dict[Rewriting, None]] = {}
    for pair in pairs:
        if pair[0] != pair[1]:
            for each in learned(pair):
                candidates.setdefault(each.kinds, {})[each] = None
    kept = []
    for of_kind in candidates.values():
        scored = [(_right(each, pairs), -place, each) for place, each in enumerate(of_kind)]
        share, _, best = max(scored, key=lambda each: each[:2])
        if share >= RIGHT:
            kept.append(best)
    return kept


def _right(rewriting: Rewriting, pairs: Sequence[tuple[str, str]]) -> float:
    made = [(rewriting.of(text), right) for text, right in pairs]
    judged = [(one, right) for one, right in made if one is not None]
    return sum(one == right for one, right in judged) / max(len(judged), 1)
