"""The steps that `prepare.steps` accepts: which there are, their settings, and what those accept.

The table is ``recipe_steps.json``, the same that ``science.recipe.steps`` tells of itself; a
contract test holds both equal, since control functions know nothing of science. What a step's
columns are named is not known before there is data.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BeforeValidator

from lifecycle.problem.values import NUMBER, SWITCHES, WHOLE, bounds, not_accepted, written

type Setting = dict[str, Any]

TABLE = Path(__file__).with_name("recipe_steps.json")
LONGEST_TEXT, MOST_NAMES = 1024, 10_000
READING = {"as": ("number", "date"), "decimal": (".", ",")}


@cache
def table() -> dict[str, dict[str, Setting]]:
    """The settings of every kind of step."""
    found: dict[str, dict[str, Setting]] = json.loads(TABLE.read_bytes())
    return found


def _read(value: Any) -> Any:
    if not isinstance(value, dict):
        raise not_accepted(f"{written(value)} is no step", "a mapping with step: <kind>")
    known = table().get(str(value.get("step")), {})
    return {key: _typed(each, known[key]) if key in known else each for key, each in value.items()}


STEP = BeforeValidator(_read)
"""A step; numbers and switches, which YAML leaves as texts, are read where its kind expects them.
Whether all of it is accepted, the rule tells."""


def _typed(value: Any, about: Setting) -> Any:
    """A text as the number or the switch that is meant; as it is where none is."""
    accepts = about["accepts"]
    if accepts == "readings" and isinstance(value, dict):
        return {column: _reading(each) for column, each in value.items()}
    if not isinstance(value, str):
        return value
    if accepts == "scalar" and (value != value.strip() or value.lstrip("+-")[:2].startswith("0")):
        return 0 if value == "0" else float(value) if value.startswith("0.") else value
    if accepts in {"switch", "scalar"} and value in SWITCHES:
        return SWITCHES[value]
    if accepts in {"number", "whole", "scalar"} and WHOLE.fullmatch(value):
        return int(value)
    return float(value) if accepts in {"number", "scalar"} and NUMBER.fullmatch(value) else value


def _reading(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: SWITCHES.get(each, each) if key == "sure" else each for key, each in value.items()}


def accepted_of(about: Setting) -> tuple[str, ...]:
    """What a setting accepts, in words."""
    if about.get("choices"):
        return tuple(about["choices"])
    low, high = about.get("low"), about.get("high")
    words = {
        "text": "text",
        "number": bounds(low, high, "a number"),
        "whole": bounds(low, high, "a whole number"),
        "switch": "true or false",
        "scalar": "a text, a number, true or false",
        "column": "the name of a column",
        "columns": "a list of texts",
        "names": "a new name by each old one",
        "readings": "as, decimal, formats and sure by column",
    }
    return (words[about["accepts"]],)


def accepts(value: Any, about: Setting) -> bool:  # noqa: PLR0911  (one line a kind)
    """Whether a setting accepts a value."""
    match about["accepts"]:
        case "text":
            return _is_text(value)
        case "column":
            return _is_text(value) and bool(value)
        case "number":
            return _is_number(value, about)
        case "whole":
            return isinstance(value, int) and _is_number(value, about)
        case "switch":
            return isinstance(value, bool)
        case "scalar":
            return isinstance(value, bool) or _is_text(value) or _is_number(value, about)
        case "choice":
            return isinstance(value, str) and value in about["choices"]
        case "choices":
            return isinstance(value, list) and all(each in about["choices"] for each in value)
        case "columns":
            few = isinstance(value, list) and len(value) <= MOST_NAMES
            return few and all(map(_is_text, value))
        case _:
            return _is_mapping(value, readings=about["accepts"] == "readings")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_TEXT


def _is_number(value: Any, about: Setting) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    low, high = about.get("low"), about.get("high")
    return (low is None or value >= low) and (high is None or value <= high)


def _is_mapping(value: Any, *, readings: bool) -> bool:
    if not isinstance(value, dict) or not value:
        return False
    if not readings:
        return all(_is_text(name) and name for pair in value.items() for name in pair)
    return all(
        isinstance(each, dict) and each.get("as") in READING["as"] for each in value.values()
    )
