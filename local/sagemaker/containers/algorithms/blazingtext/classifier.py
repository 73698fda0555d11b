"""fastText's classifier: the mean of a text's embeddings, a linear layer, softmax.

Joulin et al. 2016, "Bag of Tricks for Efficient Text Classification". Stochastic gradient descent
with a rate that falls linearly to zero over the tokens of all epochs; a step takes a handful of
texts at once, each with the full rate, as fastText's parallel threads do.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]

from local.sagemaker.containers.algorithms.blazingtext.features import Features

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

type Matrix = np.ndarray[Any, np.dtype[np.float32]]
type Indexes = np.ndarray[Any, np.dtype[np.int64]]

MODEL_FILE = "model.npz"
FORMAT = "blazingtext-supervised-1"
_AT_ONCE = 1024
"""Texts scored at a time: bounds the memory of a prediction."""


@dataclass
class Texts:
    """Texts as rows of the embedding matrix, one after the other.

    Attributes:
        rows: The rows of all texts.
        starts: Where each text's rows begin, and the end of the last; texts + 1 numbers.
    """

    rows: Indexes
    starts: Indexes

    def __len__(self) -> int:
        """How many texts."""
        return len(self.starts) - 1

    def average(self, chosen: Indexes) -> tuple[Any, Indexes]:
        """What averages the embeddings of some texts.

        Returns:
            A sparse matrix, texts × rows that occur in them, each text's weights summing to one;
            and these rows.
        """
        lengths = self.starts[chosen + 1] - self.starts[chosen]
        ends = np.concatenate([[0], np.cumsum(lengths)])
        shift = np.repeat(self.starts[chosen] - ends[:-1], lengths)
        rows, places = np.unique(self.rows[np.arange(ends[-1]) + shift], return_inverse=True)
        weights = np.repeat(1 / np.maximum(lengths, 1), lengths).astype(np.float32)
        shape = (len(chosen), len(rows))
        return sparse.csr_matrix((weights, places, ends), shape=shape), rows


def to_texts(features: Features, texts: Sequence[Sequence[str]]) -> Texts:
    """Look the words of texts up."""
    rows = [features.rows(words) for words in texts]
    starts = np.concatenate([[0], np.cumsum([len(found) for found in rows])]).astype(np.int64)
    return Texts(np.concatenate(rows) if rows else np.empty(0, np.int64), starts)


@dataclass
class Classifier:
    """A model.

    Attributes:
        features: Words and buckets to rows.
        labels: Its labels; a label's place is its row of `outputs`.
        embeddings: Rows × dimensions.
        outputs: Labels × dimensions.
    """

    features: Features
    labels: list[str]
    embeddings: Matrix
    outputs: Matrix

    @classmethod
    def fresh(cls, features: Features, labels: list[str], dimensions: int, seed: int) -> Classifier:
        """An untrained model: embeddings uniform within 1 / dimensions, outputs zero."""
        drawn = np.random.default_rng(seed).random((features.size, dimensions), np.float32)
        embeddings: Matrix = (drawn * 2 - 1) / np.float32(dimensions)
        return cls(features, labels, embeddings, np.zeros((len(labels), dimensions), np.float32))

    def step(self, texts: Texts, chosen: Indexes, targets: Indexes, rate: float) -> None:
        """Descend once along the gradient of the chosen texts' cross-entropy.

        Args:
            texts: All texts.
            chosen: Which of them.
            targets: The label's row of each chosen text.
            rate: The learning rate, of each text.
        """
        average, rows = texts.average(chosen)
        part = self.embeddings[rows]
        hidden = average @ part
        error = _softmax(hidden @ self.outputs.T)
        error[np.arange(len(chosen)), targets] -= 1
        error *= np.float32(rate)
        back = error @ self.outputs
        self.outputs -= error.T @ hidden
        self.embeddings[rows] = part - average.T @ back

    def probabilities(self, texts: Texts) -> Matrix:
        """The probability of every label, texts × labels."""
        parts = []
        for first in range(0, len(texts), _AT_ONCE):
            chosen = np.arange(first, min(first + _AT_ONCE, len(texts)))
            average, rows = texts.average(chosen)
            parts.append(_softmax(average @ self.embeddings[rows] @ self.outputs.T))
        return np.concatenate(parts) if parts else np.empty((0, len(self.labels)), np.float32)

    def save(self, folder: Path) -> None:
        """Write `model.npz`: plain arrays and texts, which loading cannot turn into code."""
        about = {
            "format": FORMAT,
            "labels": self.labels,
            "words": self.features.words,
            "modulus": self.features.modulus,
            "word_ngrams": self.features.longest,
        }
        np.savez(
            folder / MODEL_FILE,
            about=np.frombuffer(json.dumps(about).encode(), np.uint8),
            buckets=self.features.buckets,
            embeddings=self.embeddings,
            outputs=self.outputs,
        )

    @classmethod
    def load(cls, folder: Path) -> Classifier:
        """Read what `save` wrote.

        Raises:
            OSError: When there is no such file, or it cannot be read.
            ValueError: When it holds something else.
        """
        with np.load(folder / MODEL_FILE, allow_pickle=False) as arrays:
            missing = {"about", "buckets", "embeddings", "outputs"} - set(arrays)
            if missing:
                raise ValueError(f"{MODEL_FILE} lacks {sorted(missing)}")
            about = json.loads(arrays["about"].tobytes())
            if about.get("format") != FORMAT:
                raise ValueError(f"{MODEL_FILE} is not of the format {FORMAT}")
            features = Features(
                about["words"], arrays["buckets"], about["modulus"], about["word_ngrams"]
            )
            model = cls(features, about["labels"], arrays["embeddings"], arrays["outputs"])
        if model.embeddings.shape[0] != features.size or len(model.labels) != len(model.outputs):
            raise ValueError(f"the arrays of {MODEL_FILE} do not fit together")
        return model


def _softmax(scores: Matrix) -> Matrix:
    powers: Matrix = np.exp(scores - scores.max(axis=1, keepdims=True))
    powers /= powers.sum(axis=1, keepdims=True)
    return powers
