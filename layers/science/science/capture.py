"""Traffic as SageMaker's data capture keeps it: what was asked, what was answered, and when.

One JSON line a request (SageMaker Developer Guide, "Capture data from real-time endpoint"); a
request may hold several rows.
"""

from __future__ import annotations

import base64
import csv
import json
from dataclasses import dataclass, field
from typing import Any, Iterable, Iterator

import numpy as np

from science.metric_names import BINARY, REGRESSION
from science.rows import BadRequest, parse_rows

Array = np.ndarray[Any, Any]


@dataclass
class Traffic:
    """Rows that were asked and answered.

    Attributes:
        columns: raw values by column, each of shape (n,).
        answers: what the model said of each row, as its answers are written.
        inference_ids: of each row's request; a request of several rows shares one.
        times: of each row's request, ISO 8601.
        unreadable: requests that are no capture line, or whose rows cannot be read.
    """

    columns: dict[str, Array]
    answers: list[dict[str, Any]] = field(default_factory=list)
    inference_ids: list[str] = field(default_factory=list)
    times: list[str] = field(default_factory=list)
    unreadable: int = 0

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.inference_ids)


def read_capture(lines: Iterable[bytes], problem: dict[str, Any]) -> Traffic:
    """Read capture lines.

    Requests that the model refused, and lines that are none, are counted and left out: they were
    never answered, so they are no traffic of the model.

    Args:
        lines: of one or more capture files.
        problem: the prepared problem.
    """
    parts: list[dict[str, Array]] = []
    found = Traffic({})
    for line in lines:
        if not line.strip():
            continue
        try:
            columns, answers, about = _read(line, problem)
        except (BadRequest, ValueError, KeyError, TypeError, AttributeError):
            found.unreadable += 1
            continue
        rows = len(next(iter(columns.values()))) if columns else 0
        parts.append(columns)
        found.answers += answers[:rows] + [{}] * max(0, rows - len(answers))
        identity = str(about.get("inferenceId") or about.get("eventId") or "")
        found.inference_ids += [identity] * rows
        found.times += [str(about.get("inferenceTime") or "")] * rows
    for name in problem["inputs"]:
        arrays = [part[name] for part in parts]
        found.columns[name] = np.concatenate(arrays) if arrays else np.empty(0, dtype=object)
    return found


def told_columns(columns: dict[str, Array], problem: dict[str, Any]) -> dict[str, Array]:
    """The columns without rows that gave an identifier alone.

    The endpoint looked the rest up in the online store: what was captured is not what was answered.
    """
    identifier = (problem.get("feature_store") or {}).get("identifier")
    if identifier not in columns:
        return columns
    others = [cells for name, cells in columns.items() if name != identifier]
    told = [any(cell is not None for cell in row) for row in zip(*others)]
    kept = np.array(told, dtype=bool)
    return {name: cells[kept] for name, cells in columns.items()}


def _read(
    line: bytes, problem: dict[str, Any]
) -> tuple[dict[str, Array], list[dict[str, Any]], dict[str, Any]]:
    document = json.loads(line)
    captured = document["captureData"]
    asked = captured["endpointInput"]
    kind = asked.get("observedContentType") or "text/csv"
    columns = parse_rows(_body(asked), kind, problem)
    said = captured.get("endpointOutput")
    answers: list[dict[str, Any]] = []
    if said and str(said.get("observedContentType")).startswith("text/csv"):
        answers = _csv_answers(_body(said), problem)
    elif said:
        answers = list(_answers(_body(said)))
    return columns, answers, document.get("eventMetadata") or {}


def _body(captured: dict[str, Any]) -> bytes:
    data: str = captured["data"]
    return base64.b64decode(data) if captured.get("encoding") == "BASE64" else data.encode()


def _answers(body: bytes) -> Iterator[dict[str, Any]]:
    """The answers of a JSON reply; a reply of another kind has none that can be read here."""
    try:
        document = json.loads(body)
    except ValueError:
        return
    if isinstance(document, dict):
        for answer in document.get("predictions") or []:
            if isinstance(answer, dict):
                yield answer


def _csv_answers(body: bytes, problem: dict[str, Any]) -> list[dict[str, Any]]:
    """The answers of a CSV reply: a value, or label and score, or these and each class's score."""
    task = problem["task"]
    names = ["value"] if task == REGRESSION else ["label", "score"]
    answers = []
    for cells in csv.reader(body.decode().splitlines()):
        answer: dict[str, Any] = dict(zip(names, cells))
        if task not in {BINARY, REGRESSION}:
            answer["scores"] = dict(zip(problem["classes"], cells[2:]))
        answers.append(answer)
    return answers


def outputs(answers: Iterable[dict[str, Any]], problem: dict[str, Any]) -> Array:
    """Answers as the model's output: shape (n,), or (n, classes) for several classes.

    An answer that does not say it is NaN throughout.
    """
    task = problem["task"]
    if task in {BINARY, REGRESSION}:
        key = "score" if task == BINARY else "value"
        return np.array([float(a.get(key, np.nan)) for a in answers], dtype=np.float64)
    classes = problem["classes"]
    listed = [
        [float((answer.get("scores") or {}).get(name, np.nan)) for name in classes]
        for answer in answers
    ]
    return np.array(listed, dtype=np.float64).reshape(-1, len(classes))
