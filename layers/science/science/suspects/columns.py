"""A table of texts, each column as its different texts and a number for each row."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from science.database import column_names, connect
from science.sql_values import literal, name
from science.suspects.shapes import MIXED, plain_number, shape, short_shape, word_shape
from science.tables import ingest
from science.values import MISSING, SOFT_MISSING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MOST_ROWS = 250_000
"""Rows that are looked at; of a longer file, an even sample."""

ROWS_AT_ONCE = 50_000
GLANCE = 400
"""So many different values say whether a column is worth a closer look."""


@dataclass
class Coded:
    """One column.

    Attributes:
        name: its name.
        values: its different texts in the order of their first row; a missing cell is ``""``.
        codes: for each row the position of its text in ``values``, int32.
    """

    name: str
    values: list[str]
    codes: Any

    @cached_property
    def counts(self) -> Any:
        """Rows with each value, int64."""
        return np.bincount(self.codes, minlength=len(self.values))

    @cached_property
    def code_of(self) -> dict[str, int]:
        """The position of each value."""
        return {value: code for code, value in enumerate(self.values)}

    @cached_property
    def empty(self) -> Any:
        """Which values hold nothing but blanks, bool."""
        return np.array([not value.strip() for value in self.values], dtype=bool)

    @cached_property
    def missing(self) -> Any:
        """Which values are empty or spell that they are missing, bool."""
        spelled = MISSING | (SOFT_MISSING if self.is_numeric else frozenset())
        return np.array([value.strip().lower() in spelled for value in self.values], dtype=bool)

    @cached_property
    def numbers(self) -> Any:
        """The value of each text that is a plain number, else NaN; float64."""
        return np.array([plain_number(value) for value in self.values], dtype=np.float64)

    @cached_property
    def is_numeric(self) -> bool:
        """Most of the texts that are there are plain numbers."""
        there = ~self.empty
        plain = self.counts[there & ~np.isnan(self.numbers)].sum()
        return bool(plain > 0.5 * max(self.counts[there].sum(), 1))

    @cached_property
    def shapes(self) -> list[str]:
        """The shape of each value (``science.suspects.shapes``)."""
        return [shape(value) for value in self.values]

    @cached_property
    def short_shapes(self) -> list[str]:
        """The shape of each value with runs as one; long texts are all alike."""
        return [short_shape(value) if len(value) <= 60 else MIXED for value in self.values]

    @cached_property
    def word_shapes(self) -> list[str]:
        """The shape of each value with every word for itself."""
        return [word_shape(value) if len(value) <= 60 else MIXED for value in self.values]

    @cached_property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.codes)

    @cached_property
    def present(self) -> int:
        """Rows whose cell is not missing."""
        return int(self.counts[~self.missing].sum())

    @cached_property
    def is_identifier(self) -> bool:
        """Nearly every row has a text of its own."""
        return len(self.values) > 0.9 * self.rows

    def mostly(self, is_so: Callable[[str], object]) -> bool:
        """Whether something holds for half of an even sample of the values that are there."""
        step = max(1, len(self.values) // GLANCE)
        glance = [self.values[code] for code in range(0, len(self.values), step)]
        there = [value for value in glance if value.strip()]
        return 2 * sum(bool(is_so(value)) for value in there) >= len(there)

    def share_by(self, keys: Sequence[str]) -> Counter[str]:
        """Rows by a property of the values, missing ones left out."""
        found: Counter[str] = Counter()
        for key, count, missing in zip(keys, self.counts.tolist(), self.missing.tolist()):
            if not missing:
                found[key] += count
        return found


@dataclass
class Table:
    """Columns of one length, and where their rows stand in the file.

    Attributes:
        columns: in the order of the file.
        numbers: for each row its number in the file, from 0.
        file_rows: how many rows the file has.
    """

    columns: list[Coded]
    numbers: Any
    file_rows: int
    _position: dict[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """The rows that are looked at."""
        return len(self.numbers)

    def position(self, title: str) -> int | None:
        """The place of a column, None if there is none of this name."""
        if not self._position:
            self._position = {column.name: at for at, column in enumerate(self.columns)}
        return self._position.get(title)


class _Builder:
    """Rows of one column, taken in piece by piece."""

    def __init__(self) -> None:
        self.code_of: dict[str, int] = {}
        self.pieces: list[Any] = []

    def add(self, cells: Sequence[str | None]) -> None:
        """Take in the next rows."""
        code_of = self.code_of
        codes = [code_of.setdefault(cell or "", len(code_of)) for cell in cells]
        self.pieces.append(np.array(codes, dtype=np.int32))

    def column(self, title: str) -> Coded:
        """The whole column."""
        codes = np.concatenate(self.pieces) if self.pieces else np.empty(0, np.int32)
        return Coded(title, list(self.code_of), codes)


def coded(columns: dict[str, Sequence[str | None]]) -> Table:
    """A table of lists of texts."""
    built = []
    for title, cells in columns.items():
        builder = _Builder()
        builder.add(cells)
        built.append(builder.column(title))
    rows = built[0].rows if built else 0
    return Table(built, np.arange(rows), rows)


def read_table(path: Path, most_rows: int = MOST_ROWS, keep: Sequence[int] = ()) -> Table:
    """Read a file of any format that is read, every cell as it stands there.

    Args:
        path: the file; its name says its format.
        most_rows: the most that are looked at; the sample is the same at every call.
        keep: numbers of rows that belong to the sample in any case.

    Raises:
        UnreadableFile: with the reason, the cure and, where there is one, the line.
    """
    with tempfile.TemporaryDirectory(prefix="suspects-") as folder, connect() as connection:
        landed = Path(folder, "landed.parquet")
        file_rows = ingest(path, path.name, landed).rows
        source = f"read_parquet({literal(str(landed))}, file_row_number = true)"
        titles = column_names(connection, f"read_parquet({literal(str(landed))})")
        chosen = ""
        if file_rows > most_rows:
            share = int(most_rows / file_rows * 1_000_000)
            kept = ", ".join(str(int(row)) for row in keep) or "-1"
            chosen = (
                f"WHERE hash(file_row_number) % 1000000 < {share} OR file_row_number IN ({kept})"
            )
        listed = ", ".join(name(title) for title in titles)
        connection.execute(
            f"SELECT file_row_number, {listed} FROM {source} {chosen} ORDER BY file_row_number"
        )
        return _fetched(connection, titles, file_rows)


def _fetched(connection: Any, titles: Sequence[str], file_rows: int) -> Table:
    builders = [_Builder() for _ in titles]
    numbers: list[Any] = []
    while rows := connection.fetchmany(ROWS_AT_ONCE):
        first, *others = zip(*rows)
        numbers.append(np.array(first, dtype=np.int64))
        for builder, cells in zip(builders, others):
            builder.add(cells)
    columns = [builder.column(title) for builder, title in zip(builders, titles)]
    return Table(columns, np.concatenate(numbers), file_rows)
