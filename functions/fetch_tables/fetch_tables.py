"""A database is due: start the job that fetches its tables, unless it is at it already."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lifecycle.clock import seconds_between
from lifecycle.completions import GLUE_JOB_RUN
from lifecycle.decision import ApiCall, Decision
from lifecycle.events import FetchStarted
from lifecycle.names import digest
from lifecycle.problem.durations import seconds
from lifecycle.records import JobRecord
from lifecycle.requests.glue import STARTED, start_job_run
from lifecycle.sources import fetch_uri, fingerprint

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.events import FetchRequested
    from lifecycle.problem.sources import Source, Table
    from lifecycle.settings import Settings
    from lifecycle.source_records import SourceRecord, TableRecord

LEG = "merge_tables"
"""The leg that waits for the job's end."""

LONGEST_SECONDS = 24 * 3600
"""A fetch that is under way for longer is given up: Glue ends the job before (its Timeout)."""


def decide(
    cause: Cause[FetchRequested],
    source: Source | None,
    row: SourceRecord,
    tables: dict[str, TableRecord],
    settings: Settings,
) -> Decision:
    """Start a fetch.

    Args:
        cause: the request.
        source: the database, if the definition still has it.
        row: where it stands.
        tables: its tables that were fetched before, by name.
        settings: the stack's resources.
    """
    name, called = row.problem, row.source
    if source is None or source.through != "glue":
        return Decision(f"The problem has no database {called} that Glue reaches.", problem=name)
    if row.fetch and seconds_between(row.fetch_started_at, cause.time) < LONGEST_SECONDS:
        return Decision(f"{called} is being fetched already ({row.job}).", problem=name)
    fetch = digest(name, called, cause.id)
    fresh = cause.event.full or row.holds != fingerprint(source)
    document = {
        "connection": source.connection,
        "tables": [
            _asked(source, table, None if fresh else tables.get(table.name))
            for table in source.tables
        ],
    }
    uri = f"{fetch_uri(name, called, fetch, settings)}/request.json"
    request = {
        "Bucket": settings.landing_bucket,
        "Key": uri.split("/", 3)[3],
        "Body": json.dumps(document).encode(),
        "ContentType": "application/json",
    }
    job = JobRecord(
        job_kind=GLUE_JOB_RUN,
        name=STARTED,
        problem=name,
        leg=LEG,
        started_at=cause.time,
        detail={
            "job": settings.fetch_job,
            "source": called,
            "fetch": fetch,
            "fingerprint": fingerprint(source),
        },
    )
    asked = {"fetch": fetch, "job": STARTED, "fetch_started_at": cause.time}
    named = tuple(table.name for table in source.tables)
    return Decision(
        f"{called} is being fetched: {', '.join(named)}.",
        problem=name,
        records=(row.model_copy(update=asked), job),
        calls=(
            ApiCall("s3", "PutObject", request),
            start_job_run(settings.fetch_job, f"{name}/{called}/{fetch}", {"--fetch": uri}),
        ),
        events=(FetchStarted(problem=name, source=called, job=STARTED, tables=named),),
    )


def _asked(source: Source, table: Table, known: TableRecord | None) -> dict[str, Any]:
    """What the job is told of one table."""
    incremental = table.incremental or source.incremental
    asked: dict[str, Any] = {"name": table.name, "key": list(table.key)}
    if incremental:
        overlap = seconds(incremental.overlap)
        asked["incremental"] = {**incremental.model_dump(), "overlap": overlap}
        asked["mark"] = known.mark if known else None
    return asked
