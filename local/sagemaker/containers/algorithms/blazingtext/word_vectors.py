"""Learns word vectors: skip-gram and continuous bag of words with negative sampling.

Mikolov et al. 2013, "Distributed Representations of Words and Phrases": frequent words are dropped
with probability 1 - √(t/f) - t/f, windows are of random size, negatives are drawn by frequency to
the power of ¾. In mode batch_skipgram a set of negatives is shared by `batch_size` pairs
(Ji et al. 2016, "Parallelizing Word2Vec in Shared and Distributed Memory").
"""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]

from local.sagemaker.containers.algorithms.xgboost.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

type Array = np.ndarray[Any, Any]

MODEL_FILE = "vectors.npz"
TEXT_FILE = "vectors.txt"
FORMAT = "blazingtext-word-vectors-1"
SEED = 1
_TOGETHER = 256
"""Pairs of one step, at most; no more than there are words, or one word's changes pile up."""
_TOKENS_AT_ONCE = 20_000
"""Words whose pairs are in memory at a time."""


@dataclass
class WordVectors:
    """A vector for each word.

    Attributes:
        words: The vocabulary, most frequent first.
        vectors: Words × dimensions.
    """

    words: list[str]
    vectors: Array

    def save(self, folder: Path) -> None:
        """Write `vectors.txt`, word2vec's own format, and `vectors.npz`, which is served."""
        with (folder / TEXT_FILE).open("w", encoding="utf-8") as file:
            file.write(f"{len(self.words)} {self.vectors.shape[1]}\n")
            for word, vector in zip(self.words, self.vectors, strict=True):
                file.write(f"{word} {' '.join(f'{value:.6g}' for value in vector)}\n")
        about = json.dumps({"format": FORMAT, "words": self.words}).encode()
        np.savez(folder / MODEL_FILE, about=np.frombuffer(about, np.uint8), vectors=self.vectors)

    @classmethod
    def load(cls, folder: Path) -> WordVectors:
        """Read `vectors.npz`.

        Raises:
            OSError: When there is no such file, or it cannot be read.
            ValueError: When it holds something else.
            KeyError: When an array is missing.
        """
        with np.load(folder / MODEL_FILE, allow_pickle=False) as arrays:
            about = json.loads(arrays["about"].tobytes())
            if about.get("format") != FORMAT:
                raise ValueError(f"{MODEL_FILE} is not of the format {FORMAT}")
            found = cls(about["words"], arrays["vectors"])
        if len(found.words) != len(found.vectors):
            raise ValueError(f"the arrays of {MODEL_FILE} do not fit together")
        return found


def train(lines: Sequence[str], wanted: dict[str, Any]) -> WordVectors:
    """Learn vectors.

    Args:
        lines: Sentences, words between blanks.
        wanted: The hyperparameters of a mode of word vectors, all of them.

    Raises:
        UserError: When no word occurs often enough.
    """
    counts = Counter(word for line in lines for word in line.split())
    frequent = [pair for pair in counts.most_common() if pair[1] >= wanted["min_count"]]
    if len(frequent) < 2:
        raise UserError(f"Fewer than two words occur min_count ({wanted['min_count']}) times")
    words = [word for word, _ in frequent]
    places = {word: place for place, word in enumerate(words)}
    sentences = [[places[word] for word in line.split() if word in places] for line in lines]
    tokens = np.array([place for sentence in sentences for place in sentence])
    owners = np.repeat(np.arange(len(sentences)), [len(sentence) for sentence in sentences])
    print(f"Read {len(tokens) / 1e6:g}M words")
    print(f"Number of words:  {len(words)}")
    run = _Run(np.array([count for _, count in frequent]), wanted)
    began = time.monotonic()
    for epoch in range(wanted["epochs"]):
        run.epoch(epoch, tokens, owners)
        print(f"-------------- End of epoch: {epoch + 1}", flush=True)
    print("Training finished.")
    print(f"Total training time in seconds: {time.monotonic() - began:.2f}")
    print("Not evaluated: the word similarities of WS-353 do not come with it")
    return WordVectors(words, run.inputs)


class _Run:
    """The vectors while they are learned.

    Attributes:
        inputs: What becomes the words' vectors.
    """

    def __init__(self, counts: Array, wanted: dict[str, Any]) -> None:
        self._wanted = wanted
        self._generator = np.random.default_rng(SEED)
        size = (len(counts), wanted["vector_dim"])
        drawn = self._generator.random(size, np.float32)
        self.inputs: Array = (drawn - np.float32(0.5)) / np.float32(size[1])
        self._outputs = np.zeros(size, np.float32)
        self._together = min(_TOGETHER, len(counts))
        share = counts / counts.sum()
        threshold = wanted["sampling_threshold"]
        self._kept = np.minimum(1, np.sqrt(threshold / share) + threshold / share)
        if not threshold:
            self._kept = np.ones(len(counts))
        odds = counts**0.75
        self._odds = np.cumsum(odds / odds.sum())

    def epoch(self, epoch: int, tokens: Array, owners: Array) -> None:
        """Go over all words once."""
        everything = len(tokens) * self._wanted["epochs"]
        for first in range(0, len(tokens), _TOKENS_AT_ONCE):
            part = slice(first, first + _TOKENS_AT_ONCE)
            kept = self._generator.random(len(tokens[part])) < self._kept[tokens[part]]
            centres, near = self._pairs(owners[part][kept])
            here = tokens[part][kept]
            done = (epoch * len(tokens) + first) / everything
            rate = self._wanted["learning_rate"] * max(1 - done, 1e-4)
            if self._wanted["mode"] == "cbow":
                self._bags(here, centres, near, rate)
            else:
                order = self._generator.permutation(len(centres))
                self._skips(here[centres[order]], here[near[order]], rate)

    def _pairs(self, owners: Array) -> tuple[Array, Array]:
        """Places of words and of their neighbours in the same sentence, within random windows."""
        window = self._wanted["window_size"]
        widths = self._generator.integers(1, window + 1, len(owners))
        centres, near = [], []
        for distance in range(1, min(window, len(owners) - 1) + 1):
            left = np.flatnonzero(owners[:-distance] == owners[distance:])
            for middle, other in ((left, left + distance), (left + distance, left)):
                inside = widths[middle] >= distance
                centres.append(middle[inside])
                near.append(other[inside])
        if not centres:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        return np.concatenate(centres), np.concatenate(near)

    def _skips(self, targets: Array, given: Array, rate: float) -> None:
        """Predict each word from one neighbour at a time."""
        shared = self._wanted["batch_size"] if self._wanted["mode"] == "batch_skipgram" else 1
        for first in range(0, len(targets), self._together):
            part = slice(first, first + self._together)
            right, inputs = targets[part], given[part]
            slope = self._step(self.inputs[inputs], right, rate, shared)
            _add(self.inputs, inputs, slope)

    def _bags(self, here: Array, centres: Array, near: Array, rate: float) -> None:
        """Predict each word from the mean of its neighbours."""
        order = np.argsort(centres, kind="stable")
        middles, starts, sizes = np.unique(centres[order], return_index=True, return_counts=True)
        given, ends = here[near[order]], starts + sizes
        for first in range(0, len(middles), self._together):
            part = slice(first, first + self._together)
            count, inputs = sizes[part], given[starts[first] : ends[part][-1]]
            bounds = np.concatenate([[0], np.cumsum(count)])
            weights = np.repeat(1 / count, count).astype(np.float32)
            shape = (len(count), len(inputs))
            mean = sparse.csr_matrix((weights, np.arange(len(inputs)), bounds), shape=shape)
            hidden = mean @ self.inputs[inputs]
            slope = self._step(hidden, here[middles[part]], rate, 1)
            _add(self.inputs, inputs, np.repeat(slope, count, axis=0) * weights[:, None])

    def _step(self, hidden: Array, right: Array, rate: float, shared: int) -> Array:
        """Change the outputs; returns by how much what was put in should change.

        Args:
            hidden: What is put in, pairs × dimensions.
            right: The word that each should predict.
            rate: The learning rate.
            shared: How many pairs in a row share their negatives.
        """
        drawn = self._generator.random((-(-len(right) // shared), self._wanted["negative_samples"]))
        wrong = np.searchsorted(self._odds, drawn).clip(max=len(self._odds) - 1)
        wrong = wrong.repeat(shared, axis=0)[: len(right)]
        words = np.column_stack([right, wrong])
        outputs = self._outputs[words]
        scores = np.einsum("pd,pwd->pw", hidden, outputs).clip(-30, 30)
        error = -1 / (1 + np.exp(-scores))
        error[:, 0] += 1
        error[:, 1:][wrong == right[:, None]] = 0  # a word is no negative of itself
        error = (error * rate).astype(np.float32)
        change = error[:, :, None] * hidden[:, None, :]
        answer: Array = np.einsum("pw,pwd->pd", error, outputs)
        _add(self._outputs, words.ravel(), change.reshape(-1, hidden.shape[1]))
        return answer


def _add(matrix: Array, rows: Array, changes: Array) -> None:
    """Add changes to rows, of which some occur more than once."""
    once, places = np.unique(rows, return_inverse=True)
    shape = (len(once), len(rows))
    ones = np.ones(len(rows), np.float32)
    matrix[once] += sparse.csr_matrix((ones, (places, np.arange(len(rows)))), shape=shape) @ changes
