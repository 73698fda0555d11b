"""The conditions of a Condition step: comparisons, In, Not, Or; a list of them is an And.

AWS page "Condition step"; the types are those of the definition schema 2020-12-01.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from local.sagemaker.pipelines.pipeline_references import ReferenceFault

if TYPE_CHECKING:
    from collections.abc import Callable

type Document = dict[str, Any]

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}
MEMBERS: dict[str, frozenset[str]] = {
    **dict.fromkeys(COMPARISONS, frozenset({"LeftValue", "RightValue"})),
    "In": frozenset({"QueryValue", "Values"}),
    "Not": frozenset({"Condition"}),
    "Or": frozenset({"Conditions"}),
    "And": frozenset({"Conditions"}),
}
"""The members of each type of condition, besides Type."""


def condition_faults(condition: Any) -> list[str]:
    """What is wrong with the form of a condition; empty when nothing is."""
    kind = condition.get("Type") if isinstance(condition, dict) else None
    if kind not in MEMBERS:
        return [f"{kind!r} is not a type of condition"]
    if set(condition) - {"Type"} != MEMBERS[kind]:
        wanted = ", ".join(sorted(MEMBERS[kind]))
        return [f"A condition of type {kind} has the members {wanted}"]
    below = [condition["Condition"]] if kind == "Not" else condition.get("Conditions", [])
    return [fault for item in below for fault in condition_faults(item)]


def holds(condition: Document, resolve: Callable[[Any], Any]) -> bool:
    """Tell whether a condition holds.

    Args:
        condition: As in the definition.
        resolve: Replaces the expressions in a value.

    Raises:
        ReferenceFault: When a value is missing, or two values cannot be compared.
    """
    kind = condition["Type"]
    if kind == "Not":
        return not holds(condition["Condition"], resolve)
    if kind in ("Or", "And"):
        every = any if kind == "Or" else all
        return every(holds(item, resolve) for item in condition["Conditions"])
    if kind == "In":
        value = resolve(condition["QueryValue"])
        return any(value == resolve(item) for item in condition["Values"])
    left, right = resolve(condition["LeftValue"]), resolve(condition["RightValue"])
    try:
        return bool(COMPARISONS[kind](left, right))
    except TypeError as error:
        raise ReferenceFault(f"{left!r} and {right!r} cannot be compared by {kind}") from error
