"""A file on disk as the two relations a profile is taken from: ``cells`` as they are, ``typed``.

Most files are read as training would read them (``science.tables``, ``science.kinds``): every
format, missing markers unified, numbers and dates told from their texts. Large plain CSV and
Parquet files are read with the types that DuckDB finds, in bounded memory; there a missing marker
is one that stands in the first rows.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from science import load, tables
from science.database import aggregate
from science.fitting import TYPED
from science.kinds import Column
from science.readers.parquet_footer import refuse_false_footer
from science.recipe.duckdb_engine import DuckDBEngine
from science.sql_values import literal, name
from science.typed_csv import ROWS_LOOKED_AT, read_typed
from science.typing_rows import typed_cell

LARGE_BYTES = 200_000_000
"""Plain files from so many bytes on are read by DuckDB's own types."""
PLAIN = (".csv", ".tsv", ".parquet")
NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL")
UNSIGNED = ("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT")
TYPES = "['BIGINT', 'DOUBLE', 'DATE', 'TIMESTAMP', 'VARCHAR']"
"""Types looked for in CSV: not booleans, for their spelling (yes, t, True) would be lost."""
DATES = ("DATE", "TIMESTAMP")


@dataclass
class Landed:
    """What was read.

    Attributes:
        columns: every column with its kind.
        rows: how many rows there are.
        by_types: whether DuckDB's types were taken instead of the rules of training.
        expressions: for each column the SQL that reads its cell in ``cells``: DOUBLE for numbers
            and dates, VARCHAR for all else.
        texts: for each column the SQL of its cell as text.
    """

    columns: list[Column]
    rows: int
    by_types: bool
    expressions: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


def read(connection: Any, path: Path, file_name: str) -> Landed:
    """Create ``cells``, a row for each row of the file in its order.

    Args:
        connection: the database.
        path: the file.
        file_name: its name, which tells its format.

    Raises:
        UnreadableFile: with the reason and the cure.
    """
    lower = file_name.lower()
    if lower.endswith(PLAIN) and path.stat().st_size >= LARGE_BYTES:
        return _read_large(connection, path, parquet=lower.endswith(".parquet"))
    return _read_as_training(connection, path, file_name)


def _read_as_training(connection: Any, path: Path, file_name: str) -> Landed:
    with tempfile.TemporaryDirectory(prefix="science-") as folder:
        ingested = Path(folder, "ingested.parquet")
        tables.ingest(path, file_name, ingested)
        landed = load.load(connection, [ingested])
    connection.execute("DROP TABLE raw")
    rows = connection.execute("SELECT count(*) FROM cells").fetchone()[0]
    columns = load.survey(landed.engine, "cells", landed.names, rows)
    return Landed(
        columns,
        rows,
        by_types=False,
        expressions={column.name: typed_cell(column, name(column.name)) for column in columns},
        texts={column.name: name(column.name) for column in columns},
    )


def _read_large(connection: Any, path: Path, *, parquet: bool) -> Landed:
    file = literal(str(path))
    if parquet:
        refuse_false_footer(path)
        connection.execute(f"CREATE TABLE cells AS SELECT * FROM read_parquet({file})")
    else:
        read_typed(connection, file, "cells", types=TYPES)
    rows = connection.execute("SELECT count(*) FROM cells").fetchone()[0]
    described = connection.execute("DESCRIBE cells").fetchall()
    found = Landed([], rows, by_types=True)
    step = max(1, rows // ROWS_LOOKED_AT)
    for title, kind, *_ in described:
        _add(connection, found, title, str(kind), step)
    return found


def _add(connection: Any, found: Landed, title: str, kind: str, step: int) -> None:
    """Take in a column by its type; texts are looked at, a sample of them."""
    cell = name(title)
    text = cell if kind == "VARCHAR" else f"CAST({cell} AS VARCHAR)"
    sampled = f"(SELECT {text} AS {cell} FROM cells WHERE hash(rowid) % {step} = 0)"
    count = connection.execute(f"SELECT count(*) FROM {sampled}").fetchone()[0]
    if kind.startswith((*NUMBERS, *UNSIGNED)):
        column, expression = Column(title, "number", sure=True), f"{cell}::DOUBLE"
    elif kind.startswith(DATES):
        column, expression = Column(title, "date"), f"epoch({cell})::DOUBLE"
    else:
        column = load.survey(DuckDBEngine(connection), sampled, [title], count)[0]
        expression = typed_cell(column, text)
    found.columns.append(column)
    found.expressions[title], found.texts[title] = expression, text


def type_cells(connection: Any, found: Landed, label: str) -> None:
    """Create ``typed``: the row's number, its label, and every column's cell.

    A table where the file was read by the rules of training, whose expressions cost time; a view
    where they are casts.

    Args:
        connection: the database.
        found: what was read.
        label: the SQL of the label, DOUBLE.
    """
    listed = ", ".join(
        f"{expression} AS {name(title)}" for title, expression in found.expressions.items()
    )
    kind = "VIEW" if found.by_types else "TABLE"
    connection.execute(
        f'CREATE {kind} typed AS SELECT rowid AS "_row_", {label} AS "_label_", {listed} FROM cells'
    )


def count_cells(connection: Any, found: Landed) -> None:
    """Write into each column how many cells it has; the survey of a large file saw a sample."""
    counts = aggregate(
        connection, "cells", [[f"count({name(column.name)})"] for column in found.columns]
    )
    for column, (present,) in zip(found.columns, counts):
        column.present = int(present)
        if present == 0 and column.kind in (*TYPED, "category"):
            column.kind, column.role, column.note = "empty", "dropped", "every cell is missing"
