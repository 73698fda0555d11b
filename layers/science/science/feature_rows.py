"""Cleaned rows as records of a feature group, in the forms that its two stores take.

The offline store takes Parquet in its own layout, with three columns more (SageMaker Developer
Guide, "Offline store data format"); the online store the newest record of each identifier.

A record's event time is its row's own time, where the problem has a time column and the cell can be
read, else the arrival of the file that brought the row. It is written in UTC with milliseconds,
``2026-02-03T10:11:12.000Z`` (CreateFeatureGroup, ``EventTimeFeatureName``).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from science import sql_values
from science.database import column_names, connect, file_list, write_parquet
from science.feature_names import EVENT_TIME, FRACTIONAL, IDENTIFIER, LABEL, STRING, stored_as
from science.split import content
from science.sql_values import literal, name, words_in_order
from science.target import REGRESSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from science.cleaned import Cleaned
    from science.kinds import Column

SOURCE, MOMENT = "_source_", "_moment_"
"""Columns of kept rows that are no features: the input file's number, the row's time in seconds."""

TYPES = {"DOUBLE": FRACTIONAL}
LONGEST_IDENTIFIER = 2048
"""Bytes of a record identifier (Feature Store quotas); of a longer one its fingerprint is taken."""

EARLIEST, LATEST = -62_135_596_800, 253_402_300_799
"""Years 1 to 9999 in seconds since 1970: a time outside them is none."""


def _written(moment: str) -> str:
    """A timestamp as the Feature Store takes it."""
    return f"strftime({moment}, '%Y-%m-%dT%H:%M:%S.%gZ')"


def keep_rows(
    connection: Any,
    cleaned: Cleaned,
    inputs: Sequence[Path] | None,
    path: Path,
    left_out: Iterable[str] = (),
) -> dict[str, Any]:
    """Keep the cleaned rows of a run.

    The file has ``record_id``, ``label`` (the class's text, or the number), a column for each
    feature as it was read, before anything is filled, clipped or scaled, ``_source_`` and
    ``_moment_``. Pictures are left out: a record has 350 KB at most (Feature Store quotas).

    Args:
        connection: a database with the relation ``typed``; with ``cells`` and ``keys``, too, where
            the rows were cleaned in it.
        cleaned: what is known of the rows.
        inputs: the files that ``cells`` was made of, in order; None where they were cleaned
            elsewhere. Without what ``science.cleaned`` calls ``kept``, a row is then known by the
            hash of its identifier.
        path: the Parquet file.
        left_out: columns that come from other groups, which keep them.

    Returns:
        What the Feature Store knows of the columns, see ``feature_names.stored_as``.
    """
    counts = cleaned.file_rows if inputs is None else _counts(connection, inputs)
    told = inputs is not None or bool(counts)
    pictures = [column.name for column in cleaned.kept if column.kind == "image"]
    stored = stored_as(
        cleaned.kept, cleaned.roles.identifier, [*left_out, *pictures], hashed=not told
    )
    kinds = {column.name: column for column in cleaned.kept}
    read = _read if told else _typed
    listed = "".join(
        f"{read(kinds[column])} AS {name(feature['name'])}, "
        for column, feature in stored["features"].items()
    )
    source = _here(connection, cleaned, counts) if told else _elsewhere(cleaned)
    identifier, moment, number, relation = source
    write_parquet(
        connection,
        f"SELECT {identifier} AS {IDENTIFIER}, {_label(cleaned)} AS {LABEL}, {listed}"
        f"{number} AS {SOURCE}, {moment} AS {MOMENT} FROM {relation} "
        'ORDER BY typed."_row_"',
        path,
    )
    return stored


def _label(cleaned: Cleaned) -> str:
    if cleaned.aim.task == REGRESSION:
        return 'typed."_label_"::DOUBLE'
    return f'[{words_in_order(cleaned.aim.classes)}][typed."_label_"::BIGINT + 1]'


def _read(column: Column) -> str:
    cell = f"cells.{name(column.name)}"
    if column.kind != "number":
        return cell
    return sql_values.number(cell, column.decimal, sure=column.sure)


def _typed(column: Column) -> str:
    cell = f"typed.{name(column.name)}"
    return _written(f"make_timestamp(({cell} * 1e6)::BIGINT)") if column.kind == "date" else cell


def _here(connection: Any, cleaned: Cleaned, counts: Sequence[int]) -> tuple[str, str, str, str]:
    """Identifier, time, number of the file, and FROM, of rows whose cells are in this database.

    A row is known by its own identifier; by a fingerprint of itself where it has none.

    Args:
        connection: the database.
        cleaned: what is known of the rows.
        counts: how many rows each file has.
    """
    # Rows cleaned elsewhere tell their numbers, and so do those that own steps left some out of.
    cells = column_names(connection, "cells")
    row = '"_row_"' if "_row_" in cells else "rowid"
    relation = (
        f'typed JOIN keys ON keys.row = typed."_row_" JOIN cells ON cells.{row} = typed."_row_"'
    )
    source, moment = _source(counts), "keys.moment"
    if cleaned.roles.time in column_names(connection, "cells"):
        # One time throughout is a constant, and was not looked at as a date.
        told = f"cells.{name(cleaned.roles.time)}"
        moment = f"coalesce({moment}, epoch(TRY_CAST({told} AS TIMESTAMPTZ)))"
    if cleaned.roles.identifier is None:
        return 'typed."_key_"', moment, source, relation
    own = name(cleaned.roles.identifier)
    target = cleaned.roles.target
    columns = [each for each in cells if each not in {target, "_row_"}]
    identifier = (
        f"CASE WHEN cells.{own} IS NULL THEN nameless.mark "
        f"WHEN strlen(cells.{own}) > {LONGEST_IDENTIFIER} THEN md5(cells.{own}) "
        f"ELSE cells.{own} END"
    )
    nameless = (
        f"LEFT JOIN (SELECT {row} AS row, md5({content(columns)}) AS mark FROM cells "
        f'WHERE {own} IS NULL) nameless ON nameless.row = typed."_row_"'
    )
    return identifier, moment, source, f"{relation} {nameless}"


def _elsewhere(cleaned: Cleaned) -> tuple[str, str, str, str]:
    """The same of rows that were cleaned elsewhere: what ``typed`` alone tells of them."""
    clock = cleaned.roles.time
    timed = any(each.name == clock and each.kind in {"date", "number"} for each in cleaned.kept)
    moment = f"typed.{name(clock)}" if clock and timed else "NULL::DOUBLE"
    return 'typed."_key_"', moment, "NULL::INTEGER", "typed"


def _counts(connection: Any, inputs: Sequence[Path]) -> list[int]:
    """How many rows each file has."""
    counts = dict(
        connection.execute(
            f"SELECT file_name, num_rows FROM parquet_file_metadata({file_list(inputs)})"
        ).fetchall()
    )
    return [int(counts[str(path)]) for path in inputs]


def _source(counts: Sequence[int]) -> str:
    """The number of the file that a row came from."""
    cases, end = [], 0
    for number, rows in enumerate(counts[:-1]):
        end += rows
        cases.append(f'WHEN typed."_row_" < {end} THEN {number}')
    last = max(0, len(counts) - 1)
    return f"CASE {' '.join(cases)} ELSE {last} END" if cases else str(last)


def definitions(path: Path) -> list[tuple[str, str]]:
    """Feature names and types of kept rows, the identifier left out."""
    hidden = {IDENTIFIER, SOURCE, MOMENT}
    with connect() as connection:
        described = connection.execute(
            f"DESCRIBE SELECT * FROM read_parquet({literal(str(path))})"
        ).fetchall()
    return [(row[0], TYPES.get(row[1], STRING)) for row in described if row[0] not in hidden]


def write_offline(
    rows: Path, folder: Path, arrivals: Sequence[str], written_at: str, types: Mapping[str, str]
) -> tuple[list[tuple[str, Path]], int]:
    """Write kept rows as the offline store keeps records: a file for each hour of event time.

    Args:
        rows: what ``keep_rows`` wrote.
        folder: where the files go.
        arrivals: when each input file arrived, ISO 8601.
        written_at: the moment of writing, ISO 8601.
        types: the group's features and their types; what is a number here and a text there is
            written as text.

    Returns:
        Each file with its place in the store, ``year=…/month=…/day=…/hour=…/<latest event time>``
        (to which a mark and the suffix are to be added), in order; and the number of records.
    """
    with connect() as connection:
        _make_records(connection, rows, arrivals, types)
        moment = f"{literal(written_at)}::TIMESTAMPTZ::TIMESTAMP"
        hour = "date_trunc('hour', at_)"
        # One thread: the same rows always fall into the same files.
        connection.execute("SET threads = 1")
        connection.execute(
            f"COPY (SELECT * EXCLUDE (at_, place_), {moment} AS write_time, "
            f"{moment} AS api_invocation_time, false AS is_deleted, "
            f"strftime({hour}, '%Y-%m-%d-%H') AS hour_ FROM records ORDER BY hour_, place_) "
            f"TO {literal(str(folder))} (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (hour_))"
        )
        latest = dict(
            connection.execute(
                f"SELECT strftime({hour}, '%Y-%m-%d-%H'), strftime(max(at_), '%Y%m%dT%H%M%SZ') "
                "FROM records GROUP BY 1"
            ).fetchall()
        )
        count = connection.execute("SELECT count(*) FROM records").fetchone()[0]
    return [(_place(path, latest), path) for path in sorted(folder.rglob("*.parquet"))], int(count)


def _place(path: Path, latest: Mapping[str, str]) -> str:
    hour = path.parent.name.partition("=")[2]
    parts = zip(("year", "month", "day", "hour"), hour.split("-"))
    return "/".join([*(f"{unit}={value}" for unit, value in parts), latest[hour]])


def write_newest(rows: Path, out: Path, arrivals: Sequence[str], types: Mapping[str, str]) -> int:
    """Write the newest record of each identifier, in the order of identifiers; their number.

    Of records of one event time the one that came last is taken.
    """
    with connect() as connection:
        _make_records(connection, rows, arrivals, types)
        write_parquet(
            connection,
            "SELECT * EXCLUDE (at_, place_) FROM records QUALIFY row_number() OVER "
            f"(PARTITION BY {IDENTIFIER} ORDER BY at_ DESC, place_ DESC) = 1 ORDER BY {IDENTIFIER}",
            out,
        )
        found = connection.execute(
            f"SELECT count(*) FROM read_parquet({literal(str(out))})"
        ).fetchone()
    return int(found[0])


def _make_records(
    connection: Any, rows: Path, arrivals: Sequence[str], types: Mapping[str, str]
) -> None:
    """The table ``records``: features, event time, and ``at_`` and ``place_`` to sort by."""
    source = f"read_parquet({literal(str(rows))})"
    given = dict(definitions(rows))
    cast = ", ".join(
        f"CAST({name(feature)} AS VARCHAR) AS {name(feature)}"
        for feature, kind in given.items()
        if kind != STRING and types.get(feature) == STRING
    )
    listed = ", ".join(f"{literal(at)}::TIMESTAMPTZ::TIMESTAMP" for at in arrivals)
    arrival = f"[{listed}][{SOURCE} + 1], list_max([{listed}])"
    moment = (
        f"CASE WHEN {MOMENT} BETWEEN {EARLIEST} AND {LATEST} "
        f"THEN make_timestamp(({MOMENT} * 1e6)::BIGINT) END"
    )
    replaced = f" REPLACE ({cast})" if cast else ""
    connection.execute(
        f"CREATE TABLE records AS SELECT * EXCLUDE ({SOURCE}, {MOMENT}, at_), "
        f"{_written('at_')} AS {EVENT_TIME}, at_ FROM ("
        f"SELECT *{replaced}, row_number() OVER () AS place_, "
        # Up to the next millisecond: a record never seems to be older than it is.
        "date_trunc('milliseconds', INTERVAL 999 MICROSECOND + "
        f"coalesce({moment}, {arrival})) AS at_ "
        f"FROM {source})"
    )


def read_records(path: Path, first: int, at_once: int) -> Iterator[list[dict[str, str]]]:
    """The records of ``write_newest`` from number ``first`` on, so many at once.

    A record is its features' values as text, missing ones left out: what PutRecord takes.
    """
    with connect() as connection:
        found = connection.execute(
            f"SELECT * FROM read_parquet({literal(str(path))}) OFFSET {int(first)}"
        )
        titles = [column[0] for column in found.description]
        while chunk := found.fetchmany(at_once):
            yield [
                {title: _text(cell) for title, cell in zip(titles, row) if cell is not None}
                for row in chunk
            ]


def _text(cell: Any) -> str:
    return repr(cell) if isinstance(cell, float) else str(cell)


def fingerprint(*parts: str) -> str:
    """Sixteen letters and digits for the name of a file of the offline store."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
