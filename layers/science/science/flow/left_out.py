"""A step that a flow cannot hold, and the node that one can."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Optional


class LeftOut(Exception):  # noqa: N818  (named for what becomes of the step)
    """The step has no counterpart; says why."""


@dataclass
class Made:
    """A transform: its operator, its parameters, and what it found when it was defined."""

    operator: str
    parameters: dict[str, Any]
    trained: Optional[dict[str, Any]] = None


def named(step: Mapping[str, Any]) -> list[str]:
    """The columns of a step.

    Raises:
        LeftOut: it means every column that suits it, which a flow cannot say.
    """
    listed = list(step.get("columns") or [])
    if not listed:
        raise LeftOut("it names no columns, and a flow must")
    return listed


def told(operator: str, choice: str, key: str, parameters: Mapping[str, Any]) -> Made:
    """A node of one choice."""
    return Made(operator, {"operator": choice, key: dict(parameters)})
