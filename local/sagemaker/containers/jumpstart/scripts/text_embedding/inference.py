"""Serves sentence embeddings: a BERT encoder in NumPy, mean pooling, unit length.

Devlin et al. 2018, "BERT"; Reimers and Gurevych 2019, "Sentence-BERT". Weights and tokenizer are
read from the folder of a sentence-transformers model: `config.json`, `model.safetensors`,
`tokenizer.json`, `sentence_bert_config.json`.

Requests, as JumpStart's text embedding and sentence similarity models take them:

- `application/x-text`: a text, or a JSON list of texts → `{"embedding": [[…], …]}`;
- `application/json`: `{"text_inputs": "…" or ["…", …]}` → the same;
- `application/json`: `{"corpus": […], "queries": […], "top_k": 3, "mode": "nn_corpus"}` → for each
  query the nearest texts of the corpus, `[[{"id": 0, "score": 0.8}, …], …]`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file
from scipy.special import erf  # type: ignore[import-untyped]
from tokenizers import Tokenizer

type Array = np.ndarray[Any, Any]

_AT_ONCE = 16
"""Texts of one pass, which are of like length: bounds memory, and little of it is padding."""
_FAR = np.float32(-1e9)
"""Added to the attention that padding gets: nothing is left of it after softmax."""


class Encoder:
    """A BERT encoder whose sentence embedding is the mean of its tokens' last states."""

    def __init__(self, folder: Path) -> None:
        """Load weights and tokenizer.

        Args:
            folder: Of the model's files.
        """
        config = json.loads((folder / "config.json").read_text())
        if config["model_type"] != "bert" or config["hidden_act"] != "gelu":
            raise ValueError(f"not a BERT encoder with gelu: {config['model_type']}")
        self._heads: int = config["num_attention_heads"]
        self._layers: int = config["num_hidden_layers"]
        self._epsilon = np.float32(config["layer_norm_eps"])
        self._weights: dict[str, Array] = load_file(folder / "model.safetensors")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        limits = json.loads((folder / "sentence_bert_config.json").read_text())
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(limits["max_seq_length"])

    def encode(self, texts: list[str]) -> Array:
        """Embed texts.

        Args:
            texts: Any number.

        Returns:
            Texts × dimensions, each row of length 1.
        """
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(texts)]
        order = sorted(range(len(tokens)), key=lambda place: len(tokens[place]))
        width = self._weights["embeddings.LayerNorm.weight"].shape[0]
        answer = np.empty((len(tokens), width), np.float32)
        for first in range(0, len(order), _AT_ONCE):
            chosen = order[first : first + _AT_ONCE]
            answer[chosen] = self._embed([tokens[place] for place in chosen])
        return answer

    def _embed(self, tokens: list[list[int]]) -> Array:
        longest = max(map(len, tokens))
        ids = np.array([row + [0] * (longest - len(row)) for row in tokens])
        real = np.array([[1] * len(row) + [0] * (longest - len(row)) for row in tokens], np.float32)
        states = self._states(ids, real)
        mean = (states * real[:, :, None]).sum(axis=1) / real.sum(axis=1, keepdims=True)
        length: Array = np.linalg.norm(mean, axis=1, keepdims=True)
        embedded: Array = mean / np.maximum(length, np.float32(1e-12))
        return embedded

    def _states(self, ids: np.ndarray[Any, Any], real: Array) -> Array:
        """The last states, texts × tokens × dimensions."""
        weights = self._weights
        states = (
            weights["embeddings.word_embeddings.weight"][ids]
            + weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        states = self._normalized("embeddings.LayerNorm", states)
        mask = (1 - real)[:, None, None, :] * _FAR
        for layer in range(self._layers):
            name = f"encoder.layer.{layer}"
            attended = self._attention(f"{name}.attention.self", states, mask)
            attended = self._linear(f"{name}.attention.output.dense", attended)
            states = self._normalized(f"{name}.attention.output.LayerNorm", states + attended)
            inner = _gelu(self._linear(f"{name}.intermediate.dense", states))
            outer = self._linear(f"{name}.output.dense", inner)
            states = self._normalized(f"{name}.output.LayerNorm", states + outer)
        return states

    def _attention(self, name: str, states: Array, mask: Array) -> Array:
        texts, tokens, width = states.shape
        size = width // self._heads

        def split(part: str) -> Array:
            values = self._linear(f"{name}.{part}", states)
            divided: Array = values.reshape(texts, tokens, self._heads, size).swapaxes(1, 2)
            return divided

        query, key, value = split("query"), split("key"), split("value")
        scores = query @ key.swapaxes(2, 3) / np.float32(np.sqrt(size)) + mask
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        joined: Array = (scores @ value).swapaxes(1, 2).reshape(texts, tokens, width)
        return joined

    def _linear(self, name: str, values: Array) -> Array:
        weight = self._weights[f"{name}.weight"]
        # one product of two matrices: of three dimensions NumPy would make many small ones
        flat: Array = (
            values.reshape(-1, values.shape[-1]) @ weight.T + self._weights[f"{name}.bias"]
        )
        return flat.reshape(*values.shape[:-1], weight.shape[0])

    def _normalized(self, name: str, values: Array) -> Array:
        mean = values.mean(axis=-1, keepdims=True)
        spread = np.sqrt(values.var(axis=-1, keepdims=True) + self._epsilon)
        scale, shift = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        answer: Array = (values - mean) / spread * scale + shift
        return answer


def _gelu(values: Array) -> Array:
    answer: Array = values * np.float32(0.5) * (1 + erf(values / np.float32(np.sqrt(2))))
    return answer


def model_fn(model_dir: str) -> Encoder:
    """Load the encoder from the unpacked archive."""
    return Encoder(Path(model_dir))


def transform_fn(
    model: Encoder, data: bytes | str, content_type: str, accept: str
) -> tuple[str, str]:
    """Answer one request.

    Raises:
        ValueError: When the payload has none of the forms that are offered.
    """
    del accept  # JSON is all there is
    text = data if isinstance(data, str) else data.decode("utf-8")
    kind = content_type.partition(";")[0].strip().lower()
    if kind in ("application/x-text", "application/list-text"):
        texts = _texts(json.loads(text)) if text.lstrip().startswith("[") else [text]
        answer: Any = {"embedding": model.encode(texts).tolist()}
    elif kind == "application/json":
        answer = _answer(model, json.loads(text))
    else:
        raise ValueError(f"{content_type} is not application/x-text or application/json")
    return json.dumps(answer), "application/json"


def _answer(model: Encoder, asked: Any) -> Any:
    if isinstance(asked, dict) and asked.get("mode") == "nn_corpus":
        return _neighbours(model, asked)
    if not isinstance(asked, dict) or "text_inputs" not in asked:
        raise ValueError('expected {"text_inputs": …}, or a corpus and queries with mode nn_corpus')
    mode = asked.get("mode", "embedding")
    if mode != "embedding":
        raise ValueError(f"mode {mode} is not offered: embedding, nn_corpus")
    return {"embedding": model.encode(_texts(asked["text_inputs"])).tolist()}


def _neighbours(model: Encoder, asked: dict[str, Any]) -> list[list[dict[str, Any]]]:
    corpus, queries = _texts(asked.get("corpus")), _texts(asked.get("queries"))
    scores = model.encode(queries) @ model.encode(corpus).T
    count = int(asked.get("top_k", 1))
    return [
        [
            {"id": int(place), "score": float(row[place])}
            for place in (-row).argsort(kind="stable")[:count]
        ]
        for row in scores
    ]


def _texts(given: Any) -> list[str]:
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not texts or not all(isinstance(t, str) for t in texts):
        raise ValueError("expected a text or a list of texts")
    return texts
