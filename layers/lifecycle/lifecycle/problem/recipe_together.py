"""What of a step's settings must go together, told from the definition alone.

The same that ``science.recipe.documents`` and ``science.own_steps`` tell when a run starts; a
contract test holds both equal, since control functions know nothing of science. Whether a column is
there, and whether every engine reads a pattern alike, is known then only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lifecycle.problem.definition import Problem

NOT_ONES_OWN = {
    "split": "evaluate.holdout divides the rows",
    "decode_image": "prepare.image_size says how",
}
"""Steps that a written recipe has and a definition says otherwise."""

OF_ROWS = frozenset(
    {"drop_unlabelled", "drop_missing", "drop_duplicates", "drop_near_duplicates"}
    | {"filter_rows", "sample_rows", "split"}
)
"""Steps of the training table alone: they may read the target."""

ADDING = frozenset(
    {"missing_indicator", "date_parts", "split_text", "concatenate", "duplicate_column", "arrange"}
)
"""Steps that leave the columns they read as they are."""

FORMATS = (
    *("ymd", "mdy", "dmy", "d month y", "month d y", "ym", "compact", "clock"),
    *("epoch_s", "epoch_ms"),
)
READING_KEYS = ("as", "decimal", "formats", "sure")


def misfits(step: dict[str, Any]) -> Iterator[str]:
    """What does not go together, of settings that are each accepted."""
    for test, message in _TOGETHER.get(step["step"], ()):
        if test(step):
            yield message


def role_misfits(step: dict[str, Any], problem: Problem) -> Iterator[tuple[str, str]]:
    """Columns with a role that a step may not touch, each with the reason.

    A served row lacks the target; the identifier and the time keep their cells.
    """
    kind = step["step"]
    if kind in OF_ROWS:
        return
    read = _named(step)
    if _folded(problem.target) in map(_folded, read):
        yield problem.target, "is the target, which a served row lacks"
    changed = [] if kind in ADDING else [each for each in read if each != step.get("group")]
    for column in (problem.columns.id, problem.columns.time):
        if column is not None and _folded(column) in map(_folded, changed):
            yield column, "has a role, and keeps its cells"


def _named(step: dict[str, Any]) -> list[str]:
    """The columns that a step reads by name."""
    told = step.get("columns") or []
    found = [each for each in told if isinstance(each, str)]
    found += [step[key] for key in ("column", "group") if isinstance(step.get(key), str)]
    names = step.get("names")
    return [*found, *(names if isinstance(names, dict) else ())]


def _folded(name: str) -> str:
    return name.strip().lower()


def _is_filled(step: dict[str, Any]) -> bool:
    return bool(step.get("width", 0) > 0 and len(step.get("fill", " ")) != 1)


def _compares_no_number(step: dict[str, Any]) -> bool:
    compares = step.get("test") in {"less", "greater", "at_most", "at_least"}
    return compares and isinstance(step.get("value"), str | bool)


def _lacks_value(step: dict[str, Any]) -> bool:
    return step.get("test") not in {"missing", "present"} and step.get("value") is None


def _is_upside_down(step: dict[str, Any]) -> bool:
    low, high = step.get("low"), step.get("high")
    return low is not None and high is not None and low > high


def _misreads(step: dict[str, Any]) -> bool:
    return not all(_is_reading(each) for each in step["columns"].values())


def _is_reading(told: dict[str, Any]) -> bool:
    formats = told.get("formats") or []
    return (
        set(told) <= set(READING_KEYS)
        and told.get("decimal") in {None, ".", ","}
        and isinstance(formats, list)
        and all(each in FORMATS for each in formats)
        and bool(told.get("as") != "date" or formats)
        and isinstance(told.get("sure", False), bool)
    )


_TOGETHER: dict[str, tuple[tuple[Callable[[dict[str, Any]], bool], str], ...]] = {
    "impute": (
        (
            lambda step: step["method"] == "constant" and step.get("value") is None,
            "constant needs a value",
        ),
        (
            lambda step: step["method"] == "group" and not step.get("group"),
            "group needs the column that groups",
        ),
    ),
    "outliers": (
        (
            lambda step: (
                step["method"] == "bounds" and step.get("low") is None and step.get("high") is None
            ),
            "bounds needs low, high or both",
        ),
        (_is_upside_down, "low lies above high"),
        (
            lambda step: step["method"] == "isolation" and step.get("action", "clip") == "clip",
            "isolation finds rows, not bounds: its action is null or drop",
        ),
    ),
    "filter_rows": (
        (_lacks_value, "the test needs a value"),
        (_compares_no_number, "the test compares numbers: value must be one"),
    ),
    "format_text": ((_is_filled, "fill is one character"),),
    "parse_types": (
        (_misreads, "a column is read as number (decimal) or as date (formats, from a list)"),
    ),
}
