"""Features of other groups, joined to rows as they were known at each row's own time.

For each row the newest record of its identifier whose event time is not later than the row's time;
of records with one event time the one that came last, by ``api_invocation_time``, then by
``write_time`` (SageMaker Developer Guide, "Create a dataset from your feature groups"). Where that
record says that the identifier was deleted, or is older than wanted, all features are missing.

Nothing after a row's time has any part in it, so no training set can hold what serving will not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from science import load, roles
from science.database import column_names, connect, file_list, write_parquet
from science.faults import Fault, UnusableData
from science.feature_names import EVENT_TIME, FRACTIONAL, IDENTIFIER, LABEL, STRING
from science.keys import moment
from science.sql_values import name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from science.landed import Landed

ADDED = frozenset({"write_time", "api_invocation_time", "is_deleted"})
"""What the offline store adds to a record."""

MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class Group:
    """A feature group whose features are wanted.

    Attributes:
        problem: the problem that keeps them.
        files: its offline store, Parquet; the files of several groups may lie together.
        columns: which features, by their own or their column's name; without any, all but the
            label.
        mended: columns by feature, where their names differ.
        on: the column of the rows that holds the group's identifiers.
        within: seconds after which a record is too old; None for never.
    """

    problem: str
    files: Sequence[Path]
    on: str
    columns: Sequence[str] = ()
    mended: Mapping[str, str] | None = None
    within: float | None = None


def join(
    inputs: Sequence[Path], groups: Sequence[Group], problem: dict[str, Any], folder: Path
) -> tuple[list[Path], list[dict[str, Any]]]:
    """Write each input again with the groups' features beside its own columns.

    Args:
        inputs: Parquet files as ``science.tables.ingest`` writes them.
        groups: whose features are wanted.
        problem: the resolved definition; ``columns.time`` names the rows' time.
        folder: where the new files go.

    Returns:
        The new files in the order of the inputs, with the same rows in the same order, and
        ``joined`` of ``problem.json``: for each group ``{"problem", "on", "within", "columns":
        {column: {"name", "type"}}}``. A feature's column is called ``<problem>.<feature>``.

    Raises:
        UnusableData: rows or groups lack a column; every fault is told.
    """
    with connect() as connection:
        landed = load.load(connection, inputs)
        names, found = landed.names, roles.find(landed.names, problem)
        _find_times(connection, landed, found.time)
        joined, faults = list[dict[str, Any]](), list[Fault]()
        for number, group in enumerate(groups):
            place = f"features.join[{number}]"
            key = roles.match(names, group.on)
            if key is None:
                cure = f"The columns are: {', '.join(names[: roles.SHOWN])}."
                faults.append(Fault(f"there is no column {group.on!r}", f"{place}.on", cure))
                continue
            listed = _wanted(connection, group, names, place, faults)
            if listed:
                _join_one(connection, len(joined), group, key, listed)
                about = {"problem": group.problem, "on": key, "within": group.within}
                joined.append({**about, "columns": listed})
        if faults:
            raise UnusableData(faults)
        return _write(connection, inputs, joined, folder), joined


def _find_times(connection: Any, landed: Landed, clock: str | None) -> None:
    """The table ``moments``: each row's number and its time in microseconds since 1970."""
    if clock is None:
        cure = "name the rows' time in columns.time"
        raise UnusableData([Fault("the rows have no time", "columns.time", cure)])
    rows = connection.execute("SELECT count(*) FROM cells").fetchone()[0]
    (column,) = load.survey(landed.engine, "cells", [clock], rows)
    # One time throughout is a constant, and was not looked at as a date.
    told = (
        f"coalesce({moment(column, landed.engine.dialect)}, "
        f"epoch(TRY_CAST({name(clock)} AS TIMESTAMPTZ)))"
    )
    connection.execute(
        "CREATE TABLE moments AS SELECT rowid AS row, "
        f"TRY_CAST(floor({told} * {MICROSECONDS}) AS BIGINT) AS moment FROM cells"
    )


def _wanted(
    connection: Any, group: Group, names: Sequence[str], place: str, faults: list[Fault]
) -> dict[str, dict[str, str]]:
    """The joined columns with the feature of each and its type."""
    if not group.files:
        cure = (
            f"define the problem {group.problem} with features.store: true, wait for its "
            "FeaturesStored, then drop the data again"
        )
        faults.append(Fault(f"{group.problem} has stored no features here", place, cure))
        return {}
    described = connection.execute(f"DESCRIBE SELECT * FROM {_files(group)}").fetchall()
    hidden = {IDENTIFIER, EVENT_TIME, *ADDED}
    types = {row[0]: row[1] for row in described if row[0] not in hidden}
    by_column = {column: feature for feature, column in (group.mended or {}).items()}
    asked = group.columns or [feature for feature in types if feature != LABEL]
    listed = {}
    for column in asked:
        feature = by_column.get(column, column)
        title = f"{group.problem}.{column}"
        if feature not in types:
            cure = f"{group.problem} has: {', '.join([*types][: roles.SHOWN])}."
            fault = f"{group.problem} has no feature {column!r}"
            faults.append(Fault(fault, f"{place}.columns", cure))
        elif title.lower() in {each.lower() for each in names}:
            cure = "rename that column"
            faults.append(Fault(f"the rows have a column {title!r} already", place, cure))
        else:
            kind = FRACTIONAL if types[feature] in {"DOUBLE", "FLOAT", "BIGINT"} else STRING
            listed[title] = {"name": feature, "type": kind}
    return listed


def _files(group: Group) -> str:
    return (
        f"read_parquet({file_list(group.files)}, union_by_name = true, hive_partitioning = false)"
    )


def _join_one(
    connection: Any, number: int, group: Group, key: str, listed: Mapping[str, Mapping[str, str]]
) -> None:
    """The table ``joined<number>``: each row's number and the features it is given."""
    features = ", ".join(
        f"CAST({name(feature['name'])} AS VARCHAR) AS {name(title)}"
        for title, feature in listed.items()
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE asked AS SELECT row, moment, cells.{name(key)} AS key "
        "FROM moments JOIN cells ON cells.rowid = moments.row"
    )
    # Rows that another engine cleaned are kept by the hash of their identifier.
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE hashed_keys AS "
        "SELECT DISTINCT key, md5_number_lower(key)::VARCHAR AS mark FROM asked WHERE key <> ''"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE history AS SELECT * FROM ("
        f"SELECT coalesce(hashed_keys.key, {IDENTIFIER}) AS key, {_moment()} AS moment, "
        f"is_deleted, api_invocation_time AS called, write_time AS written, {features} "
        f"FROM {_files(group)} LEFT JOIN hashed_keys ON hashed_keys.mark = {IDENTIFIER}) "
        "WHERE moment IS NOT NULL QUALIFY row_number() OVER "
        "(PARTITION BY key, moment ORDER BY called DESC, written DESC, is_deleted DESC) = 1"
    )
    young = ""
    if group.within is not None:
        young = f" AND asked.moment - history.moment <= {round(group.within * MICROSECONDS)}"
    given = ", ".join(
        f"CASE WHEN NOT history.is_deleted{young} THEN history.{name(title)} END AS {name(title)}"
        for title in listed
    )
    connection.execute(
        f"CREATE TABLE joined{number} AS SELECT asked.row, {given} FROM asked "
        "ASOF LEFT JOIN history ON asked.key = history.key AND asked.moment >= history.moment"
    )


def _moment() -> str:
    """A record's event time in microseconds: ISO 8601, or seconds since 1970."""
    text = f"CAST({EVENT_TIME} AS VARCHAR)"
    return (
        f"coalesce(TRY_CAST(ceil(TRY_CAST({text} AS DOUBLE) * {MICROSECONDS}) AS BIGINT), "
        f"epoch_us(TRY_CAST({text} AS TIMESTAMPTZ)))"
    )


def _write(
    connection: Any, inputs: Sequence[Path], joined: Sequence[Mapping[str, Any]], folder: Path
) -> list[Path]:
    """The inputs again, each a stretch of ``raw`` with what was joined to it."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = [f"joined{number}" for number in range(len(joined))]
    listed = "".join(
        f", {table}.{name(title)}"
        for table, group in zip(tables, joined)
        for title in group["columns"]
    )
    joins = " ".join(f"JOIN {table} ON {table}.row = raw.rowid" for table in tables)
    written, start = [], 0
    for number, source in enumerate(inputs):
        file = f"read_parquet({file_list([source])})"
        own = ", ".join(f"raw.{name(column)}" for column in column_names(connection, file))
        count = connection.execute(f"SELECT count(*) FROM {file}").fetchone()[0]
        written.append(folder / f"{number:06d}.parquet")
        write_parquet(
            connection,
            f"SELECT {own}{listed} FROM raw {joins} WHERE raw.rowid >= {start} "
            f"AND raw.rowid < {start + count} ORDER BY raw.rowid",
            written[-1],
        )
        start += count
    return written


def is_joined(problem: Mapping[str, Any]) -> set[str]:
    """The columns that came from other groups."""
    return {column for group in problem.get("joined") or [] for column in group["columns"]}
