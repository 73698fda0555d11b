"""Brings a stored document into the form that a client, or an event, expects."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.model import Shape


def to_wire(shape: Shape, document: Any) -> Any:
    """Keep what the shape knows; times as seconds, blobs as base64: the JSON protocol."""
    return _convert(shape, document, lambda seconds: round(float(seconds), 3))


def to_event(shape: Shape, document: Any) -> Any:
    """Keep what the shape knows; times as whole milliseconds, as SageMaker's events have them."""
    return _convert(shape, document, lambda seconds: int(float(seconds) * 1000))


def iso_time(seconds: float) -> str:
    """Seconds since the epoch as `2026-02-03T10:11:12.345Z`."""
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _convert(  # noqa: PLR0911 -- one return for each kind of shape
    shape: Shape, value: Any, time: Callable[[float], Any]
) -> Any:
    if value is None:
        return None
    kind = shape.type_name
    if kind == "structure":
        members = shape.members  # type: ignore[attr-defined]
        return {
            name: _convert(members[name], item, time)
            for name, item in value.items()
            if item is not None and name in members
        }
    if kind == "list":
        return [_convert(shape.member, item, time) for item in value]  # type: ignore[attr-defined]
    if kind == "map":
        below = shape.value  # type: ignore[attr-defined]
        return {key: _convert(below, item, time) for key, item in value.items()}
    if kind == "timestamp":
        return time(value)
    if kind == "blob" and isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value
