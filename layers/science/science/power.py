"""How well each column alone tells the target, and the warning when it tells too well.

A column that alone nearly gives the target away was usually written after the fact, or is the
target in other words. It is never left out silently: a person has to say so (``columns.exclude``).

Cells are put into at most 64 bins (equal shares of the rows for numbers, the most frequent levels
for texts). Bins are laid and counted on one half of the rows and judged on the other, so that
columns of many levels do not look better than they are.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from science.target import BINARY, REGRESSION
from science.values import mapped, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from science.kinds import Column

BINS = 64
ROWS_LOOKED_AT = 20_000
LEAKING = {"roc_auc": 0.995, "r2": 0.995, "accuracy": 0.995}
"""Beyond this a column alone tells too much, by the figure that fits the task."""


def measure(
    columns: Sequence[Column], cells: Mapping[str, Any], labels: Any, task: str
) -> dict[str, dict[str, Any]]:
    """For each column the figure of a model that knows nothing else.

    Args:
        columns: the feature columns.
        cells: their training cells, as ``encode.fetch`` gives them.
        labels: class numbers or values, float64.
        task: the task.

    Returns:
        By column ``{"figure": "roc_auc" | "accuracy" | "r2", "value", "leaks"}``.
    """
    step = max(1, len(labels) // ROWS_LOOKED_AT)
    aims = labels[::step]
    figure = {BINARY: "roc_auc", REGRESSION: "r2"}.get(task, "accuracy")
    bar = LEAKING[figure]
    base = _accuracy_of_one_class(aims) if figure == "accuracy" else 0.0
    found = {}
    for column in columns:
        codes = _codes(cells[column.name][::step])
        value = _FIGURES[figure](codes, aims)
        leaks = value >= max(bar, base + (1 - base) * 0.98)
        found[column.name] = {"figure": figure, "value": round(value, 4), "leaks": bool(leaks)}
    return found


def warnings(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A sentence for each column that tells too much."""
    return [
        f"{name} alone nearly gives the target away ({told['figure']} {told['value']:.3f}): "
        "if it is known only afterwards, name it in columns.exclude."
        for name, told in found.items()
        if told["leaks"]
    ]


def _codes(cells: Any) -> Any:
    """Bin numbers from 0; the last is missing or rare."""
    if cells.dtype.kind == "f":
        known = cells[np.isfinite(cells)]
        if known.size == 0:
            return np.zeros(len(cells), dtype=np.int64)
        edges = np.unique(np.quantile(known, np.arange(1, BINS) / BINS))
        codes = np.searchsorted(edges, cells, side="left")
        return np.where(np.isfinite(cells), codes, len(edges) + 1)
    counts = Counter(cells.tolist())
    places = {text: place for place, (text, _) in enumerate(counts.most_common(BINS))}
    return mapped(cells, lambda cell: places.get(text_of(cell), BINS)).astype(np.int64)


def _halves(codes: Any, values: Any) -> tuple[Any, Any]:
    """Mean of ``values`` per bin on even rows, looked up for odd rows; and those rows' values."""
    bins = int(codes.max()) + 1
    counts = np.bincount(codes[::2], minlength=bins)
    sums = np.bincount(codes[::2], weights=values[::2], minlength=bins)
    mean = values[::2].mean()
    return ((sums + mean) / (counts + 1))[codes[1::2]], values[1::2]


def _roc_auc(codes: Any, labels: Any) -> float:
    """Area under the ROC curve: the share of pairs in the right order, ties counting half."""
    scores, truth = _halves(codes, labels)
    levels, places = np.unique(scores, return_inverse=True)
    ones = np.bincount(places, weights=truth, minlength=len(levels))
    zeros = np.bincount(places, weights=1 - truth, minlength=len(levels))
    if not ones.sum() or not zeros.sum():
        return 0.5
    below = np.cumsum(zeros) - zeros
    return float((ones * (below + zeros / 2)).sum() / (ones.sum() * zeros.sum()))


def _r2(codes: Any, labels: Any) -> float:
    guess, truth = _halves(codes, labels)
    spread = float(((truth - truth.mean()) ** 2).sum())
    missed = float(((truth - guess) ** 2).sum())
    return max(1.0 - missed / spread, 0.0) if spread > 0 else 0.0


def _accuracy(codes: Any, labels: Any) -> float:
    classes = int(labels.max()) + 1
    bins = int(codes.max()) + 1
    cells = codes[::2] * classes + labels[::2].astype(np.int64)
    table = np.bincount(cells, minlength=bins * classes).reshape(bins, classes)
    overall = table.sum(axis=0) / max(1, int(table.sum()))
    guess = (table + overall).argmax(axis=1)[codes[1::2]]
    return float((guess == labels[1::2]).mean()) if len(guess) else 0.0


def _accuracy_of_one_class(labels: Any) -> float:
    return float(np.bincount(labels.astype(np.int64)).max() / max(1, len(labels)))


_FIGURES = {"roc_auc": _roc_auc, "r2": _r2, "accuracy": _accuracy}
