"""Files of labelled rows: read, and proposed."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import numpy as np

from science.faults import Fault, UnusableData
from science.suspects.columns import read_table
from science.suspects.learn import Labels, alike

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from science.suspects.columns import Coded, Table
    from science.suspects.evidence import Evidence

ROW = "row"
MOST_TOLD = 5
LONGEST_NUMBER = 18
COVERED = 0.3
"""What a kind of cell is still worth to ask about once one like it is asked."""

SILENT = 0.02


def read_labels(path: Path) -> Table:
    """A file of labelled rows: the data's columns, or some of them, and ``row``.

    Raises:
        UnreadableFile: it cannot be read.
        UnusableData: it has no column ``row``, or no other one.
    """
    read = read_table(path)
    titles = [column.name for column in read.columns]
    if ROW not in titles:
        what = f"it has no column {ROW!r}"
        raise UnusableData([Fault(what, str(path), "say in it which data row each is, from 0")])
    if len(titles) == 1:
        what = f"it has no column besides {ROW!r}"
        raise UnusableData([Fault(what, str(path), "give the right values of the data's columns")])
    return read


def row_numbers(labels: Table) -> list[int]:
    """The rows that a file of labels names; what is no number is left out here."""
    texts = _texts(labels.columns[labels.position(ROW) or 0])
    return [int(text) for text in texts if text.strip().isdecimal() and len(text) < LONGEST_NUMBER]


def matched(labels: Table, table: Table, path: Path) -> Labels:
    """Labelled rows matched with those of the table.

    Raises:
        UnusableData: rows or columns are not the table's; every fault is named.
    """
    faults: list[Fault] = []
    where = str(path)
    places = _places(labels, table, faults, where)
    values: dict[int, list[str]] = {}
    unknown: list[str] = []
    for column in labels.columns:
        if column.name != ROW:
            at = table.position(_title(column.name, table))
            if at is None:
                unknown.append(column.name)
            else:
                values[at] = _texts(column)
    if unknown:
        known = ", ".join(column.name for column in table.columns)
        what = f"the data has no column {_listed(unknown)}"
        faults.append(Fault(what, where, f"its columns are: {known}"))
    if faults:
        raise UnusableData(faults)
    return Labels(places, values)


def _title(title: str, table: Table) -> str:
    """A column of the data that is itself named ``row`` is the second of that name."""
    return ROW if title == f"{ROW}_2" and table.position(title) is None else title


def _places(labels: Table, table: Table, faults: list[Fault], where: str) -> list[int]:
    texts = [text.strip() for text in _texts(labels.columns[labels.position(ROW) or 0])]
    last = table.file_rows - 1
    no_numbers = [text for text in texts if not text.isdecimal()]
    beyond = [text for text in texts if text.isdecimal() and int(text) > last]
    twice = sorted({text for text in texts if texts.count(text) > 1})
    cure = f"number the data rows from 0; the last is {last}"
    if no_numbers:
        faults.append(Fault(f"no row numbers: {_listed(no_numbers)}", where, cure))
    if beyond:
        faults.append(Fault(f"the data has no row {_listed(beyond)}", where, cure))
    if twice:
        faults.append(Fault(f"labelled twice: row {_listed(twice)}", where, "keep one line a row"))
    if no_numbers or beyond:
        return []
    return [int(place) for place in np.searchsorted(table.numbers, [int(text) for text in texts])]


def _texts(column: Coded) -> list[str]:
    return [column.values[code] for code in column.codes]


def _listed(texts: Sequence[str]) -> str:
    told = ", ".join(repr(text) for text in texts[:MOST_TOLD])
    more = len(texts) - MOST_TOLD
    return f"{told} and {more} more" if more > 0 else told


def worth_labelling(
    table: Table, found: Sequence[Sequence[Evidence]], scores: Sequence[Any], most: int = 20
) -> list[int]:
    """The rows whose labels would say most of the others, most telling first.

    Each row is worth the kinds of cells in it: how many are of the kind, and how doubtful they are.
    What one chosen row says, another need hardly say again.
    """
    kinds, worth = [], []
    for at, column in enumerate(table.columns):
        keys = alike(column, found[at])
        _, kind, counts = np.unique(keys, return_inverse=True, return_counts=True)
        doubt = 1 - np.abs(2 * np.bincount(kind, weights=scores[at]) / counts - 1)
        kinds.append(kind)
        worth.append(np.sqrt(counts) * (doubt + SILENT))
    chosen: list[int] = []
    for _ in range(min(most, table.rows)):
        gain = np.sum([value[kind] for kind, value in zip(kinds, worth)], axis=0)
        gain[chosen] = -1
        best = int(gain.argmax())
        chosen.append(best)
        for kind, value in zip(kinds, worth):
            value[kind[best]] *= COVERED
    return chosen


def write_rows(table: Table, rows: Sequence[int], path: Path) -> None:
    """Write rows as they stand, with their numbers: to be put right and given back as labels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([ROW, *(column.name for column in table.columns)])
        for row in rows:
            cells = [column.values[column.codes[row]] for column in table.columns]
            writer.writerow([int(table.numbers[row]), *cells])
