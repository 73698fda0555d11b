"""The little language inside a pipeline definition: Get, Std:Join and Std:JsonGet.

Definition schema 2020-12-01; AWS page "Pass Data Between Steps", and the SDK's workflow functions.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

type Document = dict[str, Any]

GET, JOIN, JSON_GET = "Get", "Std:Join", "Std:JsonGet"
ROOTS = frozenset({"Parameters", "Steps", "Execution"})
_PIECE = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]|\['([^']*)'\]|\[\"([^\"]*)\"\]")


class ReferenceFault(Exception):  # noqa: N818 -- a fault of the definition, not of this program
    """A reference leads nowhere; the message is fit for a FailureReason."""


@dataclass(frozen=True)
class Reference:
    """What a Get points at.

    Attributes:
        root: `Parameters`, `Steps` or `Execution`.
        name: The parameter, step or variable.
        path: Members (text) and places (numbers) below a step.
    """

    root: str
    name: str
    path: tuple[str | int, ...] = ()


def read_path(text: str) -> tuple[str | int, ...]:
    """Split `A.B[0]['c.d'].E` into its pieces.

    Raises:
        ReferenceFault: When it is not such a path.
    """
    pieces: list[str | int] = []
    at = 0
    while at < len(text):
        found = _PIECE.match(text, at)
        if found is None or (at == 0 and text.startswith(".")):
            raise ReferenceFault(f"{text!r} is not a path")
        word, place, *quoted = found.groups()
        pieces.append(int(place) if place is not None else word or quoted[0] or quoted[1] or "")
        at = found.end()
    return tuple(pieces)


def read_reference(text: Any) -> Reference:
    """Read the value of a Get; raises `ReferenceFault`."""
    if not isinstance(text, str):
        raise ReferenceFault(f"Get takes text, not {text!r}")
    pieces = read_path(text)
    if len(pieces) < 2 or pieces[0] not in ROOTS:
        raise ReferenceFault(f"{text!r} refers to none of Parameters, Steps and Execution")
    return Reference(str(pieces[0]), str(pieces[1]), pieces[2:])


def expression(value: Any) -> tuple[str, Any] | None:
    """The function and the argument of `{"Get": …}` and its kind; None for plain values."""
    if isinstance(value, dict) and len(value) == 1:
        (name, argument), *_ = value.items()
        if name in (GET, JOIN, JSON_GET):
            return name, argument
    return None


def references(value: Any) -> Iterator[Reference]:
    """Every Get within a value; raises `ReferenceFault` for one that cannot be read."""
    found = expression(value)
    if found is not None and found[0] == GET:
        yield read_reference(found[1])
    elif isinstance(value, dict):
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def follow(value: Any, path: tuple[str | int, ...]) -> Any:
    """The value at a path.

    In a list, a word finds the element whose member `…Name` is that word, as in
    `Outputs['train']` and `FinalMetricDataList['accuracy']`.

    Raises:
        ReferenceFault: When there is nothing.
    """
    for piece in path:
        try:
            named = isinstance(value, list) and isinstance(piece, str)
            value = _by_name(value, str(piece)) if named else value[piece]
        except (KeyError, IndexError, TypeError, StopIteration) as error:
            raise ReferenceFault(f"There is nothing at {piece!r} of {_shown(path)}") from error
    return value


class Resolver:
    """Replaces expressions by values.

    Attributes:
        get: Value of a reference.
        read: Text of an S3 address, for Std:JsonGet.
        property_file: S3 address of a step's property file, by step and file.
    """

    def __init__(
        self,
        get: Callable[[Reference], Any],
        read: Callable[[str], str],
        property_file: Callable[[str, str], str],
    ) -> None:
        self.get = get
        self.read = read
        self.property_file = property_file

    def resolve(self, value: Any) -> Any:
        """A value with every expression in it replaced; raises `ReferenceFault`."""
        found = expression(value)
        if found is not None:
            name, argument = found
            if name == GET:
                return self.get(read_reference(argument))
            return self._join(argument) if name == JOIN else self._json_get(argument)
        if isinstance(value, dict):
            return {key: self.resolve(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        return value

    def _join(self, argument: Document) -> str:
        try:
            words = [as_text(self.resolve(value)) for value in argument["Values"]]
            return as_text(argument.get("On", "")).join(words)
        except (KeyError, TypeError, AttributeError) as error:
            raise ReferenceFault(f"Std:Join takes On and Values, not {argument!r}") from error

    def _json_get(self, argument: Document) -> Any:
        if not isinstance(argument, dict) or "Path" not in argument:
            raise ReferenceFault(f"Std:JsonGet takes a file and a Path, not {argument!r}")
        if "PropertyFile" in argument:
            named = argument["PropertyFile"]
            address = self.property_file(*property_file_reference(named))
        else:
            address = self.resolve(argument.get("S3Uri"))
        try:
            document = json.loads(self.read(address))
        except ValueError as error:
            raise ReferenceFault(f"{address} is not JSON: {error}") from error
        path = str(self.resolve(argument["Path"])).removeprefix("$.")
        return follow(document, read_path(path))


def property_file_reference(value: Any) -> tuple[str, str]:
    """Step and file of `{"Get": "Steps.X.PropertyFiles.Y"}`; raises `ReferenceFault`."""
    found = expression(value)
    reference = read_reference(found[1] if found else None)
    if reference.root != "Steps" or reference.path[:1] != ("PropertyFiles",):
        raise ReferenceFault(f"{value!r} is not a property file of a step")
    return reference.name, ".".join(str(piece) for piece in reference.path[1:])


def as_text(value: Any) -> str:
    """A value as Std:Join writes it: numbers as JSON does, truth as true and false."""
    return value if isinstance(value, str) else json.dumps(value)


def _by_name(items: list[Any], name: str) -> Any:
    return next(
        item
        for item in items
        if any(key.endswith("Name") and value == name for key, value in item.items())
    )


def _shown(path: tuple[str | int, ...]) -> str:
    return ".".join(str(piece) for piece in path)
