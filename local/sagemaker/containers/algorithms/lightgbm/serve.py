"""Serves LightGBM as its JumpStart script does.

Reads text/csv without header and label; writes JSON: `{"probabilities": [[…]]}` for classes, with
`predicted_label` when the Accept ends in `;verbose`, and `{"prediction": […]}` for quantities. The
script keeps its model as a pickle; here it is LightGBM's own text, which runs nothing.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import numpy as np

from local.sagemaker.containers.algorithms.common.rows import media_parameters
from local.sagemaker.containers.algorithms.lightgbm.data import Categories, request_matrix
from local.sagemaker.containers.algorithms.lightgbm.problem import REGRESSION
from local.sagemaker.containers.serving.answers import (
    Answer,
    Invocation,
    ModelLoadError,
    RefusedError,
)
from local.sagemaker.containers.serving.codecs import ANY, CSV, JSON

if TYPE_CHECKING:
    from pathlib import Path

MODEL_FILE = "model.txt"
ABOUT_FILE = "about.json"


class LightgbmModel:
    """One booster."""

    def __init__(self, model_dir: Path, _environment: dict[str, str]) -> None:
        """Load the booster.

        Raises:
            ModelLoadError: When there is none, or LightGBM cannot read it.
        """
        import lightgbm

        try:
            about = json.loads((model_dir / ABOUT_FILE).read_text())
            self._booster = lightgbm.Booster(model_str=(model_dir / MODEL_FILE).read_text())
        except (OSError, ValueError, lightgbm.basic.LightGBMError) as error:
            raise ModelLoadError(f"LightGBM cannot load {MODEL_FILE}: {error}") from error
        self._problem = about["problem"]
        self._categories = Categories(
            {int(feature): names for feature, names in about["categories"].items()}
        )

    def answer(self, invocation: Invocation) -> Answer:
        """Predict for each row of a payload.

        Raises:
            RefusedError: 415 for content that is no CSV, 400 for rows that do not fit, 406 for an
                answer type that is not offered.
        """
        kind = media_parameters(invocation.content_type)[0]
        if kind not in ("", CSV):
            raise RefusedError(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"unsupported content type {kind}: use {CSV}"
            )
        accept, options = media_parameters(invocation.accept)
        if accept not in ("", ANY, JSON):
            raise RefusedError(
                HTTPStatus.NOT_ACCEPTABLE, f"Accept type {accept} is not supported: use {JSON}"
            )
        told = self._predict(self._rows(invocation.body), verbose="verbose" in options)
        return Answer(json.dumps(told).encode(), JSON)

    def _rows(self, body: bytes) -> Any:
        try:
            rows = request_matrix(body.decode(), self._categories)
        except ValueError as error:
            raise RefusedError(
                HTTPStatus.BAD_REQUEST, f"Unable to evaluate payload provided: {error}"
            ) from error
        if rows.shape[1] != (wanted := self._booster.num_feature()):
            raise RefusedError(
                HTTPStatus.BAD_REQUEST,
                f"Unable to evaluate payload provided: rows have {rows.shape[1]} features, the "
                f"model takes {wanted}",
            )
        return rows

    def _predict(self, rows: Any, *, verbose: bool) -> dict[str, Any]:
        output = np.asarray(self._booster.predict(rows, num_threads=1))
        if self._problem == REGRESSION:
            return {"prediction": output.tolist()}
        if output.ndim == 1:
            output = np.column_stack([1 - output, output])
        told: dict[str, Any] = {"probabilities": output.tolist()}
        if verbose:
            told["predicted_label"] = output.argmax(axis=1).tolist()
        return told
