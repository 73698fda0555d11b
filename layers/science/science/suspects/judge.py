"""From what the detectors say to the cells that are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from science.suspects import (
    dependencies,
    formats,
    learn,
    measures,
    merged,
    missing,
    outliers,
    quantities,
    spelling,
    votes,
)
from science.suspects.evidence import Hint

if TYPE_CHECKING:
    from collections.abc import Iterable

    from science.suspects.columns import Table
    from science.suspects.evidence import Evidence
    from science.suspects.learn import Labels

ALONE = (missing, quantities, measures, formats, outliers, merged, spelling)
DOUBTFUL = frozenset({"shape", "words", "length", "spelling", "word", "variant"})
"""Detectors of odd texts, which count less where the rows around have the same."""

SLIPS = frozenset({"spelling", "word"})
"""Detectors of slips of one cell: what befalls all rows with some value is none."""

FAMILIES = {
    **dict.fromkeys(("shape", "words", "length", "written"), "form"),
    **dict.fromkeys(("spelling", "word", "variant", "case"), "spelling"),
    **dict.fromkeys(("missing", "gap"), "missing"),
}

SUPPORTED = 0.4
THRESHOLD = 0.5
LEAST_SUGGESTING, SURELY_SUGGESTING = 0.3, 0.7

ORDER = (
    "rewriting",
    "merged",
    "unit",
    "noise",
    "blanks",
    "dependency",
    "variant",
    "spelling",
    "word",
)
"""Whose suggestion is taken, first to last; then anybody's."""


@dataclass(frozen=True)
class Suspect:
    """A cell that is probably wrong.

    Attributes:
        row: its data row in the file, from 0.
        column: its column.
        value: its text.
        reason: why it is suspected.
        suggestion: what should stand there; None if that is not known.
        score: how probably it is wrong, 0 to 1.
    """

    row: int
    column: str
    value: str
    reason: str
    suggestion: str | None
    score: float


def gather(table: Table, labels: Labels | None = None) -> list[list[Evidence]]:
    """What every detector says, by column.

    First those that look at cells alone; then what columns say of each other, in which cells that
    are suspected already have no vote.
    """
    found: list[list[Evidence]] = [[] for _ in table.columns]
    for detector in ALONE:
        for evidence in detector.find(table):
            found[evidence.column].append(evidence)
    if labels:
        for at in labels.values:
            evidence = learn.rewritten(table.columns[at], at, labels)
            if evidence:
                found[at].append(evidence)
    for at, evidence_of in enumerate(found):
        _discount(table, at, evidence_of)
    doubted = [combined(evidence_of, table.rows) >= THRESHOLD for evidence_of in found]
    decided = dependencies.mine(table, doubted)
    if labels:
        learn.teach(table, decided, labels)
    for evidence in votes.find(table, decided, doubted):
        found[evidence.column].append(evidence)
    return found


def _discount(table: Table, at: int, evidence: list[Evidence]) -> None:
    """Count odd texts for less where they come back with their key, or follow a rule."""
    odd = [each for each in evidence if each.detector in DOUBTFUL]
    if not odd:
        return
    less = np.where(dependencies.supported(table, at), SUPPORTED, 1.0)
    slips = [each for each in odd if each.detector in SLIPS]
    suspected = combined(slips, table.rows) >= THRESHOLD
    ruled = np.where(dependencies.ruled(table, at, suspected), SUPPORTED, 1.0)
    for each in odd:
        factor = less * ruled if each in slips else less
        each.strength = (each.strength * factor).astype(np.float32)


def combined(evidence: Iterable[Evidence], rows: int) -> Any:
    """How probably each cell of a column is wrong.

    Detectors of one family see the same oddity, so the strongest counts; families err
    independently.
    """
    families: dict[str, Any] = {}
    for each in evidence:
        family = FAMILIES.get(each.detector, each.detector)
        before = families.get(family)
        families[family] = each.strength if before is None else np.maximum(before, each.strength)
    right = np.ones(rows, dtype=np.float32)
    for strength in families.values():
        right *= 1 - strength
    return 1 - right


@dataclass(frozen=True)
class Judged:
    """What was found in a table: the evidence and the scores of its cells, by column."""

    evidence: list[list[Evidence]]
    scores: list[Any]


def judge(table: Table, labels: Labels | None = None) -> Judged:
    """How probably each cell is wrong.

    Args:
        table: the table.
        labels: the right values of some rows; with none, nothing is known but the table.
    """
    found = gather(table, labels)
    scores = [combined(evidence, table.rows) for evidence in found]
    if labels:
        scores = learn.scores(table, found, scores, labels)
    return Judged(found, scores)


def find_suspects(table: Table, labels: Labels | None = None) -> list[Suspect]:
    """The cells that are probably wrong, in the order of the file."""
    return suspects(table, judge(table, labels), labels)


def suspects(table: Table, judged: Judged, labels: Labels | None = None) -> list[Suspect]:
    """The cells whose score reaches the threshold, in the order of the file."""
    told = []
    for at, column in enumerate(table.columns):
        for row in np.flatnonzero(judged.scores[at] >= THRESHOLD).tolist():
            known = learn.hint(labels, row, at) if labels else None
            said = known or _said(judged.evidence[at], row)
            value = column.values[column.codes[row]]
            if said.suggestion == value:
                said = Hint(said.reason)
            number = int(table.numbers[row])
            score = round(float(judged.scores[at][row]), 3)
            suspect = Suspect(number, column.name, value, said.reason, said.suggestion, score)
            told.append((number, at, suspect))
    told.sort(key=lambda each: each[:2])
    return [suspect for *_, suspect in told]


def _said(evidence: list[Evidence], row: int) -> Hint:
    """The reason of the strongest detector, and the suggestion of the first in ``ORDER``."""
    speaking = [each for each in evidence if each.strength[row] > 0]
    speaking.sort(key=lambda each: -float(each.strength[row]))
    reason = speaking[0].hint(row).reason if speaking else "like cells that are labelled wrong"
    ranked = sorted(
        (each for each in speaking if each.strength[row] >= LEAST_SUGGESTING),
        key=lambda each: _rank(each, row),
    )
    for each in ranked:
        suggestion = each.hint(row).suggestion
        if suggestion is not None:
            return Hint(reason, suggestion)
    return Hint(reason)


def _rank(each: Evidence, row: int) -> int:
    """Whose suggestion goes first: what the row's others surely say, then as in ``ORDER``."""
    if each.detector == "dependency" and each.strength[row] >= SURELY_SUGGESTING:
        return -1
    return ORDER.index(each.detector) if each.detector in ORDER else len(ORDER)
