"""Isolation forests: rows that few random cuts set apart from the others are outliers.

Liu, Ting and Zhou, "Isolation Forest" (2008). A tree cuts a small sample at random values of random
columns until every row is alone; a row's path is the number of cuts it takes, plus what is expected
for the rows that share its leaf. Trees are grown here in Python from a sample chosen by a hash of
each row's content, so every engine grows the same; they are JSON, and are applied as SQL.
"""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any

from science.recipe.conversions import number_cell
from science.recipe.expressions import Cell, sql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from science.recipe.engines import Engine
    from science.recipe.plans import Schema

TREES = 32
SAMPLE = 128
"""Rows that a tree is grown from; the paper finds 256 to be more than enough."""

SEED = 20
EULER = 0.5772156649015329
DIGITS = 12


def grown(engine: Engine, training: str, step: Any, schema: Schema) -> dict[str, Any]:
    """The forest of a step's columns: columns, medians (of missing cells), trees, threshold."""
    from science.recipe.fits import numbers_of, quantiles
    from science.recipe.planning_fitted import path_length

    columns = list(step.columns)
    cells = numbers_of(columns, schema, engine)
    middle = [each[0] if each else None for each in quantiles(engine, training, cells, (0.5,))]
    columns = [each for each, median in zip(columns, middle) if median is not None]
    medians = [median for median in middle if median is not None]
    forest: dict[str, Any] = {"columns": columns, "medians": medians, "trees": []}
    rows = _sample(engine, training, forest, schema)
    chance = random.Random(SEED)  # noqa: S311  (a seed makes the trees the same everywhere)
    for _ in range(TREES):
        picked = [rows[int(chance.random() * len(rows))] for _ in range(min(SAMPLE, len(rows)))]
        deepest = math.ceil(math.log2(max(len(picked), 2)))
        forest["trees"].append(_tree(picked, len(columns), deepest, chance))
    there = {column: number_cell(column, schema) for column in columns}
    path = sql(path_length(forest, _filled(there, medians)), engine.dialect)
    paths = f"(SELECT {path} AS path FROM {training}) AS paths"
    found = quantiles(engine, paths, ["path"], (step.share,))[0]
    forest["threshold"] = found[0] if found and step.share > 0 else -1.0
    return forest


def _filled(cells: Any, medians: Sequence[float]) -> Any:
    from science.recipe.expressions import Constant, call

    return {
        column: call("first", cell, Constant(float(median)))
        for (column, cell), median in zip(cells.items(), medians)
    }


def _sample(
    engine: Engine, training: str, forest: dict[str, Any], schema: Schema
) -> list[tuple[float, ...]]:
    """So many rows as the trees need, by a hash of their content, the same in every engine."""
    from science.recipe.planning import content

    columns = forest["columns"]
    if not columns:
        return []
    filled = _filled({each: number_cell(each, schema) for each in columns}, forest["medians"])
    listed = ", ".join(
        f"{sql(cell, engine.dialect)} AS x{place}" for place, cell in enumerate(filled.values())
    )
    numbers = ", ".join(f"x{place}" for place in range(len(columns)))
    text = sql(content(list(columns), schema), engine.dialect)
    row = sql(Cell("_row_"), engine.dialect)
    return engine.query(
        f"SELECT {numbers} FROM (SELECT {listed}, md5({text}) AS hashed, {row} AS told "
        f"FROM {training}) AS hashes ORDER BY hashed, told LIMIT {TREES * SAMPLE}"
    )


def _tree(rows: Sequence[tuple[float, ...]], width: int, deepest: int, chance: Any) -> Any:
    return _grow(rows, width, deepest, 0, chance)


def _grow(rows: Any, width: int, deepest: int, depth: int, chance: Any) -> Any:
    """A node: ``[column, threshold, below, above]``, or the path's length where it is a leaf."""
    varied = [
        place
        for place in range(width)
        if len(rows) > 1 and min(r[place] for r in rows) < max(r[place] for r in rows)
    ]
    if depth >= deepest or not varied:
        return round(depth + expected_path(len(rows)), DIGITS)
    place = varied[int(chance.random() * len(varied))]
    low, high = min(r[place] for r in rows), max(r[place] for r in rows)
    threshold = low + (high - low) * chance.random()
    threshold = min(max(threshold, math.nextafter(low, high)), high)
    below = [row for row in rows if row[place] < threshold]
    above = [row for row in rows if row[place] >= threshold]
    return [
        place,
        threshold,
        _grow(below, width, deepest, depth + 1, chance),
        _grow(above, width, deepest, depth + 1, chance),
    ]


def expected_path(rows: int) -> float:
    """The cuts expected to find one of so many rows (the paper's equation 1)."""
    if rows < 2:
        return 0.0
    return 2 * (math.log(rows - 1) + EULER) - 2 * (rows - 1) / rows
