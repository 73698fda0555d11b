"""A bulk scoring ended: say where the answers lie, or why there are none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lifecycle.decision import Decision
from lifecycle.events import DataRejected, Fault, PredictionsReady

if TYPE_CHECKING:
    from lifecycle.aws_events import JobEnded
    from lifecycle.cause import Cause
    from lifecycle.records import JobRecord

CURE = "Compare the file's columns and format with the training data, and drop it again."


def fault_of(end: JobEnded, job: JobRecord) -> Fault:
    """Why the file could not be scored."""
    message = end.reason or f"the scoring job ended as {end.status}"
    return Fault(path=job.detail["key"], message=message, cure=CURE)


def decide(
    _cause: Cause[Any], end: JobEnded, job: JobRecord, quarantine_uri: str | None
) -> Decision:
    """Tell how the scoring ended.

    Args:
        _cause: what was heard.
        end: the job's end.
        job: the job's row, whose detail names the file and the answer.
        quarantine_uri: where the file was set aside, when it could not be scored.
    """
    if job.ended:
        return Decision(f"{end.name} was taken up before.", problem=job.problem, run=job.run)
    key = job.detail["key"]
    ended = job.model_copy(update={"ended": True})
    if quarantine_uri is None:
        said = PredictionsReady(problem=job.problem, run=job.run, key=key, uri=job.detail["uri"])
        return Decision(
            f"{key} is scored.",
            problem=job.problem,
            run=job.run,
            records=(ended,),
            events=(said,),
        )
    fault = fault_of(end, job)
    refused = DataRejected(
        problem=job.problem, source=key, faults=(fault,), quarantine_uri=quarantine_uri
    )
    return Decision(
        f"{key} could not be scored: {fault.message}",
        problem=job.problem,
        run=job.run,
        records=(ended,),
        events=(refused,),
    )
