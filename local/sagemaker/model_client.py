"""Talks HTTP/1.1 to one model server over kept connections, with as little overhead as can be."""

from __future__ import annotations

import socket
from collections import deque
from dataclasses import dataclass
from typing import BinaryIO

_LONGEST_LINE = 65_536


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
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self._port}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""])
        connection = self._take()
        try:
            connection.socket.settimeout(timeout)
            connection.socket.sendall(head.encode("latin-1") + body)
            answer = _read(connection.reader)
        except TimeoutError as error:
            connection.close()
            raise ModelTimeoutError(f"no answer within {timeout:g} s") from error
        except (OSError, ValueError) as error:
            connection.close()
            raise ModelUnreachableError(str(error)) from error
        if answer.headers.get("connection", "").lower() == "close":
            connection.close()
        else:
            self._idle.append(connection)
        return answer

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


def _read(reader: BinaryIO) -> ModelAnswer:
    first = reader.readline(_LONGEST_LINE).split(None, 2)
    if len(first) < 2:
        raise ConnectionResetError("the model server closed the connection")
    headers: dict[str, str] = {}
    while line := reader.readline(_LONGEST_LINE).strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    length = int(headers.get("content-length", "0"))
    body = reader.read(length)
    if len(body) < length:
        raise ConnectionResetError("the model server closed the connection")
    return ModelAnswer(int(first[1]), headers, body)
