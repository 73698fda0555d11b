"""Talks HTTP/1.1 to one model server over kept connections, with as little overhead as can be."""

from __future__ import annotations

import socket
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST_LINE = 65_536
_PIECE_BYTES = 1024 * 1024


class ModelUnreachableError(Exception):
    """The model server is gone, or went while it answered."""


class ModelTimeoutError(Exception):
    """The model server did not answer in time."""


@dataclass(frozen=True)
class ModelAnswer:
    """What a model server answered; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class _Connection:
    socket: socket.socket
    reader: BinaryIO

    def close(self) -> None:
        self.reader.close()
        self.socket.close()


class ModelClient:
    """Connections to one port of this machine; safe to use from many threads."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: deque[_Connection] = deque()

    def request(
        self, method: str, path: str, headers: dict[str, str], body: bytes, timeout: float
    ) -> ModelAnswer:
        """Send a request and read its answer.

        Args:
            method: `GET` or `POST`.
            path: `/ping` or `/invocations`.
            headers: Without Host and Content-Length, which are added.
            body: The payload.
            timeout: Seconds that each read may take.

        Raises:
            ModelUnreachableError: When the connection cannot be made or breaks.
            ModelTimeoutError: When no answer comes in time.
        """
        stream = self.stream(method, path, headers, body, timeout)
        return ModelAnswer(stream.status, stream.headers, b"".join(stream))

    def stream(
        self, method: str, path: str, headers: dict[str, str], body: bytes, timeout: float
    ) -> ModelStream:
        """Send a request and return as soon as the head of its answer is there.

        Takes and raises what `request` does; so may the stream's `next`.
        """
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self._port}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""])
        connection = self._take()
        with _failures(connection, timeout):
            connection.socket.settimeout(timeout)
            connection.socket.sendall(head.encode("latin-1") + body)
            status, answered = _read_head(connection.reader)
        return ModelStream(status, answered, connection, self._idle, timeout)

    def close(self) -> None:
        """Close the kept connections."""
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> _Connection:
        try:
            return self._idle.pop()
        except IndexError:
            pass
        try:
            made = socket.create_connection(("127.0.0.1", self._port), timeout=5)
        except OSError as error:
            raise ModelUnreachableError(str(error)) from error
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return _Connection(made, made.makefile("rb"))


class ModelStream:
    """An answer whose body is read piece by piece.

    Attributes:
        status: The HTTP status.
        headers: The answer's headers, names in lower case.
    """

    def __init__(
        self,
        status: int,
        headers: dict[str, str],
        connection: _Connection,
        idle: deque[_Connection],
        timeout: float,
    ) -> None:
        self.status = status
        self.headers = headers
        self._connection: _Connection | None = connection
        self._idle = idle
        self._timeout = timeout
        self._chunked = "chunked" in headers.get("transfer-encoding", "").lower()
        self._left = 0 if self._chunked else int(headers.get("content-length", "0"))

    def __iter__(self) -> ModelStream:
        return self

    def __next__(self) -> bytes:
        """The next piece; raises `StopIteration` after the last, and what `request` raises."""
        connection = self._connection
        if connection is None:
            raise StopIteration
        with _failures(connection, self._timeout):
            piece = self._chunk(connection.reader) if self._chunked else self._part(connection)
        if piece:
            return piece
        self._connection = None
        if self.headers.get("connection", "").lower() == "close":
            connection.close()
        else:
            self._idle.append(connection)
        raise StopIteration

    def close(self) -> None:
        """Read no more; a connection with something left in it is not used again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _part(self, connection: _Connection) -> bytes:
        if not self._left:
            return b""
        piece = connection.reader.read(min(self._left, _PIECE_BYTES))
        if not piece:
            raise ConnectionResetError("the model server closed the connection")
        self._left -= len(piece)
        return piece

    @staticmethod
    def _chunk(reader: BinaryIO) -> bytes:
        line = reader.readline(_LONGEST_LINE)
        if not line:
            raise ConnectionResetError("the model server closed the connection")
        size = int(line.split(b";")[0], 16)
        piece = reader.read(size)
        if len(piece) < size or not reader.readline(_LONGEST_LINE):
            raise ConnectionResetError("the model server closed the connection")
        return piece


@contextmanager
def _failures(connection: _Connection, timeout: float) -> Iterator[None]:
    """Close a connection that breaks, and say so in this module's words."""
    try:
        yield
    except TimeoutError as error:
        connection.close()
        raise ModelTimeoutError(f"no answer within {timeout:g} s") from error
    except (OSError, ValueError) as error:
        connection.close()
        raise ModelUnreachableError(str(error)) from error


def _read_head(reader: BinaryIO) -> tuple[int, dict[str, str]]:
    first = reader.readline(_LONGEST_LINE).split(None, 2)
    if len(first) < 2:
        raise ConnectionResetError("the model server closed the connection")
    headers: dict[str, str] = {}
    while line := reader.readline(_LONGEST_LINE).strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    return int(first[1]), headers
