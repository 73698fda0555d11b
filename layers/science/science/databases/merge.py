"""The current state of a table: what was loaded, and every change since, in the order of commit.

A change is an insert, an update or a delete of the row with its key. An insert of a row that is
there replaces it: DMS's load and its changes overlap, and files may be delivered twice. An update
of a row that is not there is taken as an insert, since it carries the whole row, and a delete of
one does nothing; both are told, since something before them is missing.

A file that cannot be read, or whose columns changed their type, stops the table there: changes
after it may rest on those in it. What came before it is merged.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Optional

from science.database import (
    aggregate,
    column_names,
    connect,
    file_list,
    refusals,
    write_parquet,
)
from science.databases.change_files import OPERATIONS, Layout, Source, is_csv, source
from science.databases.column_kinds import Kinds
from science.faults import Fault
from science.readers.unreadable import UnreadableFile
from science.sql_values import name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MEMORY = "1GB"
"""What merging may hold in memory; more is spilled to disk."""

LONGEST_KEY = 3
"""Leading columns that are tried as the key when the definition names none."""

ROWS_TOLD = 5
RELOAD = "Load the table anew (a full load replaces it), or mend what writes the file."


@dataclass(frozen=True)
class Incoming:
    """A file to merge, and its name as it landed."""

    path: Path
    file_name: str


@dataclass(frozen=True)
class Merged:
    """What came of it.

    Attributes:
        rows: of the current state.
        columns: of it.
        key: the columns that tell rows apart.
        taken: how many of the change files were merged, from the first on.
        inserted: rows that changes added.
        updated: rows that changes replaced.
        deleted: rows that changes took out.
        doubts: changes that did not fit the rows there were.
        stopped: why the file after those taken could not be merged.
    """

    rows: int
    columns: int
    key: tuple[str, ...]
    taken: int
    inserted: int
    updated: int
    deleted: int
    doubts: tuple[Fault, ...] = ()
    stopped: Optional[Fault] = None


@dataclass
class _Staged:
    """Change files as they are taken into the table ``changes``, one after the other."""

    starts: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    stopped: Optional[Fault] = None

    def place(self, row: int) -> str:
        """Where a change stands: its file and the row in it, from 1."""
        at = max(at for at, start in enumerate(self.starts) if start <= row)
        return f"row {row - self.starts[at] + 1} of {self.names[at]}"


def merge(
    out_path: Path,
    *,
    state: Sequence[Path] = (),
    loads: Sequence[Incoming] = (),
    changes: Sequence[Incoming] = (),
    key: Sequence[str] = (),
    layout: Layout = Layout(),  # noqa: B008  frozen
    memory_limit: str = MEMORY,
) -> Merged:
    """Merge files into the current state and write it as Parquet, in the order of its key.

    Args:
        out_path: the file to write, in an existing folder.
        state: the files of the state so far; passed over when there are loads.
        loads: the files of a full load, which replaces the table.
        changes: files of changes in the order of commit.
        key: the columns that tell rows apart; found in the rows when none are given.
        layout: what the files do not say themselves.
        memory_limit: as DuckDB writes it.

    Raises:
        UnreadableFile: the load is at fault, so that there is nothing to merge into.
    """
    untyped = any(is_csv(each.file_name) for each in (*loads, *changes))
    with connect(memory_limit) as connection:
        kinds = _base(connection, state, loads, layout, untyped=untyped)
        found = tuple(key) or _find_key(connection)
        _check_key(connection, found)
        staged = _stage(connection, changes, found, kinds, layout)
        counts, doubts = _judge(connection, found, staged)
        _apply(connection, found, out_path)
        rows = connection.execute("SELECT count(*) FROM state").fetchone()[0]
        columns = len(column_names(connection, "state"))
    return Merged(rows, columns, found, len(staged.names), *counts, tuple(doubts), staged.stopped)


def _base(
    connection: Any,
    state: Sequence[Path],
    loads: Sequence[Incoming],
    layout: Layout,
    *,
    untyped: bool,
) -> Kinds:
    """Make ``base``, the rows that changes are merged into."""
    if not loads:
        relation = f"read_parquet({file_list(state)}, union_by_name = true)"
        connection.execute(f"CREATE TABLE base AS SELECT * FROM {relation}")
        return Kinds.of(connection, "base", untyped=untyped)
    kinds = None
    for each in loads:
        read = source(connection, each.path, each.file_name, layout)
        if kinds is None:
            listed = ", ".join(f"{name(title)} {kind}" for title, kind in read.columns.items())
            connection.execute(f"CREATE TABLE base ({listed})")
            kinds = Kinds(read.columns, untyped=untyped)
        else:
            fault = kinds.admit(connection, read, ("base",))
            if fault:
                raise UnreadableFile(f"{each.file_name}: {fault}", RELOAD)
        _insert(connection, "base", read, each.file_name, "")
    assert kinds is not None
    kinds.look(connection, "base")
    return kinds


def _insert(connection: Any, table: str, read: Source, file_name: str, before: str) -> None:
    """Append a file's rows.

    Raises:
        UnreadableFile: it is damaged.
    """
    listed = ", ".join(name(title) for title in read.columns)
    operation = f"{read.operation}, " if before else ""
    try:
        connection.execute(
            f"INSERT INTO {table} ({before}{listed}) "
            f"SELECT {operation}{listed} FROM {read.relation}"
        )
    except refusals() as error:
        reason = f"{file_name} is damaged or cut off."
        raise UnreadableFile(reason, "Have it written again under its name.") from error


def _find_key(connection: Any) -> tuple[str, ...]:
    """The fewest leading columns that tell all rows apart.

    Raises:
        UnreadableFile: there are none, or no rows to tell by.
    """
    columns = column_names(connection, "base")
    rows = connection.execute("SELECT count(*) FROM base").fetchone()[0]
    for length in range(1, min(LONGEST_KEY, len(columns)) + 1 if rows else 1):
        leading = columns[:length]
        if _rows_told_apart(connection, leading) == rows:
            return tuple(leading)
    reason = "No leading columns of the table tell its rows apart."
    raise UnreadableFile(reason, "Name the table's key in problem.yaml: key: [column].")


def _rows_told_apart(connection: Any, key: Sequence[str]) -> int:
    listed = ", ".join(name(column) for column in key)
    present = " AND ".join(f"{name(column)} IS NOT NULL" for column in key)
    query = f"SELECT count(*) FROM (SELECT DISTINCT {listed} FROM base WHERE {present})"
    return int(connection.execute(query).fetchone()[0])


def _check_key(connection: Any, key: Sequence[str]) -> None:
    """Make sure that the key is there and tells rows apart.

    Raises:
        UnreadableFile: with what is wrong.
    """
    columns = column_names(connection, "base")
    known = {column.lower() for column in columns}
    missing = [column for column in key if column.lower() not in known]
    cure = "Name the table's key in problem.yaml as the database has it."
    if missing:
        reason = f"The table has no column {', '.join(missing)}, which is to be its key."
        raise UnreadableFile(reason, f"{cure} It has: {', '.join(columns)}.")
    rows = connection.execute("SELECT count(*) FROM base").fetchone()[0]
    apart = _rows_told_apart(connection, key)
    if apart != rows:
        reason = f"{rows - apart} rows share their key ({', '.join(key)}) with another, or lack it."
        raise UnreadableFile(reason, cure)


def _stage(
    connection: Any,
    changes: Sequence[Incoming],
    key: Sequence[str],
    kinds: Kinds,
    layout: Layout,
) -> _Staged:
    """Take change files into ``changes`` until one of them does not fit."""
    connection.execute(
        "CREATE TABLE changes AS SELECT CAST(NULL AS VARCHAR) AS _op_, * FROM base LIMIT 0"
    )
    staged = _Staged()
    for each in changes:
        start = connection.execute("SELECT count(*) FROM changes").fetchone()[0]
        try:
            read = source(connection, each.path, each.file_name, layout)
            fault = kinds.admit(connection, read, ("base", "changes"))
            fault = fault or _misfit(connection, read, key)
            if fault is None:
                _insert(connection, "changes", read, each.file_name, "_op_, ")
        except UnreadableFile as error:
            staged.stopped = Fault(error.reason, each.file_name, error.cure)
            return staged
        if fault:
            staged.stopped = Fault(fault, each.file_name, RELOAD)
            return staged
        staged.starts.append(start)
        staged.names.append(each.file_name)
    return staged


def _misfit(connection: Any, read: Source, key: Sequence[str]) -> Optional[str]:
    """What a change file lacks: operations that are known, and a key in every row."""
    there = {column.lower() for column in read.columns}
    missing = [column for column in key if column.lower() not in there]
    if missing:
        return f"it has no column {', '.join(missing)}, which is the table's key"
    listed = ", ".join(f"'{each}'" for each in OPERATIONS)
    keyless = " OR ".join(f"{name(column)} IS NULL" for column in key)
    expressions = [
        f"count(*) FILTER (coalesce({read.operation}, '') NOT IN ({listed}))",
        f"count(*) FILTER ({keyless})",
    ]
    ((unknown, keyless_rows),) = aggregate(connection, read.relation, [expressions])
    if unknown:
        return f"{unknown} rows have another operation than I, U or D"
    return f"{keyless_rows} rows lack their key ({', '.join(key)})" if keyless_rows else None


def _judge(
    connection: Any, key: Sequence[str], staged: _Staged
) -> tuple[tuple[int, int, int], list[Fault]]:
    """Make ``last``, the newest change of each key; count, and tell of what does not fit."""
    listed = ", ".join(name(column) for column in key)
    same = " AND ".join(f"c.{name(column)} = b.{name(column)}" for column in key)
    connection.execute(
        f"CREATE TABLE judged AS SELECT c.rowid AS _row_, c._op_, "
        f"coalesce(lag(c._op_) OVER (PARTITION BY {', '.join(f'c.{name(k)}' for k in key)} "
        f"ORDER BY c.rowid) <> 'D', b._there_, false) AS _before_ "
        f"FROM changes c LEFT JOIN (SELECT true AS _there_, {listed} FROM base) b ON {same}"
    )
    inserted, updated, deleted = connection.execute(
        "SELECT count(*) FILTER (_op_ <> 'D' AND NOT _before_), "
        "count(*) FILTER (_op_ <> 'D' AND _before_), count(*) FILTER (_op_ = 'D' AND _before_) "
        "FROM judged"
    ).fetchone()
    told = (
        ("U", "updates of rows that were never inserted; they were taken as inserts"),
        ("D", "deletes of rows that are not there; they did nothing"),
    )
    doubts = []
    for operation, what in told:
        rows = connection.execute(
            "SELECT _row_, count(*) OVER () FROM judged WHERE _op_ = ? AND NOT _before_ "
            f"ORDER BY _row_ LIMIT {ROWS_TOLD}",
            [operation],
        ).fetchall()
        if rows:
            doubts.append(_doubt(rows, what, staged))
    return (inserted, updated, deleted), doubts


def _doubt(rows: list[tuple[int, int]], what: str, staged: _Staged) -> Fault:
    where = "; ".join(staged.place(row) for row, _ in rows)
    more = f" and {rows[0][1] - len(rows)} more" if rows[0][1] > len(rows) else ""
    cure = "See whether a change file before them is missing; a full load sets the table right."
    return Fault(f"{rows[0][1]} {what}", f"{where}{more}", cure)


def _apply(connection: Any, key: Sequence[str], out_path: Path) -> None:
    listed = ", ".join(name(column) for column in key)
    columns = ", ".join(name(column) for column in column_names(connection, "base"))
    connection.execute(
        f"CREATE VIEW last AS SELECT * FROM changes "
        f"QUALIFY row_number() OVER (PARTITION BY {listed} ORDER BY rowid DESC) = 1"
    )
    connection.execute(
        f"CREATE VIEW state AS SELECT {columns} FROM base ANTI JOIN last USING ({listed}) "
        f"UNION ALL SELECT {columns} FROM last WHERE _op_ <> 'D'"
    )
    write_parquet(connection, f"SELECT * FROM state ORDER BY {listed}", out_path)
