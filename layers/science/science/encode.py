"""Rows to the matrix that trains, and to the files that keep them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from science import features as feature_rules
from science.database import arrays, write_matrix, write_parquet
from science.fitting import TYPED
from science.sql_values import literal, name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from science.kinds import Column

CELLS_AT_ONCE = 40_000_000
"""So many numbers are encoded in memory at a time: 160 MB of them."""


def part_of(part: str) -> str:
    """The rows of one part of ``typed``: what stands behind FROM."""
    return f'typed WHERE "_part_" = {literal(part)}'


def fetch(connection: Any, columns: Sequence[Column], part: str) -> dict[str, Any]:
    """A part's columns, and its label as ``_label_``, as arrays for ``features.apply``."""
    listed = [
        f"coalesce({name(column.name)}, 'nan'::DOUBLE) AS {name(column.name)}"
        if column.kind in TYPED
        else name(column.name)
        for column in columns
    ]
    return arrays(connection, f'SELECT "_label_", {", ".join(listed)} FROM {part_of(part)}')


def write_part(
    connection: Any, document: Mapping[str, Any], columns: Mapping[str, Any], path: Path
) -> None:
    """Encode rows and write them: label first, then the features, all float32.

    Args:
        connection: the database.
        document: the fitted features.
        columns: what ``fetch`` gave.
        path: the Parquet file.
    """
    titles = ["label", *_titles(document)]
    rows = len(columns["_label_"])
    step = max(1, CELLS_AT_ONCE // len(titles))
    if rows <= step:
        write_matrix(connection, path, list(zip(titles, _encoded(document, columns))))
        return
    for start in range(0, rows, step):
        chunk = {title: values[start : start + step] for title, values in columns.items()}
        listed = {f"c{i}": values for i, values in enumerate(_encoded(document, chunk))}
        connection.register("chunk", listed)
        verb = "INSERT INTO encoded" if start else "CREATE OR REPLACE TABLE encoded AS"
        connection.execute(f"{verb} SELECT * FROM chunk")
        connection.unregister("chunk")
    listed_titles = ", ".join(f"c{i} AS {name(title)}" for i, title in enumerate(titles))
    write_parquet(connection, f"SELECT {listed_titles} FROM encoded", path)
    connection.execute("DROP TABLE encoded")


def _titles(document: Mapping[str, Any]) -> list[str]:
    """Features' names; one that reads as the label's own gives way."""
    titles = feature_rules.names(document)
    return [title + " (feature)" if title.lower() == "label" else title for title in titles]


def _encoded(document: Mapping[str, Any], columns: Mapping[str, Any]) -> Iterator[Any]:
    labels = columns["_label_"]
    yield labels.astype(np.float32)
    matrix = feature_rules.apply(document, columns, len(labels))
    for index in range(matrix.shape[1]):
        yield matrix[:, index]


def write_holdout(connection: Any, path: Path) -> None:
    """Write the raw cells of the held-out rows, every column as it landed, in the files' order."""
    query = 'SELECT * EXCLUDE ("_row_") FROM held ORDER BY "_row_"'
    write_parquet(connection, query, path)
