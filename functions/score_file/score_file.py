"""A file of rows landed under score/: have the champion answer all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lifecycle.decision import ApiCall, Decision
from lifecycle.events import ScoringStarted
from lifecycle.names import processing_job_name
from lifecycle.records import JobRecord, ProblemRecord
from lifecycle.requests.processing import scoring_request

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.records import InputRecord, RunRecord
    from lifecycle.settings import Settings


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
