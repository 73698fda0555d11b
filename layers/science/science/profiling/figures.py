"""Figures of every column: over all rows by SQL where that is cheap, else of the sample.

Counts, extremes, means, outliers and frequent levels are over all rows. Distinct cells are counted
exactly up to a million rows and estimated by HyperLogLog beyond; quantiles likewise are exact up to
there and the sample's beyond. Histograms, skewness, kurtosis, the frequent values of numbers and
the shapes of texts are the sample's. What was estimated is named in the document's ``sampling``.

Outliers lie further than five robust standard deviations from the median, where the robust
deviation is that of the cells clipped to the 5 % and 95 % quantiles: the rule of SageMaker Data
Wrangler's insights report (developer guide, "Get Insights On Data and Data Quality").
"""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Optional

import numpy as np

from science.database import aggregate
from science.fitting import TYPED
from science.load import EXACT_UP_TO
from science.sql_values import name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from science.kinds import Column
    from science.profiling.sample import Sample

BINS = 24
TOP = 8
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
SORTED_AT_ONCE = 4
"""An exact quantile keeps its column in memory: so many columns at a time."""
LONGEST = 80
DEVIATIONS = 5.0
MOST_GROUPED = 100_000
"""Levels up to which the frequent ones are counted over all rows; beyond, over the sample."""
SHAPES = 3
TEXTS_SHAPED = 5000
LEVELS_COMPARED = 5000
HIDDEN = frozenset({-1.0, -9.0, -99.0, -999.0, -9999.0, 99.0, 999.0, 9999.0, 99999.0, 999999.0})
"""Numbers that people write where there is none."""
HIDDEN_SHARE = 0.01

_LETTERS, _DIGITS = re.compile(r"[^\W\d_]+"), re.compile(r"\d+")

Array = Any


def of_columns(
    connection: Any, relation: str, columns: Sequence[Column], rows: int, sample: Sample
) -> dict[str, dict[str, Any]]:
    """Figures by column: ``numbers``, ``histogram``, ``outliers`` …, or ``lengths``, ``shapes`` ….

    Args:
        connection: the database.
        relation: what stands behind FROM: numbers and dates as DOUBLE, all else as VARCHAR.
        columns: its columns.
        rows: how many rows it has.
        sample: some of its rows.
    """
    typed = [column for column in columns if column.kind in TYPED]
    others = [column for column in columns if column.kind not in TYPED]
    found = _of_numbers(connection, relation, typed, rows, sample)
    found.update(_of_texts(connection, relation, others, rows, sample))
    return found


def distinct(cell: str, rows: int) -> str:
    """The aggregate that counts different cells, exactly up to a million rows."""
    return f"count(DISTINCT {cell})" if rows <= EXACT_UP_TO else f"approx_count_distinct({cell})"


def _of_numbers(
    connection: Any, relation: str, columns: Sequence[Column], rows: int, sample: Sample
) -> dict[str, dict[str, Any]]:
    cells = [name(column.name) for column in columns]
    counted = aggregate(connection, relation, [_moments(cell, rows) for cell in cells])
    quantiles = _quantiles(connection, relation, columns, rows, sample)
    spread = aggregate(
        connection,
        relation,
        [[_robust(cell, at)] for cell, at in zip(cells, quantiles)],
    )
    fences = [
        (at[3] - DEVIATIONS * wide, at[3] + DEVIATIONS * wide) if at and wide else None
        for at, (wide,) in zip(quantiles, spread)
    ]
    beyond = aggregate(
        connection, relation, [[_beyond(cell, fence)] for cell, fence in zip(cells, fences)]
    )
    found = {}
    for at, column in enumerate(columns):
        known = sample.cells[column.name]
        known = known[np.isfinite(known)]
        found[column.name] = {
            "distinct": int(counted[at][1]),
            "numbers": _numbers(counted[at], quantiles[at], known),
            "histogram": histogram(known) if known.size else None,
            "example": float(known[0]) if known.size else None,
            "outliers": _outliers(fences[at], beyond[at][0]),
            **_frequent_numbers(known, column),
        }
    return found


def _moments(cell: str, rows: int) -> list[str]:
    return [
        f"count({cell})",
        distinct(cell, rows),
        f"min({cell})",
        f"max({cell})",
        f"avg({_sane(cell)})",
        f"stddev_pop({_sane(cell)})",
        f"count(*) FILTER ({cell} = 0)",
        f"count(*) FILTER ({cell} < 0)",
        f"count(*) FILTER ({cell} = floor({cell}))",
    ]


def _quantiles(
    connection: Any, relation: str, columns: Sequence[Column], rows: int, sample: Sample
) -> list[Optional[list[float]]]:
    """Each column's quantiles; None where it has no cell."""
    if rows > EXACT_UP_TO:
        return [_sampled(sample.cells[column.name]) for column in columns]
    found: list[Optional[list[float]]] = []
    for start in range(0, len(columns), SORTED_AT_ONCE):
        listed = [
            [f"quantile_cont({name(column.name)}, {list(QUANTILES)})"]
            for column in columns[start : start + SORTED_AT_ONCE]
        ]
        found += [at for (at,) in aggregate(connection, relation, listed)]
    return found


def _sampled(cells: Array) -> Optional[list[float]]:
    known = cells[np.isfinite(cells)]
    return [float(value) for value in np.quantile(known, QUANTILES)] if known.size else None


def _robust(cell: str, quantiles: Optional[Sequence[float]]) -> str:
    if not quantiles:
        return "NULL"
    clipped = f"greatest({quantiles[1]!r}, least({quantiles[5]!r}, {cell}))"
    return f"stddev_pop({_sane(clipped)})"


def _sane(number: str) -> str:
    """Numbers whose square is still a number; DuckDB gives up where one is not."""
    return f"CASE WHEN abs({number}) < 1e150 THEN {number} END"


def _beyond(cell: str, fence: Optional[tuple[float, float]]) -> str:
    if fence is None:
        return "0"
    return f"count(*) FILTER ({cell} < {fence[0]!r} OR {cell} > {fence[1]!r})"


def _outliers(fence: Optional[tuple[float, float]], rows: int) -> Optional[dict[str, Any]]:
    return {"rows": int(rows), "low": fence[0], "high": fence[1]} if fence and rows else None


def _numbers(
    counted: Sequence[Any], quantiles: Optional[Sequence[float]], known: Array
) -> Optional[dict[str, Any]]:
    present, _, low, high, mean, deviation, zeros, negative, whole = counted
    if not present or not quantiles:
        return None
    skewness, kurtosis = _shape_of(known)
    return {
        "min": low,
        "max": high,
        "mean": mean,
        "deviation": deviation,
        "quantiles": {str(at): float(value) for at, value in zip(QUANTILES, quantiles)},
        "zeros": int(zeros),
        "negative": int(negative),
        "whole": whole == present,
        "skewness": skewness,
        "kurtosis": kurtosis,
    }


def _shape_of(known: Array) -> tuple[Optional[float], Optional[float]]:
    """The third and fourth standardised moments; a normal distribution has 0 and 3."""
    if known.size < 3:
        return None, None
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        centred = known - known.mean()
        square = float(np.mean(centred**2))
        skewness = float(np.mean(centred**3) / square**1.5) if square > 0 else math.nan
        kurtosis = float(np.mean(centred**4) / square**2) if square > 0 else math.nan
    return (
        skewness if math.isfinite(skewness) else None,
        kurtosis if math.isfinite(kurtosis) else None,
    )


def histogram(known: Array) -> dict[str, Any]:
    """Counts over equal bins between the 0.5 % and 99.5 % quantiles; the ends take in the rest."""
    low, high = (float(value) for value in np.quantile(known, (0.005, 0.995)))
    if not low < high:
        low, high = float(known.min()), float(known.max())
    if not low < high or not math.isfinite(high - low):
        low, high = low - 0.5, low + 0.5
    counts, edges = np.histogram(np.clip(known, low, high), bins=BINS, range=(low, high))
    return {"edges": [float(edge) for edge in edges], "counts": [int(count) for count in counts]}


def _frequent_numbers(known: Array, column: Column) -> dict[str, Any]:
    """Frequent values, where there are some; and one that may stand for a missing number."""
    if not known.size or column.kind != "number":
        return {"top": [], "hidden_missing": None}
    values, counts = np.unique(known, return_counts=True)
    order = np.lexsort((values, -counts))[:TOP]
    shares = counts[order] / known.size
    top = [
        {"value": _plain(values[at]), "rows": int(counts[at]), "share": float(share)}
        for at, share in zip(order, shares)
    ]
    hidden = None
    for at in (0, len(values) - 1):
        value, share = float(values[at]), float(counts[at] / known.size)
        far = _far_from_the_rest(values, at)
        if value in HIDDEN and share >= HIDDEN_SHARE and len(values) > 10 and far:
            hidden = {"value": value, "share": share}
    often = len(values) <= 50 or shares[0] >= 0.05
    return {"top": top if often else [], "hidden_missing": hidden}


def _far_from_the_rest(values: Array, at: int) -> bool:
    """Whether an extreme value stands alone: the only one of its sign, or beyond a gap."""
    others = np.delete(values, at)
    if values[at] < 0:
        return bool((others >= 0).all())
    return bool(values[at] > 3 * others.max())


def _plain(value: float) -> str:
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else f"{value:.6g}"


def _of_texts(
    connection: Any, relation: str, columns: Sequence[Column], rows: int, sample: Sample
) -> dict[str, dict[str, Any]]:
    cells = [name(column.name) for column in columns]
    counted = aggregate(
        connection,
        relation,
        [
            [f"count({cell})", distinct(cell, rows)]
            + [f"{each}(length({cell}))" for each in ("min", "avg", "max")]
            for cell in cells
        ],
    )
    found = {}
    for column, (present, different, *lengths) in zip(columns, counted):
        if different <= MOST_GROUPED and present:
            top = _grouped(connection, relation, column.name, rows)
        else:
            top = _counted(sample.cells[column.name])
        found[column.name] = {
            "distinct": int(different),
            "top": top,
            "example": next((_short(c) for c in sample.cells[column.name] if c is not None), None),
            "lengths": dict(zip(("min", "mean", "max"), lengths)) if present else None,
            "shapes": shapes(sample.cells[column.name].tolist()),
            "variants": variants(sample.cells[column.name]) if column.kind == "category" else [],
        }
    return found


def _grouped(connection: Any, relation: str, column: str, rows: int) -> list[dict[str, Any]]:
    cell = name(column)
    query = (
        f"SELECT {cell}, count(*) AS found FROM (SELECT * FROM {relation}) "
        f"WHERE {cell} IS NOT NULL GROUP BY 1 ORDER BY found DESC, 1 LIMIT {TOP}"
    )
    return [
        {"value": _short(str(text)), "rows": int(count), "share": count / rows}
        for text, count in connection.execute(query).fetchall()
        if count > 1
    ]


def _counted(cells: Array) -> list[dict[str, Any]]:
    counts = Counter(cell for cell in cells.tolist() if cell is not None)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:TOP]
    return [
        {"value": _short(text), "rows": count, "share": count / len(cells)}
        for text, count in ranked
        if count > 1
    ]


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def shapes(cells: Iterable[Any]) -> list[dict[str, Any]]:
    """How the texts are built, most frequent first: ``A`` letters, ``9`` digits, all else itself.

    ``12.0 oz`` has the shape ``9.9 A``; a column of one sort of thing has few.
    """
    texts = [cell for cell in cells if cell is not None][:TEXTS_SHAPED]
    counts: Counter[str] = Counter()
    for text, count in Counter(texts).items():
        counts[shape_of(text)] += count
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:SHAPES]
    return [{"shape": shape, "share": count / len(texts)} for shape, count in ranked]


def shape_of(text: str) -> str:
    """The shape of one text."""
    return _DIGITS.sub("9", _LETTERS.sub("A", text[:LONGEST]))


def variants(cells: Array) -> list[list[str]]:
    """Groups of levels that differ in case, blanks or punctuation alone, most rows first."""
    counts = Counter(cell for cell in cells.tolist() if cell is not None)
    alike: dict[str, dict[str, int]] = {}
    for text, count in counts.most_common(LEVELS_COMPARED):
        key = re.sub(r"[\W_]+", "", text.casefold())
        if key and not key.isdigit():
            alike.setdefault(key, {})[text] = count
    groups = [group for group in alike.values() if len(group) > 1]
    groups.sort(key=lambda group: -sum(group.values()))
    return [[_short(text) for text in group] for group in groups[:SHAPES]]
