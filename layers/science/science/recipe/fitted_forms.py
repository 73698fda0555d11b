"""What the parameters of a fitted step look like: a recipe that a person brings is read by these.

The forms are those that ``science.recipe.fits`` writes; each kind of step describes its own.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from science.recipe.settings import Step

DEEPEST = 64
"""Levels of an isolation tree; those that are grown have eight."""


def misfit_of(step: Step) -> str:
    """What is wrong with a step's ``fitted``, empty where nothing is or nothing is fitted."""
    if step.fitted is None:
        return ""
    return _FORMS[step.kind](step, dict(step.fitted))


def _impute(step: Any, fitted: dict[str, Any]) -> str:
    if not _is_map(fitted.get("values", {}), _is_scalar):
        return "values has a value by column"
    if not _is_map(fitted.get("groups", {}), _are_pairs):
        return "groups has a list of [group, value] by column"
    if fitted.get("groups") and not step.group:
        return "groups needs the column that groups"
    models = fitted.get("models", {})
    return "" if _is_map(models, _is_model) else "models has intercept, weights and means by column"


def _outliers(step: Any, fitted: dict[str, Any]) -> str:
    if "forest" in fitted:
        forest = fitted["forest"]
        if step.action == "clip":
            return "a forest finds rows, not bounds: the action is null or drop"
        return "" if _is_forest(forest) else "forest has columns, medians, trees and a threshold"
    fits = _is_map(fitted.get("bounds"), _are_bounds)
    return "" if fits else "bounds has [low, high] by column"


def _rare_categories(step: Any, fitted: dict[str, Any]) -> str:
    return _of_each_column(step, fitted.get("kept"), "kept")


def _scaled(_step: Any, fitted: dict[str, Any]) -> str:
    fits = _is_map(fitted.get("columns"), lambda each: _is_list(each, _is_number, 2))
    return "" if fits else "columns has [center, scale] by column"


def _encode(step: Any, fitted: dict[str, Any]) -> str:
    told = _of_each_column(step, fitted.get("levels"), "levels")
    if told or step.method != "frequency":
        return told
    levels, shares = fitted["levels"], fitted.get("shares") or {}
    fits = _is_map(shares, lambda each: _is_list(each, _is_number)) and all(
        len(shares.get(column, ())) == len(found) for column, found in levels.items()
    )
    return "" if fits else "shares has a share for each level, by column"


def _split(_step: Any, fitted: dict[str, Any]) -> str:
    known = set(fitted) <= {"holdout", "validation"} and all(map(_is_number, fitted.values()))
    return "" if known else "holdout and validation are moments, in seconds since 1970"


def _of_each_column(step: Any, told: Any, key: str) -> str:
    """A list of texts for each column that the step names."""
    if not _is_map(told, lambda each: _is_list(each, _is_text)):
        return f"{key} has a list of texts by column"
    lacking = [column for column in step.columns if column not in told]
    return f"{key} lacks {lacking[0]!r}" if lacking else ""


def _is_map(told: Any, test: Callable[[Any], bool]) -> bool:
    return isinstance(told, dict) and all(
        isinstance(key, str) and test(value) for key, value in told.items()
    )


def _is_list(told: Any, test: Callable[[Any], bool], length: int = -1) -> bool:
    return isinstance(told, list) and length in {-1, len(told)} and all(map(test, told))


def _is_text(told: Any) -> bool:
    return isinstance(told, str)


def _is_number(told: Any) -> bool:
    return not isinstance(told, bool) and isinstance(told, (int, float)) and math.isfinite(told)


def _is_scalar(told: Any) -> bool:
    return isinstance(told, (str, bool)) or _is_number(told)


def _are_pairs(told: Any) -> bool:
    return _is_list(told, lambda e: _is_list(e, _is_scalar, 2) and _is_text(e[0]))


def _are_bounds(told: Any) -> bool:
    bound = _is_list(told, lambda each: each is None or _is_number(each), 2)
    return bound and told != [None, None]


def _is_model(told: Any) -> bool:
    return (
        isinstance(told, dict)
        and _is_number(told.get("intercept"))
        and _is_map(told.get("weights"), _is_number)
        and _is_map(told.get("means"), _is_number)
        and set(told["weights"]) <= set(told["means"])
    )


def _is_forest(told: Any) -> bool:
    if not isinstance(told, dict) or not _is_list(told.get("columns"), _is_text):
        return False
    width = len(told["columns"])
    return (
        _is_list(told.get("medians"), _is_number, width)
        and _is_number(told.get("threshold"))
        and isinstance(told.get("trees"), list)
        and all(_is_node(tree, width, DEEPEST) for tree in told["trees"])
    )


def _is_node(told: Any, width: int, deep: int) -> bool:
    """A leaf's path, or ``[column, threshold, below, above]``."""
    if _is_number(told):
        return True
    if not (deep and isinstance(told, list) and len(told) == 4):
        return False
    place, threshold, below, above = told
    return (
        isinstance(place, int)
        and 0 <= place < width
        and _is_number(threshold)
        and _is_node(below, width, deep - 1)
        and _is_node(above, width, deep - 1)
    )


_FORMS: dict[str, Callable[[Any, dict[str, Any]], str]] = {
    "impute": _impute,
    "outliers": _outliers,
    "rare_categories": _rare_categories,
    "encode": _encode,
    "standardise": _scaled,
    "normalise": _scaled,
    "split": _split,
}
