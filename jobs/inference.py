"""Serves a package by the contract of the SageMaker inference toolkit.

``model_fn``, ``input_fn``, ``predict_fn`` and ``output_fn`` ("Use your own inference code"): raw
rows come in, answers as people read them go out. It imports no more than one row needs.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any

CODE = Path(__file__).with_name("jobs.pyz")
if CODE.is_file():
    sys.path.insert(0, str(CODE))

from no_pickles import no_pickles  # noqa: E402
from online_store import fetch, online_groups  # noqa: E402  (found on the path above)
from science.lookup import StoreUnavailable, UnknownRow, complete_body, sources  # noqa: E402
from science.predictions import answer_columns, answers  # noqa: E402
from science.rows import BadRequest, Columns, UnsupportedType, parse_rows  # noqa: E402
from served_model import ServedModel  # noqa: E402

_problem: dict[str, Any] = {}
"""The served problem: ``input_fn`` is not given the model, and a process serves one."""

_sources: list[Any] = []
"""Where rows that give an identifier and not all columns are looked up."""


def model_fn(model_dir: str) -> ServedModel:
    """Load the package, once its content is proven, and answer one empty row to warm up.

    Raises:
        PackageMismatchError: the content is not what was packed.
    """
    # One thread: a container's workers share the cores already, and a row is too small to part.
    with no_pickles():
        model = ServedModel.from_package(Path(model_dir), threads=1)
    _problem.clear()
    _problem.update(model.problem)
    _sources[:] = sources(model.problem, online_groups())
    blank = json.dumps([dict.fromkeys(model.problem["inputs"])])
    model.predict(parse_rows(blank.encode(), "application/json", model.problem))
    return model


def input_fn(data: str | bytes, content_type: str) -> Columns:
    """Read raw rows: ``text/csv``, ``application/json`` or ``application/jsonlines``.

    Rows in JSON may give an identifier alone, where the problem keeps features online.

    Raises:
        BadRequest: the rows cannot be read; status 400 where the toolkit is there to say so.
        UnknownRow: nothing is stored for an identifier; status 404.
        StoreUnavailable: the online store does not answer; status 503.
    """
    body = data.encode() if isinstance(data, str) else bytes(data)
    if _sources:
        body = _completed(body, content_type)
    try:
        return parse_rows(body, content_type, _problem)
    except BadRequest as error:
        status = 415 if isinstance(error, UnsupportedType) else 400
        raise _refusal(status, str(error)) or error from error


def _completed(body: bytes, content_type: str) -> bytes:
    try:
        return complete_body(body, content_type, _sources, fetch, time.time())
    except UnknownRow as error:
        raise _refusal(404, str(error)) or error from error
    except StoreUnavailable as error:
        told = f"The online store does not answer; ask again: {error}"
        raise _refusal(503, told) or error from error


def predict_fn(data: Columns, model: ServedModel) -> Any:
    """The model's output for raw columns, shape (n,) or (n, classes)."""
    return model.predict(data)


def output_fn(prediction: Any, accept: str) -> tuple[str, str]:
    """The answer and its media type: JSON, or ``text/csv`` if that is asked for."""
    if "text/csv" in accept:
        columns = answer_columns(prediction, _problem)
        lines = (",".join(_cell(value) for value in row) for row in zip(*columns.values()))
        return "\n".join(lines) + "\n", "text/csv"
    return json.dumps({"predictions": answers(prediction, _problem)}), "application/json"


def _cell(value: Any) -> str:
    text = str(value)
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\r\n') else text


def _refusal(status: int, message: str) -> Exception | None:
    """The toolkit's error that carries a status, where the toolkit is installed."""
    try:
        errors = importlib.import_module("sagemaker_inference.errors")
    except ImportError:
        return None
    refusal: Exception = errors.GenericInferenceToolkitError(status, message, message)
    return refusal
