"""What kind of thing each column holds, inferred from its cells, and what becomes of it.

A column is a ``number``, ``boolean``, ``date``, ``ordinal``, ``category``, ``text`` or ``image``;
or it is left out as ``empty``, ``constant`` or ``identifier``, with a note that says so.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Any

from science import dates, ordinals
from science.images.cells import is_picture
from science.values import (
    FALSE_WORDS,
    SOFT_MISSING,
    TRUE_WORDS,
    decimal_mark,
    formatted_number,
    level_of,
    suffix_of,
)

READS_WELL = 0.95
"""The share of a column's cells that must read as a kind; the others then count as missing."""

ID_NAMES = re.compile(
    r"(.*[_\s-])?(id|ids|idx|index|uuid|guid|row|rownum|rowid|row[_\s-]?(id|number|num|no)|"
    r"serial|record|key|unnamed:? ?\d*|column0|#)$|.*[a-z](Id|ID|Key|UUID)$|^(id|ID|Id)[A-Z_].*",
)
TIME_NAMES = re.compile(r".*(time|date|timestamp|epoch|created|updated|_at|ts)$", re.IGNORECASE)

FEATURE_KINDS = ("number", "boolean", "date", "ordinal", "category", "text", "image")
MOST_LEVELS_SEEN = 1000
"""How many of a column's most frequent cells are looked at to tell what they are."""


@dataclass
class Seen:
    """What one pass over a column found."""

    rows: int
    present: int
    numbers: int
    wholes: int
    distinct: int
    lowest: float | None
    highest: float | None
    words: float
    top: list[tuple[str, int]] = field(default_factory=list)


@dataclass
class Column:
    """A column of the raw data: its kind, how its cells are read, and its part in the model.

    ``role`` is ``feature``, ``target``, ``identifier``, ``excluded`` or ``dropped``; ``sure`` says
    that every cell is a plain number.
    """

    name: str
    kind: str
    role: str = "feature"
    decimal: str | None = None
    formats: list[str] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    present: int = 0
    distinct: int = 0
    words: float = 0.0
    sure: bool = False
    note: str = ""

    def document(self) -> dict[str, Any]:
        """The column as JSON."""
        return asdict(self)


def infer(name: str, seen: Seen) -> Column:
    """The kind of a column, from what its cells look like."""
    column = Column(name, "category", present=seen.present, distinct=seen.distinct)
    column.words = round(seen.words, 2)
    column.sure = seen.numbers == seen.present
    if seen.present == 0:
        return _dropped(column, "empty", "every cell is missing")
    if seen.distinct == 1 and seen.present == seen.rows:
        return _dropped(column, "constant", "every cell is the same")
    if seen.numbers == seen.present:
        return _infer_number(column, seen)
    firm = [(text, count) for text, count in seen.top if text.lower() not in SOFT_MISSING]
    if firm and all(is_picture(text) for text, _ in firm):
        column.kind, column.note = "image", "pictures; their mean brightness stands for them here"
    if not firm or column.kind == "image":
        return column
    return _infer_text(column, seen, firm)


def _dropped(column: Column, kind: str, note: str) -> Column:
    column.kind, column.role, column.note = kind, "dropped", note
    return column


def _infer_number(column: Column, seen: Seen) -> Column:
    column.kind = "number"
    low, high = seen.lowest or 0.0, seen.highest or 0.0
    unique = seen.distinct >= 0.995 * seen.present and seen.present >= 20
    if ID_NAMES.match(column.name) and unique and seen.wholes == seen.present:
        return _dropped(column, "identifier", "whole numbers, each once, named like an identifier")
    if seen.wholes == seen.present and seen.distinct > 2 and 19000101 <= low <= high <= 21001231:
        texts = [text for text, _ in seen.top]
        if texts and dates.formats_of(texts, least=1.0) == ["compact"]:
            column.kind, column.formats = "date", ["compact"]
    elif TIME_NAMES.match(column.name) and seen.distinct > 2:
        for unit, scale in (("epoch_s", 1.0), ("epoch_ms", 1000.0)):
            if 3e8 * scale <= low <= high <= 4e9 * scale:
                column.kind, column.formats = "date", [unit]
    return column


def _infer_text(column: Column, seen: Seen, firm: list[tuple[str, int]]) -> Column:
    texts = [text for text, _ in firm]
    total = sum(count for _, count in firm)
    keys = {level_of(text) for text in texts}
    if len(keys) == 2 and keys <= TRUE_WORDS | FALSE_WORDS and _is_pair(keys):
        column.kind = "boolean"
        return column
    column.formats = dates.formats_of(texts)
    if column.formats:
        column.kind = "date"
        return column
    order = ordinals.order_of([text.lower() for text in texts]) if seen.distinct <= 50 else []
    if order:
        column.kind, column.order = "ordinal", order
        return column
    soft = sum(count for text, count in seen.top if text.lower() in SOFT_MISSING)
    if seen.numbers >= READS_WELL * (seen.present - soft):
        return _infer_number(column, seen)
    if _reads_as_written_number(column, firm, total):
        return column
    return _infer_words(column, seen)


def _is_pair(keys: set[str | None]) -> bool:
    return len(keys & TRUE_WORDS) == 1 and len(keys & FALSE_WORDS) == 1


def _reads_as_written_number(column: Column, firm: list[tuple[str, int]], total: int) -> bool:
    """Numbers with one unit, a currency, percent signs or grouped digits."""
    texts = [text for text, _ in firm]
    mark = decimal_mark(texts)
    read = [
        (text, count)
        for text, count in firm
        if formatted_number(text, mark) == formatted_number(text, mark)
    ]
    if sum(count for _, count in read) < READS_WELL * total:
        return False
    attached = {suffix_of(text) for text, _ in read if re.search(r"\d[^\W\d_]", text)}
    apart = {suffix_of(text) for text, _ in read}
    if len(attached - {""}) > 1 or len(apart - {""}) > 6:
        return False
    column.kind, column.decimal = "number", mark
    return True


def _infer_words(column: Column, seen: Seen) -> Column:
    share = seen.distinct / seen.present
    if (seen.words >= 5 and share > 0.2 and seen.distinct > 30) or (
        seen.words >= 2.5 and share > 0.5 and seen.distinct > 50
    ):
        column.kind = "text"
    elif share >= 0.98 and seen.present >= 50:
        return _dropped(column, "identifier", "a different text in every row")
    elif ID_NAMES.match(column.name) and share > 0.9 and seen.present >= 50:
        return _dropped(column, "identifier", "nearly every text once, named like an identifier")
    return column
