"""Steps that are jobs, models or model packages: they call the registered operations."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ApiError
from local.sagemaker.api.operations import registry
from local.sagemaker.api.service_models import SAGEMAKER, operation_model
from local.sagemaker.api.shaping import to_wire
from local.sagemaker.pipelines.pipeline_definition import CREATORS
from local.sagemaker.pipelines.pipeline_retries import (
    exception_of_call,
    exception_of_job,
    pause_before_retry,
)
from local.sagemaker.pipelines.pipeline_step import StepFailed, StepStopped, handles

if TYPE_CHECKING:
    from botocore.model import Shape

    from local.sagemaker.pipelines.pipeline_step import StepRun

type Document = dict[str, Any]

_LETTERS = string.ascii_lowercase + string.digits
_SHORTEST_POLL, _LONGEST_POLL = 0.03, 0.3
_CUT_SHORT = "InternalServerError: the local SageMaker was restarted"


@dataclass(frozen=True)
class Job:
    """How the jobs of one type are called.

    Attributes:
        noun: As in `Create…Job`.
        metadata: Member of a step's Metadata.
        status: Member with its status.
        arn: Member with its ARN.
        longest_name: Characters.
    """

    noun: str
    metadata: str
    status: str
    arn: str
    longest_name: int = 63

    @property
    def name(self) -> str:
        """The member with its name."""
        return f"{self.noun}Name"


JOBS = {
    "Training": Job("TrainingJob", "TrainingJob", "TrainingJobStatus", "TrainingJobArn"),
    "Processing": Job("ProcessingJob", "ProcessingJob", "ProcessingJobStatus", "ProcessingJobArn"),
    "Transform": Job("TransformJob", "TransformJob", "TransformJobStatus", "TransformJobArn"),
    "Tuning": Job(
        "HyperParameterTuningJob",
        "TuningJob",
        "HyperParameterTuningJobStatus",
        "HyperParameterTuningJobArn",
        32,
    ),
}


def perform(run: StepRun, name: str, **request: Any) -> Document:
    """Call an operation of SageMaker and give its answer as a client would get it."""
    answer = registry.perform(SAGEMAKER, name, request, run.platform)
    shape = operation_model(SAGEMAKER, name).output_shape
    wire: Document = to_wire(shape, answer) if shape is not None else {}
    return wire


@handles("Training", "Processing", "Transform", "Tuning")
def run_job(run: StepRun) -> Document:
    """Run a job to its end, with retries; returns what Describe tells of it."""
    described = job_to_its_end(run, JOBS[run.step.kind], run.step.document["Arguments"])
    if run.step.kind == "Tuning":
        described["TrainingJobSummaries"] = _best_first(run, described)
    return described


def job_to_its_end(run: StepRun, job: Job, arguments: Document) -> Document:
    """Run a job from Create to its end, and again as the step's retry policies say.

    Args:
        run: The step.
        job: How such jobs are called.
        arguments: The request without the name, expressions included.

    Raises:
        StepFailed: When it failed, for good.
        StepStopped: When it ended because the execution is being stopped.
    """
    policies = run.step.document.get("RetryPolicies") or []
    while True:
        described, exception, reason = _attempt(run, job, arguments)
        if described is not None:
            return described
        attempts = run.record.get("AttemptCount", 1)
        elapsed = run.platform.now() - run.record["StartTime"]
        pause = pause_before_retry(policies, exception, attempts, elapsed)
        if reason.startswith(_CUT_SHORT):
            pause = 0.0  # no fault of the job's
        if pause is None:
            raise StepFailed(reason)
        run.note(JobName="", AttemptCount=attempts + 1)
        if run.pause(pause):
            raise StepStopped


def _attempt(run: StepRun, job: Job, arguments: Document) -> tuple[Document | None, str, str]:
    """What the job became when it was done; else the exception's type and the reason."""
    try:
        name = _begin(run, job, arguments)
        described = _to_its_end(run, job, name)
    except ApiError as error:
        return None, exception_of_call(error), f"ClientError: {error.message}"
    status = described[job.status]
    if status == "Completed":
        return described, "", ""
    if run.run.stopping.is_set():
        raise StepStopped
    reason = described.get("FailureReason") or f"ClientError: the job is {status}"
    return None, exception_of_job(reason), reason


def _begin(run: StepRun, job: Job, arguments: Document) -> str:
    """Create the job, unless it was created before a kill; returns its name."""
    name = str(run.record.get("JobName") or "")
    if name and _known(run, job, name):
        return name
    name = job_name(run, job.longest_name, arguments.get(job.name))
    run.note(JobName=name, AttemptCount=run.record.get("AttemptCount", 1))
    variables = {job.name: name} if job.noun in ("TrainingJob", "ProcessingJob") else {}
    request = run.resolve(
        {key: value for key, value in arguments.items() if key != job.name}, **variables
    )
    creator = f"Create{job.noun}"
    request = fit(operation_model(SAGEMAKER, creator).input_shape, request)
    answer = perform(run, creator, **{job.name: name}, **request)
    run.note(Metadata={job.metadata: {"Arn": answer[job.arn]}})
    return name


def _known(run: StepRun, job: Job, name: str) -> bool:
    described = _exists(run, f"Describe{job.noun}", **{job.name: name})
    if described:
        run.note(Metadata={job.metadata: {"Arn": described[job.arn]}})
    return bool(described)


def _exists(run: StepRun, name: str, **request: Any) -> Document:
    """What a Describe operation tells, or nothing."""
    try:
        return perform(run, name, **request)
    except ApiError:
        return {}


def _to_its_end(run: StepRun, job: Job, name: str) -> Document:
    pause, told = _SHORTEST_POLL, False
    while True:
        described = perform(run, f"Describe{job.noun}", **{job.name: name})
        if described[job.status] in ("Completed", "Failed", "Stopped"):
            return described
        if run.run.stopping.is_set():
            if not told:
                told = True
                with contextlib.suppress(ApiError):  # it has just ended
                    perform(run, f"Stop{job.noun}", **{job.name: name})
            run.patience(pause)
        else:
            run.pause(pause)
        pause = min(1.3 * pause, _LONGEST_POLL)


def _best_first(run: StepRun, tuning: Document) -> list[Document]:
    """A tuning job's trainings, best first: what `TrainingJobSummaries[0]` refers to."""
    objective = tuning["HyperParameterTuningJobConfig"].get("HyperParameterTuningJobObjective", {})
    answer = perform(
        run,
        "ListTrainingJobsForHyperParameterTuningJob",
        HyperParameterTuningJobName=tuning["HyperParameterTuningJobName"],
        SortBy="FinalObjectiveMetricValue",
        SortOrder="Descending" if objective.get("Type") == "Maximize" else "Ascending",
        MaxResults=100,
    )
    summaries: list[Document] = answer["TrainingJobSummaries"]
    return summaries


@handles("Model")
def create_model(run: StepRun) -> Document:
    """Create a model; returns what DescribeModel tells of it."""
    name = str(run.record.get("JobName") or "")
    if not name:
        name = job_name(run, 63, run.step.document["Arguments"].get("ModelName"))
        run.note(JobName=name)
    arguments = _arguments(run, "ModelName")
    if not _exists(run, "DescribeModel", ModelName=name):  # or it was created before a kill
        _with_retries(run, "CreateModel", {"ModelName": name, **arguments})
    described = perform(run, "DescribeModel", ModelName=name)
    run.note(Metadata={"Model": {"Arn": described["ModelArn"]}})
    return described


@handles("RegisterModel")
def register_model(run: StepRun) -> Document:
    """Register a model package, in a group that is made if need be; returns what it became."""
    arguments = _arguments(run)
    group = arguments.get("ModelPackageGroupName")
    if group and not _exists(run, "DescribeModelPackageGroup", ModelPackageGroupName=group):
        perform(run, "CreateModelPackageGroup", ModelPackageGroupName=group)
    # The same token after a kill: the package is registered once.
    token = hashlib.sha256(f"{run.run.name}/{run.step.name}".encode()).hexdigest()[:32]
    request = {"ClientToken": token, **arguments}
    arn = _with_retries(run, "CreateModelPackage", request)["ModelPackageArn"]
    run.note(Metadata={"RegisterModel": {"Arn": arn}})
    return perform(run, "DescribeModelPackage", ModelPackageName=arn)


def _arguments(run: StepRun, *without: str) -> Document:
    given = {
        key: value for key, value in run.step.document["Arguments"].items() if key not in without
    }
    shape = operation_model(SAGEMAKER, CREATORS[run.step.kind]).input_shape
    resolved: Document = fit(shape, run.resolve(given))
    return resolved


def _with_retries(run: StepRun, name: str, request: Document) -> Document:
    policies = run.step.document.get("RetryPolicies") or []
    attempts = 1
    while True:
        try:
            return perform(run, name, **request)
        except ApiError as error:
            elapsed = run.platform.now() - run.record["StartTime"]
            pause = pause_before_retry(policies, exception_of_call(error), attempts, elapsed)
            if pause is None:
                raise
        attempts += 1
        run.note(AttemptCount=attempts)
        if run.pause(pause):
            raise StepStopped


def job_name(run: StepRun, longest: int, prefix: Any = None) -> str:
    """A job's name as Pipelines gives it: `pipelines-<execution>-<step>-<suffix>`.

    Those of tuning jobs have 32 characters at most and leave `pipelines-` out. A step whose
    Arguments hold a name has that in the place of `pipelines` and of its own. All is in lower case,
    as it is in the ARN: clients take the name from there.
    """
    execution = run.execution["PipelineExecutionArn"].rpartition("/")[2]
    suffix = "".join(secrets.choice(_LETTERS) for _ in range(10))
    head = f"pipelines-{execution}-" if longest >= 63 else f"{execution}-"
    word = run.step.name.lower()
    if prefix is not None:
        head, word = "", f"{run.resolve(prefix)}-{execution}"[: longest - 11]
    word = word.replace("_", "-")[: longest - len(head) - len(suffix) - 1].rstrip("-")
    return f"{head}{word}-{suffix}"


def fit(shape: Shape | None, value: Any) -> Any:
    """Numbers where the model wants text, and the reverse: parameters and outputs are typed."""
    if shape is None or value is None:
        return value
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        members = shape.members  # type: ignore[attr-defined]
        return {key: fit(members.get(key), item) for key, item in value.items() if item is not None}
    if kind == "list" and isinstance(value, list):
        return [fit(shape.member, item) for item in value]  # type: ignore[attr-defined]
    if kind == "map" and isinstance(value, dict):
        return {key: fit(shape.value, item) for key, item in value.items()}  # type: ignore[attr-defined]
    return _fit_scalar(kind, value)


def _fit_scalar(kind: str, value: Any) -> Any:
    if kind == "string" and isinstance(value, (bool, int, float)):
        return str(value).lower() if isinstance(value, bool) else str(value)
    if kind in ("integer", "long", "float", "double") and isinstance(value, str):
        try:
            return int(value) if kind in ("integer", "long") else float(value)
        except ValueError:
            return value  # the operation says what is wrong with it
    return value
