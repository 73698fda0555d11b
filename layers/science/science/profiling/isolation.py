"""Rows unlike the others, by an isolation forest (Liu, Ting and Zhou, ICDM 2008).

A tree cuts rows apart at random places of random columns; a row that stands alone soon is unlike
the others. The score is ``2 ** (-mean depth / expected depth)``: about 0.5 for ordinary rows,
towards 1 for odd ones. All trees are grown together, level by level, so that no row is looped over.
"""

from __future__ import annotations

from typing import Any

import numpy as np

TREES = 100
ROWS_OF_A_TREE = 256
DEPTH = 8
"""log2 of the rows of a tree: deeper than average says nothing more of a row's oddity."""
DRAWS = 3
"""So many columns are tried where the rows of a node do not differ in the first."""
ODD = 0.6
"""The score from which the paper's authors call a row a likely anomaly."""

Array = Any


def scores(matrix: Array, seed: int = 0) -> Array:
    """How odd each row is, from 0 to 1.

    Args:
        matrix: shape (rows, columns), finite.
        seed: of the generator.

    Returns:
        Shape (rows,); all 0.5 where no two rows differ.
    """
    rows, columns = matrix.shape
    if rows < 2 or columns == 0:
        return np.full(rows, 0.5)
    generator = np.random.default_rng(seed)
    of_a_tree = min(ROWS_OF_A_TREE, rows)
    drawn = np.stack([generator.permutation(rows)[:of_a_tree] for _ in range(TREES)])
    forest = _grow(matrix, drawn, generator)
    depth = _depths(matrix, *forest)
    return np.power(2.0, -depth / _expected(np.array([of_a_tree]))[0])


def _grow(matrix: Array, drawn: Array, generator: Any) -> tuple[Array, Array, Array]:
    """Cuts of every tree, as complete binary trees.

    Returns:
        The column cut (-1 for a leaf) and the place of the cut, each of shape (trees, nodes), and
        the length that a leaf adds for the rows it could not part.
    """
    trees, of_a_tree = drawn.shape
    nodes = 2 ** (DEPTH + 1) - 1
    cut = np.full((trees, nodes), -1, dtype=np.int64)
    place = np.zeros((trees, nodes))
    tree = np.repeat(np.arange(trees), of_a_tree)
    row = drawn.ravel()
    at = np.zeros(len(row), dtype=np.int64)
    members = np.zeros((trees, nodes))
    np.add.at(members, (tree, at), 1)
    for _ in range(DEPTH):
        flat = tree * nodes + at
        columns, places = _cuts(matrix, row, flat, cut.size, generator)
        cut.ravel()[flat], place.ravel()[flat] = columns[flat], places[flat]
        column = columns[flat]
        inner = column >= 0
        tree, row, at, flat = tree[inner], row[inner], at[inner], flat[inner]
        right = matrix[row, column[inner]] >= places[flat]
        at = 2 * at + 1 + right
        np.add.at(members, (tree, at), 1)
    return cut, place, _expected(members)


def _cuts(
    matrix: Array, row: Array, flat: Array, nodes: int, generator: Any
) -> tuple[Array, Array]:
    """A column (else -1) and a place for each node whose rows differ; ``flat``: each row's node."""
    cut, place = np.full(nodes, -1, dtype=np.int64), np.zeros(nodes)
    open_nodes = np.unique(flat)
    for _ in range(DRAWS):
        column = np.full(len(cut), -1, dtype=np.int64)
        column[open_nodes] = generator.integers(0, matrix.shape[1], len(open_nodes))
        waiting = column[flat] >= 0
        values = matrix[row[waiting], column[flat[waiting]]]
        low, high = np.full(len(cut), np.inf), np.full(len(cut), -np.inf)
        np.minimum.at(low, flat[waiting], values)
        np.maximum.at(high, flat[waiting], values)
        parted = open_nodes[low[open_nodes] < high[open_nodes]]
        cut[parted] = column[parted]
        share = generator.random(len(parted))
        place[parted] = low[parted] + share * (high[parted] - low[parted])
        # Rounding may put a cut on the least value, which would leave one side empty.
        place[parted] = np.where(place[parted] > low[parted], place[parted], high[parted])
        open_nodes = open_nodes[cut[open_nodes] < 0]
        if not len(open_nodes):
            break
    return cut, place


def _depths(matrix: Array, cut: Array, place: Array, rest: Array) -> Array:
    """The mean length of a row's path over the trees."""
    total = np.zeros(len(matrix))
    rows = np.arange(len(matrix))
    for tree in range(len(cut)):
        at = np.zeros(len(matrix), dtype=np.int64)
        for _ in range(DEPTH):
            column = cut[tree, at]
            inner = column >= 0
            right = matrix[rows, column] >= place[tree, at]
            total += inner
            at = np.where(inner, 2 * at + 1 + right, at)
        total += rest[tree, at]
    return total / len(cut)


def _expected(size: Array) -> Array:
    """The mean path of a search that fails in a binary tree of so many rows: the paper's c(n)."""
    some = np.maximum(size, 2.0)
    longer = 2.0 * (np.log(some - 1.0) + np.euler_gamma) - 2.0 * (some - 1.0) / some
    return np.where(size > 2, longer, np.where(size == 2, 1.0, 0.0))
