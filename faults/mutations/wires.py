"""Which queue an event reaches: EventBridge's patterns, as far as the template uses them.

Content filters: "Comparison operators for use in event patterns" (EventBridge User Guide).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from events.wiring import Rule

OWN_BUS = "baton"


def listeners(rules: Iterable[Rule], envelope: dict[str, Any]) -> list[str]:
    """The logical ids of all functions whose rules an event matches, each once a rule.

    An event of Baton's own goes over the stack's bus, any other over the account's default one.
    """
    bus = OWN_BUS if envelope["source"] == "baton" else "default"
    return [
        rule.function
        for rule in rules
        if rule.pattern and rule.bus == bus and matches(rule.pattern, envelope)
    ]


def matches(pattern: dict[str, Any], event: Any) -> bool:
    """Whether an event has everything that a pattern asks for."""
    for key, wanted in pattern.items():
        there = isinstance(event, dict) and key in event
        value = event[key] if there else None
        if isinstance(wanted, dict):
            if not matches(wanted, value if isinstance(value, dict) else {}):
                return False
        elif not any(_fits(each, value, there=there) for each in wanted):
            return False
    return True


def _fits(wanted: Any, value: Any, *, there: bool) -> bool:
    if isinstance(value, list):
        return any(_fits(wanted, each, there=there) for each in value)
    if not isinstance(wanted, dict):
        return there and bool(value == wanted)
    ((operator, operand),) = wanted.items()
    if operator == "exists":
        return there is operand
    text = value if isinstance(value, str) else ""
    if operator == "prefix":
        return there and text.startswith(operand)
    if operator == "wildcard":
        parts = (re.escape(part) for part in operand.split("*"))
        return there and re.fullmatch(".*".join(parts), text, re.DOTALL) is not None
    raise NotImplementedError(f"the pattern's operator {operator}")
