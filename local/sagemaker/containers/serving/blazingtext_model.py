"""Serves a BlazingText model as the BlazingText container does.

Page "BlazingText algorithm", section on inference formats: `{"instances": ["text", …],
"configuration": {"k": 2}}` as application/json, or a line `{"source": "text", "k": 2}` each as
application/jsonlines. A model of word vectors takes words for texts and answers
`[{"vector": […], "word": "…"}]`; a word that it never saw has a vector of zeros.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from local.sagemaker.containers.serving.answers import (
    Answer,
    Invocation,
    ModelLoadError,
    RefusedError,
)
from local.sagemaker.containers.serving.codecs import ANY, JSON, media_type, unsupported

if TYPE_CHECKING:
    from pathlib import Path

JSON_LINES = "application/jsonlines"


class BlazingTextModel:
    """A classifier of texts, or the vectors of words."""

    def __init__(self, model_dir: Path, environment: dict[str, str]) -> None:
        """Load the model.

        Raises:
            ModelLoadError: When the archive holds none, or a broken one.
        """
        del environment
        from zipfile import BadZipFile

        from local.sagemaker.containers.algorithms.blazingtext import word_vectors
        from local.sagemaker.containers.algorithms.blazingtext.classifier import Classifier

        self._places: dict[str, int] = {}
        try:
            if (model_dir / word_vectors.MODEL_FILE).exists():
                self._vectors = word_vectors.WordVectors.load(model_dir)
                self._places = {word: place for place, word in enumerate(self._vectors.words)}
            else:
                self._model = Classifier.load(model_dir)
        except (OSError, ValueError, KeyError, BadZipFile) as error:
            raise ModelLoadError(f"The BlazingText model cannot be loaded: {error}") from error

    def answer(self, invocation: Invocation) -> Answer:
        """Classify every text, or look every word up.

        Raises:
            RefusedError: 415 for a type that is not offered, 400 for a payload of another form.
        """
        kind = media_type(invocation.content_type) or JSON
        if kind not in (JSON, JSON_LINES):
            raise unsupported(invocation.content_type)
        accept = media_type(invocation.accept)
        accept = kind if accept in ("", ANY) else accept
        if accept not in (JSON, JSON_LINES):
            raise RefusedError(
                HTTPStatus.NOT_ACCEPTABLE,
                f"Accept type {accept} is not supported: use {JSON} or {JSON_LINES}",
            )
        try:
            asked = _asked(invocation.body.decode("utf-8"), kind)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RefusedError(
                HTTPStatus.BAD_REQUEST,
                'Expected {"instances": ["text", …], "configuration": {"k": 1}}, or lines of '
                f'{{"source": "text", "k": 1}}: {error}',
            ) from error
        answers = self._look_up(asked) if self._places else self._classify(asked)
        if accept == JSON_LINES:
            return Answer("".join(json.dumps(row) + "\n" for row in answers).encode(), JSON_LINES)
        return Answer(json.dumps(answers).encode(), JSON)

    def _look_up(self, asked: list[tuple[str, int]]) -> list[dict[str, Any]]:
        vectors = self._vectors.vectors
        answers = []
        for word, _ in asked:
            place = self._places.get(word)
            vector = [0.0] * vectors.shape[1] if place is None else vectors[place].tolist()
            answers.append({"vector": vector, "word": word})
        return answers

    def _classify(self, asked: list[tuple[str, int]]) -> list[dict[str, Any]]:
        from local.sagemaker.containers.algorithms.blazingtext.classifier import to_texts

        texts = to_texts(self._model.features, [text.split() for text, _ in asked])
        answers = []
        for (_, count), row in zip(asked, self._model.probabilities(texts), strict=True):
            best = (-row).argsort(kind="stable")[:count]
            answers.append(
                {
                    "label": [self._model.labels[place] for place in best],
                    "prob": [float(row[place]) for place in best],
                }
            )
        return answers


def _asked(body: str, kind: str) -> list[tuple[str, int]]:
    """The texts of a payload, each with how many labels are wanted; raises ValueError and kin."""
    if kind == JSON:
        document = json.loads(body)
        count = (document.get("configuration") or {}).get("k", 1)
        pairs = [(text, count) for text in document["instances"]]
    else:
        lines = [json.loads(line) for line in body.splitlines() if line.strip()]
        pairs = [(line["source"], line.get("k", 1)) for line in lines]
    for text, count in pairs:
        if not isinstance(text, str):
            raise TypeError(f"{text!r} is not a text")
        if not isinstance(count, int) or isinstance(count, bool) or count < 1:
            raise ValueError(f"k is {count!r}, not a positive whole number")
    return pairs
