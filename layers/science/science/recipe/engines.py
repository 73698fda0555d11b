"""What a database must do for a recipe, and how it carries one out: the same for each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from science.recipe.conversions import BOOLEAN, DATE, NUMBER, TEXT, WHOLE
from science.recipe.expressions import Cell, Constant, call
from science.recipe.fits import fitted
from science.recipe.planning import plan
from science.recipe.plans import PART, Schema, UnfitStepError, after, projected, resolved, visible
from science.recipe.statements import chain, select

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from science.dialects import Dialect
    from science.recipe.steps import Step


class Engine(Protocol):
    """A database."""

    @property
    def dialect(self) -> Dialect:
        """How it says things."""

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a SELECT."""

    def define(self, name: str, statement: str) -> None:
        """Keep what a SELECT gives as a table of that name, in place of one that is there."""

    def define_by_rows(self, name: str, relation: str, statement: str) -> None:
        """Keep what a SELECT in DuckDB's SQL gives for one table, or for each of its pieces.

        A piece holds some rows, in no order. Where each row is told from itself alone, pieces give
        what the whole gives; aggregates are to be put together afterwards.
        """

    def show(self, name: str, statement: str) -> None:
        """Call a SELECT by a name, computed anew wherever it is read."""


@dataclass(frozen=True)
class Outcome:
    """What came of a recipe.

    Attributes:
        steps: the steps, each with its columns and what it learned.
        relation: the table with the rows.
        schema: its columns and their types.
        rows: how many rows went into each step, and how many came out at the end.
    """

    steps: list[Step]
    relation: str
    schema: Schema
    rows: list[int]


SUITED = {
    "trim": (TEXT,),
    "unify_missing": (TEXT,),
    "normalise_text": (TEXT,),
    "tokenise": (TEXT,),
    "find_replace": (TEXT,),
    "outliers": (NUMBER, WHOLE, DATE),
    "standardise": (NUMBER, WHOLE),
    "normalise": (NUMBER, WHOLE),
}
"""Types that a step suits where it names no columns; others suit all."""

EVERY = (TEXT, NUMBER, WHOLE, BOOLEAN, DATE)
WHOLE_ROWS = ("drop_duplicates", "drop_near_duplicates", "drop_missing")
"""Steps that mean the target as well where they name no columns."""


def carry_out(
    engine: Engine,
    relation: str,
    schema: Schema,
    steps: Sequence[Step],
    *,
    untouched: Iterable[str] = (),
    count: bool = False,
) -> Outcome:
    """Fit every step that learns to the training rows, and carry all of them out.

    Args:
        engine: the database.
        relation: a table with the column ``_row_``; where it has ``_part_``, training rows alone
            are learned from.
        schema: its columns and their types.
        steps: as a person or ``propose`` wrote them.
        untouched: columns that steps which name none leave as they are (the target).
        count: whether to count the rows before and after each step.

    Raises:
        UnfitStepError: a step does not fit the table; it says which.
    """
    aside = frozenset(untouched)
    waiting: list[Step] = []
    done: list[Step] = []
    rows: list[int] = []
    start, at = schema, schema
    for number, step in enumerate(steps):
        try:
            step = resolved(step, at, suited(step, at, aside))  # noqa: PLW2901
            if step.learns and step.fitted is None:
                relation, start = _settle(engine, relation, start, waiting, number)
                waiting = []
                training = training_rows(relation, at, engine)
                step = replace(step, fitted=fitted(engine, training, step, at))  # noqa: PLW2901
            if count:
                relation, start = _settle(engine, relation, start, waiting, number)
                waiting = []
                rows.append(count_of(engine, relation))
            at = after(plan(step, at), at)
        except UnfitStepError as error:
            raise UnfitStepError(f"step {number + 1}: {error}") from error
        waiting.append(step)
        done.append(step)
    relation, at = _settle(engine, relation, start, waiting, len(steps))
    if count:
        rows.append(count_of(engine, relation))
    return Outcome(done, relation, at, rows)


def sound(engine: Engine, relation: str, schema: Schema) -> str:
    """A table of the same rows whose numbers are finite, with one zero; what is none is missing."""
    numbers = {
        column: (call("finite", call("add", Cell(column), Constant(0.0))), kind)
        for column, kind in schema.items()
        if kind in {NUMBER, DATE}
    }
    if not numbers:
        return relation
    statement = select(projected(schema, numbers), schema, relation, engine.dialect)
    engine.define("recipe_sound", statement)
    return "recipe_sound"


def count_of(engine: Engine, relation: str) -> int:
    """How many rows a table has."""
    return int(engine.query(f"SELECT count(*) FROM {relation}")[0][0])


def suited(step: Step, schema: Schema, aside: frozenset[str]) -> list[str]:
    """The columns that a step means where it names none."""
    kinds = SUITED.get(step.kind, EVERY)
    if step.kind == "impute" and getattr(step, "method", "") in {"median", "mean", "model"}:
        kinds = (NUMBER, WHOLE, DATE)
    all_rows = step.kind in WHOLE_ROWS
    return [
        column
        for column in visible(schema)
        if schema[column] in kinds and (all_rows or column not in aside)
    ]


def training_rows(relation: str, schema: Schema, engine: Engine) -> str:
    """What stands behind FROM for the rows that are learned from."""
    if PART not in schema:
        return relation
    part = engine.dialect.name(PART)
    return f"(SELECT * FROM {relation} WHERE {part} = 'train') AS training"


def _settle(
    engine: Engine, relation: str, schema: Schema, waiting: Sequence[Step], number: int
) -> tuple[str, Schema]:
    """Carry out the steps that wait, so that a table holds their rows."""
    if not waiting:
        return relation, schema
    if len(waiting) == 1:
        made = plan(waiting[0], schema)
        statement = select(made, schema, relation, engine.dialect)
        schema = after(made, schema)
    else:
        statement, schema = chain(waiting, schema, relation, engine.dialect)
    name = f"recipe_{number}"
    engine.define(name, statement)
    return name, schema
