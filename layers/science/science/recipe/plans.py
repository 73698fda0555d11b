"""What a step does to a table: columns computed anew, rows kept, or the first of rows alike.

A plan is data. ``science.recipe.sql`` renders it for either database, and
``science.recipe.row_engine`` runs it on records.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Union

from science.recipe.expressions import Cell, Constant, Expression, call

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from science.recipe.settings import Step

PART, ROW = "_part_", "_row_"
HIDDEN = (ROW, PART)
"""Columns that go along with the data's own: a row's number, and its part once it is split."""

Schema = dict[str, str]
"""Types by column, in order."""


@dataclass(frozen=True)
class Project:
    """The columns that come out, in order, each with its expression and its type."""

    columns: Mapping[str, tuple[Expression, str]]


@dataclass(frozen=True)
class Keep:
    """Rows that meet a condition stay."""

    condition: Expression


@dataclass(frozen=True)
class First:
    """Of rows with the same keys the first stays."""

    keys: tuple[Expression, ...]


Plan = Union[Project, Keep, First]


class UnfitStepError(ValueError):
    """A step does not fit the table: a column is not there, or there already."""


def visible(schema: Mapping[str, str]) -> list[str]:
    """The data's own columns."""
    return [column for column in schema if column not in HIDDEN]


def after(plan: Plan, schema: Schema) -> Schema:
    """The table's columns once the plan was carried out."""
    if not isinstance(plan, Project):
        return schema
    hidden = {column: schema[column] for column in HIDDEN if column in schema}
    return {**hidden, **{column: kind for column, (_, kind) in plan.columns.items()}}


def resolved(step: Step, schema: Schema, suits: Iterable[str]) -> Step:
    """The step with its columns named, each of which is there.

    Args:
        step: a step.
        schema: the table it is to be carried out on.
        suits: the columns meant where it names none.

    Raises:
        UnfitStepError: a column that it names is not there.
    """
    for column in named(step):
        if column not in schema or column in HIDDEN:
            raise UnfitStepError(f"{step.kind} names the column {column!r}, which is not there")
    if getattr(step, "columns", None) != ():
        return step
    return replace(step, columns=tuple(suits))  # type: ignore[call-arg]


def named(step: Step) -> list[str]:
    """The columns that a step reads by name."""
    found = [*step.touched]
    for key in ("group", "target", "identifier", "time"):
        value = getattr(step, key, None)
        found += [value] if value else []
    return [
        *found,
        *(getattr(step, "names", None) or {}),
        *getattr(step, "key", ()),
        *_learned(step),
    ]


def _learned(step: Step) -> list[str]:
    """The columns that what a step learned is about: where it was fitted it reads them."""
    fitted = step.fitted or {}
    found = [*fitted.get("bounds", ()), *fitted.get("columns", ())]
    found += (fitted.get("forest") or {}).get("columns", [])
    for model in (fitted.get("models") or {}).values():
        found += model["weights"]
    return found


def projected(
    schema: Schema, changed: Mapping[str, tuple[Expression, str]], added: Any = None
) -> Project:
    """All columns as they are, but for those changed; then those added."""
    columns: dict[str, tuple[Expression, str]] = {
        column: changed.get(column, (Cell(column), schema[column])) for column in visible(schema)
    }
    for column, told in (added or {}).items():
        refuse_taken(column, columns)
        columns[column] = told
    return Project(columns)


def refuse_taken(column: str, columns: Iterable[str]) -> None:
    """Two columns may not differ in case alone: databases take them for one."""
    if column.lower() in {each.lower() for each in (*columns, *HIDDEN)}:
        raise UnfitStepError(f"a column {column!r} is there already")


def spare_held_out(condition: Expression, schema: Mapping[str, str]) -> Keep:
    """The condition for rows that learn; held-out rows stay, a table without parts has none."""
    if PART not in schema:
        return Keep(condition)
    held = call("equals", Cell(PART), Constant("holdout"))
    return Keep(call("either", held, condition))
