"""What fills a gap from a row's other cells: its group's value, or a linear model's."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from science.recipe.conversions import number_cell, text_cell
from science.recipe.expressions import sql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from science.recipe.engines import Engine
    from science.recipe.plans import Schema

PENALTY = 1e-3
"""Ridge's penalty, for each row, on coefficients of standardised columns."""

MOST_PREDICTORS = 32
MOST_GROUPS = 10_000
FEWEST_ROWS_OF_A_MODEL = 10


def group_values(
    engine: Engine, training: str, step: Any, column: str, schema: Schema
) -> list[list[Any]]:
    """The statistic of a column in each group, the largest groups first: [group, value] pairs."""
    from science.recipe.fits import mode_cell

    group = sql(text_cell(step.group, schema), engine.dialect)
    if step.statistic == "mode":
        cell = mode_cell(column, step, schema, engine)
    else:
        cell = sql(number_cell(column, schema), engine.dialect)
    cells = (
        f"(SELECT {group} AS told, {cell} AS cell FROM {training}) AS cells "
        "WHERE told IS NOT NULL AND cell IS NOT NULL"
    )
    if step.statistic == "mean":
        found = engine.query(
            f"SELECT told, avg(cell), count(*) AS found FROM {cells} "
            f"GROUP BY told ORDER BY found DESC, told LIMIT {MOST_GROUPS}"
        )
        return [[told, float(f"{mean:.12g}")] for told, mean, _ in found if math.isfinite(mean)]
    return _modes(engine, cells) if step.statistic == "mode" else _medians(engine, cells)


def _modes(engine: Engine, cells: str) -> list[list[Any]]:
    found = engine.query(
        "SELECT told, cell FROM (SELECT told, cell, row_number() OVER (PARTITION BY told "
        "ORDER BY found DESC, cell) AS place, sum(found) OVER (PARTITION BY told) AS rows "
        f"FROM (SELECT told, cell, count(*) AS found FROM {cells} GROUP BY told, cell) AS counted"
        f") AS placed WHERE place = 1 ORDER BY rows DESC, told LIMIT {MOST_GROUPS}"
    )
    return [[told, value] for told, value in found]


def _medians(engine: Engine, cells: str) -> list[list[Any]]:
    """The mean of the two values in the middle, of each group."""
    found = engine.query(
        "SELECT told, min(cell), max(cell), max(rows) AS found FROM (SELECT told, cell, "
        "row_number() OVER (PARTITION BY told ORDER BY cell) AS place, "
        f"count(*) OVER (PARTITION BY told) AS rows FROM {cells}) AS placed "
        "WHERE place IN (floor((rows + 1) / 2), ceil((rows + 1) / 2)) "
        f"GROUP BY told ORDER BY found DESC, told LIMIT {MOST_GROUPS}"
    )
    return [[told, low + (high - low) / 2] for told, low, high, _ in found]


def ridge(engine: Engine, training: str, step: Any, schema: Schema) -> dict[str, Any]:
    """A linear model of each column by the other numbers, from one pass of sums for each.

    Columns are standardised first, which keeps the normal equations well conditioned; what is
    written are coefficients of the columns as they are.
    """
    from science.recipe.fits import moments, numbers_of

    numeric = [each for each, kind in schema.items() if kind in {"number", "whole"}]
    columns = [*dict.fromkeys([*step.columns, *numeric])]
    told = dict(zip(columns, moments(engine, training, numbers_of(columns, schema, engine))))
    usable = [each for each in columns if told[each][1]]
    found = {}
    for column in step.columns:
        others = [each for each in usable if each != column][:MOST_PREDICTORS]
        if column in usable and others:
            model = _ridge(engine, training, [*others, column], told, schema)
            if model:
                found[column] = model
    return found


def _ridge(
    engine: Engine, training: str, columns: Sequence[str], told: Any, schema: Schema
) -> dict[str, Any]:
    """The model of the last column by those before it."""
    aim = columns[-1]
    number = engine.dialect.number
    scaled = ", ".join(
        f"(coalesce({sql(number_cell(each, schema), engine.dialect)}, {number(told[each][0])}) "
        f"- {number(told[each][0])}) / {number(told[each][1])} AS x{place}"
        for place, each in enumerate(columns)
    )
    there = sql(number_cell(aim, schema), engine.dialect)
    size = len(columns)
    pairs = [(i, j) for i in range(size) for j in range(i, size)]
    sums = ", ".join(f"sum(x{i} * x{j})" for i, j in pairs)
    firsts = ", ".join(f"sum(x{i})" for i in range(size))
    rows, *found = engine.query(
        f"SELECT count(*), {firsts}, {sums} FROM (SELECT {scaled} FROM {training} "
        f"WHERE {there} IS NOT NULL) AS scaled"
    )[0]
    if rows < FEWEST_ROWS_OF_A_MODEL:
        return {}
    return _solved(rows, np.array(found, dtype=np.float64), pairs, columns, told)


def _solved(rows: int, found: Any, pairs: Any, columns: Sequence[str], told: Any) -> dict[str, Any]:
    size = len(columns)
    middle = found[:size] / rows
    products = np.zeros((size, size))
    for (i, j), value in zip(pairs, found[size:]):
        products[i, j] = products[j, i] = value / rows - middle[i] * middle[j]
    if not np.isfinite(products).all():
        return {}
    inner = products[:-1, :-1] + PENALTY * np.eye(size - 1)
    slopes = np.linalg.solve(inner, products[:-1, -1])
    mean, deviation = told[columns[-1]]
    weights, intercept = {}, mean + deviation * (middle[-1] - slopes @ middle[:-1])
    for slope, column in zip(slopes, columns[:-1]):
        weight = float(f"{slope * deviation / told[column][1]:.10g}")
        weights[column] = weight
        intercept -= weight * told[column][0]
    return {
        "intercept": float(f"{intercept:.10g}"),
        "weights": weights,
        "means": {column: told[column][0] for column in columns[:-1]},
    }
