"""A small HTTP/1.1 server for one model: a thread a connection, one packet an answer.

Its only clients are the endpoint's front and health checks on the same machine, so it speaks the
part of HTTP/1.1 that they use: keep-alive and bodies of a known length.
"""

from __future__ import annotations

import socketserver
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING

from local.sagemaker.serving.answers import Answer, Invocation

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST_BODY = 1024**3
"""An asynchronous request may have so many bytes."""

_LONGEST_LINE = 65_536
_MOST_HEADERS = 128

type Route = tuple[str, str]
type Action = Callable[[Invocation], Answer]


class ModelHttpServer(socketserver.ThreadingTCPServer):
    """Serves actions by method and path on a loopback port."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, actions: dict[Route, Action]) -> None:
        """Bind; 0 takes any free port."""
        self.actions = actions
        self._busy = 0
        self._quiet = threading.Condition()
        super().__init__(("127.0.0.1", port), _Connection)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.server_address[1])

    def perform(self, route: Route, invocation: Invocation) -> Answer:
        """Answer one request, counted as busy meanwhile."""
        action = self.actions.get(route)
        if action is None:
            return Answer(b"no such path", status=HTTPStatus.NOT_FOUND)
        with self._quiet:
            self._busy += 1
        try:
            return action(invocation)
        finally:
            with self._quiet:
                self._busy -= 1
                self._quiet.notify_all()

    def drain(self, seconds: float) -> bool:
        """Wait until no request is being answered; tell whether that came true in time."""
        with self._quiet:
            return self._quiet.wait_for(lambda: self._busy == 0, timeout=seconds)


class _Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    server: ModelHttpServer

    def handle(self) -> None:
        try:
            while self._serve_one():
                pass
        except (ConnectionError, TimeoutError):
            return

    def _serve_one(self) -> bool:
        line = self.rfile.readline(_LONGEST_LINE)
        if not line.strip():
            return False
        parts = line.decode("latin-1").split()
        headers = self._headers()
        length = headers.get("content-length", "0")
        if len(parts) != 3 or not length.isdigit() or "transfer-encoding" in headers:
            return self._send(
                Answer(b"malformed request", status=HTTPStatus.BAD_REQUEST), last=True
            )
        if int(length) > LARGEST_BODY:
            too_large = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            return self._send(Answer(b"the body is too large", status=too_large), last=True)
        invocation = Invocation(
            self.rfile.read(int(length)),
            headers.get("content-type", ""),
            headers.get("accept", ""),
            headers,
        )
        answer = self.server.perform((parts[0], parts[1].partition("?")[0]), invocation)
        return self._send(answer, last=headers.get("connection", "").lower() == "close")

    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        for _ in range(_MOST_HEADERS):
            line = self.rfile.readline(_LONGEST_LINE).decode("latin-1")
            if not line.strip():
                break
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        return headers

    def _send(self, answer: Answer, *, last: bool) -> bool:
        phrase = HTTPStatus(answer.status).phrase if answer.status in _KNOWN else "Status"
        head = (
            f"HTTP/1.1 {answer.status} {phrase}\r\nContent-Type: {answer.content_type}\r\n"
            f"Content-Length: {len(answer.body)}\r\n"
            f"Connection: {'close' if last else 'keep-alive'}\r\n\r\n"
        )
        self.connection.sendall(head.encode("latin-1") + answer.body)
        return not last


_KNOWN = {int(status) for status in HTTPStatus}
