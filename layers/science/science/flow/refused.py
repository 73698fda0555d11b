"""A part of a flow that is not honoured, and help in reading those that are."""

from __future__ import annotations

from typing import Any, Mapping


class Refused(Exception):  # noqa: N818  (named for what the user is told)
    """A node is not honoured: ``what`` is in the way, and its ``cure``."""

    def __init__(self, what: str, cure: str) -> None:
        self.what, self.cure = what, cure
        super().__init__(what)


def chosen(parameters: Mapping[str, Any], key: str = "operator") -> tuple[str, Mapping[str, Any]]:
    """What a node does, and the parameters of that.

    Data Wrangler keeps parameters of other choices beside the chosen one; they mean nothing.
    """
    told = parameters.get(key)
    if not isinstance(told, str):
        raise Refused(f"it does not say its {key}", "save the step again in Data Wrangler")
    return told, parameters


def part(parameters: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The parameters under a key."""
    found = parameters.get(key)
    return found if isinstance(found, dict) else {}


def columns_of(parameters: Mapping[str, Any], key: str = "input_column") -> list[str]:
    """The columns a step names, one or several.

    Raises:
        Refused: it names none, or writes to another column.
    """
    found = parameters.get(key)
    listed = [found] if isinstance(found, str) else found
    if not isinstance(listed, list) or not listed or not all(isinstance(c, str) for c in listed):
        raise Refused(f"it names no {key}", "choose the column in Data Wrangler")
    output = parameters.get("output_column")
    if isinstance(output, str) and output and [output] != listed:
        raise Refused(
            f"it writes to another column, {output!r}",
            "duplicate the column first, and change the copy in place",
        )
    return listed


def choice_refused(told: str, known: Mapping[str, Any], instead: str = "") -> Refused:
    """The refusal of a choice that has no step."""
    cure = instead or f"leave it out; honoured are {', '.join(known)}"
    return Refused(f"{told!r} is not honoured", cure)


def number(value: Any, what: str, default: float | None = None) -> float:
    """A number that may be written as text; null is the default."""
    if value is None and default is not None:
        return default
    try:
        return float(value)
    except (TypeError, ValueError):
        raise Refused(f"its {what} is {value!r}, not a number", "write a number") from None
