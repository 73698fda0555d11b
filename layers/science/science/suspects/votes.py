"""Which cell of a row is wrong when columns that decide each other disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from science.suspects.evidence import Evidence, Hint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from science.suspects.columns import Table
    from science.suspects.dependencies import Dependency

ROUNDS = 4
"""At most so many cells of a row are found wrong by what the others say."""

CAST = 0.5
"""What a cell's own votes for others count, against the votes of the others for it."""


def find(
    table: Table, decided: Sequence[Sequence[Dependency]], doubted: Sequence[Any]
) -> Iterator[Evidence]:
    """Suspect the cells whose row is at odds with itself because of them.

    In each round the cell of a row is blamed that is most at odds with the row's others: most of
    what decides it foretells something else, and what it decides is foretold wrongly. A cell that
    is blamed has no vote any more, so that its errors are not blamed on the others.

    Args:
        table: the table.
        decided: for each column what decides it.
        doubted: for each column the rows that are suspected already, bool.
    """
    blamed = [doubt | column.missing[column.codes] for doubt, column in zip(doubted, table.columns)]
    odds = _resolve(table, decided, blamed)
    for at, votes in enumerate(decided):
        if votes:
            strength = np.where(odds[at] > 0, 1 / (1 + np.exp(-odds[at])), 0).astype(np.float32)
            if strength.any():
                yield _evidence(table, at, votes, strength, blamed)


def _resolve(table: Table, decided: Sequence[Sequence[Dependency]], blamed: list[Any]) -> list[Any]:
    """For each column the log odds that its cells are wrong; ``blamed`` grows by those found."""
    asked = [at for at, votes in enumerate(decided) if votes]
    found = {at: np.zeros(table.rows, dtype=np.float32) for at in asked}
    before = [each.copy() for each in blamed]
    for _ in range(ROUNDS):
        odds, cast = _tally(table, decided, blamed)
        scores = (
            np.stack(
                [np.where((odds[at] > 0) & ~blamed[at], odds[at] + cast[at], 0) for at in asked]
            )
            if asked
            else np.zeros((1, table.rows))
        )
        worst, most = scores.argmax(axis=0), scores.max(axis=0)
        if not (most > 0).any():
            break
        for place, at in enumerate(asked):
            chosen = (worst == place) & (most > 0)
            found[at][chosen] = odds[at][chosen]
            blamed[at] |= chosen
    odds, _ = _tally(table, decided, blamed)
    return [
        np.where(before[at], odds[at], found[at]) if at in found else np.zeros(table.rows)
        for at in range(len(decided))
    ]


def _tally(
    table: Table, decided: Sequence[Sequence[Dependency]], blamed: Sequence[Any]
) -> tuple[list[Any], list[Any]]:
    """For each column the votes against its cells less those for them, and its cells' own votes."""
    odds = [np.zeros(table.rows, dtype=np.float32) for _ in decided]
    cast = [np.zeros(table.rows, dtype=np.float32) for _ in decided]
    for at, votes in enumerate(decided):
        codes, empty = table.columns[at].codes, table.columns[at].missing
        filled = ~empty[codes]
        for vote in votes:
            weight = np.where(blamed[vote.determinant] | (vote.foretold < 0), 0, vote.weight)
            signed = np.where((vote.foretold == codes) & filled, -weight, weight)
            odds[at] += signed
            cast[vote.determinant] += CAST * np.where(blamed[at], 0, signed)
    return odds, cast


def _evidence(
    table: Table, at: int, votes: Sequence[Dependency], strength: Any, blamed: Sequence[Any]
) -> Evidence:
    column = table.columns[at]

    def hint(row: int) -> Hint:
        best: Dependency | None = None
        by_code: dict[int, float] = {}
        for vote in votes:
            code = int(vote.foretold[row])
            if code < 0 or blamed[vote.determinant][row] or code == column.codes[row]:
                continue
            by_code[code] = by_code.get(code, 0.0) + float(vote.weight[row])
            if best is None or vote.weight[row] > best.weight[row]:
                best = vote
        if best is None:
            return Hint("at odds with its row")
        value = column.values[max(by_code, key=lambda code: by_code[code])]
        determinant = table.columns[best.determinant]
        same = determinant.values[determinant.codes[row]]
        return Hint(f"most other rows with {determinant.name} {same!r} have {value!r}", value)

    return Evidence("dependency", at, strength, hint)
