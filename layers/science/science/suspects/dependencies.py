"""Columns that decide others, told from the rows themselves, and the rows that disagree.

A column decides another approximately when the rows that share its value nearly always share the
other's too (an approximate functional dependency, Kivinen and Mannila 1995). How surely is measured
by leaving each row out: how much more often the others of its group foretell its value than the
most frequent value of the whole column does (Goodman and Kruskal's lambda, 1954).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from science.suspects.columns import Table

LEAST = 0.5
"""A dependency with a smaller lambda is none."""

LEAST_OF_MANY = 0.58
"""Enough where many tell of the same things, each with errors of its own."""

SURE = 0.85
FEWEST_ROWS = 12
"""Rows in groups of at least two, below which nothing is told."""

RULED = 0.95
"""If so many rows with one value of a third column violate, they follow a rule of their own."""

LONG = 20_000
"""Of tables with more rows, a part is looked at first."""

SPREAD = np.int64(2_654_435_761)
"""Knuth's multiplicative hash, which deals groups out evenly."""

FEWEST_RULED = 5
MOST_RULED = 0.2
RARE_SHARE = 0.25
MANY_GROUPS = 10
MANY_RIVALS = 10
MOST_PURE = 0.1
FEW_VIOLATING = 0.05


@dataclass
class Dependency:
    """One column deciding another.

    Attributes:
        determinant: the place of the column that decides.
        foretold: for each row the code of the value that the group's others have, -1 for none.
        weight: for each row the log odds that it is right; float32.
        surely: how reliable the dependency is, 0 to 1.
        exempt: the rows that follow a rule of their own, bool.
    """

    determinant: int
    foretold: Any
    weight: Any
    surely: float
    exempt: Any = False


@dataclass
class Groups:
    """The rows by determinant and dependent value; arrays over rows, and over groups."""

    own: Any
    first: Any
    first_code: Any
    second: Any
    total: Any


def mine(table: Table, doubted: Sequence[Any]) -> list[list[Dependency]]:
    """What decides each column.

    Args:
        table: the table.
        doubted: for each column which rows' cells other detectors suspect; these have no vote.
    """
    return [
        list(_of_column(table, at, doubted)) if column.present and not column.is_identifier else []
        for at, column in enumerate(table.columns)
    ]


def supported(table: Table, at: int) -> Any:
    """Rows whose cell is rare in the column and yet what all rows beside it in some group have.

    An odd value that comes back wherever its key does is no slip of one cell; bool.
    """
    column = table.columns[at]
    found = np.zeros(table.rows, dtype=bool)
    if column.is_identifier:
        return found
    filled = ~column.missing[column.codes]
    rare = (column.counts <= RARE_SHARE * column.present)[column.codes] & filled
    for other, determinant in enumerate(table.columns):
        if other == at or determinant.is_identifier or len(determinant.values) < MANY_GROUPS:
            continue
        known = ~determinant.missing[determinant.codes] & filled
        groups = _grouped(determinant.codes, column.codes, known)
        total = groups.total[determinant.codes]
        found |= rare & known & (groups.own >= 3) & (groups.own >= 0.8 * total)
    return found


def _of_column(table: Table, at: int, doubted: Sequence[Any]) -> Iterator[Dependency]:
    """What decides a column."""
    dependent = table.columns[at]
    sure = ~dependent.missing[dependent.codes] & ~doubted[at]
    for other, determinant in enumerate(table.columns):
        if other == at or determinant.is_identifier or len(determinant.values) < 2:
            continue
        known = ~determinant.missing[determinant.codes] & ~doubted[other]
        if not _worth_counting(determinant.codes, dependent.codes, known, sure):
            continue
        found = _dependency(determinant.codes, dependent.codes, known, sure)
        if found:
            found.determinant = other
            _without_rules(table, found, at)
            yield found


def _worth_counting(a: Any, b: Any, known: Any, filled: Any) -> bool:
    """In a long table, whether some groups, each of them whole, show the dependency."""
    if len(a) <= LONG:
        return True
    some = (a * SPREAD) % len(a) < LONG / 2
    return (
        some.sum() < LONG / 4
        or _dependency(a[some], b[some], known[some], filled[some]) is not None
    )


def _dependency(a: Any, b: Any, known: Any, filled: Any) -> Dependency | None:
    groups = _grouped(a, b, known & filled)
    first, second, total = groups.first[a], groups.second[a], groups.total[a]
    is_first = (groups.first_code[a] == b) & filled
    others = np.where(is_first, groups.own - 1, first)
    rival = np.where(is_first, second, np.where(filled, groups.own, 0))
    foretold = np.where(known & (others > 0), groups.first_code[a], -1)
    tied = np.where(is_first, others < second, first == second)
    foretold = np.where(tied, -1, foretold)
    judged = known & filled & (total >= 2)
    if judged.sum() < FEWEST_ROWS:
        return None
    hits = (foretold == b)[judged].mean()
    top = np.bincount(b[judged]).max() / judged.sum()
    strength = (hits - top) / (1 - top) if top < 1 else 0.0
    if strength < LEAST:
        return None
    surely = _surely(groups, strength)
    if surely < 0.35:
        return None
    weight = _weight(surely, np.maximum(others - rival, 0), rival, others)
    return Dependency(-1, foretold.astype(np.int32), weight, surely)


def _grouped(a: Any, b: Any, usable: Any) -> Groups:
    """The rows of two columns of codes by the first, then by the second."""
    size, width = int(a.max()) + 1, int(b.max()) + 1
    pair = a.astype(np.int64) * width + b
    pairs, inverse, counts = np.unique(pair[usable], return_inverse=True, return_counts=True)
    own = np.zeros(len(pair), dtype=np.int64)
    own[usable] = counts[inverse]
    group, code = pairs // width, pairs % width
    order = np.lexsort((-counts, group))
    group, code, counts = group[order], code[order], counts[order]
    starts = np.flatnonzero(np.r_[True, group[1:] != group[:-1]]) if len(group) else group
    first, second = np.zeros(size, np.int64), np.zeros(size, np.int64)
    first_code = np.full(size, -1, np.int64)
    first[group[starts]], first_code[group[starts]] = counts[starts], code[starts]
    follows = starts + 1
    has_second = follows < np.r_[starts[1:], len(group)]
    second[group[starts[has_second]]] = counts[follows[has_second]]
    total = np.bincount(group, weights=counts, minlength=size).astype(np.int64)
    return Groups(own, first, first_code, second, total)


def _surely(groups: Groups, strength: float) -> float:
    """How reliable a dependency is, by its lambda and by how its violations befall the groups."""
    pure, violating = _pure_beyond_chance(groups)
    dominated = _dominated(groups)
    surely = min(1.0, (strength - LEAST) / (SURE - LEAST)) * 0.98
    many_told = strength >= LEAST_OF_MANY and (groups.total > 1).sum() >= MANY_GROUPS
    if dominated >= 0.7 or (many_told and dominated >= 0.5 and pure <= 0.1):
        surely = max(surely, 0.6)
    else:
        surely *= 0.5
    doubt = max(0.0, pure - MOST_PURE) / (1 - MOST_PURE)
    return surely * (1 - doubt * min(1.0, violating / FEW_VIOLATING))


def _dominated(groups: Groups) -> float:
    """The share of the groups in which one value leads all others clearly."""
    judged = groups.total >= 4
    if not judged.any():
        return 1.0
    clear = groups.second <= np.maximum(1, groups.first / 3)
    return float(clear[judged].mean())


def _pure_beyond_chance(groups: Groups) -> tuple[float, float]:
    """How many more groups have one value alone than if violations befell all rows alike.

    Errors do; a column that truly takes several values within some groups leaves the others pure.

    Returns:
        The groups beyond chance, at most 1, and the share of the rows that violate.
    """
    judged = groups.total >= 3
    total, first = groups.total[judged], groups.first[judged]
    if not len(total):
        return 0.0, 0.0
    violating = float(1 - first.sum() / total.sum())
    chance = float(((1 - violating) ** total).mean())
    pure = float((first == total).mean())
    return ((pure - chance) / (1 - chance) if chance < 1 else 0.0), violating


def _without_rules(table: Table, found: Dependency, at: int) -> None:
    """Take back the votes against rows which a third column's value tells apart."""
    column = table.columns[at]
    wrong = (found.foretold >= 0) & (found.foretold != column.codes)
    wrong &= ~column.missing[column.codes]
    found.exempt = ruled(table, at, wrong, found.foretold >= 0, but=found.determinant)
    found.foretold[found.exempt] = -1


def ruled(table: Table, at: int, wrong: Any, judged: Any = True, but: int = -1) -> Any:
    """Of the rows that seem wrong in a column, those that another column's value tells apart.

    An exception that holds for all rows of some value is a rule, not an error.

    Args:
        table: the table.
        at: the column.
        wrong: its rows that seem wrong, bool.
        judged: the rows that could seem so, bool.
        but: a column that is not to be asked.
    """
    found = np.zeros(table.rows, dtype=bool)
    if not FEWEST_RULED <= wrong.sum() <= MOST_RULED * table.rows:
        return found
    judged = np.broadcast_to(judged, wrong.shape)
    for other, explains in enumerate(table.columns):
        size = len(explains.values)
        if other in {at, but} or size > table.rows / FEWEST_RULED:
            continue
        by_value = np.bincount(explains.codes, weights=wrong, minlength=size)
        among = np.bincount(explains.codes, weights=judged, minlength=size)
        rules = (by_value >= RULED * among) & (among >= FEWEST_RULED)
        if rules.any():
            found |= rules[explains.codes] & wrong
    return found


def _weight(surely: float, lead: Any, rival: Any, others: Any) -> Any:
    """The log odds that a vote is right: by its dependency, and by how far its value leads.

    A rival that many rows have is less likely an error made again and again.
    """
    right = surely * lead / (lead + 0.7)
    right = np.where(rival >= MANY_RIVALS, right * lead / np.maximum(others, 1), right)
    right = np.clip(right, 0.02, 0.98)
    return np.maximum(np.log(right / (1 - right)), 0).astype(np.float32)
