"""The REST-JSON protocol of the runtime services: which operation a request is, and its members."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

from local.sagemaker.api.errors import ValidationException
from local.sagemaker.api.event_stream import CONTENT_TYPE as EVENT_STREAM
from local.sagemaker.api.service_models import (
    FEATURE_STORE_RUNTIME,
    METRICS,
    RUNTIME,
    operation_model,
    service_model,
)
from local.sagemaker.api.shaping import to_wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from botocore.model import Shape

type Document = dict[str, Any]

WHOLE = re.compile(r"-?[0-9]{1,19}")
"""A whole number of up to 64 bits; what else is given is refused by its type."""


@dataclass(frozen=True)
class Route:
    """One operation's method and path."""

    service: str
    name: str
    method: str
    pattern: re.Pattern[str]


@dataclass(frozen=True)
class Answer:
    """What goes back: a status, headers, and the body, whole or in pieces."""

    status: int
    headers: dict[str, str]
    body: bytes | Iterator[bytes]


@cache
def routes() -> tuple[Route, ...]:
    """Every operation of the REST-JSON services."""
    found = []
    for service in (RUNTIME, FEATURE_STORE_RUNTIME, METRICS):
        model = service_model(service)
        for name in model.operation_names:
            http = model.operation_model(name).http
            path = http["requestUri"].partition("?")[0]
            pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path))
            found.append(Route(service, name, http["method"], re.compile(pattern)))
    return tuple(found)


def find_route(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The operation that a method and path mean, with the path's members; None for none."""
    for route in routes():
        if route.method == method and (match := route.pattern.fullmatch(path)):
            return route, {name: unquote(value) for name, value in match.groupdict().items()}
    return None


def read_request(
    route: Route, in_path: dict[str, str], query: str, headers: Mapping[str, str], body: bytes
) -> Document:
    """Collect an operation's members from where its model says they are.

    Raises:
        ValidationException: When the body is not JSON.
    """
    shape = operation_model(route.service, route.name).input_shape
    if shape is None:
        return {}
    given = {name.lower(): value for name, value in headers.items()}
    values = parse_qs(query, keep_blank_values=True)
    request: Document = {}
    for name, member in shape.members.items():
        where, key = (
            member.serialization.get("location"),
            member.serialization.get("name", name),
        )
        if where == "uri" and key in in_path:
            request[name] = _typed(member, in_path[key])
        elif where == "header" and key.lower() in given:
            request[name] = _typed(member, given[key.lower()])
        elif where == "querystring" and key in values:
            many = member.type_name == "list"
            request[name] = values[key] if many else _typed(member, values[key][0])
    payload = shape.serialization.get("payload")
    if payload:
        blob = shape.members[payload].type_name == "blob"
        request[payload] = body if blob else _json(body)
    elif body:
        request |= _json(body)
    return request


def render(route: Route, document: Document) -> Answer:
    """Put an operation's answer where its model says its members go."""
    model = operation_model(route.service, route.name)
    status, body = model.http.get("responseCode", 200), dict(document)
    headers: dict[str, str] = {}
    shape = model.output_shape
    if shape is None:
        return Answer(status, headers, b"")
    for name, member in shape.members.items():
        if member.serialization.get("location") == "header" and name in body:
            value = body.pop(name)
            headers[member.serialization.get("name", name)] = str(value)
    payload = shape.serialization.get("payload")
    if payload:
        content = body.get(payload, b"")
        if not isinstance(content, bytes):
            headers["Content-Type"] = EVENT_STREAM
        return Answer(status, headers, content)
    headers["Content-Type"] = "application/json"
    return Answer(status, headers, json.dumps(to_wire(shape, body)).encode())


def _typed(shape: Shape, text: str) -> Any:
    if shape.type_name == "boolean":
        return text.lower() == "true"
    if shape.type_name in {"integer", "long"}:
        return int(text) if WHOLE.fullmatch(text) else text
    return text


def _json(body: bytes) -> Document:
    try:
        document = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise ValidationException(f"The body is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise ValidationException("The body is not a JSON object")
    return document
