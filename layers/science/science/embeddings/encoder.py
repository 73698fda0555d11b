"""A BERT encoder in NumPy: the mean of a text's last states, at unit length.

Devlin et al., "BERT", NAACL 2019; Reimers and Gurevych, "Sentence-BERT", EMNLP 2019.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Sequence

import numpy as np

from science.embeddings.wordpiece import WordPiece

Array = np.ndarray[Any, Any]

AT_ONCE = 32
"""Texts of one pass, of like length: little of it is padding, and memory stays small."""
FAR = np.float32(-1e9)
"""Added to the attention that padding gets: nothing is left of it after the softmax."""


class Encoder:
    """Texts in, points out."""

    def __init__(self, path: str) -> None:
        """Load what ``science.embeddings.weights`` wrote; no pickle is read."""
        with np.load(path, allow_pickle=False) as stored:
            config = json.loads(stored["config"].tobytes())
            pieces = stored["vocabulary"].tobytes().decode("utf-8").split("\n")
            names = [name for name in stored.files if name not in {"config", "vocabulary"}]
            self._weights = {name: stored[name].astype(np.float32) for name in names}
        self._heads, self._layers = int(config["heads"]), int(config["layers"])
        self._epsilon = np.float32(config["epsilon"])
        self._pieces = WordPiece(pieces, int(config["longest"]))

    @property
    def width(self) -> int:
        """Numbers of a point."""
        return int(self._weights["embeddings.LayerNorm.weight"].shape[0])

    def encode(self, texts: Sequence[str]) -> Array:
        """Embed texts: float32, shape (texts, width), each row of length 1."""
        tokens = [self._pieces.encode(text) for text in texts]
        order = sorted(range(len(tokens)), key=lambda place: len(tokens[place]))
        answer = np.empty((len(tokens), self.width), dtype=np.float32)
        for first in range(0, len(order), AT_ONCE):
            chosen = order[first : first + AT_ONCE]
            answer[chosen] = self._embed([tokens[place] for place in chosen])
        return answer

    def _embed(self, tokens: list[list[int]]) -> Array:
        longest = max(map(len, tokens))
        numbers = np.array([row + [0] * (longest - len(row)) for row in tokens])
        lengths = np.array([len(row) for row in tokens])
        real = (np.arange(longest) < lengths[:, None]).astype(np.float32)
        states = self._states(numbers, real)
        mean = (states * real[:, :, None]).sum(axis=1) / lengths[:, None].astype(np.float32)
        length = np.sqrt((mean * mean).sum(axis=1, keepdims=True))
        embedded: Array = mean / np.maximum(length, np.float32(1e-12))
        return embedded

    def _states(self, numbers: Array, real: Array) -> Array:
        """The last states, shape (texts, pieces, width)."""
        weights = self._weights
        states = (
            weights["embeddings.word_embeddings.weight"][numbers]
            + weights["embeddings.position_embeddings.weight"][: numbers.shape[1]]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        states = self._normalised("embeddings.LayerNorm", states)
        mask = (1 - real)[:, None, None, :] * FAR
        for layer in range(self._layers):
            name = f"encoder.layer.{layer}"
            seen = self._attention(f"{name}.attention.self", states, mask)
            seen = self._linear(f"{name}.attention.output.dense", seen)
            states = self._normalised(f"{name}.attention.output.LayerNorm", states + seen)
            inner = gelu(self._linear(f"{name}.intermediate.dense", states))
            outer = self._linear(f"{name}.output.dense", inner)
            states = self._normalised(f"{name}.output.LayerNorm", states + outer)
        return states

    def _attention(self, name: str, states: Array, mask: Array) -> Array:
        texts, pieces, width = states.shape
        size = width // self._heads
        query, key, value = (
            self._linear(f"{name}.{part}", states)
            .reshape(texts, pieces, self._heads, size)
            .swapaxes(1, 2)
            for part in ("query", "key", "value")
        )
        scores = query @ key.swapaxes(2, 3) / np.float32(np.sqrt(size)) + mask
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        joined: Array = (scores @ value).swapaxes(1, 2).reshape(texts, pieces, width)
        return joined

    def _linear(self, name: str, values: Array) -> Array:
        weight = self._weights[f"{name}.weight"]
        flat = values.reshape(-1, values.shape[-1]) @ weight.T + self._weights[f"{name}.bias"]
        shaped: Array = flat.reshape(*values.shape[:-1], weight.shape[0])
        return shaped

    def _normalised(self, name: str, values: Array) -> Array:
        mean = values.mean(axis=-1, keepdims=True)
        spread = np.sqrt(values.var(axis=-1, keepdims=True) + self._epsilon)
        scale, shift = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        answer: Array = (values - mean) / spread * scale + shift
        return answer


def gelu(values: Array) -> Array:
    """Hendrycks and Gimpel's unit, x Φ(x), within 2e-7.

    NumPy has no error function: Abramowitz and Stegun, "Handbook of Mathematical Functions",
    7.1.26, errs by at most 1.5e-7, less than float32 tells apart near 1.
    """
    distance = np.abs(values) * np.float32(np.sqrt(0.5))
    step = 1 / (1 + np.float32(0.3275911) * distance)
    terms = np.float32(1.061405429) * step - np.float32(1.453152027)
    terms = terms * step + np.float32(1.421413741)
    terms = terms * step - np.float32(0.284496736)
    terms = (terms * step + np.float32(0.254829592)) * step
    error = 1 - terms * np.exp(-distance * distance)
    answer: Array = np.float32(0.5) * values * (1 + np.sign(values) * error)
    return answer


@lru_cache(maxsize=2)
def load(path: str) -> Encoder:
    """The encoder of a file, kept: a process serves one."""
    return Encoder(path)
