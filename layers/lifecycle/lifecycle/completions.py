"""The end of a job, told by SageMaker or, when that was never heard, by the reconciler."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from lifecycle.aws_events import JobEnded
from lifecycle.events import CompletionMissed

if TYPE_CHECKING:
    from lifecycle.aws_events import JobKind


def job_end(event: JobEnded | CompletionMissed) -> JobEnded:
    """The same fact, whoever told it."""
    if isinstance(event, CompletionMissed):
        kind = cast("JobKind", event.kind)
        return JobEnded(kind=kind, name=event.name, status=event.status, reason=event.reason)
    return event
