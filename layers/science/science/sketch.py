"""What a set of rows looks like, in a size that does not grow with the rows.

A sketch counts the values of each column in bins that were laid over the training data. Sketches
over the same bins merge by adding, so each new file of traffic costs only its own rows, and the
order in which files arrive does not matter.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any, Iterable, Mapping, Optional

import numpy as np

from science.images.features import brightness
from science.values import boolean_of, level_of, number_of, text_of

Array = np.ndarray[Any, Any]

BINS = 50
"""Bins of a number, each with about an equal share of the training rows."""
LEVELS = 500
"""Levels of a category that are counted by name; rarer ones are counted together."""
EDGE_SAMPLE = 200_000
"""Edges are quantiles of so many rows at most: more would move them by less than 0.1 %."""
GRID, FEW = 8192, 20_000
"""Cells that find a number's bin quickly, and how many numbers make it worth laying them."""
VERSION = 1

NUMBER, CATEGORY, PRESENCE = "number", "category", "presence"
MEASURES = {
    "number": NUMBER,
    "text": NUMBER,
    "image": NUMBER,
    "boolean": CATEGORY,
    "ordinal": CATEGORY,
    "category": CATEGORY,
    "constant": CATEGORY,
}
"""How a kind of column is watched. Free text is watched by its length,
pictures by their mean brightness. Of dates and identifiers,
new in every row by their nature, only whether they are there."""


UNSTRUCTURED = frozenset({"text", "image"})
"""Kinds whose number is a stand-in, not the value."""


@dataclass
class ColumnSketch:
    """Counts of one column.

    Attributes:
        name: the column.
        kind: its kind in the training data.
        measure: ``number``, ``category`` or ``presence``.
        edges: of numbers: the inner edges; bin i holds what is above edge i − 1, up to edge i.
        levels: of categories: the names, most frequent in training first.
        complete: whether ``levels`` are all that training held.
        decimal: the decimal mark, if its numbers are written with one.
        counts: rows in each bin; of categories, the last bin is every other level.
        present: rows with a value.
        missing: rows without one, or with one that cannot be read.
        unreadable: how many of the missing have a value that is no number.
        distinct: of categories: how many levels training held.
        whole: of numbers: rows whose number is whole.
        total: sum of the numbers.
        squares: sum of their squares, about ``origin`` so that digits are not lost.
        origin: the mean of the training data.
        lowest: the least number.
        highest: the greatest.
    """

    name: str
    kind: str
    measure: str
    edges: list[float]
    levels: list[str]
    complete: bool
    decimal: Optional[str]
    counts: list[int]
    present: int = 0
    missing: int = 0
    unreadable: int = 0
    distinct: int = 0
    whole: int = 0
    total: float = 0.0
    squares: float = 0.0
    origin: float = 0.0
    lowest: Optional[float] = None
    highest: Optional[float] = None

    def empty(self) -> ColumnSketch:
        """The same bins without rows."""
        blank = ColumnSketch(
            self.name,
            self.kind,
            self.measure,
            self.edges,
            self.levels,
            self.complete,
            self.decimal,
            [0] * len(self.counts),
        )
        blank.origin, blank.distinct = self.origin, self.distinct
        return blank

    def add(self, column: Array) -> None:
        """Count more rows: texts, numbers, booleans, None; shape (n,)."""
        if self.measure == NUMBER:
            numbers, times, unreadable = _measured(column, self.kind, self.decimal)
            self.unreadable += unreadable
            self._add_numbers(numbers, times)
            return
        if self.measure == PRESENCE and column.dtype.kind == "f":
            known = int(np.isfinite(column).sum())
            self.present, self.missing = self.present + known, self.missing + len(column) - known
            return
        values, weights = _tally(column)
        texts = [_level(value, self.kind) for value in values]
        there = np.array([text is not None for text in texts], dtype=bool)
        self.present += int(weights[there].sum())
        self.missing += int(weights[~there].sum())
        if self.measure == CATEGORY:
            place = {level: at for at, level in enumerate(self.levels)}
            for text, weight in zip(texts, weights.tolist()):
                if text is not None:
                    self.counts[place.get(text, len(self.levels))] += weight

    def _add_numbers(self, values: Array, weights: Optional[Array]) -> None:
        """Count numbers, NaN as missing; without weights each counts once."""
        before = len(values) if weights is None else int(weights.sum())
        known = np.isfinite(values)
        if not known.all():
            values = values[known]
            weights = None if weights is None else weights[known]
        there = len(values) if weights is None else int(weights.sum())
        self.missing += before - there
        self.present += there
        if not values.size:
            return
        place = places(np.array(self.edges), values)
        added = np.bincount(place, weights, minlength=len(self.counts))
        self.counts = [old + int(new) for old, new in zip(self.counts, added)]
        whole, off = values == np.floor(values), values - self.origin
        if weights is None:
            self.whole += int(np.count_nonzero(whole))
            self.total += float(values.sum())
            self.squares += float(off @ off)
        else:
            self.whole += int(weights[whole].sum())
            self.total += float(values @ weights)
            self.squares += float(off**2 @ weights)
        low, high = float(values.min()), float(values.max())
        self.lowest = low if self.lowest is None else min(self.lowest, low)
        self.highest = high if self.highest is None else max(self.highest, high)

    def merge(self, other: ColumnSketch) -> ColumnSketch:
        """Both together.

        Raises:
            ValueError: they were counted in different bins.
        """
        if (self.edges, self.levels) != (other.edges, other.levels):
            raise ValueError(f"sketches of {self.name} do not share their bins")
        both = self.empty()
        both.counts = [left + right for left, right in zip(self.counts, other.counts)]
        for name in ("present", "missing", "unreadable", "whole", "total", "squares"):
            setattr(both, name, getattr(self, name) + getattr(other, name))
        ends = [end for end in (self.lowest, other.lowest) if end is not None]
        both.lowest = min(ends, default=None)
        both.highest = max(
            (end for end in (self.highest, other.highest) if end is not None), default=None
        )
        return both

    @property
    def rows(self) -> int:
        """All rows counted, with a value or without."""
        return self.present + self.missing

    @property
    def mean(self) -> Optional[float]:
        """Mean of the numbers."""
        return self.total / self.present if self.present else None

    @property
    def deviation(self) -> Optional[float]:
        """Their standard deviation (of the rows themselves, not of a population behind them)."""
        if not self.present:
            return None
        shift = self.total / self.present - self.origin
        return float(np.sqrt(max(0.0, self.squares / self.present - shift**2)))


@dataclass
class Sketch:
    """Counts of every watched column; ``rows`` is the number of rows seen."""

    columns: dict[str, ColumnSketch]
    rows: int = 0

    @classmethod
    def baseline(cls, columns: Mapping[str, Array], schema: Iterable[Mapping[str, Any]]) -> Sketch:
        """Lay bins over the training data, and count it.

        Args:
            columns: raw values by column, all of the same length; columns without are left out.
            schema: of each column at least ``name`` and ``kind`` (``science.kinds``), and the
                ``decimal`` mark if its numbers have one.
        """
        made = {}
        for entry in schema:
            name = entry["name"]
            if name in columns and entry["kind"] != "empty":
                made[name] = _laid(columns[name], entry)
                made[name].add(columns[name])
        rows = max((column.rows for column in made.values()), default=0)
        return cls(made, rows)

    @classmethod
    def from_columns(cls, baseline: Sketch, columns: Mapping[str, Array]) -> Sketch:
        """Count rows in the bins of a baseline; a column they lack counts as missing throughout."""
        rows = max((len(column) for column in columns.values()), default=0)
        made = {name: column.empty() for name, column in baseline.columns.items()}
        for name, column in made.items():
            if name in columns:
                column.add(columns[name])
            else:
                column.missing += rows
        return cls(made, rows)

    def merge(self, other: Sketch) -> Sketch:
        """Both together.

        Raises:
            ValueError: they were counted in different bins.
        """
        if self.columns.keys() != other.columns.keys():
            raise ValueError("sketches of different columns cannot be merged")
        merged = {name: column.merge(other.columns[name]) for name, column in self.columns.items()}
        return Sketch(merged, self.rows + other.rows)

    def to_json(self) -> str:
        """The sketch as text."""
        columns = [asdict(column) for column in self.columns.values()]
        return json.dumps({"version": VERSION, "rows": self.rows, "columns": columns})

    @classmethod
    def from_json(cls, text: str | bytes) -> Sketch:
        """A sketch from its text.

        Raises:
            ValueError: it is of another version.
        """
        document = json.loads(text)
        if document["version"] != VERSION:
            raise ValueError(f"sketches of version {document['version']} are not read")
        columns = {entry["name"]: ColumnSketch(**entry) for entry in document["columns"]}
        return cls(columns, document["rows"])


def _laid(column: Array, entry: Mapping[str, Any]) -> ColumnSketch:
    """Empty bins that fit a column of the training data."""
    kind, decimal = entry["kind"], entry.get("decimal")
    made = ColumnSketch(
        entry["name"],
        kind,
        MEASURES.get(kind, PRESENCE),
        edges=[],
        levels=[],
        complete=True,
        decimal=decimal,
        counts=[],
    )
    if made.measure == NUMBER:
        values, weights, _ = _measured(column, kind, decimal)
        known = np.isfinite(values)
        kept = np.ones(int(known.sum())) if weights is None else weights[known]
        made.edges = _edges(values[known], kept)
        made.counts = [0] * (len(made.edges) + 1)
        made.origin = _mean(values[known], kept)
    elif made.measure == CATEGORY:
        levels: Counter[str] = Counter()
        for value, weight in zip(*_tally(column)):
            level = _level(value, kind)
            if level is not None:
                levels[level] += int(weight)
        ranked = sorted(levels, key=lambda level: (-levels[level], level))
        made.levels, made.complete = ranked[:LEVELS], len(ranked) <= LEVELS
        made.distinct = len(ranked)
        made.counts = [0] * (len(made.levels) + 1)
    return made


def places(edges: Array, values: Array) -> Array:
    """``np.searchsorted(edges, values)``, five times as fast for many values.

    A grid over the edges tells the bin of most values by one multiplication. A cell that holds an
    edge, or is the neighbour of one (for rounding), tells nothing, and its values are searched.

    Args:
        edges: rising, shape (e,).
        values: finite, shape (n,).
    """
    span = float(edges[-1]) - float(edges[0]) if edges.size else 0.0
    if values.size < FEW or not 0.0 < span < np.inf or GRID / span == np.inf:
        return np.searchsorted(edges, values, side="left")
    cells = np.arange(-1, GRID + 1)
    table = np.searchsorted(edges, edges[0] + (cells + 0.5) * (span / GRID), side="left")
    held = ((edges - edges[0]) * (GRID / span)).astype(np.int64) + 1
    table[np.clip(held[:, None] + np.array([-1, 0, 1]), 0, GRID + 1)] = -1
    with np.errstate(over="ignore"):
        cell = (values - edges[0]) * (GRID / span)
    np.clip(np.floor(cell, out=cell), -1, GRID, out=cell)
    place: Array = table.astype(np.int32)[cell.astype(np.int32) + 1]
    unsure = place < 0
    place[unsure] = np.searchsorted(edges, values[unsure], side="left")
    return place


def _level(value: Any, kind: str) -> Optional[str]:
    """The level a cell counts as; yes, 1 and true are one level of a boolean."""
    told = boolean_of(value) if kind == "boolean" else np.nan
    return level_of(value) if np.isnan(told) else ("true" if told else "false")


def _edges(values: Array, weights: Array) -> list[float]:
    """Inner edges: midway between values if these are few, else at equal shares of the rows."""
    if values.size > EDGE_SAMPLE:
        step = -(-values.size // EDGE_SAMPLE)
        values, weights = values[::step], weights[::step]
    order = np.argsort(values, kind="stable")
    values, weights = values[order], weights[order]
    distinct = np.unique(values)
    if distinct.size <= BINS:
        return [float(edge) for edge in (distinct[1:] + distinct[:-1]) / 2.0]
    reached = np.cumsum(weights) / weights.sum()
    shares = np.arange(1, BINS) / BINS
    at = np.searchsorted(reached, shares, side="left")
    # A value so frequent that it fills a bin of its own is an edge; so is the one just below it.
    return [float(edge) for edge in np.unique(values[at])]


def _mean(values: Array, weights: Array) -> float:
    return float(values @ weights / weights.sum()) if values.size else 0.0


def _measured(
    column: Array, kind: str, decimal: Optional[str]
) -> tuple[Array, Optional[Array], int]:
    """A column as numbers, their weights (None: once each), and how many cells are no number.

    Text is measured by its length in characters, a picture by its mean brightness.
    """
    if kind != "text" and column.dtype.kind in "fiub":
        return column.astype(np.float64, copy=False), None, 0
    if kind == "image":
        return brightness(column), None, 0
    cells, weights = _tally(column)
    texts = [text_of(cell) for cell in cells]
    if kind == "text":
        values = np.array([np.nan if text is None else float(len(text)) for text in texts])
        return values, weights.astype(np.float64), 0
    values = np.array([number_of(cell, decimal) for cell in cells], dtype=np.float64)
    there = np.array([text is not None for text in texts], dtype=bool)
    unreadable = int(weights[there & ~np.isfinite(values)].sum())
    return values, weights.astype(np.float64), unreadable


def _tally(column: Array) -> tuple[list[Any], Array]:
    """Distinct cells and how often each occurs; cells that cannot be keys count one by one."""
    cells = column.tolist()
    try:
        counts = Counter(cells)
    except TypeError:  # a JSON record may hold lists and objects
        counts = Counter(str(cell) if isinstance(cell, (list, dict)) else cell for cell in cells)
    return list(counts), np.fromiter(counts.values(), dtype=np.int64, count=len(counts))
