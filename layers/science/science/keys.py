"""One line for each row that stays: its label, its part, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from science import split, sql_values
from science.faults import Fault, UnusableData
from science.sql_values import literal, name
from science.target import FEWEST_ROWS, REGRESSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from science.kinds import Column
    from science.roles import Roles
    from science.target import Target


@dataclass
class Counted:
    """How many rows each step left out, and what is left."""

    read: int
    without_target: int
    duplicates: int
    train: int = 0
    validation: int = 0
    holdout: int = 0
    dropped: dict[str, int] = field(default_factory=lambda: {"missing": 0, "outliers": 0})
    bounds: dict[str, list[float]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def kept(self) -> int:
        """Rows that stay."""
        return self.read - self.without_target - self.duplicates


def make(
    connection: Any,
    columns: Sequence[Column],
    roles: Roles,
    target: Target,
    problem: dict[str, Any],
) -> Counted:
    """Create the table ``keys`` (row, label, key, moment, part) from ``cells``.

    Rows without a target go, then exact duplicates (the first stays), then the rest is split.
    """
    names = [column.name for column in columns]
    clock = next((column for column in columns if column.name == roles.time), None)
    others = [each for each in names if each != roles.target]
    key = split.content(others)
    if roles.identifier:
        key = f"coalesce({name(roles.identifier)}, '')"
    whole = f"md5_number({split.content(others)})"
    connection.execute(
        'CREATE TEMP TABLE hashed AS SELECT "_row_" AS row, "_label_" AS label, "_key_" AS key, '
        '"_whole_" AS whole, "_moment_" AS moment FROM (SELECT rowid AS "_row_", '
        f'{_label(target)} AS "_label_", md5_number_lower({key}) AS "_key_", {whole} AS "_whole_", '
        f'{moment_of(clock)} AS "_moment_" FROM cells) WHERE "_label_" IS NOT NULL'
    )
    read = connection.execute("SELECT count(*) FROM cells").fetchone()[0]
    labelled = connection.execute("SELECT count(*) FROM hashed").fetchone()[0]
    firsts = ""
    if (problem.get("prepare") or {}).get("duplicates", "drop") == "drop":
        firsts = "WHERE row IN (SELECT min(row) FROM hashed GROUP BY whole, label)"
    holdout = (problem.get("evaluate") or {}).get("holdout", 0.15)
    part = split.by_hash(holdout) if clock is None else split.by_time(holdout)
    connection.execute(
        f"CREATE TABLE keys AS SELECT row, label, key, moment, {part} AS part "
        f"FROM hashed {firsts} ORDER BY row"
    )
    kept = connection.execute("SELECT count(*) FROM keys").fetchone()[0]
    counted = Counted(read, read - labelled, labelled - kept)
    _warn_of_repeats(counted)
    _refuse_too_few(counted)
    _settle_parts(connection, target, holdout, counted, timed=clock is not None)
    return counted


def _refuse_too_few(counted: Counted) -> None:
    if counted.kept < FEWEST_ROWS:
        fault = Fault(
            f"only {counted.kept} different rows are left: {counted.duplicates} are exact copies "
            f"and {counted.without_target} lack the target",
            "data",
            "bring more rows; if copies are events of their own, set prepare.duplicates: keep",
        )
        raise UnusableData([fault])


def _label(target: Target) -> str:
    """The label as a number: the class's index, or the value."""
    cell = name(target.column.name)
    if target.task == REGRESSION:
        mark = target.column.decimal
        return sql_values.formatted_number(cell, mark) if mark else sql_values.plain_number(cell)
    cases = " ".join(f"WHEN {literal(text)} THEN {at}" for text, at in target.numbers.items())
    return f"(CASE {cell} {cases} END)::DOUBLE"


def moment_of(clock: Column | None) -> str:
    """A row's time in seconds since 1970, as an expression over ``cells``.

    Raises:
        UnusableData: the column's cells are no times.
    """
    if clock is None:
        return "NULL::DOUBLE"
    if clock.kind == "date":
        return sql_values.seconds(name(clock.name), clock.formats)
    if clock.kind == "number" or clock.note:
        # One time throughout, say, is a constant, and was not looked at as a date.
        cell = name(clock.name)
        return f"coalesce({sql_values.plain_number(cell)}, epoch(TRY_CAST({cell} AS TIMESTAMPTZ)))"
    fault = Fault(
        f"its cells read as {clock.kind}, not as dates",
        clock.name,
        "write dates such as 2024-05-31 or 2024-05-31T12:00:00Z, or leave columns.time out",
    )
    raise UnusableData([fault])


def _warn_of_repeats(counted: Counted) -> None:
    rows = counted.kept + counted.duplicates
    if counted.duplicates > 0.2 * rows:
        counted.warnings.append(
            f"{counted.duplicates} of {rows} rows are exact copies of others and were left out; "
            "if each is an event of its own, set prepare.duplicates: keep."
        )


def _settle_parts(
    connection: Any, target: Target, holdout: float, counted: Counted, *, timed: bool
) -> None:
    """Make sure that every part can do its work, and count them."""
    grouped = "label" if target.task != REGRESSION else "'all'"
    if timed and _lacking(connection, grouped):
        counted.warnings.append(
            "The newest rows hold too little to judge by (one class, or no rows): "
            "the rows were split by chance, not by time."
        )
        connection.execute(f"UPDATE keys SET part = {split.by_hash(holdout)}")
        timed = False
    if not timed:
        counted.warnings += split.mend(connection, holdout, grouped)
    count_parts(connection, "keys", "part", counted)


def count_parts(connection: Any, table: str, part: str, counted: Counted) -> None:
    """Count the rows of each part of a table."""
    query = f"SELECT {name(part)}, count(*) FROM {table} GROUP BY 1"
    found = dict(connection.execute(query).fetchall())
    counted.train = found.get(split.TRAIN, 0)
    counted.validation = found.get(split.VALIDATION, 0)
    counted.holdout = found.get(split.HOLDOUT, 0)


def _lacking(connection: Any, grouped: str) -> bool:
    """Whether some part has no rows, or one class where there are two."""
    least = 2 if grouped == "label" else 1
    found = connection.execute(
        f"SELECT count(DISTINCT {grouped}) FROM keys GROUP BY part"
    ).fetchall()
    return len(found) < 3 or any(classes < least for (classes,) in found)
