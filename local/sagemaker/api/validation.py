"""Holds a request against botocore's model: members, types, required, bounds, enums, patterns.

Messages read as AWS's do ("2 validation errors detected: Value '…' at 'trainingJobName' failed to
satisfy constraint: …"), and name every fault at once.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ValidationException

if TYPE_CHECKING:
    from collections.abc import Collection

    from botocore.model import ListShape, MapShape, Shape, StructureShape

_UNICODE_CLASSES = {r"\p{L}": r"\w", r"\p{N}": r"\d", r"\p{Z}": r"\s", r"\p{M}": ""}
_NUMBERS = {"integer": int, "long": int, "float": (int, float), "double": (int, float)}


def validate(shape: Shape, document: Any) -> Any:
    """Check a document and bring its values into one form.

    Args:
        shape: The input shape.
        document: What the caller sent, as parsed JSON.

    Returns:
        The document with timestamps as seconds since the epoch and blobs as bytes.

    Raises:
        ValidationException: Naming every fault.
    """
    faults: list[str] = []
    checked = _value(shape, document, "", faults)
    if faults:
        plural = "s" if len(faults) > 1 else ""
        raise ValidationException(
            f"{len(faults)} validation error{plural} detected: " + "; ".join(faults)
        )
    return checked


def refuse_unhonoured(
    document: dict[str, Any], honours: Collection[str] | None, refuses: Collection[str]
) -> None:
    """Refuse what the local SageMaker would otherwise drop without a word.

    Args:
        document: A valid request.
        honours: Top-level members that have an effect here; None for all of them.
        refuses: Dotted paths of members that have none; lists are passed through
            (`InputDataConfig.DataSource.FileSystemDataSource`).

    Raises:
        ValidationException: Naming every member in question.
    """
    found = [] if honours is None else sorted(set(document) - set(honours))
    found += [path for path in sorted(refuses) if _present(document, path.split("."))]
    if found:
        raise ValidationException(f"The local SageMaker does not support: {', '.join(found)}")


def _present(document: Any, path: list[str]) -> bool:
    if isinstance(document, list):
        return any(_present(item, path) for item in document)
    if not isinstance(document, dict) or path[0] not in document:
        return False
    below = document[path[0]]
    if len(path) == 1:
        return below not in (None, False, [], {})
    return _present(below, path[1:])


def _value(  # noqa: PLR0911 -- one return for each kind of shape
    shape: Shape, value: Any, path: str, faults: list[str]
) -> Any:
    kind = shape.type_name
    if kind == "structure":
        return _structure(shape, value, path, faults)  # type: ignore[arg-type]
    if kind == "list":
        return _list(shape, value, path, faults)  # type: ignore[arg-type]
    if kind == "map":
        return _map(shape, value, path, faults)  # type: ignore[arg-type]
    if kind == "timestamp":
        return _timestamp(value, path, faults)
    if kind == "blob":
        return _blob(value, path, faults)
    if kind == "boolean":
        if not isinstance(value, bool):
            faults.append(_type_fault(path, value, "a boolean"))
        return value
    if kind in _NUMBERS:
        return _number(shape, value, path, faults)
    return _string(shape, value, path, faults)


def _structure(shape: StructureShape, value: Any, path: str, faults: list[str]) -> Any:
    if not isinstance(value, dict):
        faults.append(_type_fault(path, value, "an object"))
        return value
    given = {name: item for name, item in value.items() if item is not None}
    faults.extend(
        f"Value null at '{_join(path, name)}' failed to satisfy constraint: Member must not be null"
        for name in shape.required_members
        if name not in given
    )
    if getattr(shape, "is_tagged_union", False) and len(given) != 1:
        faults.append(f"Exactly one member of '{path}' must be set")
    checked: dict[str, Any] = {}
    for name, item in given.items():
        member = shape.members.get(name)
        if member is None:
            faults.append(f"Unknown member at '{_join(path, name)}'")
            continue
        checked[name] = _value(member, item, _join(path, name), faults)
    return checked


def _list(shape: ListShape, value: Any, path: str, faults: list[str]) -> Any:
    if not isinstance(value, list):
        faults.append(_type_fault(path, value, "a list"))
        return value
    _bounds(shape, len(value), value, path, faults)
    return [
        _value(shape.member, item, f"{path}.{number}.member", faults)
        for number, item in enumerate(value, 1)
    ]


def _map(shape: MapShape, value: Any, path: str, faults: list[str]) -> Any:
    if not isinstance(value, dict):
        faults.append(_type_fault(path, value, "a map"))
        return value
    _bounds(shape, len(value), value, path, faults)
    return {
        _value(shape.key, key, f"{path}.key", faults): _value(
            shape.value, item, f"{path}.{key}.member", faults
        )
        for key, item in value.items()
    }


def _number(shape: Shape, value: Any, path: str, faults: list[str]) -> Any:
    accepted = _NUMBERS[shape.type_name]
    if isinstance(value, bool) or not isinstance(value, accepted):  # type: ignore[arg-type]
        faults.append(_type_fault(path, value, "a number"))
        return value
    words = {"min": "greater than or equal to", "max": "less than or equal to"}
    for bound, word in words.items():
        limit = shape.metadata.get(bound)
        if limit is not None and (value < limit if bound == "min" else value > limit):
            faults.append(_fault(value, path, f"Member must have value {word} {limit}"))
    return value


def _string(shape: Shape, value: Any, path: str, faults: list[str]) -> Any:
    if not isinstance(value, str):
        faults.append(_type_fault(path, value, "a string"))
        return value
    accepted = getattr(shape, "enum", None)
    if accepted and value not in accepted:
        faults.append(
            _fault(value, path, f"Member must satisfy enum value set: [{', '.join(accepted)}]")
        )
    _bounds(shape, len(value), value, path, faults)
    pattern = shape.metadata.get("pattern")
    compiled = _pattern(pattern) if pattern else None
    if compiled is not None and not compiled.fullmatch(value):
        faults.append(
            _fault(value, path, f"Member must satisfy regular expression pattern: {pattern}")
        )
    return value


def _bounds(shape: Shape, length: int, value: Any, path: str, faults: list[str]) -> None:
    shortest, longest = shape.metadata.get("min"), shape.metadata.get("max")
    if shortest is not None and length < shortest:
        faults.append(
            _fault(value, path, f"Member must have length greater than or equal to {shortest}")
        )
    if longest is not None and length > longest:
        faults.append(
            _fault(value, path, f"Member must have length less than or equal to {longest}")
        )


def _timestamp(value: Any, path: str, faults: list[str]) -> Any:
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
        return datetime.fromisoformat(value).timestamp()
    except (TypeError, ValueError, OverflowError):
        faults.append(_type_fault(path, value, "a timestamp"))
        return value


def _blob(value: Any, path: str, faults: list[str]) -> Any:
    if isinstance(value, bytes):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except (TypeError, ValueError, binascii.Error):
        faults.append(_type_fault(path, value, "base64 text"))
        return value


@cache
def _pattern(pattern: str) -> re.Pattern[str] | None:
    """Compile a model's pattern; None when Python's `re` cannot express it."""
    for name, replacement in _UNICODE_CLASSES.items():
        pattern = pattern.replace(name, replacement)
    try:
        return re.compile(pattern)
    except re.error:
        return None


def _join(path: str, name: str) -> str:
    lowered = name[:1].lower() + name[1:]
    return f"{path}.{lowered}" if path else lowered


def _fault(value: Any, path: str, constraint: str) -> str:
    shown = str(value)
    shown = shown if len(shown) <= 200 else shown[:200] + "…"
    return f"Value '{shown}' at '{path}' failed to satisfy constraint: {constraint}"


def _type_fault(path: str, value: Any, wanted: str) -> str:
    return f"Value at '{path or 'the request'}' is {type(value).__name__}, expected {wanted}"
