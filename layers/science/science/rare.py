"""Categories that are seen too rarely to tell anything: together they are one, ``other``.

A level of a handful of rows has no share of its own that would last, and a place in the alphabet
that a tree can only learn by heart. Grouping is due where a column has many such levels beside
others; few of them do no harm. A level that training never saw is as rare as these.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

FEWEST_OF_A_LEVEL = 5
"""A level of fewer training rows is rare."""
MANY_RARE = 10
"""Rare levels from which on they are grouped …"""
FEWEST_KEPT = 2
"""… if so many others are left."""
OTHER = "other"


@dataclass
class Levels:
    """A category's levels in the training rows.

    Attributes:
        counted: rows of each level, most frequent first, then by name; ``missing`` among them.
        spelled: the cells that read as each level.
        missing: the level of cells that are missing.
        other: the level that the rare ones went to, None where none were grouped.
    """

    counted: dict[str, int]
    spelled: Mapping[str, list[str]] = field(default_factory=dict)
    missing: str = ""
    other: str | None = None

    @property
    def kept(self) -> list[str]:
        """The cells that keep their level, in order."""
        levels = [level for level in self.counted if level not in {self.missing, self.other}]
        own = self.other if self.other in self.spelled else None
        return sorted(
            cell for level in [*levels, own] if level is not None for cell in self.spelled[level]
        )


def in_order(counted: Mapping[str, int]) -> dict[str, int]:
    """Levels with their rows, most frequent first, then by name."""
    return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))


def grouped(levels: Levels) -> Levels:
    """The levels with the rare ones as one, where that is due; as they are where it is not."""
    rare = {
        level: count
        for level, count in levels.counted.items()
        if level != levels.missing and count < FEWEST_OF_A_LEVEL
    }
    kept = {level: count for level, count in levels.counted.items() if level not in rare}
    if len(rare) < MANY_RARE or len(kept.keys() - {levels.missing}) < FEWEST_KEPT:
        return levels
    kept[OTHER] = kept.get(OTHER, 0) + sum(rare.values())
    return Levels(in_order(kept), levels.spelled, levels.missing, OTHER)
