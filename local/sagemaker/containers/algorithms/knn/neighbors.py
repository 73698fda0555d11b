"""The index: sampled rows, and who among them is nearest. Exact under every `index_type`.

AWS's faiss.IVFFlat and faiss.IVFPQ trade exactness for speed; here the answer is faiss.Flat's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from local.sagemaker.containers.algorithms.common.rows import Matrix

_CELLS = 8_000_000
"""Distances that are held at once."""


@dataclass
class Index:
    """Rows to be neighbours, and how far they are.

    Attributes:
        rows: Reduced rows × columns.
        labels: One a row.
        metric: L2, INNER_PRODUCT or COSINE.
        projection: Features × columns, or None.
        k: Neighbours that answer.
        classifies: Whether labels are classes.
    """

    rows: Matrix
    labels: Matrix
    metric: str
    projection: Matrix | None
    k: int
    classifies: bool

    def search(self, queries: Matrix) -> tuple[Matrix, Matrix]:
        """The k nearest of each query, nearest first.

        Returns:
            Distances and labels, queries × k. Distances are as faiss gives them: squared for L2;
            for the others the product or cosine itself, where more is nearer.
        """
        step = max(1, _CELLS // len(self.rows))
        parts = [
            self._search(queries[start : start + step]) for start in range(0, len(queries), step)
        ]
        return np.concatenate([part[0] for part in parts]), np.concatenate(
            [part[1] for part in parts]
        )

    def answer(self, labels: Matrix) -> np.ndarray[Any, Any]:
        """One label a query: the mean, or the one that most neighbours have.

        Of two that equally many have it is the one whose neighbour is nearer.
        """
        if not self.classifies:
            means: np.ndarray[Any, Any] = labels.mean(axis=1)
            return means
        votes = (labels[:, :, None] == labels[:, None, :]).sum(axis=2)
        winners: np.ndarray[Any, Any] = labels[np.arange(len(labels)), votes.argmax(axis=1)]
        return winners

    def _search(self, queries: Matrix) -> tuple[Matrix, Matrix]:
        reduced = reduce(queries, self.projection)
        distances = self._distances(reduced)
        ranks = distances if self.metric == "L2" else -distances
        some = np.argpartition(ranks, self.k - 1, axis=1)[:, : self.k]
        order = np.argsort(np.take_along_axis(ranks, some, axis=1), axis=1, kind="stable")
        nearest = np.take_along_axis(some, order, axis=1)
        return np.take_along_axis(distances, nearest, axis=1), self.labels[nearest]

    def _distances(self, queries: Matrix) -> Matrix:
        queries = queries.astype(np.float64)
        if self.metric == "COSINE":
            queries = _unit(queries)
        products: Matrix = queries @ self._points.T
        if self.metric != "L2":
            return products
        squares: Matrix = (queries**2).sum(axis=1)[:, None] - 2 * products + self._lengths
        return np.maximum(squares, 0.0)

    @cached_property
    def _points(self) -> Matrix:
        """The rows as distances are computed from them."""
        points: Matrix = self.rows.astype(np.float64)
        return _unit(points) if self.metric == "COSINE" else points

    @cached_property
    def _lengths(self) -> Matrix:
        """The squared length of each row."""
        lengths: Matrix = (self._points**2).sum(axis=1)
        return lengths


def reduce(rows: Matrix, projection: Matrix | None) -> Matrix:
    """Project rows, if there is something to project by."""
    return rows if projection is None else rows @ projection


def _unit(rows: Matrix) -> Matrix:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Matrix = rows / np.where(lengths > 0, lengths, 1.0)
    return scaled
