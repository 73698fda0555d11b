"""Hears: files of DMS, requests to look at them anew, the end of a fetching job, a failed task.

Says: DataIngested, DataRejected, ChangesDoubted or FetchFailed.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lifecycle.aws_events import GlueJobEnded, ObjectCreated, ReplicationTaskFailed
from lifecycle.completions import GLUE_JOB_RUN, glue_job_end
from lifecycle.errors import RecordMissingError
from lifecycle.events import CompletionMissed, Fault, FetchRequested
from lifecycle.leg import leg
from lifecycle.records import JobRecord
from lifecycle.requests.glue import KNOWN_BY
from lifecycle.source_records import SourceRecord
from lifecycle.sources import fetch_uri, fingerprint, source_called, sources_of, table_of_key
from merge_tables import (
    DMS_CURE,
    GLUE_CURE,
    decide,
    decide_failed,
    decide_outdated,
    decide_task_failed,
    input_of,
    nothing,
)
from table_files import Tables

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports
    from lifecycle.problem.sources import Source

type Heard = (
    ObjectCreated | FetchRequested | GlueJobEnded | CompletionMissed | ReplicationTaskFailed
)


@leg(
    ObjectCreated,
    FetchRequested,
    GlueJobEnded,
    CompletionMissed,
    ReplicationTaskFailed,
    fair=True,
)
def lambda_handler(cause: Cause[Heard], ports: Ports) -> Decision:
    """Find the database that the event is about, and see to its tables."""
    event = cause.event
    if isinstance(event, ObjectCreated):
        return _landed(cause, event, ports)
    if isinstance(event, FetchRequested):
        return _asked(cause, event, ports)
    if isinstance(event, ReplicationTaskFailed):
        return _task_failed(event, ports)
    return _fetched(cause, glue_job_end(event), ports)


def _landed(cause: Cause[Any], event: ObjectCreated, ports: Ports) -> Decision:
    problem = ports.records.problem(event.problem)
    if problem is None:
        reason = f"{event.key} waits until {event.problem}/problem.yaml lands."
        return nothing(event.problem, reason)
    for source in sources_of(problem.definition):
        table = table_of_key(event.problem, source, event.key)
        if table:
            return _merge(cause, event.problem, source, ports, only=table, renew=False)
    reason = f"{event.key} belongs to no table that the problem names."
    return nothing(event.problem, reason)


def _asked(cause: Cause[Any], event: FetchRequested, ports: Ports) -> Decision:
    problem = ports.records.problem(event.problem)
    source = source_called(problem.definition, event.source) if problem else None
    if source is None or source.through != "dms":
        reason = f"The problem has no database {event.source} that DMS brings."
        return nothing(event.problem, reason)
    return _merge(cause, event.problem, source, ports, renew=True)


def _merge(
    cause: Cause[Any],
    problem: str,
    source: Source,
    ports: Ports,
    *,
    renew: bool,
    only: str | None = None,
) -> Decision:
    """Merge what DMS wrote, of one table or of all, and join the tables anew."""
    row = _source_row(problem, source.called, ports)
    known = ports.records.get(input_of(problem, source.called)) or input_of(problem, source.called)
    with tempfile.TemporaryDirectory() as folder:
        tables = Tables(problem, source, ports, Path(folder))
        named = [each for each in source.tables if only in {None, each.name}]
        outcomes = [tables.merge_changes(each, again=renew) for each in named]
        moved = any(outcome.moved for outcome in outcomes)
        rows = tables.join(outcomes) if moved or renew else None
    if not moved and not renew and all(each.now == each.row for each in outcomes):
        return nothing(problem, f"{source.called}: nothing new to merge of {only}.")
    return decide(cause, row, known, outcomes, rows, renew=renew)


def _source_row(problem: str, called: str, ports: Ports) -> SourceRecord:
    row = SourceRecord(problem=problem, source=called)
    return ports.records.get(row) or row


def _fetched(cause: Cause[Any], end: GlueJobEnded, ports: Ports) -> Decision:
    """Take in what a job fetched."""
    job = ports.records.get(JobRecord(job_kind=GLUE_JOB_RUN, name=end.name, problem=""))
    if job is None:
        return _unowned(end, ports)
    called, fetch = job.detail["source"], job.detail["fetch"]
    row = _source_row(job.problem, called, ports)
    if job.ended or row.fetch != fetch:
        return nothing(job.problem, f"The fetch {fetch} of {called} was taken in before.")
    uri = fetch_uri(job.problem, called, fetch, ports.settings)
    problem = ports.records.problem(job.problem)
    source = source_called(problem.definition, called) if problem else None
    if source is None or source.through != "glue":
        gone = Fault(path=called, message="the problem no longer has this database")
        return decide_failed(row, (gone,), job)
    if fingerprint(source) != job.detail["fingerprint"]:
        return decide_outdated(row, job)
    if not end.completed:
        return decide_failed(row, _faults(uri, called, end, ports), job)
    return _take_in(cause, row, source, job, ports)


def _take_in(
    cause: Cause[Any], row: SourceRecord, source: Source, job: JobRecord, ports: Ports
) -> Decision:
    """Put what was fetched in the place of what was, or merge it; then join the tables."""
    called, known = source.called, input_of(job.problem, source.called)
    uri = fetch_uri(job.problem, called, job.detail["fetch"], ports.settings)
    known = ports.records.get(known) or known
    result = json.loads(ports.objects.read(f"{uri}/result.json"))
    with tempfile.TemporaryDirectory() as folder:
        tables = Tables(job.problem, source, ports, Path(folder))
        outcomes = [tables.take_in(each, uri) for each in result["tables"]]
        stopped = any(outcome.stopped for outcome in outcomes)
        rows = None if stopped else tables.join(outcomes)
    if stopped:
        faults = tuple(each.stopped for each in outcomes if each.stopped)
        return decide_failed(row, faults, job)
    done = {"fetch": None, "job": None, "fetched_at": cause.time, "holds": fingerprint(source)}
    return decide(cause, row, known, outcomes, rows, renew=True, job=job, changes=done)


def _faults(uri: str, called: str, end: GlueJobEnded, ports: Ports) -> tuple[Fault, ...]:
    """What the job said before it failed; else what Glue says."""
    try:
        told = json.loads(ports.objects.read(f"{uri}/failure.json"))["faults"]
    except FileNotFoundError:
        reason = end.reason or f"the job run ended as {end.status}"
        return (Fault(path=called, message=reason, cure=GLUE_CURE),)
    return tuple(Fault(**each) for each in told)


def _unowned(end: GlueJobEnded, ports: Ports) -> Decision:
    """Nobody recorded this job run, not yet or because a twin of it was faster.

    Raises:
        RecordMissingError: its fetch waits for no other job run; the record is on its way.
    """
    request = {"JobName": end.job or ports.settings.fetch_job, "RunId": end.name}
    found = ports.api.describe("glue", "GetJobRun", request) or {}
    arguments = found.get("JobRun", {}).get("Arguments", {})
    parts = arguments.get(KNOWN_BY, "").split("/")
    if len(parts) == 3:
        row = _source_row(parts[0], parts[1], ports)
        if row.fetch == parts[2] and row.job != end.name:
            return nothing(parts[0], f"{row.source} waits for another job run ({row.job}).")
    raise RecordMissingError(f"no fetch waits for the Glue job run {end.name}")


def _task_failed(event: ReplicationTaskFailed, ports: Ports) -> Decision:
    task = event.task.rsplit(":", 1)[-1]
    found = [
        (problem.problem, source)
        for problem in ports.records.problems()
        for source in sources_of(problem.definition)
        if source.through == "dms" and source.dms.task in {event.task, task}
    ]
    message = event.reason or "the replication task failed"
    return decide_task_failed(found, task, Fault(path=task, message=message, cure=DMS_CURE))
