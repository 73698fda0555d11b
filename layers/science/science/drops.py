"""Rows left out on request: those with missing cells, those with outliers. Never held-out ones.

A model meets such rows when it serves, so it is judged on them too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from science.database import aggregate
from science.faults import Fault, UnusableData
from science.fitting import FEWEST_VALUES_WITH_OUTLIERS, fences, figures_of
from science.keys import count_parts
from science.split import HOLDOUT, TRAIN
from science.sql_values import name
from science.target import FEWEST_ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from science.keys import Counted
    from science.kinds import Column

LEARNING = f"\"_part_\" <> '{HOLDOUT}'"


def drop(
    connection: Any, columns: Sequence[Column], prepare: Mapping[str, Any], counted: Counted
) -> None:
    """Leave rows out of ``typed`` as the definition asks, and count them.

    Args:
        connection: the database.
        columns: the feature columns.
        prepare: the definition's settings ``missing`` and ``outliers``.
        counted: what the counts and the outliers' bounds are written to.

    Raises:
        UnusableData: too few rows are left.
    """
    if prepare.get("missing") == "drop":
        condition = " OR ".join(f"{name(column.name)} IS NULL" for column in columns)
        counted.dropped["missing"] = _delete(connection, condition, "missing")
    if prepare.get("outliers") == "drop":
        counted.bounds = bounds_of(connection, columns)
        outside = [
            f"{name(each)} NOT BETWEEN {low!r} AND {high!r}"
            for each, (low, high) in counted.bounds.items()
        ]
        if outside:
            counted.dropped["outliers"] = _delete(connection, " OR ".join(outside), "outliers")
    if counted.dropped["missing"] or counted.dropped["outliers"]:
        count_parts(connection, "typed", "_part_", counted)


def bounds_of(connection: Any, columns: Sequence[Column]) -> dict[str, list[float]]:
    """The fences of the number columns that have outliers, from the training rows."""
    training = f"typed WHERE \"_part_\" = '{TRAIN}'"
    numeric = [column for column in columns if column.kind == "number"]
    found = aggregate(connection, training, [figures_of(column) for column in numeric])
    bounds = {}
    for column, (_, distinct, _, _, low, high, quantiles, *_) in zip(numeric, found):
        fence = fences(quantiles, low, high) if distinct >= FEWEST_VALUES_WITH_OUTLIERS else None
        if fence:
            bounds[column.name] = fence
    return bounds


def _delete(connection: Any, condition: str, setting: str) -> int:
    deleted = connection.execute(f"DELETE FROM typed WHERE {LEARNING} AND ({condition})").fetchone()
    left = connection.execute(f"SELECT count(*) FROM typed WHERE {LEARNING}").fetchone()[0]
    if left < FEWEST_ROWS:
        fault = Fault(
            f"only {left} rows are left to learn from once those with {setting} are left out",
            f"prepare.{setting}",
            f"set prepare.{setting} to another value",
        )
        raise UnusableData([fault])
    return int(deleted[0])
