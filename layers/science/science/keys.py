"""One line for each row that stays: its label, its part, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from science import split, sql_values
from science.dialects import DUCKDB
from science.faults import Fault, UnusableData
from science.target import FEWEST_ROWS, REGRESSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from science.dialects import Dialect
    from science.kinds import Column
    from science.landed import Landed
    from science.recipe.engines import Engine
    from science.roles import Roles
    from science.target import Target


@dataclass
class Counted:
    """How many rows each step left out, and what is left.

    ``cuts`` has the moments from which rows are held out and validate, where time divides them.
    """

    read: int
    without_target: int
    duplicates: int
    train: int = 0
    validation: int = 0
    holdout: int = 0
    dropped: dict[str, int] = field(default_factory=lambda: {"missing": 0, "outliers": 0})
    bounds: dict[str, list[float]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    cuts: dict[str, float] = field(default_factory=dict)

    @property
    def kept(self) -> int:
        """Rows that stay."""
        return self.read - self.without_target - self.duplicates


def make(
    landed: Landed,
    columns: Sequence[Column],
    roles: Roles,
    target: Target,
    problem: dict[str, Any],
) -> Counted:
    """Create the table ``keys`` (row, label, key, moment, part) from ``cells``.

    Rows without a target go, then exact duplicates (the first stays), then the rest is split.
    """
    engine = landed.engine
    clock = next((column for column in columns if column.name == roles.time), None)
    _hash(landed, columns, roles, target)
    ((read,),) = engine.query("SELECT count(*) FROM cells")
    ((labelled,),) = engine.query("SELECT count(*) FROM hashed")
    firsts = ""
    if (problem.get("prepare") or {}).get("duplicates", "drop") == "drop":
        firsts = "WHERE row IN (SELECT min(row) FROM hashed GROUP BY whole, label)"
    holdout = (problem.get("evaluate") or {}).get("holdout", 0.15)
    part = split.by_hash(holdout) if clock is None else split.by_time(holdout)
    engine.define(
        "keys",
        f"SELECT row, label, key, moment, {part} AS part FROM hashed {firsts}"
        f"{engine.dialect.in_order('row')}",
    )
    ((kept,),) = engine.query("SELECT count(*) FROM keys")
    counted = Counted(read, read - labelled, labelled - kept)
    _warn_of_repeats(counted)
    _refuse_too_few(counted)
    _settle_parts(engine, target, holdout, counted, timed=clock is not None)
    return counted


def _hash(landed: Landed, columns: Sequence[Column], roles: Roles, target: Target) -> None:
    """Create ``hashed``: each labelled row's number, label, key (of its part), content, moment."""
    source, key = "cells", ""
    clock = next((column for column in columns if column.name == roles.time), None)
    content = split.content([c.name for c in columns if c.name != roles.target])
    if landed.key:
        source, key = "keyed", "_key_"
        _show_keyed(landed, columns)
    told = {
        "row": f"{source}.{landed.cells_row}",
        "label": label_of(target, DUCKDB.name(target.column.name)),
        "key": key or key_of(roles, content, DUCKDB),
        "whole": DUCKDB.md5(content),
        "moment": moment(clock, DUCKDB),
    }
    inner = ", ".join(f"{each} AS told_{title}" for title, each in told.items())
    outer = ", ".join(f"told_{title} AS {title}" for title in told)
    landed.engine.define_by_rows(
        "hashed",
        source,
        f"SELECT {outer} FROM (SELECT {inner} FROM {source}) AS told WHERE told_label IS NOT NULL",
    )


def _show_keyed(landed: Landed, columns: Sequence[Column]) -> None:
    """The cells with the key that each row had before they were changed."""
    title = landed.engine.dialect.name
    listed = ", ".join(f"cells.{each} AS {each}" for each in (title(c.name) for c in columns))
    landed.engine.show(
        "keyed",
        f"SELECT cells.{landed.cells_row} AS _row_, origin.key AS _key_, {listed} "
        f"FROM cells JOIN {landed.key} AS origin ON origin.row = cells.{landed.cells_row}",
    )


def key_of(roles: Roles, content: str, dialect: Dialect) -> str:
    """The number that a row's part follows from: of its identifier, else of its content."""
    told = f"coalesce({dialect.name(roles.identifier)}, '')" if roles.identifier else content
    return dialect.low_half_of_md5(told)


def _refuse_too_few(counted: Counted) -> None:
    if counted.kept < FEWEST_ROWS:
        fault = Fault(
            f"only {counted.kept} different rows are left: {counted.duplicates} are exact copies "
            f"and {counted.without_target} lack the target",
            "data",
            "bring more rows; if copies are events of their own, set prepare.duplicates: keep",
        )
        raise UnusableData([fault])


def label_of(target: Target, cell: str, dialect: Dialect = DUCKDB) -> str:
    """The SQL of the label as a number: the class's index, or the value."""
    if target.task == REGRESSION:
        return sql_values.number(cell, target.column.decimal, sure=False, dialect=dialect)
    cases = " ".join(
        f"WHEN {dialect.literal(text)} THEN {at}" for text, at in target.numbers.items()
    )
    return f"CAST((CASE {cell} {cases} END) AS DOUBLE)"


def moment(clock: Column | None, dialect: Dialect) -> str:
    """A row's time as a number.

    Raises:
        UnusableData: the column's cells are no times.
    """
    if clock is None:
        return "CAST(NULL AS DOUBLE)"
    if clock.kind == "date":
        return sql_values.seconds(dialect.name(clock.name), clock.formats, dialect)
    if clock.kind == "number" or clock.note:
        return sql_values.plain_number(dialect.name(clock.name), dialect)
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
    engine: Engine, target: Target, holdout: float, counted: Counted, *, timed: bool
) -> None:
    """Make sure that every part can do its work, and count them."""
    grouped = "label" if target.task != REGRESSION else "'all'"
    if timed and _lacking(engine, grouped):
        counted.warnings.append(
            "The newest rows hold too little to judge by (one class, or no rows): "
            "the rows were split by chance, not by time."
        )
        part = split.by_hash(holdout)
        order = engine.dialect.in_order("row")
        engine.define("keys", f"SELECT row, label, key, moment, {part} AS part FROM keys{order}")
        timed = False
    if not timed:
        counted.warnings += split.mend(engine, holdout, grouped)
    if timed:
        found = engine.query("SELECT part, min(moment) FROM keys GROUP BY part")
        wanted = {split.HOLDOUT, split.VALIDATION}
        counted.cuts = {part: cut for part, cut in found if part in wanted and cut is not None}
    count_parts(engine, "keys", "part", counted)


def count_parts(engine: Engine, table: str, part: str, counted: Counted) -> None:
    """Count the rows of each part of a table."""
    title = engine.dialect.name(part)
    found = dict(engine.query(f"SELECT {title}, count(*) FROM {table} GROUP BY 1"))
    counted.train = found.get(split.TRAIN, 0)
    counted.validation = found.get(split.VALIDATION, 0)
    counted.holdout = found.get(split.HOLDOUT, 0)


def _lacking(engine: Engine, grouped: str) -> bool:
    """Whether some part has no rows, or one class where there are two."""
    least = 2 if grouped == "label" else 1
    found = engine.query(f"SELECT count(DISTINCT {grouped}) FROM keys GROUP BY part")
    return len(found) < 3 or any(classes < least for (classes,) in found)
