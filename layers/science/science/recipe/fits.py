"""What the steps learn, by aggregates that every engine computes.

Quantiles are interpolated here between two values that the engine finds, so they are the same to
the last bit whichever engine found them. Means, deviations and coefficients, whose last bits depend
on the order of a sum, are kept to twelve significant digits.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Callable, Optional

from science.recipe import forests, models
from science.recipe.conversions import number_cell, text_cell
from science.recipe.expressions import Cell, sql
from science.recipe.planning import moment_of
from science.recipe.planning_fitted import imputed_as
from science.split import HOLDOUT, VALIDATION, VALIDATION_SHARE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from science.recipe.engines import Engine
    from science.recipe.plans import Schema
    from science.recipe.steps import Step

COLUMNS_AT_ONCE = 32
NORMAL_WIDTH = 1.349
"""The interquartile range of a normal distribution, in standard deviations."""

Fit = dict[str, Any]


def fitted(engine: Engine, training: str, step: Step, schema: Schema) -> Fit:
    """What a resolved step finds in the training rows, as plain JSON.

    Args:
        engine: the database.
        training: what stands behind FROM for the training rows.
        step: a step that learns, its columns named.
        schema: the table's columns and their types.
    """
    return _FITS[step.kind](engine, training, step, schema)


def rounded(number: Optional[float]) -> Optional[float]:
    """A number to twelve significant digits."""
    return None if number is None or not math.isfinite(number) else float(f"{number:.12g}")


def numbers_of(columns: Sequence[str], schema: Schema, engine: Engine) -> list[str]:
    """The columns' cells as numbers, in SQL."""
    return [sql(number_cell(column, schema), engine.dialect) for column in columns]


def aggregates(
    engine: Engine, relation: str, expressions: Sequence[Sequence[str]]
) -> list[tuple[Any, ...]]:
    """Aggregates of many columns, a tuple for each, some columns at a time."""
    found: list[tuple[Any, ...]] = []
    for start in range(0, len(expressions), COLUMNS_AT_ONCE):
        chunk = expressions[start : start + COLUMNS_AT_ONCE]
        listed = ", ".join(each for group in chunk for each in group)
        row, at = engine.query(f"SELECT {listed} FROM {relation}")[0], 0
        for group in chunk:
            found.append(tuple(row[at : at + len(group)]))
            at += len(group)
    return found


def quantiles(
    engine: Engine, relation: str, cells: Sequence[str], shares: Sequence[float]
) -> list[list[float]]:
    """Linearly interpolated quantiles of each cell (Hyndman and Fan, type 7); empty if no value."""
    counts = aggregates(engine, relation, [[f"count({cell})"] for cell in cells])
    ranks = [_ranks(count, shares) for (count,) in counts]
    asked = [
        [
            engine.dialect.order_statistic(cell, f"{(rank + 0.5) / count!r}")
            for pair in pairs
            for rank in pair[:2]
        ]
        for cell, (count,), pairs in zip(cells, counts, ranks)
    ]
    places = [place for place, each in enumerate(asked) if each]
    found: list[list[float]] = [[] for _ in cells]
    for place, values in zip(
        places, aggregates(engine, relation, [asked[place] for place in places])
    ):
        found[place] = [
            low + (high - low) * pair[2]
            for pair, low, high in zip(ranks[place], values[::2], values[1::2])
        ]
    return found


def _ranks(count: int, shares: Sequence[float]) -> list[tuple[int, int, float]]:
    """For each share the two ranks it lies between, and how far."""
    if not count:
        return []
    found = []
    for share in shares:
        place = (count - 1) * share
        low = min(math.floor(place), count - 1)
        found.append((low, min(low + 1, count - 1), place - low))
    return found


def moments(
    engine: Engine, relation: str, cells: Sequence[str]
) -> list[tuple[Optional[float], Optional[float]]]:
    """The mean and the deviation (of the population) of each cell."""
    asked = [[f"avg({cell})", f"stddev_pop({cell})"] for cell in cells]
    return [(rounded(a), rounded(b)) for a, b in aggregates(engine, relation, asked)]


def _bounds(engine: Engine, training: str, step: Any, schema: Schema) -> Fit:
    cells = numbers_of(step.columns, schema, engine)
    if step.method == "isolation":
        return {"forest": forests.grown(engine, training, step, schema)}
    if step.method == "bounds":
        return {"bounds": {column: [step.low, step.high] for column in step.columns}}
    found: list[Optional[list[float]]]
    if step.method == "zscore":
        found = [
            None if mean is None or not deviation else _around(mean, step.factor * deviation)
            for mean, deviation in moments(engine, training, cells)
        ]
    elif step.method == "quantile":
        shares = (step.share, 1 - step.share)
        found = [each or None for each in quantiles(engine, training, cells, shares)]
    else:
        quartiles = quantiles(engine, training, cells, (0.25, 0.5, 0.75))
        found = [_fences(each, step) for each in quartiles]
    return {"bounds": {column: each for column, each in zip(step.columns, found) if each}}


def _around(middle: float, reach: float) -> list[float]:
    return [middle - reach, middle + reach]


def _fences(quartiles: list[float], step: Any) -> Optional[list[float]]:
    if not quartiles or quartiles[0] == quartiles[2]:
        return None
    first, middle, third = quartiles
    width = third - first
    if step.method == "iqr":
        return [first - step.factor * width, third + step.factor * width]
    return _around(middle, step.factor * width / NORMAL_WIDTH)


def _impute(engine: Engine, training: str, step: Any, schema: Schema) -> Fit:
    if step.method == "constant":
        constants = {each: _constant(step, schema[each]) for each in step.columns}
        return {"values": {each: value for each, value in constants.items() if value is not None}}
    if step.method == "group":
        overall = _statistics(engine, training, step, schema, step.statistic)
        groups = {
            column: models.group_values(engine, training, step, column, schema)
            for column in step.columns
        }
        return {"values": overall, "groups": groups}
    if step.method == "model":
        means = _statistics(engine, training, step, schema, "mean")
        return {"values": means, "models": models.ridge(engine, training, step, schema)}
    return {"values": _statistics(engine, training, step, schema, step.method)}


def _constant(step: Any, kind: str) -> Any:
    value = step.value
    if imputed_as(step, kind) == "text":
        return str(value).lower() if isinstance(value, bool) else str(value)
    if kind == "boolean":
        return bool(value)
    return float(value) if isinstance(value, (int, float)) else None


def _statistics(
    engine: Engine, training: str, step: Any, schema: Schema, statistic: str
) -> dict[str, Any]:
    cells = numbers_of(step.columns, schema, engine) if statistic != "mode" else []
    found: list[Any]
    if statistic == "median":
        found = [each[0] if each else None for each in quantiles(engine, training, cells, (0.5,))]
    elif statistic == "mean":
        asked = aggregates(engine, training, [[f"avg({cell})"] for cell in cells])
        found = [rounded(mean) for (mean,) in asked]
    else:
        found = [most_frequent(engine, training, each, step, schema) for each in step.columns]
    return {column: value for column, value in zip(step.columns, found) if value is not None}


def most_frequent(engine: Engine, training: str, column: str, step: Any, schema: Schema) -> Any:
    """The most frequent value of a column; of several the least."""
    cell = mode_cell(column, step, schema, engine)
    found = engine.query(
        f"SELECT cell, count(*) AS found FROM (SELECT {cell} AS cell FROM {training}) AS cells "
        "WHERE cell IS NOT NULL GROUP BY cell ORDER BY found DESC, cell LIMIT 1"
    )
    return found[0][0] if found else None


def mode_cell(column: str, step: Any, schema: Schema, engine: Engine) -> str:
    """The cell of whose values the most frequent is sought."""
    numeric = imputed_as(step, schema[column]) in {"number", "date"}
    return sql(number_cell(column, schema) if numeric else Cell(column), engine.dialect)


def levels(engine: Engine, training: str, column: str, schema: Schema) -> list[tuple[str, int]]:
    """A column's categories with their rows: most frequent first, then by name."""
    cell = sql(text_cell(column, schema), engine.dialect)
    return [
        (str(text), int(count))
        for text, count in engine.query(
            f"SELECT cell, count(*) AS found FROM (SELECT {cell} AS cell FROM {training}) AS cells "
            "WHERE cell IS NOT NULL GROUP BY cell ORDER BY found DESC, cell"
        )
    ]


def _rare(engine: Engine, training: str, step: Any, schema: Schema) -> Fit:
    kept = {}
    for column in step.columns:
        counted = levels(engine, training, column, schema)
        least = max(step.count, step.share * sum(count for _, count in counted))
        kept[column] = [level for level, count in counted if count >= least]
    return {"kept": kept}


def _encode(engine: Engine, training: str, step: Any, schema: Schema) -> Fit:
    found: dict[str, list[str]] = {}
    shares: dict[str, list[float]] = {}
    for column in step.columns:
        counted = levels(engine, training, column, schema)
        rows = sum(count for _, count in counted)
        most = counted[: step.most]
        if step.method == "ordinal":
            most = sorted(most)
        found[column] = [level for level, _ in most]
        shares[column] = [count / rows for _, count in most]
    frequency = {"shares": shares} if step.method == "frequency" else {}
    return {"levels": found, **frequency}


def _standardise(engine: Engine, training: str, step: Any, schema: Schema) -> Fit:
    cells = numbers_of(step.columns, schema, engine)
    averaged = moments(engine, training, cells)
    quartiles = quantiles(engine, training, cells, (0.25, 0.5, 0.75))
    columns = {}
    for column, (mean, deviation), quarters in zip(step.columns, averaged, quartiles):
        middle = quarters[1] if quarters else None
        center = {"mean": mean, "median": middle, "none": 0.0}[step.center]
        width = quarters[2] - quarters[0] if quarters else None
        scale = {"deviation": deviation, "iqr": width, "none": 1.0}[step.scale]
        columns[column] = [center or 0.0, scale or 1.0]
    return {"columns": columns}


def _normalise(engine: Engine, training: str, step: Any, schema: Schema) -> Fit:
    cells = numbers_of(step.columns, schema, engine)
    columns = {}
    for column, (low, high) in zip(
        step.columns, aggregates(engine, training, [[f"min({c})", f"max({c})"] for c in cells])
    ):
        if low is None:
            columns[column] = [0.0, 1.0]
        elif step.by == "max_abs":
            columns[column] = [0.0, max(abs(low), abs(high)) or 1.0]
        else:
            width = high - low
            columns[column] = [low, width if 0 < width < math.inf else 1.0]
    return {"columns": columns}


def _split(engine: Engine, training: str, step: Any, schema: Schema) -> Fit:
    """The moments from which rows are held out and validate, as ``percent_rank`` has them."""
    if not step.time:
        return {}
    moment = sql(moment_of(step, schema), engine.dialect)
    counted = engine.query(
        f"SELECT moment, count(*) FROM (SELECT {moment} AS moment FROM {training}) AS clock "
        "GROUP BY moment ORDER BY moment NULLS FIRST"
    )
    rows = sum(count for _, count in counted)
    cuts: dict[str, float] = {}
    before = 0
    for told, count in counted:
        rank = 1.0 - (before / (rows - 1) if rows > 1 else 0.0)
        before += count
        for part, share in ((HOLDOUT, 0.0), (VALIDATION, VALIDATION_SHARE)):
            if told is not None and rank < step.holdout + share:
                cuts.setdefault(part, told)
    return cuts


_FITS: dict[str, Callable[[Any, str, Any, Any], Fit]] = {
    "impute": _impute,
    "outliers": _bounds,
    "rare_categories": _rare,
    "encode": _encode,
    "standardise": _standardise,
    "normalise": _normalise,
    "split": _split,
}
