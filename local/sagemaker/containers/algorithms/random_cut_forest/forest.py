"""Robust random cut trees: Guha, Mishra, Roy, Schrijvers, ICML 2016.

A tree cuts its box again and again: along a column drawn with the probability of its extent, at a
place drawn evenly within it. A point that does not belong is cut off early. Its score is the
expectation, over the cuts that inserting it could make, of 1 / (depth + 1) where it would be cut
off, and of 1 / (depth + log2(1 + mass)) at a leaf that it equals (damped by how much of the tree
that leaf is), times log2(1 + rows of the tree), so that trees of any size compare; the forest's is
the mean. What lies among the rows scores well below 1, the farthest point of all scores
log2(1 + rows), which is 8 for 256 rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

type Array = np.ndarray[Any, Any]

LEAF = -1
_CELLS = 4_000_000
"""Numbers of boxes that are held at once."""


@dataclass
class Forest:
    """All trees' nodes, one after the other; a tree's root is its first.

    Attributes:
        roots: Node of each tree's root.
        column: Column that each node cuts; LEAF for a leaf.
        cut: Where; what is not above goes left.
        left: Node of the left child; the right one is in `right`.
        right: Node of the right child.
        low: Least value of each column among the node's rows, nodes × columns.
        high: Greatest value likewise.
        mass: Rows of each node.
    """

    roots: Array
    column: Array
    cut: Array
    left: Array
    right: Array
    low: Array
    high: Array
    mass: Array

    def scores(self, rows: Array) -> Array:
        """The anomaly score of each row."""
        step = max(1, _CELLS // (len(self.roots) * self.low.shape[1]))
        parts = [self._scores(rows[start : start + step]) for start in range(0, len(rows), step)]
        return np.concatenate(parts)

    def _scores(self, rows: Array) -> Array:
        trees, many = len(self.roots), len(rows)
        points = rows.astype(np.float64)
        which = np.tile(np.arange(many), trees)  # the row of each pair of tree and row
        node = np.repeat(self.roots, many)
        whole = self.mass[node].astype(np.float64)
        scale = np.log2(1 + whole)
        total = np.zeros(trees * many)
        reached = np.ones(trees * many)  # probability that nothing cut it off above
        alive = np.arange(trees * many)
        depth = 0
        while alive.size:
            here, point = node[alive], points[which[alive]]
            cut_off = self._separation(here, point)
            total[alive] += reached[alive] * cut_off / (depth + 1)
            reached[alive] *= 1 - cut_off
            at_leaf = self.column[here] == LEAF
            ended = alive[at_leaf]
            mass = self.mass[node[ended]]
            damping = 1 - mass / (2 * whole[ended])
            total[ended] += reached[ended] * damping / (depth + np.log2(1 + mass))
            alive, here, point = alive[~at_leaf], here[~at_leaf], point[~at_leaf]
            above = point[np.arange(len(here)), self.column[here]] > self.cut[here]
            node[alive] = np.where(above, self.right[here], self.left[here])
            depth += 1
        means: Array = (total * scale).reshape(trees, many).mean(axis=0)
        return means

    def _separation(self, node: Array, point: Array) -> Array:
        """The probability that the first cut of the box and the point parts them."""
        low, high = self.low[node], self.high[node]
        outside = (np.maximum(low - point, 0) + np.maximum(point - high, 0)).sum(axis=1)
        extent = (high - low).sum(axis=1) + outside
        parted: Array = np.divide(outside, extent, out=np.zeros_like(outside), where=extent > 0)
        return parted


def grow(rows: Array, trees: int, samples: int, seed: int = 0) -> Forest:
    """Grow a forest, all trees level by level.

    Args:
        rows: Rows × columns.
        trees: How many trees.
        samples: Rows that each tree draws, without replacement.
        seed: Of the random numbers.
    """
    generator = np.random.default_rng(seed)
    size = min(samples, len(rows))
    drawn = [generator.choice(len(rows), size, replace=False) for _ in range(trees)]
    held = rows[np.concatenate(drawn)]
    owner = np.repeat(np.arange(trees), size)
    levels, below = [], trees
    while len(held):
        level, above = _grow_level(held, owner, generator)
        inner = level.column != LEAF
        level.left[inner] = below + 2 * np.arange(inner.sum())
        level.right[inner] = level.left[inner] + 1
        below += 2 * int(inner.sum())
        levels.append(level)
        stays = inner[owner]
        child = 2 * (np.cumsum(inner) - 1)[owner[stays]] + above[stays]
        order = np.argsort(child, kind="stable")
        held, owner = held[stays][order], child[order]
    names = ("column", "cut", "left", "right", "low", "high", "mass")
    joined = {name: np.concatenate([getattr(level, name) for level in levels]) for name in names}
    return Forest(np.arange(trees), **joined)


@dataclass
class _Level:
    """The nodes of one depth, as in `Forest`."""

    column: Array
    cut: Array
    left: Array
    right: Array
    low: Array
    high: Array
    mass: Array


def _grow_level(held: Array, owner: Array, generator: np.random.Generator) -> tuple[_Level, Array]:
    """Cut the nodes of one depth.

    Args:
        held: The rows of all nodes, those of a node together.
        owner: The node of each row, counted from 0 without a gap.
        generator: Of random numbers.

    Returns:
        The nodes, whose children are not numbered yet, and which rows lie above their node's cut.
    """
    mass = np.bincount(owner)
    starts = np.r_[0, np.cumsum(mass)[:-1]]
    low, high = np.minimum.reduceat(held, starts), np.maximum.reduceat(held, starts)
    extents = high.astype(np.float64) - low
    sums, every = np.cumsum(extents, axis=1), np.arange(len(mass))
    place = generator.random(len(mass)) * sums[:, -1]
    column = np.minimum((sums <= place[:, None]).sum(axis=1), extents.shape[1] - 1)
    # Rounding may go beyond the last extent.
    column = np.where(extents[every, column] > 0, column, extents.argmax(axis=1))
    least = low[every, column].astype(np.float64)
    cut = least + generator.random(len(mass)) * extents[every, column]
    values = held[np.arange(len(held)), column[owner]]
    # A cut on the box's upper face, where rounding may put it, would part nothing.
    cut = np.where(np.bincount(owner, values > cut[owner]) > 0, cut, least)
    column = np.where(sums[:, -1] > 0, column, LEAF)  # a leaf is one point, or copies of one
    numbers = np.full(len(mass), LEAF)
    level = _Level(column, cut, numbers, numbers.copy(), low, high, mass)
    return level, values > cut[owner]
