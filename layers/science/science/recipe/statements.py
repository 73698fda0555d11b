"""Plans as SQL: a step as a SELECT from any relation, a whole recipe as one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from science.dialects import DUCKDB, Dialect
from science.recipe.expressions import Cell, Constant, sql
from science.recipe.planning import plan
from science.recipe.plans import HIDDEN, ROW, Keep, Plan, Project, Schema, after

if TYPE_CHECKING:
    from collections.abc import Sequence

    from science.recipe.steps import Step

PLACE = "_place_"


def select(made: Plan, schema: Schema, source: str, dialect: Dialect = DUCKDB) -> str:
    """A plan as a SELECT.

    Args:
        made: the plan.
        schema: the columns of ``source``.
        source: what stands behind FROM.
        dialect: whose SQL.
    """
    listed = ", ".join(dialect.name(column) for column in schema)
    if isinstance(made, Project):
        return f"SELECT {_listed(made, schema, dialect)} FROM {source}"
    if isinstance(made, Keep):
        return f"SELECT {listed} FROM {source} WHERE {sql(made.condition, dialect)}"
    keys = ", ".join(sql(key, dialect) for key in made.keys)
    place = dialect.name(PLACE)
    numbered = (
        f"SELECT {listed}, row_number() OVER (PARTITION BY {keys} ORDER BY {dialect.name(ROW)}) "
        f"AS {place} FROM {source}"
    )
    return f"SELECT {listed} FROM ({numbered}) WHERE {place} = 1"


def _listed(made: Project, schema: Schema, dialect: Dialect) -> str:
    columns = {column: (Cell(column), "") for column in HIDDEN if column in schema}
    parts = []
    for column, (expression, kind) in {**columns, **made.columns}.items():
        told = sql(expression, dialect)
        if isinstance(expression, Constant) and expression.value is None:
            told = f"CAST(NULL AS {_TYPES[kind]})"
        title = dialect.name(column)
        parts.append(title if told == title else f"{told} AS {title}")
    return ", ".join(parts)


_TYPES = {"text": "STRING", "number": "DOUBLE", "whole": "BIGINT", "boolean": "BOOLEAN"}
_TYPES["date"] = _TYPES["number"]


def chain(
    steps: Sequence[Step], schema: Schema, source: str, dialect: Dialect = DUCKDB
) -> tuple[str, Schema]:
    """Resolved and fitted steps as one statement over ``source``, and the columns it gives."""
    parts = []
    for number, step in enumerate(steps, 1):
        made = plan(step, schema)
        parts.append(f"step{number} AS (\n  {select(made, schema, source, dialect)}\n)")
        source, schema = f"step{number}", after(made, schema)
    listed = ", ".join(dialect.name(column) for column in schema)
    head = "WITH " + ",\n".join(parts) + "\n" if parts else ""
    return f"{head}SELECT {listed} FROM {source}", schema
