"""What a model server takes and gives, and the failures that have a status of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus


@dataclass(frozen=True)
class Invocation:
    """One request to `/invocations`.

    Attributes:
        body: The payload.
        content_type: Its type as the caller named it; empty for none.
        accept: The type wanted back; empty for any.
        headers: All headers, names in lower case.
    """

    body: bytes
    content_type: str = ""
    accept: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What goes back to the caller."""

    body: bytes
    content_type: str = "text/plain"
    status: int = HTTPStatus.OK


class ModelLoadError(Exception):
    """The model cannot be brought into memory; the message says why and names the file."""


class RefusedError(Exception):
    """The model does not answer this request, with the HTTP status that says why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
