r"""The JSONPath that batch transform filters records with.

The operators of "Associate Prediction Results with Input Records": `$`, `.name`, `*`,
`['a','b']`, `[1,3]` (negative from the end), `[a:b]`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_STEP = re.compile(
    r"\.(?P<name>[A-Za-z_][\w-]*)"
    r"|\.?\[\s*(?P<names>'[^']*'(?:\s*,\s*'[^']*')*)\s*\]"
    r"|\.?\[\s*(?P<indices>-?\d+(?:\s*,\s*-?\d+)*)\s*\]"
    r"|\.?\[\s*(?P<start>-?\d+)?\s*:\s*(?P<end>-?\d+)?\s*\]"
    r"|(?P<all>\.\*|\.?\[\s*\*\s*\])"
)


class PathError(ValueError):
    """The path is none of those that batch transform knows, or does not fit a record."""


@dataclass(frozen=True)
class JsonPath:
    """A parsed path.

    Attributes:
        text: As it was written.
        steps: One match after the other.
    """

    text: str
    steps: tuple[re.Match[str], ...] = ()

    @property
    def takes_all(self) -> bool:
        """Whether it is `$`, the whole record."""
        return not self.steps

    def find(self, record: Any) -> Any:
        """What the path selects of a record.

        One index or name gives that value; several indices, a slice, or `*` give a list; several
        names give an object of these names.

        Raises:
            PathError: When the record has no such part.
        """
        value = record
        for step in self.steps:
            try:
                value = _follow(step, value)
            except (KeyError, IndexError, TypeError) as error:
                raise PathError(f"{self.text} does not fit the record: {error!r}") from error
        return value


def parse_path(text: str) -> JsonPath:
    """Parse a path; raises `PathError`."""
    if not text.startswith("$"):
        raise PathError(f"{text} must begin with $")
    steps, at = [], 1
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None:
            raise PathError(f"{text} is not understood from {text[at:]!r} on")
        steps.append(match)
        at = match.end()
    return JsonPath(text, tuple(steps))


def _follow(step: re.Match[str], value: Any) -> Any:
    if name := step["name"]:
        return _member(value, name)
    if names := step["names"]:
        wanted = re.findall(r"'([^']*)'", names)
        if len(wanted) == 1:
            return _member(value, wanted[0])
        return {name: _member(value, name) for name in wanted}
    if indices := step["indices"]:
        numbers = [int(number) for number in indices.split(",")]
        found = [_items(value)[number] for number in numbers]
        return found[0] if len(found) == 1 else found
    if step["all"]:
        return list(value.values()) if isinstance(value, dict) else _items(value)
    start, end = step["start"], step["end"]
    return _items(value)[int(start) if start else None : int(end) if end else None]


def _member(value: Any, name: str) -> Any:
    if not isinstance(value, dict):
        raise TypeError(f"{name} is asked of something that is no object")
    return value[name]


def _items(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("items are asked of something that is no array")
    return value
