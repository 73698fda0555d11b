"""A quick model's score: what the columns are worth before anything is trained.

Boosted trees (``science.profiling.boosting``) learn from four fifths of the sampled rows and are
judged on the fifth that they never saw, drawn by chance. Beside each score stands that of a guess
that looks at no column. The document::

    {"model", "rows", "held_out_rows", "columns", "metric": {"name", "value", "guess",
     "greater_is_better"}, "metrics": {name: value}, "guess": {name: value},
     "confusion_matrix": {"labels", "counts"} | null,
     "importance": [{"column", "share"}]}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

import numpy as np

from science import texts
from science.evaluation import judge, measure
from science.fitting import TYPED
from science.metrics import confusion, decide
from science.profiling import boosting
from science.profiling.sample import levels
from science.target import BINARY, REGRESSION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from science.kinds import Column
    from science.profiling.sample import Sample

MODEL = "gradient boosted trees of depth 3 on binned columns"
ROWS = 12_000
FEWEST_ROWS = 50
BINS = 32
MOST_COLUMNS = 60
MOST_LEVELS = 1000
MOST_CLASSES = 20
WORDS = 48
"""Columns of words made of each text column."""
HELD_OUT = 0.2
WATCHED = 0.15
"""The share of the learning rows that only tell when to stop."""
STRENGTH = 10.0
"""So many rows of the mean are mixed into each level's mean."""

Array = Any


def score(
    sample: Sample,
    task: str,
    classes: Sequence[str],
    power: Mapping[str, Mapping[str, Any]],
    metric: Optional[str] = None,
) -> Optional[dict[str, Any]]:
    """The document; None where there is nothing to learn or too little to judge by.

    Args:
        sample: rows with labels.
        task: the task.
        classes: names of the classes in order; more than 20 are not tried.
        power: what each column tells alone: where there are many columns, the best are taken.
        metric: the name of the figure that counts; by default the task's own.
    """
    if sample.labels is None or len(classes) > MOST_CLASSES:
        return None
    sample = sample.first(ROWS)
    labelled = np.isfinite(np.asarray(sample.labels))
    labels = np.asarray(sample.labels)[labelled]
    if len(labels) < FEWEST_ROWS or len(np.unique(labels)) < 2 or not sample.columns:
        return None
    held, watched = _parts(len(labels))
    learning = ~held
    chosen = _chosen(sample.columns, power)
    number = 0 if task == REGRESSION else len(classes)
    if not len(np.unique(labels[learning & ~watched])) > 1:
        return None
    cells = {column.name: sample.cells[column.name][labelled] for column in chosen}
    codes, sources = _binned(chosen, cells, labels, learning & ~watched, number)
    model = boosting.fit(codes[learning], labels[learning], number, watched[learning])
    said = model.predict(codes[held], number)
    return {
        "model": MODEL,
        "rows": int(learning.sum()),
        "held_out_rows": int(held.sum()),
        "columns": len(chosen),
        **_judged(labels, learning, held, said, _problem(task, classes, metric)),
        "importance": _importance(model, sources),
    }


def _parts(rows: int) -> tuple[Array, Array]:
    """Which rows are held out, and which of the others are only watched."""
    chance = np.random.default_rng(0).random(rows)
    held = chance < HELD_OUT
    return held, ~held & (chance < HELD_OUT + (1 - HELD_OUT) * WATCHED)


def _chosen(columns: Sequence[Column], power: Mapping[str, Mapping[str, Any]]) -> list[Column]:
    if len(columns) <= MOST_COLUMNS:
        return list(columns)
    ranked = sorted(columns, key=lambda each: -power.get(each.name, {}).get("value", 0.0))
    return ranked[:MOST_COLUMNS]


def _binned(
    columns: Sequence[Column],
    cells_of: Mapping[str, Array],
    labels: Array,
    learning: Array,
    classes: int,
) -> tuple[Array, list[str]]:
    """Bins of every column, uint8, and the column that each stems from.

    Everything is laid by the learning rows alone.
    """
    made, sources = [], []
    for column in columns:
        cells = cells_of[column.name]
        if column.kind in TYPED:
            parts = [_of_numbers(cells, learning)]
        elif column.kind == "text":
            parts = _of_texts(column.name, cells, learning)
        else:
            parts = [_of_levels(cells, labels, learning, classes)]
        made += parts
        sources += [column.name] * len(parts)
    return np.column_stack(made).astype(np.uint8), sources


def _of_numbers(cells: Array, learning: Array) -> Array:
    """Bins of equal shares of the rows from 1; 0 is missing."""
    known = cells[learning & np.isfinite(cells)]
    if not known.size:
        return np.zeros(len(cells), dtype=np.int64)
    edges = np.unique(np.quantile(known, np.arange(1, BINS - 1) / (BINS - 1)))
    return np.where(np.isfinite(cells), np.searchsorted(edges, cells, side="left") + 1, 0)


def _of_texts(title: str, cells: Array, learning: Array) -> list[Array]:
    encoder = texts.fit(title, cells[learning].tolist(), WORDS)
    matrix = np.empty((len(cells), len(encoder["outputs"])))
    texts.encode(encoder, cells, matrix)
    return [_of_numbers(matrix[:, at], learning) for at in range(matrix.shape[1])]


def _of_levels(cells: Array, labels: Array, learning: Array, classes: int) -> Array:
    """Bins of levels in the order of what they tell of the target.

    The best split of a category by levels is one of those in this order, for two classes and for
    values (Breiman et al., 1984); for more classes levels stand in the order of the first principal
    component of their class shares (Coppersmith, Hong and Hosking, 1999).
    """
    codes, names = levels(cells, MOST_LEVELS)
    size = len(names) + 1
    of = codes[learning]
    rows = np.bincount(of, minlength=size)
    aims = labels[learning][:, None] if classes in {0, 2} else None
    if aims is None:
        aims = labels[learning][:, None] == np.arange(classes)
    mean = aims.mean(axis=0)
    sums = np.column_stack([np.bincount(of, part, size) for part in aims.T.astype(np.float64)])
    shares = (sums + STRENGTH * mean) / (rows + STRENGTH)[:, None]
    places = shares[:, 0]
    if shares.shape[1] > 1:
        centred = (shares - mean) * np.sqrt(rows)[:, None]
        places = (shares - mean) @ np.linalg.svd(centred, full_matrices=False)[2][0]
    spread = np.repeat(places, np.minimum(rows, 1000))
    spread = spread if spread.size else places
    edges = np.unique(np.quantile(spread, np.arange(1, BINS) / BINS, method="lower"))
    return np.searchsorted(edges, places, side="left")[codes]


def _problem(task: str, classes: Sequence[str], metric: Optional[str]) -> dict[str, Any]:
    return {"task": task, "classes": list(classes), "metric": {"name": metric}}


def _judged(
    labels: Array, learning: Array, held: Array, said: Array, problem: dict[str, Any]
) -> dict[str, Any]:
    task, classes = problem["task"], problem["classes"]
    truth = labels[held]
    if task == REGRESSION:
        blind: Array = np.full(len(truth), labels[learning].mean())
    else:
        shares = np.bincount(labels[learning].astype(np.int64), minlength=len(classes))
        blind = np.tile(shares / shares.sum(), (len(truth), 1))
    figures = measure(truth, _output(said, task), problem)
    guess = measure(truth, _output(blind, task), problem)
    name, value, rising = judge(figures, problem)
    matrix = None
    if task != REGRESSION:
        counts = confusion(truth.astype(np.int64), decide(said), len(classes))
        matrix = {"labels": list(classes), "counts": counts.tolist()}
    return {
        "metric": {
            "name": name,
            "value": value,
            "guess": guess[name],
            "greater_is_better": rising,
        },
        "metrics": figures,
        "guess": guess,
        "confusion_matrix": matrix,
    }


def _output(said: Array, task: str) -> Array:
    """What a model of this task answers: the positive class's probability, or all of them."""
    return said[:, 1] if task == BINARY else said


def _importance(model: boosting.Booster, sources: Sequence[str]) -> list[dict[str, Any]]:
    shares = boosting.importance(model)
    if shares is None:
        return []
    total: dict[str, float] = {}
    for source, share in zip(sources, shares):
        total[source] = total.get(source, 0.0) + float(share)
    ranked = sorted(total.items(), key=lambda item: -item[1])
    return [{"column": column, "share": round(share, 4)} for column, share in ranked if share > 0]
