"""Gradient boosted trees on binned columns, in NumPy: small, honest, and there in every function.

Newton boosting with depth-3 trees: a leaf's value is ``-G / (H + 1)`` and a cut's gain as in Chen
and Guestrin, "XGBoost" (KDD 2016), equations 5 and 7, over histograms of at most 32 bins a column.
Rounds end when a slice of the training rows that no tree saw gets no better. It is no rival of the
model that training builds; it says what the columns are worth before anything is trained.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Optional

import numpy as np

DEPTH = 3
RATE = 0.2
PENALTY = 1.0
FEWEST_ROWS_OF_A_LEAF = 10
MOST_ROUNDS = 80
PATIENCE = 6
CELLS = 60_000_000
"""So many binned cells are read at most in all rounds together: about a second's work."""
INNER_NODES = 2**DEPTH - 1

Array = Any


@dataclass
class Tree:
    """Cuts of a complete tree and the values of its leaves; a cut of -1 sends every row left."""

    column: list[int] = field(default_factory=lambda: [-1] * INNER_NODES)
    code: list[int] = field(default_factory=lambda: [0] * INNER_NODES)
    leaves: Any = None

    def values(self, codes: Array) -> Array:
        """What the tree adds to each row; ``codes`` of shape (rows, columns)."""
        rows = np.arange(len(codes))
        column, code = np.array(self.column), np.array(self.code)
        at = np.zeros(len(codes), dtype=np.int64)
        for _ in range(DEPTH):
            right = (column[at] >= 0) & (codes[rows, np.maximum(column[at], 0)] > code[at])
            at = 2 * at + 1 + right
        return self.leaves[at - INNER_NODES]


@dataclass
class Booster:
    """A fitted model.

    Attributes:
        start: what every row begins with, shape (outputs,).
        rounds: for each round a tree for each output.
        gains: how much each column's cuts gained in all, shape (columns,).
    """

    start: Any
    rounds: list[list[Tree]]
    gains: Any

    def raw(self, codes: Array) -> Array:
        """Sums before the link, shape (rows, outputs)."""
        total = np.tile(self.start, (len(codes), 1))
        for trees in self.rounds:
            for output, tree in enumerate(trees):
                total[:, output] += tree.values(codes)
        return total

    def predict(self, codes: Array, classes: int) -> Array:
        """Values of shape (rows,), or probabilities of shape (rows, classes)."""
        return _linked(self.raw(codes), classes)


def fit(codes: Array, labels: Array, classes: int, watched: Array) -> Booster:
    """Learn from binned rows.

    Args:
        codes: bins from 0, uint8, shape (rows, columns).
        labels: values, or class numbers as float64.
        classes: 0 for values, else how many classes.
        watched: booleans; rows that only tell when to stop.
    """
    seen, held = codes[~watched], codes[watched]
    aims, held_aims = _aims(labels[~watched], classes), _aims(labels[watched], classes)
    model = Booster(_start(aims, classes), [], np.zeros(codes.shape[1]))
    bins = int(codes.max()) + 1 if codes.size else 1
    sums, held_sums = (np.tile(model.start, (len(each), 1)) for each in (seen, held))
    best, best_rounds = _loss(held_sums, held_aims, classes), 0
    for _ in range(_rounds(seen, aims.shape[1])):
        slope, curve = _derivatives(sums, aims, classes)
        trees = []
        for output in range(aims.shape[1]):
            tree = _grow(seen, slope[:, output], curve[:, output], bins, model.gains)
            sums[:, output] += tree.values(seen)
            held_sums[:, output] += tree.values(held)
            trees.append(tree)
        model.rounds.append(trees)
        loss = _loss(held_sums, held_aims, classes)
        if loss < best - 1e-9:
            best, best_rounds = loss, len(model.rounds)
        elif len(model.rounds) - best_rounds >= PATIENCE:
            break
    model.rounds = model.rounds[:best_rounds]
    return model


def _rounds(codes: Array, outputs: int) -> int:
    cost = max(1, codes.size * outputs * DEPTH)
    return int(min(MOST_ROUNDS, max(8, CELLS // cost)))


def _aims(labels: Array, classes: int) -> Array:
    """Targets of each output, shape (rows, outputs): one for values and for two classes."""
    if classes in {0, 2}:
        return labels[:, None].astype(np.float64)
    return (labels[:, None] == np.arange(classes)).astype(np.float64)


def _start(aims: Array, classes: int) -> Array:
    mean = aims.mean(axis=0)
    if classes == 0:
        return mean
    mean = np.clip(mean, 1e-6, 1 - 1e-6)
    return np.log(mean / (1 - mean)) if classes == 2 else np.log(mean)


def _linked(sums: Array, classes: int) -> Array:
    if classes == 0:
        return sums[:, 0]
    if classes == 2:
        one = 1.0 / (1.0 + np.exp(-np.clip(sums[:, 0], -40, 40)))
        return np.column_stack([1.0 - one, one])
    grown = np.exp(sums - sums.max(axis=1, keepdims=True))
    return grown / grown.sum(axis=1, keepdims=True)


def _derivatives(sums: Array, aims: Array, classes: int) -> tuple[Array, Array]:
    """First and second derivative of the loss: squares for values, else cross entropy."""
    if classes == 0:
        return sums - aims, np.ones_like(aims)
    said = _linked(sums, classes)
    said = said[:, 1:] if classes == 2 else said
    return said - aims, np.maximum(said * (1 - said), 1e-9)


def _loss(sums: Array, aims: Array, classes: int) -> float:
    if not len(aims):
        return 0.0
    if classes == 0:
        return float(np.mean((sums - aims) ** 2))
    said = _linked(sums, classes)
    given = np.where(aims[:, 0] > 0, said[:, 1], said[:, 0]) if classes == 2 else said[aims > 0]
    return float(-np.mean(np.log(np.maximum(given, 1e-12))))


def _grow(codes: Array, slope: Array, curve: Array, bins: int, gains: Array) -> Tree:
    """One tree, level by level; adds what its cuts gain to ``gains``."""
    rows, columns = codes.shape
    tree = Tree()
    at = np.zeros(rows, dtype=np.int64)
    flat = codes.astype(np.int64) + np.arange(columns) * bins
    for level in range(DEPTH):
        nodes, first = 2**level, 2**level - 1
        cells = (flat + ((at - first) * columns * bins)[:, None]).ravel()
        size = nodes * columns * bins
        shape = (nodes, columns, bins)
        some = np.bincount(cells, minlength=size).reshape(shape)
        slopes = np.bincount(cells, np.repeat(slope, columns), size).reshape(shape)
        curves = np.bincount(cells, np.repeat(curve, columns), size).reshape(shape)
        column, code, gain = _best_cuts(some, slopes, curves)
        for node in range(nodes):
            if gain[node] > 0:
                tree.column[first + node], tree.code[first + node] = column[node], code[node]
                gains[column[node]] += gain[node]
        chosen = np.where(gain > 0, column, -1)[at - first]
        right = (chosen >= 0) & (codes[np.arange(rows), np.maximum(chosen, 0)] > code[at - first])
        at = 2 * at + 1 + right
    leaf = at - INNER_NODES
    down = np.bincount(leaf, slope, INNER_NODES + 1)
    up = np.bincount(leaf, curve, INNER_NODES + 1)
    tree.leaves = -RATE * down / (up + PENALTY)
    return tree


def _best_cuts(some: Array, slopes: Array, curves: Array) -> tuple[Array, Array, Array]:
    """For each node the column, the last bin that goes left, and the gain; 0 where none helps."""
    left, down, up = (np.cumsum(each, axis=2)[:, :, :-1] for each in (some, slopes, curves))
    whole, fall, rise = (
        each[:, :1, :].sum(axis=2, keepdims=True) for each in (some, slopes, curves)
    )
    gain = (
        down**2 / (up + PENALTY)
        + (fall - down) ** 2 / (rise - up + PENALTY)
        - fall**2 / (rise + PENALTY)
    )
    allowed = (left >= FEWEST_ROWS_OF_A_LEAF) & (whole - left >= FEWEST_ROWS_OF_A_LEAF)
    gain = np.where(allowed, gain, 0.0).reshape(len(some), -1)
    if not gain.shape[1]:
        zeros = np.zeros(len(some), dtype=np.int64)
        return zeros, zeros, np.zeros(len(some))
    best = gain.argmax(axis=1)
    cuts = some.shape[2] - 1
    return best // cuts, best % cuts, gain[np.arange(len(some)), best]


def importance(model: Booster) -> Optional[Any]:
    """Each column's share of all that the cuts gained; None if no cut gained anything."""
    whole = float(model.gains.sum())
    return model.gains / whole if whole > 0 else None
