"""What a value may be: each kind reads the written text, or says what it accepts instead."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from lifecycle.problem.durations import seconds

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
WHOLE = re.compile(r"[+-]?\d{1,18}", re.ASCII)
SWITCHES = {"true": True, "false": False}
INSTANCE = re.compile(
    r"ml\.[a-z][a-z0-9-]*\.([0-9]+x|nano|micro|small|medium|x?large|metal)[a-z0-9-]*"
)
EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")


def not_accepted(message: str, *accepted: str, cure: str = "") -> PydanticCustomError:
    """The error of a value that cannot be used, with what could be."""
    context = {"message": message, "accepted": accepted, "cure": cure}
    return PydanticCustomError("baton", "{message}", context)


def written(value: object) -> str:
    """The value as short as it can be quoted in a message."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = str(value)
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


def bounds(low: float | None, high: float | None, what: str) -> str:
    """An interval in words."""
    if low is not None and high is not None:
        return f"{what} from {low:g} to {high:g}"
    least = f" of at least {low:g}" if low is not None else ""
    most = f" of at most {high:g}" if high is not None else ""
    return f"{what}{least}{most}"


def whole(low: int, high: int) -> BeforeValidator:
    """A whole number within bounds, both included."""
    accepted = bounds(low, high, "a whole number")

    def read(value: Any) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if not isinstance(value, str) or not WHOLE.fullmatch(value):
            raise not_accepted(f"{written(value)} is no whole number", accepted)
        if not low <= int(value) <= high:
            raise not_accepted(f"{value} is out of bounds", accepted)
        return int(value)

    return BeforeValidator(read)


def number(low: float, high: float | None = None) -> BeforeValidator:
    """A number within bounds, both included; never infinite, never NaN."""
    accepted = bounds(low, high, "a number")

    def read(value: Any) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        if not isinstance(value, str) or not NUMBER.fullmatch(value):
            raise not_accepted(f"{written(value)} is no number", accepted)
        found = float(value)
        if found < low or (high is not None and found > high) or found == float("inf"):
            raise not_accepted(f"{value} is out of bounds", accepted)
        return found

    return BeforeValidator(read)


def _switch(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    found = SWITCHES.get(value.lower()) if isinstance(value, str) else None
    if found is None:
        raise not_accepted(f"{written(value)} is neither true nor false", "true", "false")
    return found


SWITCH = BeforeValidator(_switch)
"""``true`` or ``false``; ``yes`` and ``on`` are text in YAML 1.2 and are refused here."""


def text(longest: int, shortest: int = 0) -> BeforeValidator:
    """Any text, as it was written."""

    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise not_accepted(f"{written(value)} is no text", "text")
        if not shortest <= len(value) <= longest:
            accepted = f"text of {shortest} to {longest} characters"
            raise not_accepted(f"the text has {len(value)} characters", accepted)
        return value

    return BeforeValidator(read)


COLUMN = text(longest=256, shortest=1)
"""A column's name or a class of the target."""


def duration(low: str, high: str) -> BeforeValidator:
    """A duration within bounds, kept as it was written."""
    accepted = (f"a duration from {low} to {high}, such as 30s, 5m, 1h or 7d",)

    def read(value: Any) -> str:
        try:
            length = seconds(value if isinstance(value, str) else "")
        except ValueError:
            raise not_accepted(f"{written(value)} is no duration", *accepted) from None
        if not seconds(low) <= length <= seconds(high):
            raise not_accepted(f"{value} is out of bounds", *accepted)
        return str(value)

    return BeforeValidator(read)


def matching(pattern: re.Pattern[str], what: str, accepted: str) -> BeforeValidator:
    """Text of a form."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise not_accepted(f"{written(value)} is {what}", accepted)
        return value

    return BeforeValidator(read)


INSTANCE_TYPE = matching(
    INSTANCE, "no instance type of SageMaker", "ml.<family>.<size>, such as ml.m5.large"
)
EMAIL_ADDRESS = matching(EMAIL, "no e-mail address", "an address such as ml-team@example.com")


def _listed(value: Any) -> Any:
    if isinstance(value, str):
        raise not_accepted(f"{written(value)} is no list", "a list", cure=f"Write [{value}].")
    if isinstance(value, dict):
        raise not_accepted("a mapping is no list", "a list", cure="Write [first, second].")
    return value


LISTED = BeforeValidator(_listed)
"""A list; a single value is none, and the fault says how to make it one."""


def _pair(value: Any) -> Any:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise not_accepted(f"{written(value)} is no pair", "width and height, such as [64, 64]")
    return value


PAIR = BeforeValidator(_pair)
"""A list of two."""
