"""Many small stretches of the stream become one: a run then reads few files instead of thousands.

As in a log-structured merge tree, fifty of a size make one of the next, so that a row is written
again about as often as the logarithm of the number of stretches.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from lifecycle.clock import parse_time
from lifecycle.decision import Decision
from lifecycle.names import digest
from lifecycle.records import InputRecord

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.events import DataIngested

TOGETHER = 50
"""Stretches that become one: each is a row of one transaction, which holds a hundred."""

LARGEST_ROWS = 5_000_000
"""Stretches of more rows stay as they are."""

KEPT_SECONDS = 30 * 86_400
"""For so long the rows of gathered stretches stay in the record table, for who looks back."""


def due(inputs: list[InputRecord]) -> list[InputRecord]:
    """The oldest stretches of the lowest level that has enough of them; none, if none has."""
    levels: dict[int, list[InputRecord]] = defaultdict(list)
    for row in inputs:
        if row.origin == "stream" and row.uri and 0 < row.rows <= LARGEST_ROWS:
            levels[row.level].append(row)
    for level in sorted(levels):
        if len(levels[level]) >= TOGETHER:
            return sorted(levels[level], key=lambda row: (row.at, row.digest))[:TOGETHER]
    return []


def decide_not_yet(problem: str) -> Decision:
    """There are few stretches."""
    return Decision("There are too few stretches of the stream to gather.", problem=problem)


def gathered(parts: list[InputRecord]) -> InputRecord:
    """The input that they become; the same ones always become the same."""
    name = digest(*(part.digest for part in parts))
    return InputRecord(
        problem=parts[0].problem,
        digest=name,
        source=f"stream/gathered/{name}",
        origin="stream",
        level=parts[0].level + 1,
        at=parts[-1].at,
    )


def decide_gathered(
    cause: Cause[DataIngested], parts: list[InputRecord], whole: InputRecord
) -> Decision:
    """Put one input in the place of many, in one transaction: no row is missed or counted twice.

    The files of the parts stay, since a run under way may be about to read them.
    """
    expires = int(parse_time(cause.time).timestamp()) + KEPT_SECONDS
    replaced = (
        part.model_copy(update={"uri": None, "gathered": whole.digest, "expires_at": expires})
        for part in parts
    )
    return Decision(
        f"{len(parts)} stretches of the stream became one of {whole.rows} rows.",
        problem=whole.problem,
        records=(whole, *replaced),
    )
