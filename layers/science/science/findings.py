"""All that preparing found out about the data, gathered for the reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from science.keys import Counted
    from science.kinds import Column
    from science.recipe.steps import Step
    from science.roles import Roles
    from science.target import Target


@dataclass
class Findings:
    """What preparing found out.

    Attributes:
        problem: the resolved definition.
        columns: every raw column with its kind and role, in order.
        roles: the target, identifier and clock.
        aim: what is learned.
        counted: rows by what became of them.
        unread: cells that could not be read as their column's kind, by column.
        features: the fitted document.
        power: what each feature column alone tells of the target (``science.power``).
        stored: what the Feature Store keeps of the columns (``science.feature_names``).
        warnings: all that a person should look at.
        landed: the columns as they landed, in order.
        own: the definition's own steps, fitted.
    """

    problem: dict[str, Any]
    columns: list[Column]
    roles: Roles
    aim: Target
    counted: Counted
    unread: dict[str, int]
    features: dict[str, Any]
    power: dict[str, dict[str, Any]] = field(default_factory=dict)
    stored: dict[str, Any] | None = None
    warnings: list[str] = field(default_factory=list)
    landed: list[str] = field(default_factory=list)
    own: list[Step] = field(default_factory=list)
