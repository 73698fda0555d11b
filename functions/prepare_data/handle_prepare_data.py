"""Hears: RunStarted, and the end of a Glue job that prepares a large run.

Says: DataPrepared, DataRejected or PreparationFailed.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import science
from fetch_encoder import fetch_encoder
from flow_steps import with_flow
from joined_features import joined
from lifecycle.aws_events import GlueJobEnded
from lifecycle.completions import GLUE_JOB_RUN, glue_job_end
from lifecycle.errors import RecordMissingError
from lifecycle.events import CompletionMissed, Fault, RunStarted
from lifecycle.leg import leg
from lifecycle.records import JobRecord, SchemaRecord
from lifecycle.requests.glue import KNOWN_BY
from lifecycle.retention import tag_of
from lifecycle.runs import past
from own_recipe import with_recipe
from prepare_data import (
    CODE,
    decide_failed,
    decide_large,
    decide_prepared,
    decide_unowned,
    decide_unusable,
    faults_of_large,
    is_large,
)
from science import schema
from science.prepare import UnusableData, prepare
from science.reports import render
from science.run_files import placed

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports
    from lifecycle.records import ProblemRecord, RunRecord

LAYER = Path(science.__file__).parents[1]
JOBS, GLUE = LAYER / "jobs.pyz", LAYER / "glue.zip"
"""The jobs' code, which the science layer brings: every run keeps the code that made it."""


@leg(RunStarted, GlueJobEnded, CompletionMissed)
def lambda_handler(
    cause: Cause[RunStarted | GlueJobEnded | CompletionMissed], ports: Ports
) -> Decision:
    """Load the run; prepare its rows, have them prepared, or look at what was prepared."""
    event = cause.event
    if not isinstance(event, RunStarted):
        return _finish(cause, glue_job_end(event), ports)
    run = ports.records.run(event.problem, str(event.run))
    if run.stage != "started" or run.preparing_job:
        return past(run)
    try:
        run = with_flow(run, ports)
        definition = with_recipe(run, ports)
    except UnusableData as error:
        return decide_unusable(cause, _problem(run.problem, ports), run, _told(error))
    folder = ports.settings.run_uri(run.problem, run.run)
    ports.objects.upload(JOBS, f"{folder}/code/jobs.pyz")
    _report_schema(run.problem, folder, ports)
    if is_large(run, ports.settings):
        faults = faults_of_large(run, definition)
        if faults:
            return decide_unusable(cause, _problem(run.problem, ports), run, faults)
        ports.objects.upload(GLUE, f"{folder}/{CODE}")
        return decide_large(cause, run, definition, ports.settings)
    return _prepare(cause, run, definition, ports)


def _prepare(
    cause: Cause[Any], run: RunRecord, definition: dict[str, Any], ports: Ports
) -> Decision:
    """Fetch the run's inputs, prepare them here, and put the results in the run's folder.

    Args:
        cause: the run's start.
        run: the run.
        definition: its definition, with the steps that a file of the problem's asks for.
        ports: the doors to the world.
    """
    target = ports.settings.run_uri(run.problem, run.run)
    with tempfile.TemporaryDirectory() as folder:
        inputs = _fetch(target, Path(folder), ports)
        out = Path(folder, "out")
        out.mkdir()
        try:
            fetch_encoder(definition, Path(folder), out, ports)
            inputs, told = joined(inputs, definition, Path(folder), ports)
            prepared = prepare(inputs, definition | told, out)
        except UnusableData as error:
            return decide_unusable(cause, _problem(run.problem, ports), run, _told(error))
        aged = tag_of(run.definition)
        for file in placed(out):
            tags = aged if file.where.endswith(".parquet") else None
            ports.objects.upload(file.path, f"{target}/{file.where}", file.content_type, tags)
    return decide_prepared(cause, run, prepared.summary, ports.settings)


def _report_schema(problem: str, folder: str, ports: Ports) -> None:
    """Write how the columns of the run's inputs changed from one to the next."""
    known = ports.records.get(SchemaRecord(problem=problem))
    if known is None:
        return
    listing = json.loads(ports.objects.read(f"{folder}/inputs.json"))
    document = schema.report(known.columns, listing.get("files", []))
    text = json.dumps(document, ensure_ascii=False, indent=1).encode()
    ports.objects.write(f"{folder}/reports/schema.json", text, "application/json")
    page = render("schema", document).encode()
    ports.objects.write(f"{folder}/reports/schema.html", page, "text/html; charset=utf-8")


def _told(error: UnusableData) -> tuple[Fault, ...]:
    return tuple(
        Fault(path=fault.where, message=fault.what, cure=fault.cure) for fault in error.faults
    )


def _fetch(target: str, folder: Path, ports: Ports) -> list[Path]:
    listing = json.loads(ports.objects.read(f"{target}/inputs.json"))
    return [
        ports.objects.download(uri, folder / f"{index:06d}.parquet")
        for index, uri in enumerate(listing["inputs"])
    ]


def _finish(cause: Cause[Any], end: GlueJobEnded, ports: Ports) -> Decision:
    """Find the run by its job row, and read what the job left in its folder."""
    job = ports.records.get(JobRecord(job_kind=GLUE_JOB_RUN, name=end.name, problem=""))
    if job is None:
        return _unowned(end, ports)
    run = ports.records.run(job.problem, str(job.run))
    if run.stage != "started":
        return past(run)
    if not end.completed:
        return decide_failed(cause, end, _problem(job.problem, ports), run, job)
    address = ports.settings.run_uri(run.problem, run.run, "preparation.json")
    answer = json.loads(ports.objects.read(address))
    if "faults" in answer:
        faults = tuple(Fault(**fault) for fault in answer["faults"])
        return decide_unusable(cause, _problem(job.problem, ports), run, faults, job)
    return decide_prepared(cause, run, answer["summary"], ports.settings, job)


def _unowned(end: GlueJobEnded, ports: Ports) -> Decision:
    """Nobody recorded this job run, not yet or because another one was faster.

    Raises:
        RecordMissingError: its run waits for no other job run; the record is on its way.
    """
    request = {"JobName": end.job or ports.settings.prepare_job, "RunId": end.name}
    found = ports.api.describe("glue", "GetJobRun", request) or {}
    arguments = found.get("JobRun", {}).get("Arguments", {})
    problem, _, name = arguments.get(KNOWN_BY, "").partition("/")
    if name:
        run = ports.records.run(problem, name)
        if run.preparing_job and run.preparing_job != end.name:
            return decide_unowned(run, end)
    raise RecordMissingError(f"no run waits for the Glue job run {end.name}")


def _problem(name: str, ports: Ports) -> ProblemRecord:
    problem = ports.records.problem(name)
    if problem is None:
        raise RecordMissingError(f"problem {name} is not recorded")
    return problem
