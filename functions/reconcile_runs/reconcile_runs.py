"""On a schedule: ask after jobs whose end, and approvals whose verdict, nobody heard of.

The events of SageMaker and Glue are best effort (EventBridge, "Events from AWS services"): one may
never come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lifecycle.clock import seconds_between
from lifecycle.completions import GLUE_JOB_RUN
from lifecycle.decision import Decision
from lifecycle.events import CompletionMissed

if TYPE_CHECKING:
    from lifecycle.aws_events import ScheduleTicked
    from lifecycle.cause import Cause
    from lifecycle.records import JobRecord, RunRecord

PATIENCE_SECONDS = 60
"""A job younger than this is not asked after: its own event is likely on its way."""

ASK: dict[str, tuple[str, str, str]] = {  # of SageMaker
    "training-job": ("DescribeTrainingJob", "TrainingJobName", "TrainingJobStatus"),
    "hyper-parameter-tuning-job": (
        "DescribeHyperParameterTuningJob",
        "HyperParameterTuningJobName",
        "HyperParameterTuningJobStatus",
    ),
    "processing-job": ("DescribeProcessingJob", "ProcessingJobName", "ProcessingJobStatus"),
    "endpoint": ("DescribeEndpoint", "EndpointName", "EndpointStatus"),
    "feature-group": ("DescribeFeatureGroup", "FeatureGroupName", "FeatureGroupStatus"),
}
"""For each kind of job: the operation, its one parameter, and the status in the answer."""

VERDICTS = ("Approved", "Rejected")
"""Approval statuses that end the waiting."""

OPEN = frozenset(
    {
        *("InProgress", "Stopping", "Creating", "Updating", "SystemUpdating", "RollingBack"),
        *("STARTING", "RUNNING", "STOPPING", "WAITING"),
    }
)
"""Statuses of what is under way: SageMaker's, then Glue's ("AWS Glue job run statuses")."""


def question(job: JobRecord) -> tuple[str, str, dict[str, str]]:
    """The service, operation and request that ask after a job."""
    if job.job_kind == GLUE_JOB_RUN:
        return "glue", "GetJobRun", {"JobName": job.detail["job"], "RunId": job.name}
    operation, parameter, _ = ASK[job.job_kind]
    # A deployment's row is named after its endpoint configuration; its endpoint is the problem's.
    name = job.problem if job.job_kind == "endpoint" else job.name
    return "sagemaker", operation, {parameter: name}


def due(job: JobRecord, time: str) -> bool:
    """Whether the job is old enough to be asked after."""
    return seconds_between(job.started_at, time) >= PATIENCE_SECONDS


def awaits_approval(run: RunRecord) -> bool:
    """Whether a run waits for a person's word."""
    return run.stage == "waiting_for_approval"


def package_question(run: RunRecord) -> tuple[str, str, dict[str, str]]:
    """The service, operation and request that ask after a run's model package."""
    return "sagemaker", "DescribeModelPackage", {"ModelPackageName": str(run.model_package)}


def decide(
    _cause: Cause[ScheduleTicked],
    answers: list[tuple[JobRecord, dict[str, Any] | None]],
    packages: list[tuple[RunRecord, dict[str, Any] | None]],
) -> Decision:
    """Tell of every job that has ended and is still open, and of every approval that was given.

    Args:
        _cause: the tick.
        answers: open jobs with what their service says of them, None where it knows them no more.
        packages: runs that wait for a person, with their model packages; None where there is none.
    """
    missed = []
    for job, answer in answers:
        status = _status(job, answer) if answer else "Failed"
        if status in OPEN or _updating(answer):
            continue
        missed.append(
            CompletionMissed(
                problem=job.problem,
                run=job.run,
                kind=job.job_kind,
                name=job.name,
                status=status,
                reason=_reason(answer),
                leg=job.leg,
            )
        )
    missed += _verdicts(packages)
    return Decision(
        f"Asked after {len(answers)} open job(s) and {len(packages)} approval(s); {len(missed)} "
        "had ended unheard.",
        events=tuple(missed),
    )


def _verdicts(packages: list[tuple[RunRecord, dict[str, Any] | None]]) -> list[CompletionMissed]:
    """What people said of packages; a deleted one waits on, for there is nothing to deploy."""
    said = [(run, (answer or {}).get("ModelApprovalStatus")) for run, answer in packages]
    return [
        CompletionMissed(
            problem=run.problem,
            run=run.run,
            kind="model-package",
            name=str(run.model_package),
            status=status,
            leg="take_up_approval",
        )
        for run, status in said
        if status in VERDICTS
    ]


def _status(job: JobRecord, answer: dict[str, Any]) -> str:
    if job.job_kind == GLUE_JOB_RUN:
        return str(answer["JobRun"]["JobRunState"])
    return str(answer[ASK[job.job_kind][2]])


def _updating(answer: dict[str, Any] | None) -> bool:
    """Whether a feature group, whose status stays Created meanwhile, is being given features."""
    return ((answer or {}).get("LastUpdateStatus") or {}).get("Status") == "InProgress"


def _reason(answer: dict[str, Any] | None) -> str:
    if answer is None:
        return "its service knows the job no more"
    told = answer.get("JobRun", answer)
    reasons = (told.get(name) for name in ("FailureReason", "ExitMessage", "ErrorMessage"))
    return str(next((reason for reason in reasons if reason), ""))
