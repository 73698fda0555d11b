"""The HTTP side: JSON 1.1 for SageMaker, REST-JSON for its runtime services, on one port."""

from __future__ import annotations

import json
import logging
import re
import socket
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from local.sagemaker.api.errors import ApiError, ValidationException
from local.sagemaker.api.operations import registry
from local.sagemaker.api.rest import Answer, find_route, read_request, render
from local.sagemaker.api.service_models import operation_model, service_of_target
from local.sagemaker.api.shaping import to_wire
from local.sagemaker.labeling.worker_portal import answer_portal
from local.sagemaker.labeling.workteams import PORTAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.sagemaker.platform import Platform

JSON_TYPE = "application/x-amz-json-1.1"
LARGEST_BODY = 64 * 1024 * 1024
LONGEST_LINE = 65536
SIZES = {10: re.compile(r"[0-9]{1,18}"), 16: re.compile(r"[0-9A-Fa-f]{1,15}")}
"""How a body's length, and that of a chunk, are written."""
_log = logging.getLogger(__name__)


class Server(ThreadingHTTPServer):
    """A thread a connection; connections are kept alive."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], platform: Platform) -> None:
        self.platform = platform
        super().__init__(address, Handler)


class Handler(BaseHTTPRequestHandler):
    """Answers one connection's requests, one after the other."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024  # headers and body leave in one packet
    server: Server

    def handle_one_request(self) -> None:
        """Handle one request; a client that went away is not an error."""
        try:
            super().handle_one_request()
        except (ConnectionError, socket.timeout):  # noqa: UP041 -- the name of the base class
            self.close_connection = True

    def handle_expect_100(self) -> bool:
        """Say at once that the body may come; the answer's buffer would hold it back."""
        going = super().handle_expect_100()
        self.wfile.flush()
        return going

    def do_GET(self) -> None:
        """Answer GET."""
        self._respond()

    def do_POST(self) -> None:
        """Answer POST."""
        self._respond()

    def do_PUT(self) -> None:
        """Answer PUT."""
        self._respond()

    def do_DELETE(self) -> None:
        """Answer DELETE."""
        self._respond()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class's name
        """Leave out the line a request; failures are logged where they happen."""

    def _respond(self) -> None:
        request_id = str(uuid.uuid4())
        try:
            answer = self._answer(self._body())
        except ApiError as error:
            answer = _refusal(error)
        except Exception:  # noqa: BLE001 -- a server's last resort: AWS's 500, and the trace in the log
            _log.exception("an operation broke", extra={"target": self.headers.get("X-Amz-Target")})
            answer = _refusal(ApiError("The local SageMaker failed; its log has the trace"))
        self._send(answer, request_id)

    def _answer(self, body: bytes) -> Answer:
        target, path = self.headers.get("X-Amz-Target"), urlsplit(self.path)
        if target:
            prefix, _, name = target.rpartition(".")
            return self._json_answer(service_of_target(prefix), name, body)
        if self.command == "GET" and path.path == "/ping":
            return Answer(200, {"Content-Type": "application/json"}, b'{"status": "ready"}')
        if path.path.startswith(f"{PORTAL}/"):
            told = dict(self.headers.items())
            return answer_portal(self.server.platform, self.command, path, told, body)
        found = find_route(self.command, path.path)
        if found is None:
            raise ApiError(
                f"No operation at {self.command} {path.path}",
                code="UnknownOperationException",
                status=404,
            )
        route, in_path = found
        request = read_request(route, in_path, path.query, dict(self.headers.items()), body)
        platform = self.server.platform
        return render(route, registry.perform(route.service, route.name, request, platform))

    def _json_answer(self, service: str, name: str, body: bytes) -> Answer:
        request = read_json(body)
        document = registry.perform(service, name, request, self.server.platform)
        shape = operation_model(service, name).output_shape
        wire = to_wire(shape, document) if shape is not None else {}
        return Answer(200, {"Content-Type": JSON_TYPE}, json.dumps(wire).encode())

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunked_body()
        length = self._size(self.headers.get("Content-Length") or "0", 10)
        if length > LARGEST_BODY:
            raise self._too_large()
        return self.rfile.read(length) if length else b""

    def _chunked_body(self) -> bytes:
        pieces, left = [], LARGEST_BODY
        while size := self._size(self._line().split(b";")[0].decode("latin-1"), 16):
            left -= size
            if left < 0:
                raise self._too_large()
            pieces.append(self.rfile.read(size))
            self._line()
        while self._line().strip():
            pass  # trailers
        return b"".join(pieces)

    def _line(self) -> bytes:
        """A line of a chunked body: a client that says no end must not fill the memory."""
        line = self.rfile.readline(LONGEST_LINE + 1)
        if len(line) > LONGEST_LINE:
            raise self._too_large()
        return line

    def _size(self, told: str, base: int) -> int:
        """A number of bytes as HTTP writes it: digits alone (RFC 9110, 8.6; RFC 9112, 7.1)."""
        if not SIZES[base].fullmatch(told.strip()):
            # Where the next request would begin is unknown.
            self.close_connection = True
            raise ValidationException("The body's length is no number")
        return int(told, base)

    def _too_large(self) -> ApiError:
        self.close_connection = True
        return ApiError("The body is too large", code="RequestEntityTooLarge", status=413)

    def _send(self, answer: Answer, request_id: str) -> None:
        self.send_response(answer.status)
        self.send_header("x-amzn-RequestId", request_id)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if isinstance(answer.body, bytes):
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)
        else:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self._send_pieces(answer.body)
        self.wfile.flush()

    def _send_pieces(self, pieces: Iterator[bytes]) -> None:
        """Send pieces as they come; a client that went away ends whatever makes them."""
        try:
            for piece in pieces:
                self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()


def read_json(body: bytes) -> Any:
    """The document of a JSON 1.1 request; no body at all is an empty one.

    Raises:
        ValidationException: it is not JSON.
    """
    try:
        return json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise ValidationException(f"The body is not JSON: {error}") from error


def _refusal(error: ApiError) -> Answer:
    said = {"__type": error.code, "message": error.message, "Message": error.message}
    body = error.members | said
    headers = {"Content-Type": JSON_TYPE, "x-amzn-ErrorType": error.code}
    return Answer(error.status, headers, json.dumps(body).encode())
