"""Pictures in a profile: their mean brightness stands for them, a number among numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from science.database import arrays
from science.images.features import brightness
from science.sql_values import name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from science.kinds import Column


def as_numbers(
    connection: Any, relation: str, columns: Sequence[Column]
) -> tuple[str, list[Column]]:
    """A relation whose pictures are numbers, and its columns; both as they are without pictures.

    Args:
        connection: the database, with the relation ``typed``.
        relation: some rows of ``typed``: what stands behind FROM.
        columns: its feature columns.
    """
    pictures = [column for column in columns if column.kind == "image"]
    if not pictures:
        return relation, list(columns)
    listed = ", ".join(name(column.name) for column in pictures)
    cells = arrays(connection, f'SELECT "_row_", {listed} FROM {relation}')
    found = {f"c{at}": brightness(cells[column.name]) for at, column in enumerate(pictures)}
    connection.register("measured", {"row": cells["_row_"], **found})
    connection.execute("CREATE OR REPLACE TEMP TABLE brightness AS SELECT * FROM measured")
    connection.unregister("measured")
    numbers = ", ".join(
        f"CASE WHEN isnan(brightness.c{at}) THEN NULL ELSE brightness.c{at} END "
        f"AS {name(column.name)}"
        for at, column in enumerate(pictures)
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW bright AS SELECT typed.* REPLACE ({numbers}) "
        'FROM typed JOIN brightness ON brightness.row = typed."_row_" ORDER BY typed."_row_"'
    )
    kinds = {column.name for column in pictures}
    return "bright", [
        replace(column, kind="number") if column.name in kinds else column for column in columns
    ]
