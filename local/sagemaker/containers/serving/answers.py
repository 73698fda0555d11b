"""What a model server takes and gives, and the failures that have a status of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


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
    """What goes back to the caller.

    Attributes:
        body: The payload; without effect when there are pieces.
        content_type: Its type.
        status: The HTTP status.
        pieces: The payload as it comes into being; closed when nobody wants more.
    """

    body: bytes
    content_type: str = "text/plain"
    status: int = HTTPStatus.OK
    pieces: Pieces | None = None


class Pieces(Protocol):
    """A payload in pieces."""

    def __iter__(self) -> Iterator[bytes]:
        """The pieces, in their order."""

    def close(self) -> None:
        """Give back what the payload holds; may be repeated."""


class ModelLoadError(Exception):
    """The model cannot be brought into memory; the message says why and names the file."""


class RefusedError(Exception):
    """The model does not answer this request, with the HTTP status that says why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
