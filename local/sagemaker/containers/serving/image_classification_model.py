"""Serves an Image Classification model as the container does.

Page "Image Classification", section "Inference with the Image Format Content Type": the body is a
JPEG or PNG; the answer is a probability of each class, as a JSON list or as
`{"prediction": […]}` in application/jsonlines.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

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
IMAGES = frozenset({"application/x-image", "image/jpeg", "image/png"})


class ImageClassificationModel:
    """A classifier of images."""

    def __init__(self, model_dir: Path, environment: dict[str, str]) -> None:
        """Load the model.

        Raises:
            ModelLoadError: When the archive holds none, or a broken one.
        """
        del environment
        import threading
        from zipfile import BadZipFile

        from local.sagemaker.containers.algorithms.image_classification.network import Network

        # layers keep what their way back needs, so one request at a time goes through them
        self._turn = threading.Lock()
        try:
            self._network = Network.load(model_dir)
        except (OSError, ValueError, KeyError, BadZipFile) as error:
            raise ModelLoadError(
                f"The Image Classification model cannot be loaded: {error}"
            ) from error

    def answer(self, invocation: Invocation) -> Answer:
        """Classify one image.

        Raises:
            RefusedError: 415 for a type that is not offered, 400 for what is no image, 406 for an
                answer type that is not offered.
        """
        if media_type(invocation.content_type) not in IMAGES:
            raise unsupported(invocation.content_type)
        accept = media_type(invocation.accept)
        if accept not in ("", ANY, JSON, JSON_LINES):
            raise RefusedError(
                HTTPStatus.NOT_ACCEPTABLE,
                f"Accept type {accept} is not supported: use {JSON} or {JSON_LINES}",
            )
        try:
            pixels = self._network.view.read(invocation.body)
        except ValueError as error:
            raise RefusedError(HTTPStatus.BAD_REQUEST, f"The payload is {error}") from error
        with self._turn:
            (row,) = self._network.probabilities(pixels[None])
        found = [float(value) for value in row]
        if accept == JSON_LINES:
            return Answer(json.dumps({"prediction": found}).encode() + b"\n", JSON_LINES)
        return Answer(json.dumps(found).encode(), JSON)
