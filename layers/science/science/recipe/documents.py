"""A recipe as JSON: read strictly, with every fault told at once; written so that it reads back.

A document is ``{"version": 2, "steps": [step, …]}``, or the list of steps alone. A step is
``{"step": kind, …settings}`` with ``why`` and ``fitted`` where there are any. What a written
recipe tells besides (``DERIVED``: counts and SQL) is left aside, so that the ``recipe.json`` of one
run can be the recipe of another.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Optional

from science.recipe import fitted_forms
from science.recipe.steps import KINDS, LONGEST_TEXT, MOST_NAMES, Step, settings_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

VERSION = 2
MOST_STEPS = 200
DERIVED = frozenset({"rows_before", "rows_after", "cells", "sql", "settings"})
"""What ``recipe.json`` tells of a step besides; it follows from the step and the rows."""
COMMON = frozenset({"step", "why", "fitted"})
READING = {"as": ("number", "date"), "decimal": (".", ",")}
READING_KEYS = ("as", "decimal", "formats", "sure")
FORMATS = (
    *("ymd", "mdy", "dmy", "d month y", "month d y", "ym", "compact", "clock"),
    *("epoch_s", "epoch_ms"),
)
"""Names of spellings of dates: those of ``science.dates.PATTERNS``, and seconds since 1970."""


class Misfit:
    """One thing wrong with a recipe.

    Attributes:
        path: where, as keys and positions from the top.
        message: what.
        accepted: what would be right.
    """

    __slots__ = ("accepted", "message", "path")

    def __init__(self, path: tuple[Any, ...], message: str, accepted: Sequence[str] = ()) -> None:
        self.path, self.message, self.accepted = path, message, tuple(accepted)

    @property
    def where(self) -> str:
        """The place as people write it, ``steps[0].columns``."""
        return "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in self.path)

    def __str__(self) -> str:
        """The fault as a sentence: where, what, and what is accepted."""
        where = self.where.lstrip(".")
        told = f"{where}: {self.message}" if where else self.message
        return f"{told}; accepted: {', '.join(self.accepted)}" if self.accepted else told


class RecipeError(ValueError):
    """A recipe cannot be read; ``faults`` has all that is wrong with it."""

    def __init__(self, faults: Sequence[Misfit]) -> None:
        self.faults = list(faults)
        super().__init__("; ".join(str(each) for each in faults))


def parse(document: Any) -> list[Step]:
    """The steps of a document.

    Raises:
        RecipeError: with every fault found.
    """
    faults: list[Misfit] = []
    at: tuple[Any, ...] = ()
    listed = document
    if isinstance(document, dict):
        at = ("steps",)
        version = document.get("version", VERSION)
        if version != VERSION:
            message = f"version {version!r} is not read here"
            faults.append(Misfit(("version",), message, (str(VERSION),)))
        listed = document.get("steps")
    if not isinstance(listed, list):
        raise RecipeError([*faults, Misfit(at, "a recipe is a list of steps", ("a list",))])
    if len(listed) > MOST_STEPS:
        faults.append(Misfit(at, f"{len(listed)} steps are too many", (f"at most {MOST_STEPS}",)))
    steps = [_step(each, (*at, place), faults) for place, each in enumerate(listed)]
    if faults:
        raise RecipeError(faults)
    return [step for step in steps if step is not None]


def loads(text: str | bytes) -> list[Step]:
    """The steps of a JSON text.

    Raises:
        RecipeError: with every fault found.
    """
    try:
        return parse(json.loads(text))
    except (ValueError, RecursionError) as error:
        if isinstance(error, RecipeError):
            raise
        raise RecipeError([Misfit((), f"the recipe is not JSON: {error}")]) from error


def _step(told: Any, path: tuple[Any, ...], faults: list[Misfit]) -> Optional[Step]:
    if not isinstance(told, dict) or not isinstance(told.get("step"), str):
        faults.append(Misfit(path, "a step names what it does", ("step: <kind>",)))
        return None
    kind = KINDS.get(told["step"])
    if kind is None:
        faults.append(Misfit((*path, "step"), f"no step is called {told['step']!r}", [*KINDS]))
        return None
    before = len(faults)
    values = _settings(kind, told, path, faults)
    why, fitted = told.get("why") or "", told.get("fitted")
    if not isinstance(why, str):
        faults.append(Misfit((*path, "why"), "it says why in words", ("a text",)))
    if fitted is not None and not (kind.learns and isinstance(fitted, dict)):
        faults.append(Misfit((*path, "fitted"), f"{kind.kind} has no such parameters"))
    if len(faults) > before:
        return None
    made = kind(why=why, fitted=fitted, **values)
    faults += [Misfit(path, each) for each in misfits_of(made)]
    unfit = fitted_forms.misfit_of(made)
    if unfit:
        faults.append(
            Misfit((*path, "fitted"), unfit, ("what a run of this step wrote", "nothing"))
        )
    return made


def _settings(
    kind: type[Step], told: Mapping[str, Any], path: tuple[Any, ...], faults: list[Misfit]
) -> dict[str, Any]:
    """The settings that are given; unknown, missing and ill-fitting ones are told."""
    known = settings_of(kind)
    for key in told:
        if key not in known and key not in COMMON and key not in DERIVED:
            near = difflib.get_close_matches(str(key), known, n=1)
            message = f"{kind.kind} has no setting {key!r}"
            message += f" (did you mean {near[0]!r}?)" if near else ""
            faults.append(Misfit((*path, key), message, [*known, "why"]))
    values = {}
    for key, about in known.items():
        if told.get(key) is None:
            if about["required"]:
                faults.append(Misfit((*path, key), f"{kind.kind} needs {key}", _accepted(about)))
            continue
        values[key] = _read(told[key], about, (*path, key), faults)
    return values


def misfits_of(step: Step) -> list[str]:
    """What of a step's settings does not go together."""
    return [message for test, message in _TOGETHER.get(step.kind, ()) if test(step)]


_TOGETHER: dict[str, tuple[tuple[Callable[[Any], bool], str], ...]] = {
    "impute": (
        (lambda s: s.method == "constant" and s.value is None, "constant needs a value"),
        (lambda s: s.method == "group" and not s.group, "group needs the column that groups"),
    ),
    "outliers": (
        (
            lambda s: s.method == "bounds" and s.low is None and s.high is None,
            "bounds needs low, high or both",
        ),
        (
            lambda s: None not in (s.low, s.high) and s.low > s.high,
            "low lies above high",
        ),
        (
            lambda s: s.method == "isolation" and s.action == "clip",
            "isolation finds rows, not bounds: its action is null or drop",
        ),
    ),
    "filter_rows": (
        (
            lambda s: s.test not in {"missing", "present"} and s.value is None,
            "the test needs a value",
        ),
        (
            lambda s: (
                s.test in {"less", "greater", "at_most", "at_least"}
                and s.value is not None
                and isinstance(s.value, (str, bool))
            ),
            "the test compares numbers: value must be one",
        ),
    ),
    "format_text": ((lambda s: s.width > 0 and len(s.fill) != 1, "fill is one character"),),
    "find_replace": (
        (
            lambda s: s.match == "pattern" and _unread(s.find),
            "find is no pattern that every engine reads alike (science.recipe.patterns)",
        ),
    ),
}


def _unread(pattern: str) -> bool:
    from science.recipe.patterns import faults_of

    return bool(faults_of(pattern))


def _accepted(about: Mapping[str, Any]) -> list[str]:
    """What a setting accepts, in words."""
    if about["choices"]:
        return list(about["choices"])
    words = {
        "text": f"a text of at most {LONGEST_TEXT} characters",
        "number": "a number",
        "whole": "a whole number",
        "switch": "true or false",
        "scalar": "a text, a number, true or false",
        "column": "the name of a column",
        "columns": f"a list of at most {MOST_NAMES} texts",
        "names": "a new name by each old one",
        "readings": "as, decimal, formats and sure by column",
    }[about["accepts"]]
    low, high = about["low"], about["high"]
    if low is not None and high is not None:
        words += f" from {low:g} to {high:g}"
    return [words]


def _read(value: Any, about: Mapping[str, Any], path: tuple[Any, ...], faults: list[Misfit]) -> Any:
    """A setting's value, checked; what is wrong is told."""
    if not _TESTS[about["accepts"]](value, about):
        faults.append(Misfit(path, f"{_shown(value)} is not accepted", _accepted(about)))
        return None
    if about["accepts"] in {"columns", "choices"}:
        return tuple(value)
    if about["accepts"] == "readings":
        for column, reading in value.items():
            _check_reading(reading, (*path, column), faults)
    return value


def _check_reading(reading: Any, path: tuple[Any, ...], faults: list[Misfit]) -> None:
    if not isinstance(reading, dict):
        faults.append(Misfit(path, "it is told how to read the column", READING_KEYS))
        return
    faults += [
        Misfit((*path, key), f"no reading has {key!r}", READING_KEYS)
        for key in reading
        if key not in READING_KEYS
    ]
    for key, accepted in READING.items():
        value = reading.get(key)
        if (value is not None or key == "as") and value not in accepted:
            faults.append(Misfit((*path, key), f"{_shown(value)} is not accepted", accepted))
    formats = reading.get("formats") or []
    if not isinstance(formats, list) or not all(each in FORMATS for each in formats):
        message = f"{_shown(formats)} is not accepted"
        faults.append(Misfit((*path, "formats"), message, FORMATS))
    elif reading.get("as") == "date" and not formats:
        faults.append(Misfit((*path, "formats"), "a date needs its spellings", FORMATS))
    if not isinstance(reading.get("sure", False), bool):
        faults.append(Misfit((*path, "sure"), "it is a switch", ("true", "false")))


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:59] + "…"


def _is_text(value: Any, _about: Any = None) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_TEXT


def _is_number(value: Any, about: Mapping[str, Any]) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return False
    low, high = about["low"], about["high"]
    return (low is None or value >= low) and (high is None or value <= high)


def _is_whole(value: Any, about: Mapping[str, Any]) -> bool:
    return isinstance(value, int) and _is_number(value, about)


def _is_name(value: Any, _about: Any = None) -> bool:
    return _is_text(value) and bool(value)


def _is_list_of_names(value: Any, _about: Any) -> bool:
    return isinstance(value, list) and len(value) <= MOST_NAMES and all(map(_is_text, value))


def _is_list_of_choices(value: Any, about: Mapping[str, Any]) -> bool:
    return isinstance(value, list) and all(each in about["choices"] for each in value)


def _is_mapping(value: Any, _about: Any) -> bool:
    return isinstance(value, dict) and 0 < len(value) <= MOST_NAMES and all(map(_is_name, value))


def _is_scalar(value: Any, about: Mapping[str, Any]) -> bool:
    return isinstance(value, bool) or _is_text(value) or _is_number(value, about)


_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "text": _is_text,
    "number": _is_number,
    "whole": _is_whole,
    "switch": lambda value, _about: isinstance(value, bool),
    "scalar": _is_scalar,
    "choice": lambda value, about: isinstance(value, str) and value in about["choices"],
    "choices": _is_list_of_choices,
    "column": _is_name,
    "columns": _is_list_of_names,
    "names": lambda value, about: (
        _is_mapping(value, about) and all(_is_name(each) for each in value.values())
    ),
    "readings": _is_mapping,
}


def written(step: Step) -> dict[str, Any]:
    """A step as JSON, with every setting, that ``parse`` reads back to an equal step."""
    settings = {key: value for key, value in step.settings.items() if value is not None}
    made: dict[str, Any] = {"step": step.kind, **settings}
    if step.why:
        made["why"] = step.why
    if step.fitted is not None:
        made["fitted"] = dict(step.fitted)
    return made


def digest(steps: Sequence[Step]) -> str:
    """The SHA-256 of what the steps do (their reasons left out), in hexadecimal."""
    bare = [written(replace(step, why="")) for step in steps]
    text = json.dumps(bare, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
