"""Answers requests row by row in the formats that SageMaker's own algorithms share.

Page "Common Data Formats for Inference", and the response formats of each algorithm's page.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import numpy as np

from local.sagemaker.containers.algorithms.common.errors import UserError
from local.sagemaker.containers.algorithms.common.recordio import (
    CONTENT_TYPE,
    Record,
    Tensor,
    read_records,
    write_records,
)
from local.sagemaker.containers.algorithms.common.rows import CSV, media_parameters, rows_of
from local.sagemaker.containers.serving.answers import Answer, Invocation, RefusedError
from local.sagemaker.containers.serving.codecs import ANY, JSON, csv_matrix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.sagemaker.containers.algorithms.common.rows import Matrix

JSON_LINES = "application/jsonlines"

_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, OverflowError)
"""What comes of JSON that is of another form, and of text that is no number."""

type Prediction = dict[str, Any]
"""One row's answer: field → a number or a list of numbers."""


class RowModel(ABC):
    """A model that answers each row for itself.

    Attributes:
        root: The member of a JSON response that lists the rows.
        writes: Types of answers; of AWS's own algorithms K-Means alone writes CSV.
        width: Features that a row must have.
    """

    root = "predictions"
    writes: tuple[str, ...] = (JSON, JSON_LINES, CONTENT_TYPE)
    width: int

    @abstractmethod
    def predict(self, rows: Matrix, *, verbose: bool) -> list[Prediction]:
        """Answer rows; `verbose` when the caller's Accept says `verbose=true`."""

    def answer(self, invocation: Invocation) -> Answer:
        """Answer a request.

        Raises:
            RefusedError: 415 for content that is not read here, 400 for content that is not what
                it says or rows that do not fit, 406 for an answer type that is not offered.
        """
        accept, options = media_parameters(invocation.accept)
        check_accept(accept, self.writes)
        rows = read_rows(invocation)
        if rows.shape[1] != self.width:
            raise _bad(f"rows have {rows.shape[1]} features, the model takes {self.width}")
        verbose = options.get("verbose", "").lower() == "true"
        return render(self.predict(rows, verbose=verbose), accept, self.root)


def check_accept(accept: str, offered: tuple[str, ...]) -> None:
    """Refuse an answer type that is not offered; raises `RefusedError`."""
    if accept not in ("", ANY, *offered):
        raise RefusedError(
            HTTPStatus.NOT_ACCEPTABLE,
            f"Accept type {accept} is not supported: use {', '.join(offered)}",
        )


def read_rows(invocation: Invocation) -> Matrix:
    """The rows of a request; raises `RefusedError`."""
    kind, options = media_parameters(invocation.content_type)
    try:
        rows = _read(invocation.body, kind or CSV)
    except (*_UNREADABLE, UserError) as error:
        raise _bad(f"unable to read the payload as {kind or CSV}: {error}") from error
    if not rows.size:
        raise _bad("the payload has no rows")
    if kind in ("", CSV) and options.get("label_size") == "1":
        rows = rows[:, 1:]
    if not np.isfinite(rows).all():
        raise _bad("the payload has missing or infinite values")
    return rows


def _read(body: bytes, kind: str) -> Matrix:
    if kind == CSV:
        return csv_matrix(body)
    if kind == JSON:
        return _matrix([_features(instance) for instance in json.loads(body)["instances"]])
    if kind == JSON_LINES:
        lines = [line for line in body.decode().splitlines() if line.strip()]
        return _matrix([_features(json.loads(line)) for line in lines])
    if kind == CONTENT_TYPE:
        return rows_of(read_records(body)).features
    raise RefusedError(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        f"Content type {kind} is not supported: use {CSV}, {JSON}, {JSON_LINES} or {CONTENT_TYPE}",
    )


def _features(instance: Any) -> Sequence[float]:
    """`{"features": […]}` or `{"data": {"features": {"values": […], "keys": […], …}}}`."""
    found = instance["data"]["features"] if "data" in instance else instance["features"]
    if isinstance(found, list):
        return found
    keys = np.array(found["keys"], np.uint64) if found.get("keys") else None
    values = np.array(found["values"], np.float32)
    dense: list[float] = Tensor(values, keys, tuple(found.get("shape") or ())).dense().tolist()
    return dense


def _matrix(rows: list[Sequence[float]]) -> Matrix:
    if len(widths := {len(row) for row in rows}) > 1:
        raise ValueError(f"instances differ in their number of features: {sorted(widths)}")
    return np.array(rows, np.float32).reshape(len(rows), -1)


def render(predictions: list[Prediction], accept: str, root: str) -> Answer:
    """Write predictions as the caller wants them; JSON by default."""
    if accept in ("", ANY, JSON):
        return Answer(json.dumps({root: predictions}).encode(), JSON)
    if accept == JSON_LINES:
        lines = [json.dumps(prediction) + "\n" for prediction in predictions]
        return Answer("".join(lines).encode(), JSON_LINES)
    if accept == CSV:
        lines = [",".join(map(str, _flat(prediction))) + "\n" for prediction in predictions]
        return Answer("".join(lines).encode(), CSV)
    records = [
        Record(label={name: Tensor(_vector(value)) for name, value in prediction.items()})
        for prediction in predictions
    ]
    return Answer(write_records(records), CONTENT_TYPE)


def _flat(prediction: Prediction) -> list[Any]:
    return [item for value in prediction.values() for item in np.atleast_1d(value).tolist()]


def _vector(value: Any) -> np.ndarray[Any, Any]:
    return np.atleast_1d(np.asarray(value, np.float32))


def _bad(message: str) -> RefusedError:
    return RefusedError(HTTPStatus.BAD_REQUEST, f"Unable to evaluate payload provided: {message}")
