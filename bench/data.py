"""The table that the benchmarks carry: real where it lies beside the project, else made."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np

REAL = Path("data", "bank-marketing", "bank-full.csv.gz")
ROWS = 45_211
SEED = 20


def table() -> tuple[bytes, str, str]:
    """A CSV file's bytes, its target, and what it is.

    The real one is Moro et al.'s bank marketing data (UCI, CC BY 4.0), looked for in a folder
    ``shared`` beside the project.
    """
    path = Path(__file__).resolve().parents[2] / "shared" / REAL
    if path.exists():
        return gzip.decompress(path.read_bytes()), "y", "bank-marketing"
    return made(), "y", "a made table of the same shape"


def made(rows: int = ROWS) -> bytes:
    """A table of seven numbers and nine categories, of which some tell of the target."""
    random = np.random.default_rng(SEED)
    numbers = random.normal(size=(rows, 7))
    categories = random.integers(0, 8, size=(rows, 9))
    score = numbers[:, 0] + 0.7 * numbers[:, 1] * (categories[:, 0] > 3) - 0.4 * categories[:, 1]
    target = np.where(score + random.logistic(size=rows) > 1.2, "yes", "no")
    head = [f"n{i}" for i in range(7)] + [f"c{i}" for i in range(9)] + ["y"]
    lines = [",".join(head)]
    for row, levels, label in zip(numbers, categories, target, strict=True):
        cells = [f"{value:.4f}" for value in row] + [f"level{level}" for level in levels]
        lines.append(",".join([*cells, label]))
    return ("\n".join(lines) + "\n").encode()


def first(body: bytes, rows: int) -> bytes:
    """The header and the first rows of a CSV file."""
    return b"".join(body.splitlines(keepends=True)[: rows + 1])
