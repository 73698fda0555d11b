"""Fit the features document from the training rows alone, by SQL aggregates.

What each kind becomes, and why:

- Numbers stay themselves. Fences for outliers lie three interquartile ranges outside the quartiles
  (Tukey's "far out"), and never inside the 0.1 % or 99.9 % quantile: a heavy tail is not a fault,
  and trees need its order. Columns with few different values have no outliers.
- Few categories become one column each (one-hot). Many become a column for each of the most
  frequent, the category's share of the rows, and its place in the alphabet, since codes that sort
  together often mean alike things.
- Categories of a handful of rows become one where there are many of them (``science.rare``).
- A missing category is a category; a missing number stays missing, unless imputation is asked for.
- Nothing here looks at the target, so nothing leaks from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from science import rare, texts
from science.database import aggregate, arrays
from science.dates import SECONDS_A_DAY
from science.embeddings import features as embeddings
from science.features import MISSING_LEVEL, VERSION
from science.images import features as pictures
from science.rare import Levels
from science.sql_values import name
from science.values import FALSE_WORDS, TRUE_WORDS, boolean_of, level_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from science.kinds import Column

TYPED = ("number", "date")
"""Kinds whose cells SQL reads into numbers; all others are read from their text."""

KNOWN_WORDS = TRUE_WORDS | FALSE_WORDS

MOST_ONE_HOT = 64
"""So many levels of a category, the most frequent, become a column each …"""

MOST_ONE_HOT_OF_MANY = 24
MANY_ROWS = 60_000
"""… and so many beyond so many rows, where codes and shares suffice and width costs time."""

SURELY_ONE_HOT = 16
FREQUENT_SHARE = 0.002
"""Of more levels than so many, only those with this share of the rows."""

MOST_LEVELS_KEPT = 10_000
FEWEST_VALUES_WITH_OUTLIERS = 20
FENCE = 3.0
TAIL = 0.001
TEXTS_READ = 50_000
"""Training texts read to choose the words; more change nothing."""


def fit(
    connection: Any, relation: str, columns: Sequence[Column], prepare: Mapping[str, Any]
) -> dict[str, Any]:
    """The features document.

    Args:
        connection: the database.
        relation: the typed training rows: DOUBLE for numbers and dates, else VARCHAR.
        columns: the columns that become features.
        prepare: the definition's settings ``missing``, ``outliers``, ``scale``, ``text``; and the
            ``folder`` of the run's documents, where a sentence encoder lies if there is one.
    """
    rows = connection.execute(f"SELECT count(*) FROM {relation}").fetchone()[0]
    numeric = [column for column in columns if column.kind in TYPED]
    figures = aggregate(connection, relation, [figures_of(column) for column in numeric])
    by_name = {column.name: found for column, found in zip(numeric, figures)}
    encoders = []
    for column in columns:
        if column.kind in TYPED:
            encoder = _FITTERS[column.kind](column, by_name[column.name], prepare)
        elif column.kind == "text":
            if prepare.get("text") == "drop":
                continue
            encoder = _text(connection, relation, column, rows, prepare)
        elif column.kind == "image":
            encoder = pictures.fit(column.name, prepare.get("image_size") or pictures.SIZE)
        else:
            levels = _levels(connection, relation, column)
            if column.kind == "category" and prepare.get("rare_categories", "auto") == "auto":
                levels = rare.grouped(levels)
            encoder = _FITTERS_OF_LEVELS[column.kind](column, levels.counted, prepare)
            if levels.other is not None:
                encoder |= {"other": levels.other, "kept": levels.kept}
        if encoder["outputs"]:
            encoders.append(encoder)
    return _document(encoders)


def _document(encoders: list[dict[str, Any]]) -> dict[str, Any]:
    """Number the features, with names that differ whatever their case and that XGBoost takes."""
    taken: set[str] = set()
    features = []
    for encoder in encoders:
        outputs = []
        for output in encoder["outputs"]:
            title = output.replace("[", "(").replace("]", ")").replace("<", "below ")
            number = 1
            while title.lower() in taken:
                number += 1
                title = f"{output} ({number})"
            taken.add(title.lower())
            outputs.append(title)
            features.append({"name": title, "column": encoder["column"], "kind": encoder["kind"]})
        encoder["outputs"] = outputs
    return {"version": VERSION, "columns": encoders, "features": features}


def figures_of(column: Column) -> list[str]:
    """Aggregates of a number or date column, in the order in which they are taken apart here."""
    cell = name(column.name)
    return [
        f"count({cell})",
        f"count(DISTINCT {cell})",
        f"coalesce(avg({cell}), 0)",
        f"coalesce(stddev_pop({cell}), 0)",
        f"min({cell})",
        f"max({cell})",
        f"quantile_cont({cell}, [{TAIL}, 0.25, 0.5, 0.75, {1 - TAIL}])",
        f"mode({cell})" if column.kind != "date" else "NULL",
        f"count(*) FILTER ({cell} % {SECONDS_A_DAY} <> 0)" if column.kind == "date" else "0",
    ]


def _number(column: Column, found: tuple[Any, ...], prepare: Mapping[str, Any]) -> dict[str, Any]:
    _, distinct, mean, deviation, low, high, quantiles, mode, _ = found
    encoder = {"column": column.name, "kind": "number", "decimal": column.decimal}
    clip = None
    if prepare.get("outliers") == "clip" and distinct >= FEWEST_VALUES_WITH_OUTLIERS:
        clip = fences(quantiles, low, high)
    center, scale = 0.0, 1.0
    if prepare.get("scale") == "standardize":
        center, scale = mean, deviation
    elif prepare.get("scale") == "normalize" and low is not None:
        floor, ceiling = clip or (low, high)
        center, scale = floor, ceiling - floor
    fill = {"mean": mean, "median": quantiles and quantiles[2], "mode": mode}
    return {
        **encoder,
        "clip": clip,
        "fill": fill.get(prepare.get("missing", "auto")),
        "center": center,
        "scale": scale if scale > 0 and scale < float("inf") else 1.0,
        "outputs": [column.name] if distinct else [],
    }


def fences(quantiles: Sequence[float], low: float, high: float) -> list[float] | None:
    """The bounds beyond which a value is an outlier, ``None`` when no training value is.

    Args:
        quantiles: at 0.1 %, 25 %, 50 %, 75 % and 99.9 %.
        low: the least value.
        high: the greatest value.
    """
    tail, first, _, third, head = quantiles
    reach = FENCE * (third - first)
    if reach <= 0:
        return None
    bounds = [min(first - reach, tail), max(third + reach, head)]
    return bounds if low < bounds[0] or high > bounds[1] else None


def _boolean(column: Column, counted: dict[str, int], prepare: Mapping[str, Any]) -> dict[str, Any]:
    word = None
    if prepare.get("missing", "auto") not in {"auto", "drop"}:
        word = next((level for level in counted if level in KNOWN_WORDS), None)
    return {
        "column": column.name,
        "kind": "boolean",
        "fill": None if word is None else boolean_of(word),
        "fill_word": word,
        "outputs": [column.name],
    }


def _date(column: Column, found: tuple[Any, ...], prepare: Mapping[str, Any]) -> dict[str, Any]:
    present, _, _, _, low, high, quantiles, _, timed = found
    parts: list[str] = []
    if present and column.formats == ["clock"]:
        parts = ["hour", "minute_of_day"]
    elif present:
        days = (high - low) / SECONDS_A_DAY
        parts = ["days", "weekday"] if days > 0 or timed else []
        parts += ["day"] if days > 1 else []
        parts += ["month"] if days > 27 else []
        parts += ["day_of_year", "year"] if days > 180 else []
        parts += ["hour", "minute_of_day"] if timed else []
    filling = prepare.get("missing", "auto") not in {"auto", "drop"}
    return {
        "column": column.name,
        "kind": "date",
        "formats": column.formats,
        "origin": low or 0.0,
        "parts": parts,
        "fill": quantiles[2] if filling and quantiles else None,
        "outputs": [f"{column.name} ({part.replace('_', ' ')})" for part in parts],
    }


def _levels(connection: Any, relation: str, column: Column) -> Levels:
    """Rows of each level, most frequent first, then by name; missing cells under their own name."""
    cell = name(column.name)
    query = f"SELECT {cell}, count(*) FROM {relation} GROUP BY 1"
    counted: dict[str, int] = {}
    spelled: dict[str, list[str]] = {}
    for text, count in connection.execute(query).fetchall():
        level = level_of(text)
        level = MISSING_LEVEL if level is None else level
        counted[level] = counted.get(level, 0) + count
        spelled.setdefault(level, []).append(text)
    return Levels(rare.in_order(counted), spelled, MISSING_LEVEL)


def _ordinal(column: Column, counted: dict[str, int], prepare: Mapping[str, Any]) -> dict[str, Any]:
    levels = {level: rank for rank, level in enumerate(column.order)}
    fill = None
    if prepare.get("missing", "auto") not in {"auto", "drop"}:
        fill = next((levels[level] for level in counted if level in levels), None)
    shown = [level for level in column.order if level in counted] if len(levels) <= 12 else []
    return {
        "column": column.name,
        "kind": "ordinal",
        "levels": levels,
        "one_hot": shown,
        "fill": fill,
        "outputs": [column.name, *(f"{column.name} = {level}" for level in shown)],
    }


def _category(
    column: Column, counted: dict[str, int], prepare: Mapping[str, Any]
) -> dict[str, Any]:
    fill = None
    if prepare.get("missing", "auto") not in {"auto", "drop"}:
        fill = next((level for level in counted if level != MISSING_LEVEL), None)
        if fill is not None:
            counted[fill] += counted.pop(MISSING_LEVEL, 0)
    rows = sum(counted.values())
    levels = list(counted)[:MOST_LEVELS_KEPT]
    many = len(levels) > SURELY_ONE_HOT
    shown = len(levels)
    if many:
        often = [level for level in levels if counted[level] >= FREQUENT_SHARE * rows]
        shown = min(len(often), MOST_ONE_HOT if rows <= MANY_ROWS else MOST_ONE_HOT_OF_MANY)
    elif len(levels) == 2:
        shown = 1
    ranks = {level: rank for rank, level in enumerate(sorted(levels))}
    outputs = [f"{column.name} = {level or '(missing)'}" for level in levels[:shown]]
    return {
        "column": column.name,
        "kind": "category",
        "levels": levels,
        "one_hot": shown,
        "frequency": [counted[level] / rows for level in levels] if many else [],
        "rank": [ranks[level] for level in levels] if many else [],
        "fill": fill,
        "outputs": outputs
        + ([f"{column.name} (frequency)", f"{column.name} (code)"] if many else []),
    }


def _text(
    connection: Any, relation: str, column: Column, rows: int, prepare: Mapping[str, Any]
) -> dict[str, Any]:
    if prepare.get("text") == "embed":
        return embeddings.fit(column.name, rows, prepare["folder"])
    cell = name(column.name)
    query = f"SELECT {cell} AS cell FROM {relation} LIMIT {TEXTS_READ}"
    width = 256 if rows < 2000 else 512
    return texts.fit(column.name, arrays(connection, query)["cell"].tolist(), width)


_FITTERS = {"number": _number, "date": _date}
_FITTERS_OF_LEVELS = {"boolean": _boolean, "ordinal": _ordinal, "category": _category}
