"""Several tables become one table of rows, by the query that the problem's definition holds.

The query is a person's text, so it runs where it can do nothing but read those tables: it is one
SELECT, and DuckDB is kept from files, from the network and from its own settings ("Securing
DuckDB").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional

from science.database import column_names, connect, file_list, refusals, words_of
from science.databases import text_types
from science.faults import Fault, UnusableData
from science.readers.delimited import column_names as unique_names
from science.sql_values import literal, name
from science.tables import Ingested

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

MEMORY = "1GB"
"""What a query may hold in memory; more is spilled to disk."""

WHERE = "data.sources.query"
LONGEST_ERROR = 300
NESTED = ("STRUCT", "MAP", "UNION")


@dataclass(frozen=True)
class Joined(Ingested):
    """What the query gave.

    Attributes:
        fingerprint: the same for the same rows, whatever their order.
    """

    fingerprint: str


@dataclass(frozen=True)
class Table:
    """The current state of a table.

    Attributes:
        files: its Parquet files.
        untyped: whether its columns are texts that came without types, as from CSV.
    """

    files: Sequence[Path]
    untyped: bool = False


def join(
    tables: Mapping[str, Table],
    query: Optional[str],
    out_path: Path,
    *,
    memory_limit: str = MEMORY,
) -> Joined:
    """Run the query over the tables and write its rows as Parquet, every column VARCHAR.

    A table ``shop.orders`` is called so, and ``orders`` where no other table has that last name.

    Args:
        tables: by their names in the definition.
        query: one SELECT; may be left out when there is one table.
        out_path: the file to write, its folder existing.
        memory_limit: as DuckDB writes it.

    Raises:
        UnusableData: the query cannot be run, or gives no rows; every fault is told.
    """
    with connect(memory_limit) as connection:
        for title, table in tables.items():
            _attach(connection, title, table)
        _shut(connection, tables, out_path)
        text = query.strip().rstrip(";") if query else _only(tables)
        _check(connection, text)
        return _write(connection, text, tables, out_path)


def _only(tables: Mapping[str, Table]) -> str:
    if len(tables) != 1:
        listed = ", ".join(sorted(tables))
        fault = Fault(
            f"there are {len(tables)} tables and no query that joins them: {listed}",
            WHERE,
            "write a query, or name one table under tables",
        )
        raise UnusableData([fault])
    return f"SELECT * FROM {_quoted(next(iter(tables)))}"


def _quoted(title: str) -> str:
    return ".".join(name(part) for part in title.split("."))


def _attach(connection: Any, title: str, table: Table) -> None:
    """Make a view of the table under its name, and under its last name where that is free."""
    source = f"read_parquet({file_list(list(table.files))}, union_by_name = true)"
    columns = "*"
    if table.untyped:
        texts = column_names(connection, source)
        columns = text_types.typed(text_types.infer(connection, source, texts))
    parts = title.split(".")
    for end in range(1, len(parts)):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {_quoted('.'.join(parts[:end]))}")
    connection.execute(f"CREATE VIEW {_quoted(title)} AS SELECT {columns} FROM {source}")
    if len(parts) > 1:
        last = name(parts[-1])
        connection.execute(f"CREATE VIEW IF NOT EXISTS {last} AS SELECT * FROM {_quoted(title)}")


def _shut(connection: Any, tables: Mapping[str, Table], out_path: Path) -> None:
    """From here on: the tables' files and the answer's folder, and nothing else."""
    files = [path for table in tables.values() for path in table.files]
    connection.execute(f"SET allowed_paths = {file_list(files)}")
    connection.execute(f"SET allowed_directories = {file_list([out_path.parent])}")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _check(connection: Any, text: str) -> None:
    import duckdb

    try:
        statements = connection.extract_statements(text)
    except refusals() as error:
        raise UnusableData([_unrunnable(error)]) from error
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        fault = Fault("it is not one SELECT", WHERE, "write one query that only reads")
        raise UnusableData([fault])


def _unrunnable(error: Exception) -> Fault:
    """DuckDB's own words, which name the column or the place, without the echo of the query."""
    said = re.split(r"\n\n|\tCandidate", words_of(error), maxsplit=1)[0].strip().replace("\n", " ")
    said = said if len(said) <= LONGEST_ERROR else f"{said[:LONGEST_ERROR]}…"
    return Fault(
        f"it cannot be run: {said}",
        WHERE,
        "mend the query; it is DuckDB's SQL over the tables as they are now",
    )


def _write(connection: Any, text: str, tables: Mapping[str, Table], out_path: Path) -> Joined:
    try:
        described = connection.execute(f"DESCRIBE {text}").fetchall()
        titles = unique_names([column for column, *_ in described])
        listed = ", ".join(
            _as_text(f"c{at}", kind, title)
            for at, ((_, kind, *_), title) in enumerate(zip(described, titles))
        )
        places = ", ".join(f"c{at}" for at in range(len(described)))
        source = f"(WITH asked AS ({text}\n) SELECT * FROM asked) AS found({places})"
        form = "FORMAT parquet, COMPRESSION zstd"
        copied = connection.execute(
            f"COPY (SELECT {listed} FROM {source}) TO {literal(str(out_path))} ({form})"
        ).fetchone()
    except refusals() as error:
        raise UnusableData([_unrunnable(error)]) from error
    rows = int(copied[0])
    if rows == 0:
        out_path.unlink()
        fault = Fault(
            f"it gives no rows over {', '.join(sorted(tables))}",
            WHERE,
            "see whether the tables have rows, and what the query leaves out",
        )
        raise UnusableData([fault])
    written = f"read_parquet({literal(str(out_path))}) AS row_"
    ((marks,),) = connection.execute(
        f"SELECT sum(CAST(hash(row_) AS HUGEINT)) FROM {written}"
    ).fetchall()
    return Joined(rows, len(titles), out_path.stat().st_size, f"{rows}-{marks:x}")


def _as_text(cell: str, kind: str, title: str) -> str:
    kind = str(kind)
    if kind.startswith(NESTED) or kind.endswith("]"):
        return f"CAST(to_json({cell}) AS VARCHAR) AS {name(title)}"
    if kind == "BLOB":
        return f"hex({cell}) AS {name(title)}"
    return f"CAST({cell} AS VARCHAR) AS {name(title)}"
