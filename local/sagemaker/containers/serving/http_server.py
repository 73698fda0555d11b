"""A small HTTP/1.1 server for one model: a thread a connection, one packet an answer.

Its only clients are the endpoint's front and health checks on the same machine, so it speaks the
part of HTTP/1.1 that they use: keep-alive, bodies of a known length, and answers in chunks.
"""

from __future__ import annotations

import socketserver
import threading
import traceback
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

from local.sagemaker.containers.serving.answers import Answer, Invocation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local.sagemaker.containers.serving.answers import Pieces

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

    @contextmanager
    def perform(self, route: Route, invocation: Invocation) -> Iterator[Answer]:
        """Answer one request, counted as busy until it is sent."""
        action = self.actions.get(route)
        if action is None:
            yield Answer(b"no such path", status=HTTPStatus.NOT_FOUND)
            return
        with self._quiet:
            self._busy += 1
        try:
            yield action(invocation)
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
        last = headers.get("connection", "").lower() == "close"
        route = (parts[0], parts[1].partition("?")[0])
        with self.server.perform(route, invocation) as answer:
            return self._send(answer, last=last)

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
        size = f"Content-Length: {len(answer.body)}"
        if answer.pieces is not None:
            size = "Transfer-Encoding: chunked"
        head = (
            f"HTTP/1.1 {answer.status} {phrase}\r\nContent-Type: {answer.content_type}\r\n"
            f"{size}\r\nConnection: {'close' if last else 'keep-alive'}\r\n\r\n"
        ).encode("latin-1")
        if answer.pieces is None:
            self.connection.sendall(head + answer.body)
            return not last
        return self._send_pieces(head, answer.pieces) and not last

    def _send_pieces(self, head: bytes, pieces: Pieces) -> bool:
        """Send pieces as they come; a payload that breaks ends without HTTP's sign of the end."""
        try:
            self.connection.sendall(head)
            for piece in pieces:
                if piece:
                    self.connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        except ConnectionError:
            raise
        except Exception:  # noqa: BLE001 -- a user's generator may raise anything
            traceback.print_exc()
            return False
        finally:
            pieces.close()
        self.connection.sendall(b"0\r\n\r\n")
        return True


_KNOWN = {int(status) for status in HTTPStatus}
