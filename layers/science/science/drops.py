"""Rows left out on request: those with missing cells, those with outliers. Never held-out ones.

A model meets such rows when it serves, so it is judged on them too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from science.faults import Fault, UnusableData
from science.fitting import FEWEST_VALUES_WITH_OUTLIERS, TAIL, fences
from science.keys import count_parts
from science.recipe.fits import aggregates, quantiles
from science.split import HOLDOUT, TRAIN
from science.target import FEWEST_ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from science.keys import Counted
    from science.kinds import Column
    from science.landed import Landed
    from science.recipe.engines import Engine


def drop(
    landed: Landed, columns: Sequence[Column], prepare: Mapping[str, Any], counted: Counted
) -> None:
    """Leave rows out of ``typed`` as the definition asks, and count them.

    Args:
        landed: the tables.
        columns: the feature columns.
        prepare: the definition's settings ``missing`` and ``outliers``.
        counted: what the counts and the outliers' bounds are written to.

    Raises:
        UnusableData: too few rows are left.
    """
    engine = landed.engine
    name = engine.dialect.name
    if prepare.get("missing") == "drop":
        condition = " OR ".join(f"{name(column.name)} IS NULL" for column in columns)
        counted.dropped["missing"] = _delete(engine, condition, "missing")
    if prepare.get("outliers") == "drop":
        counted.bounds = bounds_of(engine, columns)
        number = engine.dialect.number
        outside = [
            f"coalesce({name(each)} NOT BETWEEN {number(low)} AND {number(high)}, false)"
            for each, (low, high) in counted.bounds.items()
        ]
        if outside:
            counted.dropped["outliers"] = _delete(engine, " OR ".join(outside), "outliers")
    if counted.dropped["missing"] or counted.dropped["outliers"]:
        count_parts(engine, "typed", "_part_", counted)


def bounds_of(engine: Engine, columns: Sequence[Column]) -> dict[str, list[float]]:
    """The fences of the number columns that have outliers, from the training rows."""
    part = engine.dialect.name("_part_")
    training = f"(SELECT * FROM typed WHERE {part} = '{TRAIN}') AS training"
    numeric = [column for column in columns if column.kind == "number"]
    cells = [engine.dialect.name(column.name) for column in numeric]
    asked = [[f"count(DISTINCT {c})", f"min({c})", f"max({c})"] for c in cells]
    found = aggregates(engine, training, asked)
    shares = quantiles(engine, training, cells, (TAIL, 0.25, 0.5, 0.75, 1 - TAIL))
    bounds = {}
    for column, (distinct, low, high), quarters in zip(numeric, found, shares):
        many = distinct >= FEWEST_VALUES_WITH_OUTLIERS
        fence = fences(quarters, low, high) if many else None
        if fence:
            bounds[column.name] = fence
    return bounds


def _delete(engine: Engine, condition: str, setting: str) -> int:
    part = engine.dialect.name("_part_")
    before = _learning(engine)
    engine.define(
        "typed",
        f"SELECT * FROM typed WHERE {part} = '{HOLDOUT}' OR NOT ({condition})"
        f"{engine.dialect.in_order('_row_')}",
    )
    left = _learning(engine)
    if left < FEWEST_ROWS:
        fault = Fault(
            f"only {left} rows are left to learn from once those with {setting} are left out",
            f"prepare.{setting}",
            f"set prepare.{setting} to another value",
        )
        raise UnusableData([fault])
    return before - left


def _learning(engine: Engine) -> int:
    part = engine.dialect.name("_part_")
    ((rows,),) = engine.query(f"SELECT count(*) FROM typed WHERE {part} <> '{HOLDOUT}'")
    return int(rows)
