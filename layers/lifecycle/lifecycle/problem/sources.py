"""``data.sources``: the databases that rows come from, and how."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from lifecycle.problem.section import Section
from lifecycle.problem.values import COLUMN, LISTED, duration, matching, not_accepted, text

type Names = Annotated[tuple[Annotated[str, COLUMN], ...], LISTED]

TABLE = matching(
    re.compile(r"[^.\s\"'`;/\\]{1,128}(\.[^.\s\"'`;/\\]{1,128})?"),
    "no name of a table",
    "table or schema.table, without quotes or spaces",
)
SOURCE = matching(
    re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"),
    "no name of a source",
    "a letter or digit, then up to 63 letters, digits, hyphens and underscores",
)
FOLDER = matching(
    re.compile(r"[A-Za-z0-9_-]{1,64}(/[A-Za-z0-9_-]{1,64}){0,3}"),
    "no folder",
    "names of letters, digits, - and _ with / between them",
)


class Incremental(Section):
    """Fetch only what is new since the last time.

    By ``watermark``: rows whose column (when they were last written) is not below the highest value
    that was fetched; changed rows come again. By ``key``: rows whose column, which only grows, is
    above it; changes of rows that were fetched are never seen. Deletes show in neither.
    """

    by: Literal["watermark", "key"]
    column: Annotated[str, COLUMN]
    overlap: Annotated[str, duration("0s", "7d")] = "0s"
    """By watermark: so much longer ago is fetched again, for writes that were committed late."""


def _incremental(value: Any) -> Any:
    if value == "full":
        return None
    if isinstance(value, str):
        accepted = ("full", "{by: watermark, column: …}", "{by: key, column: …}")
        raise not_accepted(f"{value!r} is no way to fetch", *accepted)
    return value


type Fetching = Annotated[Incremental | None, BeforeValidator(_incremental)]


class Table(Section):
    """One table; a bare name will do.

    Attributes:
        name: as the database has it, its schema before it where there is one.
        key: the columns that tell its rows apart; found where they are left out.
        columns: its columns in order, for files of DMS that have no header.
        incremental: how it is fetched, if not as the source says.
    """

    name: Annotated[str, TABLE]
    key: Names = ()
    columns: Names = ()
    incremental: Fetching = None


def _table(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


class DmsFiles(Section):
    """What settings of DMS's S3 endpoint say that its files do not show.

    Attributes:
        folder: where below ``<problem>/dms/`` the endpoint's ``BucketFolder`` leads.
        timestamp_column: the endpoint's ``TimestampColumnName``; the column is left out.
        null_text: its ``CsvNullValue``.
        delimiter: its ``CsvDelimiter``.
        task: the replication task's ARN or the last part of it, so that its failure is told.
    """

    folder: Annotated[str, FOLDER] | None = None
    timestamp_column: Annotated[str, COLUMN] | None = None
    null_text: Annotated[str, text(64)] = "NULL"
    delimiter: Annotated[str, text(1, 1)] = ","
    task: Annotated[str, text(256, 1)] | None = None


class Source(Section):
    """A place to fetch data from."""

    kind: Literal["database", "s3", "kinesis"]
    name: Annotated[str, SOURCE] | None = None
    through: Literal["glue", "dms", "sqlite"] | None = None
    connection: Annotated[str, text(256, 1)] | None = None
    tables: Annotated[tuple[Annotated[Table, BeforeValidator(_table)], ...], LISTED] = ()
    query: Annotated[str, text(16_384, 1)] | None = None
    incremental: Fetching = None
    schedule: Annotated[str, text(256, 1)] | None = None
    dms: DmsFiles = DmsFiles()

    @property
    def called(self) -> str:
        """The source's name; the connection's or the way's where none is given."""
        plain = re.sub(r"[^A-Za-z0-9_-]", "-", self.connection or "")[:64].strip("-_")
        return self.name or plain or self.through or self.kind
