"""The front door: what a request asks for, and what its caller is told."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

TYPES = ("text/csv", "application/json", "application/jsonlines", "application/x-image")
PICTURES = "image/"
"""And the types of pictures, where a problem has one column of them."""


class RefusedError(Exception):
    """A request that cannot be answered: an HTTP status, and words for the caller."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Question:
    """Rows to answer.

    Attributes:
        problem: whose model is asked.
        content_type: of the rows.
        body: the rows, raw, as the endpoint takes them.
    """

    problem: str
    content_type: str
    body: bytes


def read_question(event: dict[str, Any]) -> Question:
    """Read a function URL's request: POST /<problem> with rows in the body.

    Args:
        event: payload version 2.0 (Lambda Developer Guide, "Invoking Lambda function URLs").

    Raises:
        RefusedError: method, path, type or body are not what the front door takes.
    """
    method = event["requestContext"]["http"]["method"]
    if method != "POST":
        raise RefusedError(405, "Send rows with POST /<problem>.")
    problem = event.get("rawPath", "/").strip("/").rsplit("/", 1)[-1]
    if not problem:
        raise RefusedError(404, "Name the problem in the path: POST /<problem>.")
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    content_type = headers.get("content-type", "application/json").split(";")[0].strip()
    if content_type not in TYPES and not content_type.startswith(PICTURES):
        raise RefusedError(415, f"Send one of {', '.join(TYPES)}, image/…, not {content_type}.")
    text = event.get("body") or ""
    body = base64.b64decode(text) if event.get("isBase64Encoded") else text.encode()
    if not body.strip():
        raise RefusedError(400, "There are no rows in the body.")
    return Question(problem, content_type, body)


def answer(status: int, document: dict[str, Any]) -> dict[str, Any]:
    """A function URL's response."""
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(document),
    }


def refusal_of(code: str, message: str, original_status: int | None) -> RefusedError:
    """What the caller is told of an endpoint's error.

    Args:
        code: InvokeEndpoint's error code.
        message: its message.
        original_status: the model's own status, with ModelError.
    """
    if code == "ModelError" and original_status is not None and original_status < 500:
        return RefusedError(original_status, message)
    if code == "ValidationError":
        return RefusedError(503, "No model serves this problem yet.")
    if code in {"ThrottlingException", "ModelNotReadyException", "ServiceUnavailable"}:
        return RefusedError(503, "The model is busy or starting; ask again.")
    return RefusedError(502, message)


def capture_record(question: Question, reply: str, inference_id: str, time: str) -> dict[str, Any]:
    """A capture line in SageMaker's own shape ("Capture data from real-time endpoint")."""
    encoding = "CSV" if question.content_type == "text/csv" else "JSON"
    if question.content_type.startswith((PICTURES, "application/x-image")):
        encoding, data = "BASE64", base64.b64encode(question.body).decode()
    else:
        data = question.body.decode("utf-8", "replace")
    return {
        "captureData": {
            "endpointInput": {
                "observedContentType": question.content_type,
                "mode": "INPUT",
                "data": data,
                "encoding": encoding,
            },
            "endpointOutput": {
                "observedContentType": "application/json",
                "mode": "OUTPUT",
                "data": reply,
                "encoding": "JSON",
            },
        },
        "eventMetadata": {
            "eventId": inference_id,
            "inferenceId": inference_id,
            "inferenceTime": time,
        },
        "eventVersion": "0",
    }
