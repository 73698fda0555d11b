"""Random projections that keep distances: page "How k-NN works", Johnson and Lindenstrauss.

`sign` multiplies by a matrix of ±1; `fjlt` (Ailon and Chazelle, 2009) flips signs at random, mixes
all columns by a Walsh-Hadamard transform, and keeps some of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from local.sagemaker.containers.algorithms.common.rows import Matrix


def projection(kind: str | None, width: int, target: int | None, seed: int = 0) -> Matrix | None:
    """The matrix that reduces rows of `width` features to `target`; None for no reduction.

    Args:
        kind: `sign`, `fjlt` or None.
        width: Features before.
        target: Features after, fewer than `width`.
        seed: Of the random numbers.

    Returns:
        width × target, float32.
    """
    if kind is None or target is None:
        return None
    generator = np.random.default_rng(seed)
    if kind == "sign":
        signs = generator.choice([-1.0, 1.0], (width, target))
        flat: Matrix = (signs / np.sqrt(target)).astype(np.float32)
        return flat
    padded = 1 << (width - 1).bit_length()
    flips = generator.choice([-1.0, 1.0], width)
    kept = generator.choice(padded, target, replace=False)
    mixed = _hadamard(padded)[:width, kept]
    spread: Matrix = (flips[:, None] * mixed / np.sqrt(target)).astype(np.float32)
    return spread


def _hadamard(size: int) -> np.ndarray[Any, Any]:
    """The Walsh-Hadamard matrix of a power of two, entries ±1."""
    matrix = np.ones((1, 1))
    while len(matrix) < size:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return matrix
