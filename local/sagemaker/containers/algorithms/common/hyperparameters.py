"""Checks hyperparameters against what each may be."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.sagemaker.containers.algorithms.common.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

AUTO = "auto"
OBJECTIVE = "_tuning_objective_metric"
"""What a tuning job adds to the hyperparameters of its trainings."""


@dataclass(frozen=True)
class Rule:
    """What one hyperparameter accepts.

    Attributes:
        convert: Text to value; raises `ValueError`.
        default: The value when it is not given.
        low: The least value.
        high: The greatest value.
        above: Whether `low` itself is excluded.
        below: Whether `high` itself is excluded.
        choices: All texts there are.
        words: Texts that stand beside numbers, such as `auto`; they are kept as they are.
        required: Whether it must be given.
    """

    convert: Callable[[str], Any]
    default: Any = None
    low: float | None = None
    high: float | None = None
    above: bool = False
    below: bool = False
    choices: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    required: bool = False

    def bounds(self) -> str:
        """The range in interval notation."""
        low = "(-inf" if self.low is None else f"{'(' if self.above else '['}{self.low:g}"
        high = "inf)" if self.high is None else f"{self.high:.10g}{')' if self.below else ']'}"
        return f"{low}, {high}"

    def holds(self, value: float) -> bool:
        """Tell whether a number is within the range."""
        if not math.isfinite(value):
            return False
        if self.low is not None and (value <= self.low if self.above else value < self.low):
            return False
        return self.high is None or (value < self.high if self.below else value <= self.high)


def whole(default: int | str | None = None, low: int = 1, **more: Any) -> Rule:
    """A whole number of at least `low`."""
    return Rule(int, default, low=low, **more)


def positive(default: float | str | None = None, **more: Any) -> Rule:
    """A number above zero."""
    return Rule(float, default, low=0, above=True, **more)


def choice(default: str | None, *choices: str, **more: Any) -> Rule:
    """One of some texts."""
    return Rule(str, default, choices=choices, **more)


def boolean(default: bool | str, **more: Any) -> Rule:
    """True or false, as the SDK (True) and the console (true) write it."""
    return Rule(_boolean, default, **more)


def some_of(*choices: str, default: tuple[str, ...]) -> Rule:
    """A list of some texts, in JSON or with commas."""

    def convert(text: str) -> list[str]:
        listed = json.loads(text) if text.strip().startswith("[") else text.split(",")
        names = [str(name).strip().strip("\"'") for name in listed]
        if not names or set(names) - set(choices):
            raise UserError(f"value {text} is not a list of {', '.join(choices)}")
        return names

    return Rule(convert, list(default))


def read(rules: dict[str, Rule], given: dict[str, str]) -> dict[str, Any]:
    """Check and convert the hyperparameters of a job.

    Args:
        rules: What there is.
        given: `hyperparameters.json`, all values text.

    Returns:
        Every name of the rules with its typed value, given or default.

    Raises:
        UserError: Naming the first that is wrong, and what it may be.
    """
    for name in given:
        if name not in rules and name != OBJECTIVE:
            raise UserError(f"Extraneous hyperparameter found: {name}")
    for name, rule in rules.items():
        if rule.required and name not in given:
            raise UserError(f"Missing required hyperparameter: {name}")
    return {
        name: _convert(name, rule, given[name]) if name in given else rule.default
        for name, rule in rules.items()
    }


def _convert(name: str, rule: Rule, text: str) -> Any:
    if text in rule.words:
        return text
    beside = "".join(f" or {word}" for word in rule.words)
    if rule.choices:
        if text not in rule.choices:
            allowed = ", ".join(rule.choices)
            raise UserError(f"Hyperparameter {name}: value {text} is not one of {allowed}")
        return text
    try:
        value = rule.convert(text)
    except UserError as error:
        raise UserError(f"Hyperparameter {name}: {error}") from error
    except ValueError as error:
        kind = {int: "a whole number", float: "a number"}.get(rule.convert, "of its type")  # type: ignore[call-overload]
        raise UserError(f"Hyperparameter {name}: {text!r} is not {kind}{beside}") from error
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    if numeric and not rule.holds(value):
        raise UserError(f"Hyperparameter {name}: value {text} is not in {rule.bounds()}{beside}")
    return value


def _boolean(text: str) -> bool:
    if text.lower() not in {"true", "false", "0", "1"}:
        raise UserError(f"value {text} is not one of true, false")
    return text.lower() in {"true", "1"}
