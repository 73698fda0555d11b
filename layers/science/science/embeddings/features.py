"""A text column as a sentence embedding: ``prepare.text: embed``.

The encoder's document names the file of weights beside ``features.json`` and its SHA-256; the file
goes with the model's package. What computes is the same in training, in bulk and in the endpoint.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from science.embeddings.weights import FILE
from science.faults import Fault, UnusableData
from science.values import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MODEL = "huggingface-textembedding-all-MiniLM-L6-v2"
"""JumpStart's id of the encoder: 384 numbers a text, 22 million weights, English."""
MOST_TEXTS = 10_000
"""So many training rows at most: a function has fifteen minutes (``bench.texts --embed``)."""


def fit(column: str, rows: int, folder: Path) -> dict[str, Any]:
    """The encoder of a text column.

    Args:
        column: its name.
        rows: the number of training rows.
        folder: where the file of weights lies.

    Raises:
        UnusableData: the file is not there, or there are too many texts for a function.
    """
    path = folder / FILE
    if not path.is_file():
        what = "there is no sentence encoder: runs that Spark prepares have none"
        raise UnusableData([Fault(what, "prepare.text", "set it to tokenize, or bring fewer rows")])
    if rows > MOST_TEXTS:
        what = f"{rows:,} texts are more than the {MOST_TEXTS:,} that a function embeds in its time"
        raise UnusableData([Fault(what, "prepare.text", "set it to tokenize, or bring fewer rows")])
    from science.embeddings.encoder import load

    width = load(str(path)).width
    return {
        "column": column,
        "kind": "embedding",
        "model": MODEL,
        "file": FILE,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "outputs": [f"{column}: meaning {number + 1}" for number in range(width)],
    }


def located(document: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The features document with the paths of its files, which it is applied with."""
    columns = [
        {**encoder, "path": str(folder / encoder["file"])} if "file" in encoder else encoder
        for encoder in document["columns"]
    ]
    return {**document, "columns": columns}


def files(document: Mapping[str, Any]) -> list[str]:
    """The names of the files that the document is applied with."""
    return sorted({encoder["file"] for encoder in document["columns"] if "file" in encoder})


def encode(encoder: Mapping[str, Any], cells: Any, out: Any) -> None:
    """Write the embeddings of a text column's cells into ``out``; a missing text is missing."""
    from science.embeddings.encoder import load

    texts = [text_of(cell) for cell in cells.tolist()]
    there = [place for place, text in enumerate(texts) if text is not None]
    out[:] = np.nan
    if there:
        out[there] = load(encoder["path"]).encode([texts[place] or "" for place in there])
