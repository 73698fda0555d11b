"""A file of rows landed under score/: have the champion answer all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lifecycle.decision import ApiCall, Decision
from lifecycle.events import ScoringStarted, WaitingDataReleased
from lifecycle.names import digest, processing_job_name
from lifecycle.records import InputRecord, JobRecord, ProblemRecord
from lifecycle.requests.processing import scoring_request

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lifecycle.aws_events import ObjectCreated
    from lifecycle.cause import Cause
    from lifecycle.records import RunRecord
    from lifecycle.settings import Settings

RELEASED_AT_ONCE = 300

type Landed = ObjectCreated | WaitingDataReleased


def new_input(landed: Landed) -> InputRecord:
    """The row of a landed file; the same name with the same content has the same row."""
    return InputRecord(
        problem=landed.problem,
        digest=digest(landed.key, landed.etag),
        source=landed.key,
        origin="file",
        purpose="score",
        bucket=landed.bucket,
        etag=landed.etag,
    )


def decide_known(row: InputRecord) -> Decision:
    """The same file was sent to scoring before."""
    return Decision(f"{row.source} was taken up before.", problem=row.problem)


def decide_waiting(cause: Cause[Any], row: InputRecord, problem: ProblemRecord | None) -> Decision:
    """No model serves yet: the file waits for one."""
    waiting = row.model_copy(update={"waiting": True, "at": cause.time})
    nobody = ProblemRecord(problem=row.problem, definition={})
    return Decision(
        f"{row.source} waits until {row.problem} has a model.",
        problem=row.problem,
        # The decision rests on "no champion": if the problem moves on meanwhile, it is made anew.
        records=(waiting,) if problem is None else (waiting, problem),
        absent=(nobody,) if problem is None else (),
    )


def decide(
    cause: Cause[Any], row: InputRecord, champion: RunRecord, settings: Settings
) -> Decision:
    """Start the job that scores this file with the champion."""
    name = processing_job_name("score", row.problem, row.digest)
    relative = row.source.split("/score/", 1)[-1]
    folder = relative.rpartition("/")[0]
    target = settings.lake(*filter(None, (row.problem, "predictions", folder)))
    source = f"s3://{row.bucket}/{row.source}"
    request = scoring_request(champion, name, source, settings, target)
    job = JobRecord(
        job_kind="processing-job",
        name=name,
        problem=row.problem,
        run=champion.run,
        leg="finish_scoring",
        started_at=cause.time,
        detail={
            "key": row.source,
            "source": source,
            "uri": settings.lake(row.problem, "predictions", relative),
        },
    )
    taken = row.model_copy(update={"waiting": False, "at": cause.time})
    said = ScoringStarted(problem=row.problem, run=champion.run, key=row.source, job=name)
    return Decision(
        f"{row.source} is being scored by the model of run {champion.run}.",
        problem=row.problem,
        run=champion.run,
        records=(taken, job),
        calls=(ApiCall("sagemaker", "CreateProcessingJob", request, ("ResourceInUse",)),),
        events=(said,),
    )


def decide_release(problem: str, inputs: Iterable[InputRecord]) -> Decision:
    """A model serves: what waited for it need wait no more."""
    waiting = [row for row in inputs if row.waiting and row.purpose == "score"][:RELEASED_AT_ONCE]
    events = tuple(
        WaitingDataReleased(
            problem=row.problem, purpose="score", bucket=row.bucket, key=row.source, etag=row.etag
        )
        for row in waiting
    )
    return Decision(f"{len(events)} file(s) to score released.", problem=problem, events=events)
