"""Serves a plain XGBoost model as the SageMaker XGBoost container does in algorithm mode.

Reads text/csv (no header), libsvm and recordIO-protobuf; writes text/csv, application/json or
application/jsonlines.
Only XGBoost's own formats (UBJ, JSON) are loaded: a pickle could run anything.
"""

from __future__ import annotations

import json
import math
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from local.sagemaker.containers.algorithms.common.errors import UserError
from local.sagemaker.containers.algorithms.common.recordio import CONTENT_TYPE, read_records
from local.sagemaker.containers.algorithms.common.rows import rows_of
from local.sagemaker.containers.serving.answers import (
    Answer,
    Invocation,
    ModelLoadError,
    RefusedError,
)
from local.sagemaker.containers.serving.codecs import (
    ANY,
    CSV,
    JSON,
    LIBSVM,
    csv_matrix,
    libsvm_matrix,
    media_type,
)

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

MODEL_FILE = "xgboost-model"
JSON_LINES = "application/jsonlines"


class XgboostModel:
    """One booster, or the mean of several (k-fold training writes `xgboost-model-0` …)."""

    def __init__(self, model_dir: Path, environment: dict[str, str]) -> None:
        """Load the booster.

        Raises:
            ModelLoadError: When there is none, or XGBoost cannot read it.
        """
        files = sorted(model_dir.glob(f"{MODEL_FILE}*"))
        if not files:
            raise ModelLoadError(f"the model archive holds no file {MODEL_FILE}")
        self._boosters = [load_booster(file) for file in files]
        self._batch = bool(environment.get("SAGEMAKER_BATCH"))
        self._default_accept = environment.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", CSV)

    def answer(self, invocation: Invocation) -> Answer:
        """Predict for each row of a payload.

        Raises:
            RefusedError: 415 for content that cannot be read, 400 for rows that do not fit,
                406 for an answer type that is not offered.
        """
        if not invocation.body.strip():
            return Answer(b"", status=HTTPStatus.NO_CONTENT)
        rows = self._rows(invocation)
        try:
            outputs = [self._predict(booster, rows) for booster in self._boosters]
        except ValueError as error:
            raise RefusedError(
                HTTPStatus.BAD_REQUEST, f"Unable to evaluate payload provided: {error}"
            ) from error
        return self._render(_mean(outputs), invocation.accept)

    def _rows(self, invocation: Invocation) -> np.ndarray[Any, Any]:
        kind = media_type(invocation.content_type) or CSV
        try:
            if kind == CSV:
                return csv_matrix(invocation.body)
            if kind in LIBSVM:
                return libsvm_matrix(invocation.body, self._boosters[0].num_features())
            if kind == CONTENT_TYPE:
                return rows_of(read_records(invocation.body), absent=math.nan).features
        except (ValueError, UserError) as error:
            name = kind.rpartition("/")[2]
            raise RefusedError(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                f"Loading {name} data failed with Exception, please ensure data is in {name} "
                f"format: {error}",
            ) from error
        raise RefusedError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"Content-type {kind} not supported. Supported content-type is text/csv, text/libsvm, "
            f"{CONTENT_TYPE}",
        )

    @staticmethod
    def _predict(booster: Any, rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        wanted = booster.num_features()
        if rows.shape[1] != wanted:
            raise ValueError(f"rows have {rows.shape[1]} values, the model takes {wanted}")
        # inplace_predict may be called from many threads at once, and builds no DMatrix.
        answer: np.ndarray[Any, Any] = booster.inplace_predict(
            rows, iteration_range=_best_rounds(booster), validate_features=False
        )
        return answer

    def _render(self, predictions: list[Any], accept: str) -> Answer:
        kind = media_type(accept)
        kind = self._default_accept if kind in ("", ANY) else kind
        if kind == CSV:
            text = (
                "\n".join(map(str, predictions)) + "\n"
                if self._batch
                else ",".join(map(str, predictions))
            )
            return Answer(text.encode(), CSV)
        scored = [{"score": score} for score in predictions]
        if kind == JSON:
            return Answer(json.dumps({"predictions": scored}).encode(), JSON)
        if kind == JSON_LINES:
            return Answer(b"".join(json.dumps(row).encode() + b"\n" for row in scored), JSON_LINES)
        raise RefusedError(
            HTTPStatus.NOT_ACCEPTABLE,
            f"Accept type {accept} is not supported: use {CSV}, {JSON} or {JSON_LINES}",
        )


def _best_rounds(booster: Any) -> tuple[int, int]:
    """The rounds that predict: up to the best one if training stopped early, else all (0, 0)."""
    best = booster.attr("best_iteration")
    return (0, min(int(best) + 1, booster.num_boosted_rounds())) if best else (0, 0)


def _mean(outputs: list[np.ndarray[Any, Any]]) -> list[Any]:
    total = outputs[0]
    for output in outputs[1:]:
        total = total + output
    means: list[Any] = (total / len(outputs) if len(outputs) > 1 else total).tolist()
    return means


def load_booster(file: Path) -> Any:
    """Load a model file for serving: one thread a prediction, as the container sets it.

    Raises:
        ModelLoadError: When XGBoost cannot read it.
    """
    import xgboost

    booster = xgboost.Booster()
    try:
        booster.load_model(bytearray(file.read_bytes()))
    except (xgboost.core.XGBoostError, ValueError) as error:
        first = str(error).strip().splitlines()[:1]
        raise ModelLoadError(f"XGBoost cannot load {file.name}: {' '.join(first)}") from error
    booster.set_param({"nthread": 1})
    return booster
