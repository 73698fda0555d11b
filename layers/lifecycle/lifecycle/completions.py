"""The end of a job, told by its service or, when that was never heard, by the reconciler."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from lifecycle.aws_events import GlueJobEnded, JobEnded
from lifecycle.events import CompletionMissed

if TYPE_CHECKING:
    from lifecycle.aws_events import JobKind


GLUE_JOB_RUN = "glue-job-run"
"""The kind of the rows of runs of Glue jobs; they are named by Glue's own run id."""


def glue_job_end(event: GlueJobEnded | CompletionMissed) -> GlueJobEnded:
    """The same fact about a Glue job, whoever told it; the reconciler does not name the job."""
    if isinstance(event, CompletionMissed):
        return GlueJobEnded(job="", name=event.name, status=event.status, reason=event.reason)
    return event


def job_end(event: JobEnded | CompletionMissed) -> JobEnded:
    """The same fact, whoever told it."""
    if isinstance(event, CompletionMissed):
        kind = cast("JobKind", event.kind)
        return JobEnded(kind=kind, name=event.name, status=event.status, reason=event.reason)
    return event
