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
    """Grow a forest.

    Args:
        rows: Rows × columns.
        trees: How many trees.
        samples: Rows that each tree draws, without replacement.
        seed: Of the random numbers.
    """
    generator = np.random.default_rng(seed)
    nodes: list[_Node] = []
    roots = []
    for _ in range(trees):
        drawn = generator.choice(len(rows), min(samples, len(rows)), replace=False)
        roots.append(len(nodes))
        _grow_tree(rows[drawn].astype(np.float64), nodes, generator)
    return Forest(
        np.array(roots),
        np.array([node.column for node in nodes]),
        np.array([node.cut for node in nodes]),
        np.array([node.left for node in nodes]),
        np.array([node.right for node in nodes]),
        np.array([node.low for node in nodes], rows.dtype),
        np.array([node.high for node in nodes], rows.dtype),
        np.array([node.mass for node in nodes]),
    )


@dataclass
class _Node:
    low: Array
    high: Array
    mass: int
    column: int = LEAF
    cut: float = 0.0
    left: int = LEAF
    right: int = LEAF


def _grow_tree(rows: Array, nodes: list[_Node], generator: np.random.Generator) -> None:
    """Append a tree's nodes; a stack, not recursion, for a tree can be very deep."""
    nodes.append(_Node(rows.min(axis=0), rows.max(axis=0), len(rows)))
    waiting = [(len(nodes) - 1, rows)]
    while waiting:
        number, held = waiting.pop()
        node = nodes[number]
        extents = node.high - node.low
        if extents.sum() <= 0:
            continue  # one point, or copies of one
        node.column = int(generator.choice(len(extents), p=extents / extents.sum()))
        node.cut = float(node.low[node.column] + generator.random() * extents[node.column])
        above = held[:, node.column] > node.cut
        if above.all() or not above.any():  # rounding put the cut on the box's upper face
            node.cut = float(node.low[node.column])
            above = held[:, node.column] > node.cut
        for side in (~above, above):
            part = held[side]
            nodes.append(_Node(part.min(axis=0), part.max(axis=0), len(part)))
            waiting.append((len(nodes) - 1, part))
        node.left, node.right = len(nodes) - 2, len(nodes) - 1
