"""What a few labelled rows say of all others.

In the manner of Raha (Mahdavi et al., SIGMOD 2019): cells on which the same detectors speak are
alike, and what people say of one holds for those like it. Here it is shared by degrees: cells with
the same text count most, then those of the same form, then those that the same detectors suspect,
then those of other columns; what the detectors say alone counts for as much as it is sure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from science.suspects import rewriting
from science.suspects.evidence import ByValue, Evidence, Hint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from science.suspects.columns import Coded, Table
    from science.suspects.dependencies import Dependency
    from science.suspects.rewriting import Rewriting

SPEAKS, INSISTS = 0.25, 0.5
"""A detector speaks on a cell from this strength on, and insists from that."""

SAME_TEXT, SAME_FORM, SAME_DETECTORS, SAME_SILENCE = 2.0, 1.5, 1.0, 0.1
"""What a labelled cell counts for one like it."""

ELSEWHERE = 0.7
MOST_ELSEWHERE = 6
"""What labelled cells of other columns count that a detector insists on, and how many at most."""

LEAST_BELIEF, MORE_BELIEF = 1.0, 4.0
"""What the detectors' own score counts when it is in doubt, and how much more when it is sure."""

REWRITTEN = 0.85
TAUGHT = 2.2
"""The log odds of what a labelled row says of its group."""

SURELY_TAUGHT = 0.55


@dataclass
class Labels:
    """The right values of some rows.

    Attributes:
        rows: their places in the table.
        values: for each labelled column (its place) the right texts in the order of ``rows``.
    """

    rows: Sequence[int]
    values: Mapping[int, Sequence[str]]
    _places: dict[int, int] = field(default_factory=dict)

    def pairs(self, column: Coded, at: int) -> list[tuple[str, str]]:
        """What each labelled cell of a column holds, and what it should hold."""
        return [
            (column.values[column.codes[row]], right)
            for row, right in zip(self.rows, self.values.get(at, ()))
        ]

    def right(self, row: int, at: int) -> str | None:
        """The right text of a cell, None if it is not labelled."""
        if not self._places:
            self._places.update({each: place for place, each in enumerate(self.rows)})
        place = self._places.get(row)
        return None if place is None or at not in self.values else self.values[at][place]


def rewritten(column: Coded, at: int, labels: Labels) -> Evidence | None:
    """Suspect texts that the rewritings learned from the labelled cells would change."""
    found = ByValue(column)
    for each in rewriting.learn(labels.pairs(column, at)):
        for code, value in enumerate(column.values):
            made = each.of(value)
            if made is not None and made != value:
                found.suspect(code, REWRITTEN, _reason(each), made)
    return found.evidence("rewriting", at)


def _reason(each: Rewriting) -> str:
    return f"labelled cells of the form {each.kinds!r} were rewritten"


def scores(
    table: Table, found: Sequence[Sequence[Evidence]], believed: Sequence[Any], labels: Labels
) -> list[Any]:
    """How probably each cell is wrong, given the labelled rows.

    Args:
        table: the table.
        found: the evidence, by column.
        believed: what the detectors say together, by column, 0 to 1.
        labels: the labelled rows.
    """
    elsewhere = _by_detector(table, found, labels)
    return [
        _of_column(column, found[at], believed[at], _told(labels, column, at), elsewhere)
        if at in labels.values
        else believed[at]
        for at, column in enumerate(table.columns)
    ]


def _told(labels: Labels, column: Coded, at: int) -> tuple[Any, Any]:
    """The labelled rows, and which of their cells in a column are wrong."""
    wrong = [one != other for one, other in labels.pairs(column, at)]
    return np.array(labels.rows), np.array(wrong, dtype=float)


def _of_column(
    column: Coded,
    evidence: Sequence[Evidence],
    believed: Any,
    told_rows: tuple[Any, Any],
    elsewhere: Mapping[str, tuple[float, float]],
) -> Any:
    rows, wrong = told_rows
    speaking = _speaking(evidence, column.rows)
    weight = LEAST_BELIEF + MORE_BELIEF * np.abs(2 * believed - 1)
    total, against = weight.astype(float), weight * believed
    forms = _numbered(column.short_shapes)[column.codes]
    silent = speaking == 0
    for keys, counts in (
        (_joined(speaking, column.codes), SAME_TEXT),
        (_joined(speaking, forms), SAME_FORM),
        (speaking, np.where(silent, SAME_SILENCE, SAME_DETECTORS)),
    ):
        told, bad = _shared(keys, rows, wrong)
        total += counts * told
        against += counts * bad
    for each in evidence:
        told, bad = elsewhere.get(each.detector, (0.0, 0.0))
        insists = each.strength >= INSISTS
        total += ELSEWHERE * told * insists
        against += ELSEWHERE * bad * insists
    score = (against / total).astype(np.float32)
    score[rows] = wrong
    return score


def alike(column: Coded, evidence: Sequence[Evidence]) -> Any:
    """A key of each cell that those share which are of one form and are suspected by the same."""
    forms = _numbered(column.short_shapes)[column.codes]
    return _joined(_speaking(evidence, column.rows), forms)


def _speaking(evidence: Sequence[Evidence], rows: int) -> Any:
    """Which detectors speak or insist on each cell, as one key, int64."""
    keys = np.zeros(rows, dtype=np.int64)
    for each in evidence:
        loudness = (each.strength >= SPEAKS).astype(np.int64) + (each.strength >= INSISTS)
        keys = 3 * keys + loudness
    return keys


def _numbered(texts: Sequence[str]) -> Any:
    known: dict[str, int] = {}
    return np.array([known.setdefault(text, len(known)) for text in texts], dtype=np.int64)


def _joined(first: Any, second: Any) -> Any:
    """Two keys as one."""
    return first * (int(second.max(initial=0)) + 1) + second


def _shared(keys: Any, rows: Any, wrong: Any) -> tuple[Any, Any]:
    """For each row how many labelled cells have its key, and how many of these are wrong."""
    known, places = np.unique(keys[rows], return_inverse=True)
    told = np.bincount(places, minlength=len(known)).astype(float)
    bad = np.bincount(places, weights=wrong, minlength=len(known))
    at = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    same = known[at] == keys
    return np.where(same, told[at], 0.0), np.where(same, bad[at], 0.0)


def _by_detector(
    table: Table, found: Sequence[Sequence[Evidence]], labels: Labels
) -> dict[str, tuple[float, float]]:
    """For each detector how many labelled cells it insists on, and how many of these are wrong."""
    counted: dict[str, list[float]] = {}
    for at in labels.values:
        column = table.columns[at]
        pairs = labels.pairs(column, at)
        for each in found[at]:
            for row, (one, other) in zip(labels.rows, pairs):
                if each.strength[row] >= INSISTS:
                    entry = counted.setdefault(each.detector, [0.0, 0.0])
                    entry[0] += 1
                    entry[1] += one != other
    return {
        detector: (min(told, MOST_ELSEWHERE), bad * min(told, MOST_ELSEWHERE) / told)
        for detector, (told, bad) in counted.items()
    }


def teach(table: Table, decided: Sequence[Sequence[Dependency]], labels: Labels) -> None:
    """Let labelled rows say what their group's value is, whatever most rows of it have.

    A dependency that several labelled rows contradict loses its votes.
    """
    for at, dependencies in enumerate(decided):
        if at in labels.values and dependencies:
            best = max(dependencies, key=lambda each: each.surely)
            if best.determinant in labels.values:
                _teach(table, at, best, labels)


def _teach(table: Table, at: int, dependency: Dependency, labels: Labels) -> None:
    column, determinant = table.columns[at], table.columns[dependency.determinant]
    told: dict[str, set[str]] = {}
    for key, value in zip(labels.values[dependency.determinant], labels.values[at]):
        told.setdefault(key, set()).add(value)
    clashing = sum(len(values) > 1 for values in told.values())
    if clashing > 1 and clashing > 0.1 * len(told):
        dependency.weight[:] = 0
        return
    if dependency.surely < SURELY_TAUGHT:
        return
    for key, values in told.items():
        value = min(values) if len(values) == 1 else ""
        code, group = column.code_of.get(value), determinant.code_of.get(key)
        if code is not None and group is not None and value and key:
            same = (determinant.codes == group) & ~np.asarray(dependency.exempt)
            dependency.foretold[same] = code
            dependency.weight[same] = np.maximum(dependency.weight[same], TAUGHT)


def hint(labels: Labels, row: int, at: int) -> Hint | None:
    """What a label says of a cell."""
    right = labels.right(row, at)
    return None if right is None else Hint("labelled otherwise", right)
