"""Rows held in memory as arrays, for what only a sample can tell at a bearable price."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional

import numpy as np

from science.database import arrays
from science.fitting import TYPED
from science.sql_values import name
from science.values import level_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from science.kinds import Column

LEVELLED = ("category", "boolean", "ordinal")
"""Kinds whose cells are levels of a category."""


@dataclass
class Sample:
    """Some rows of a table.

    Attributes:
        columns: the columns that are told of, in order.
        cells: by column float64 with NaN for numbers and dates, else texts with None.
        rows: each row's number in the table, from 0.
        whole: how many rows the table has.
        labels: class numbers or values of the target, NaN where it is missing; None without one.
    """

    columns: list[Column]
    cells: dict[str, Any]
    rows: Any
    whole: int
    labels: Optional[Any] = None

    def of_kind(self, *kinds: str) -> list[Column]:
        """Its columns of these kinds."""
        return [column for column in self.columns if column.kind in kinds]

    @property
    def size(self) -> int:
        """How many rows it holds."""
        return len(self.rows)

    def of(self, columns: list[Column]) -> Sample:
        """The same rows of some of its columns."""
        return Sample(columns, self.cells, self.rows, self.whole, self.labels)

    def labelled(self) -> tuple[dict[str, Any], Any]:
        """Cells by column, and labels, of the rows that have a label."""
        if self.labels is None:
            return {}, np.empty(0)
        known = np.isfinite(self.labels)
        return {each.name: self.cells[each.name][known] for each in self.columns}, self.labels[
            known
        ]

    def first(self, most: int) -> Sample:
        """At most so many of its rows, evenly spread."""
        step = -(-self.size // most)
        if step <= 1:
            return self
        return Sample(
            self.columns,
            {column: cells[::step] for column, cells in self.cells.items()},
            self.rows[::step],
            self.whole,
            None if self.labels is None else self.labels[::step],
        )


def draw(
    connection: Any,
    relation: str,
    columns: Sequence[Column],
    rows: int,
    most: int,
    *,
    labelled: bool,
) -> Sample:
    """Rows drawn by a hash of their number: the same ones at every call, and no pattern's.

    Args:
        connection: the database.
        relation: what stands behind FROM; it has ``_row_`` (the row's number) and the columns.
        columns: the columns to fetch.
        rows: how many rows the relation has.
        most: how many to draw, about, at most.
        labelled: whether it has ``_label_``.
    """
    listed = ['"_row_"', *(['"_label_"'] if labelled else []), *map(_expression, columns)]
    query = f"SELECT {', '.join(listed)} FROM (SELECT * FROM {relation})"
    if rows > most:
        query += f' WHERE hash("_row_") % {rows} < {most}'
    fetched = arrays(connection, f'{query} ORDER BY "_row_"')
    labels = fetched.pop("_label_") if labelled else None
    numbered = np.asarray(fetched.pop("_row_"), dtype=np.int64)
    return Sample(list(columns), fetched, numbered, rows, labels)


def _expression(column: Column) -> str:
    cell = name(column.name)
    return f"coalesce({cell}, 'nan'::DOUBLE) AS {cell}" if column.kind in TYPED else cell


def levels(cells: Any, most: int) -> tuple[Any, list[Optional[str]]]:
    """Level numbers of a column's cells, and the names of the most frequent levels.

    A missing cell is a level, None. Levels beyond the ``most`` frequent share the last number,
    ``len(names)``.
    """
    spelled = Counter(cells.tolist())
    counts: Counter[Optional[str]] = Counter()
    level = {}
    for cell, count in spelled.items():
        level[cell] = level_of(cell)
        counts[level[cell]] += count
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0] or ""))
    names = [text for text, _ in ranked[:most]]
    places = {text: place for place, text in enumerate(names)}
    of_cell = {cell: places.get(text, len(names)) for cell, text in level.items()}
    return np.array([of_cell[cell] for cell in cells.tolist()], dtype=np.int64), names
