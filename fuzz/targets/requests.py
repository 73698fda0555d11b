"""Requests to the local SageMaker: read, and held against botocore's model, or refused as AWS does.

Everything of HTTP that is the server's own is run on bytes, without a socket; the operations behind
it are left out, so that no case changes what the next one meets.
"""

from __future__ import annotations

import contextlib
import io
import json
from typing import Any

from local.sagemaker.api import server
from local.sagemaker.api.errors import ApiError
from local.sagemaker.api.rest import Answer, find_route, read_request, routes
from local.sagemaker.api.service_models import SAGEMAKER, operation_model, service_model
from local.sagemaker.api.validation import validate

NAMES = tuple(sorted(service_model(SAGEMAKER).operation_names))
DEEPEST = 6


class _Draws:
    """Choices made by the bytes of a case; once they are used up, always the first."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def below(self, bound: int) -> int:
        """A whole number from 0."""
        if self._at >= len(self._data):
            return 0
        self._at += 1
        return self._data[self._at - 1] % bound

    def text(self) -> str:
        """Up to 31 characters."""
        length = self.below(32)
        piece = self._data[self._at : self._at + length]
        self._at += length
        return piece.decode("utf-8", "replace")


ODD: tuple[Any, ...] = (None, True, 0, -1, 10**400, 1e308, float("nan"), "", [], {}, "9" * 5000)


def _document(shape: Any, draws: _Draws, depth: int = 0) -> Any:
    """What a shape asks for, mostly: now and then something else."""
    if draws.below(8) == 7 or depth > DEEPEST:
        return ODD[draws.below(len(ODD))]
    kind = shape.type_name
    if kind == "structure":
        wanted = [name for name in shape.members if name in shape.required_members]
        others = list(shape.members)
        wanted += [others[draws.below(len(others))] for _ in range(draws.below(4)) if others]
        return {name: _document(shape.members[name], draws, depth + 1) for name in wanted}
    if kind == "list":
        return [_document(shape.member, draws, depth + 1) for _ in range(draws.below(3))]
    if kind == "map":
        return {draws.text(): _document(shape.value, draws, depth + 1) for _ in range(2)}
    if kind == "string":
        choices = getattr(shape, "enum", None) or [draws.text()]
        return choices[draws.below(len(choices))]
    return {"boolean": True, "blob": draws.text(), "timestamp": draws.text()}.get(
        kind, draws.below(200)
    )


class _Asked(server.Handler):
    """The server's handler over bytes: what it reads is the case, what it says is kept."""

    def __init__(self, data: bytes) -> None:
        self.rfile, self.wfile = io.BufferedReader(io.BytesIO(data)), io.BytesIO()
        self.client_address, self.server = ("127.0.0.1", 0), None  # type: ignore[assignment]
        self.close_connection = True

    def _json_answer(self, service: str, name: str, body: bytes) -> Any:
        request = server.read_json(body)
        if name in service_model(service).operation_names:
            _checked(service, name, request)
        return Answer(200, {}, b"{}")


def _checked(service: str, name: str, request: Any) -> None:
    shape = operation_model(service, name).input_shape
    if shape is not None:
        json.dumps(validate(shape, request), default=lambda body: body.decode("latin-1"))


def read_request_bytes(data: bytes) -> None:
    """The first byte chooses: HTTP's bytes, a path and a body, or a document made for a shape."""
    way, rest = (data[0] % 4, data[1:]) if data else (0, data)
    with contextlib.suppress(ApiError):
        if way == 0:
            _whole(rest)
        elif way == 1:
            _rest(rest)
        else:
            draws = _Draws(rest)
            name = NAMES[(draws.below(256) * 256 + draws.below(256)) % len(NAMES)]
            shape = operation_model(SAGEMAKER, name).input_shape
            _checked(SAGEMAKER, name, _document(shape, draws) if shape is not None else {})


def _whole(data: bytes) -> None:
    asked = _Asked(data)
    asked.handle_one_request()
    said: bytes = asked.wfile.getvalue()  # type: ignore[attr-defined]
    status = said.split(b" ", 2)[1] if said.startswith(b"HTTP/") else b""
    assert status != b"500", f"the server broke: {said[:400]!r}"


def _rest(data: bytes) -> None:
    """Lines: a path with its query, one header, then the body."""
    head, header, body = (*data.split(b"\n", 2), b"", b"")[:3]
    path, _, query = head.decode("utf-8", "replace").partition("?")
    name, _, value = header.decode("utf-8", "replace").partition(":")
    for method in sorted({route.method for route in routes()}):
        found = find_route(method, path)
        if found is not None:
            route, in_path = found
            request = read_request(route, in_path, query, {name: value}, body)
            _checked(route.service, route.name, request)


def _seeds() -> list[bytes]:
    body = json.dumps({"TrainingJobName": "a", "CreationTimeAfter": 1.5, "MaxResults": 3}).encode()
    head = b"POST / HTTP/1.1\r\nX-Amz-Target: SageMaker.ListTrainingJobs\r\n"
    whole = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    rest = b"/endpoints/churn/invocations\nContent-Type:text/csv\n1,2\n"
    put = b"/FeatureGroup/g?RecordIdentifierValueAsString=1\nx:y\n" + b'{"Record": []}'
    made = [bytes([2, high, low, *range(60)]) for high in range(4) for low in (0, 90, 180)]
    return [b"\x00" + whole, b"\x00" + chunked, b"\x01" + rest, b"\x01" + put, *made]


READERS = {"request": read_request_bytes}
SEEDS = {"request": _seeds}
