"""Rows once they are cleaned: what is known of them, and where they lie.

This is the seam between the two halves of preparing. The first half, in DuckDB
(``science.prepare``) or in Spark (``science.recipe.spark_clean``), turns landed files into typed
rows that know their part. The second half fits features to them and writes every document. A
folder carries what goes from one to the other::

    cleaned.json        this module's ``Cleaned``
    typed/*.parquet     _row_ BIGINT, _key_ VARCHAR, _part_ VARCHAR, _label_ DOUBLE, then a column
                        for each feature: DOUBLE for numbers and dates (seconds since 1970), else
                        VARCHAR, missing is NULL
    held/*.parquet      _row_ BIGINT, then every column as it landed: the held-out rows
    kept/*.parquet      _row_ BIGINT, _moment_ DOUBLE, then every column trimmed, missing is NULL:
                        what the feature store keeps; none where nothing is kept there

Files in the order of their names hold the rows in the order of ``_row_``.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from science.database import file_list
from science.keys import Counted
from science.kinds import Column
from science.recipe import documents
from science.roles import Roles
from science.target import Target

if TYPE_CHECKING:
    from pathlib import Path

    from science.recipe.steps import Step

DOCUMENT, TYPED, HELD, KEPT = "cleaned.json", "typed", "held", "kept"


@dataclass
class Cleaned:
    """What the first half found out.

    Attributes:
        columns: every raw column with its kind and role, in order.
        roles: the target, identifier and clock.
        aim: what is learned; its column is one of ``columns``.
        counted: rows by what became of them.
        unread: cells that could not be read as their column's kind, by column.
        own: the definition's own steps, fitted.
        file_rows: how many rows each landed file has, where ``kept`` goes with them.
    """

    columns: list[Column]
    roles: Roles
    aim: Target
    counted: Counted
    unread: dict[str, int]
    own: list[Step] = field(default_factory=list)
    file_rows: list[int] = field(default_factory=list)

    @property
    def kept(self) -> list[Column]:
        """The columns that become features."""
        return [column for column in self.columns if column.role == "feature"]

    def document(self) -> dict[str, Any]:
        """All of it as plain JSON."""
        aim = asdict(self.aim)
        return {
            "columns": [column.document() for column in self.columns],
            "roles": asdict(self.roles),
            "aim": {**aim, "column": self.aim.column.name},
            "counted": asdict(self.counted),
            "unread": self.unread,
            "own": [documents.written(step) for step in self.own],
            "file_rows": self.file_rows,
        }

    @classmethod
    def of(cls, document: dict[str, Any]) -> Cleaned:
        """Read a document back."""
        columns = [Column(**each) for each in document["columns"]]
        aim = document["aim"]
        column = next(each for each in columns if each.name == aim["column"])
        return cls(
            columns,
            Roles(**document["roles"]),
            Target(**{**aim, "column": column}),
            Counted(**document["counted"]),
            document["unread"],
            documents.parse(document["own"]),
            document["file_rows"],
        )


def write(cleaned: Cleaned, folder: Path) -> None:
    """Write the document into a folder that holds, or will hold, the rows."""
    text = json.dumps(cleaned.document(), ensure_ascii=False, allow_nan=False)
    (folder / DOCUMENT).write_text(text, encoding="utf-8")


def read(connection: Any, folder: Path) -> Cleaned:
    """Read the document, and make the rows the views ``typed`` and ``held``.

    Where rows are kept for the feature store, they are the views ``cells`` and ``keys``.
    """
    for view in (TYPED, HELD, KEPT):
        files = sorted((folder / view).glob("*.parquet"))
        if files or view != KEPT:
            source = f"read_parquet({file_list(files)})"
            connection.execute(f"CREATE VIEW {view} AS SELECT * FROM {source}")
            if view == KEPT:
                connection.execute(
                    f'CREATE VIEW cells AS SELECT * EXCLUDE ("_moment_") FROM {KEPT}'
                )
                listed = '"_row_" AS row, "_moment_" AS moment'
                connection.execute(f"CREATE VIEW keys AS SELECT {listed} FROM {KEPT}")
    return Cleaned.of(json.loads((folder / DOCUMENT).read_text(encoding="utf-8")))
