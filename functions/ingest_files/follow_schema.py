"""How a file's columns differ from those of the files before it, and what the problem has now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lifecycle.records import InputRecord, SchemaRecord
from science.examples.wanted import wanted
from science.schema import SHOWN, changes, of_file, refuse_lost_roles, sentence, united

if TYPE_CHECKING:
    from pathlib import Path

    from lifecycle.ports import Ports


def follow(
    rows: Path, row: InputRecord, definition: dict[str, Any], ports: Ports
) -> tuple[InputRecord, SchemaRecord | None]:
    """The input with its changes, and the problem's columns if it changed them.

    Pictures, texts and streamed rows are not followed: the former have the columns that reading
    them gives, and of the latter each record may leave out what it likes.

    Args:
        rows: the file's rows as Parquet.
        row: the input.
        definition: the problem's.
        ports: the doors to the world.

    Raises:
        LostColumn: the target or the identifier is missing, which the files before it had.
    """
    columns = None
    if row.origin == "file" and wanted(definition, row.source) is None:
        columns = of_file(rows)
    if columns is None:
        return row, None
    empty = SchemaRecord(problem=row.problem)
    known = ports.records.get(empty) or empty
    refuse_lost_roles(known.columns, columns, definition)
    told = [sentence(change) for change in changes(known.columns, columns)]
    if len(told) > SHOWN:
        told[SHOWN:] = [f"{len(told) - SHOWN} more columns differ."]
    merged = tuple(united(known.columns, columns, row.source))
    schema = known.model_copy(update={"columns": merged})
    row = row.model_copy(update={"changes": tuple(told)})
    return row, schema if merged != known.columns else None
