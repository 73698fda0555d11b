"""CreateTrainingJob and its siblings."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from local.sagemaker.assembly import at_start
from local.sagemaker.errors import ResourceInUse, ValidationException
from local.sagemaker.experiment_config import check_experiment
from local.sagemaker.images import Runner, training_runner
from local.sagemaker.job_process import Cause
from local.sagemaker.listing import page
from local.sagemaker.metric_definitions import invalid_definition
from local.sagemaker.operations import operation
from local.sagemaker.training_run import Share, TrainingRun
from local.sagemaker.training_states import (
    ENDED,
    KIND,
    IllegalMoveError,
    first_transition,
    move,
    tell,
)

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

HONOURED = frozenset(
    {
        "TrainingJobName",
        "HyperParameters",
        "AlgorithmSpecification",
        "RoleArn",
        "InputDataConfig",
        "OutputDataConfig",
        "ResourceConfig",
        "StoppingCondition",
        "Tags",
        "EnableManagedSpotTraining",
        "EnableInterContainerTrafficEncryption",  # of one host there is no traffic
        "CheckpointConfig",
        "Environment",
        "ExperimentConfig",
    }
)
REFUSED = frozenset(
    {
        "AlgorithmSpecification.AlgorithmName",
        "AlgorithmSpecification.TrainingImageConfig",
        "InputDataConfig.DataSource.FileSystemDataSource",
        "InputDataConfig.DataSource.DatasetSource",
        "InputDataConfig.ShuffleConfig",
        "InputDataConfig.DataSource.S3DataSource.AttributeNames",
        "InputDataConfig.DataSource.S3DataSource.InstanceGroupNames",
        "OutputDataConfig.KmsKeyId",
        "ResourceConfig.InstanceGroups",
        "ResourceConfig.VolumeKmsKeyId",
        "ResourceConfig.KeepAlivePeriodInSeconds",
        "ResourceConfig.TrainingPlanArn",
        "StoppingCondition.MaxPendingTimeInSeconds",
    }
)
DEFAULT_SECONDS = 86_400
RESTARTED = (
    "InternalServerError: the local SageMaker was restarted while this job ran. Please try again."
)


@operation("CreateTrainingJob", honours=HONOURED, refuses=REFUSED)
def create_training_job(request: Document, platform: Platform) -> Document:
    """Start a training job; ResourceInUse when the name is taken."""
    check(request)
    check_experiment(platform, request)
    platform.clients.role_environment(request["RoleArn"])  # refuses a role that is not for us
    document = new_job(request, platform)
    platform.create(KIND, request["TrainingJobName"], document)
    tell(platform, document)
    launch(platform, request["TrainingJobName"])
    return {"TrainingJobArn": document["TrainingJobArn"]}


def new_job(request: Document, platform: Platform, **more: Any) -> Document:
    """The document of a job that is about to start."""
    now = platform.now()
    stopping = {"MaxRuntimeInSeconds": DEFAULT_SECONDS} | request.get("StoppingCondition", {})
    return {
        "EnableNetworkIsolation": False,
        "EnableInterContainerTrafficEncryption": False,
        "EnableManagedSpotTraining": False,
        **request,
        "StoppingCondition": stopping,
        "TrainingJobArn": platform.arn(KIND, request["TrainingJobName"]),
        "CreationTime": now,
        "LastModifiedTime": now,
        **first_transition(now),
        **more,
    }


def launch(platform: Platform, name: str, share: Share | None = None) -> TrainingRun:
    """Start the thread of a stored job."""
    run = TrainingRun(platform, name, share)
    run.start()
    return run


def check(request: Document) -> None:
    """Refuse what the model allows and SageMaker does not; raises `ValidationException`."""
    for member in ("AlgorithmSpecification", "ResourceConfig"):
        if member not in request:
            raise ValidationException(f"{member} is required")
    image = request["AlgorithmSpecification"].get("TrainingImage")
    if not image:
        raise ValidationException("AlgorithmSpecification.TrainingImage is required")
    resources = request["ResourceConfig"]
    if "InstanceType" not in resources or resources.get("InstanceCount", 1) != 1:
        raise ValidationException(
            "The local SageMaker trains on one instance: "
            "ResourceConfig needs an InstanceType, and an InstanceCount of 1"
        )
    definitions = request["AlgorithmSpecification"].get("MetricDefinitions")
    if (
        definitions
        and training_runner(image, request.get("HyperParameters", {})) is Runner.ALGORITHM
    ):
        raise ValidationException(
            "You can't override the metric definitions for Amazon SageMaker algorithms. "
            "Please retry the request without specifying metric definitions."
        )
    if fault := invalid_definition(definitions):
        raise ValidationException(fault)
    _check_spot(request)
    _check_channels(request)


def _check_spot(request: Document) -> None:
    stopping = request.get("StoppingCondition", {})
    wait = stopping.get("MaxWaitTimeInSeconds")
    if not request.get("EnableManagedSpotTraining"):
        if wait is not None:
            raise ValidationException(
                "Invalid MaxWaitTimeInSeconds. It is only valid with EnableManagedSpotTraining"
            )
        return
    if wait is None or wait < stopping.get("MaxRuntimeInSeconds", DEFAULT_SECONDS):
        raise ValidationException(
            "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to "
            "MaxRuntimeInSeconds"
        )


def _check_channels(request: Document) -> None:
    channels = request.get("InputDataConfig", [])
    names = [channel["ChannelName"] for channel in channels]
    if len(set(names)) != len(names):
        raise ValidationException("Channel names must be unique within a training job")
    specification = request["AlgorithmSpecification"]
    for channel in channels:
        source = channel["DataSource"].get("S3DataSource")
        if source is None:
            raise ValidationException(f"Channel {channel['ChannelName']} has no S3DataSource")
        mode = channel.get("InputMode", specification["TrainingInputMode"])
        if mode == "Pipe" or channel.get("CompressionType", "None") != "None":
            raise ValidationException("The local SageMaker has no Pipe mode: use File or FastFile")
        if source["S3DataType"] not in {"S3Prefix", "ManifestFile"}:
            raise ValidationException(
                f"The local SageMaker does not support S3DataType {source['S3DataType']}"
            )


@operation("DescribeTrainingJob")
def describe_training_job(request: Document, platform: Platform) -> Document:
    """Tell everything of a training job."""
    return platform.get(KIND, request["TrainingJobName"])


@operation(
    "ListTrainingJobs",
    honours={
        "NextToken",
        "MaxResults",
        "CreationTimeAfter",
        "CreationTimeBefore",
        "LastModifiedTimeAfter",
        "LastModifiedTimeBefore",
        "NameContains",
        "StatusEquals",
        "SortBy",
        "SortOrder",
    },
)
def list_training_jobs(request: Document, platform: Platform) -> Document:
    """List training jobs, those of tuning jobs included."""
    return page(
        request,
        platform.store.list(KIND),
        name_member="TrainingJobName",
        answer_member="TrainingJobSummaries",
        status_member="TrainingJobStatus",
        default_order="Ascending",
    )


@operation("StopTrainingJob")
def stop_training_job(request: Document, platform: Platform) -> Document:
    """Ask a training job to end; one that ended already is refused, as SageMaker does."""
    name = request["TrainingJobName"]
    document = platform.get(KIND, name)
    if document["TrainingJobStatus"] in ENDED:
        raise ValidationException(
            f"The request was rejected because the training job is in status "
            f"{document['TrainingJobStatus']}."
        )
    stop(platform, name)
    return {}


def stop(platform: Platform, name: str) -> None:
    """Ask a running job to end; nothing happens to one that is ending."""
    run = platform.active.get((KIND, name))
    if run is None:
        return
    run.control.end(Cause.STOPPED)
    with contextlib.suppress(IllegalMoveError):  # it is ending, uploading, or over
        move(platform, name, "Stopping")


@operation("DeleteTrainingJob")
def delete_training_job(request: Document, platform: Platform) -> Document:
    """Forget a training job that has ended; its name is free again."""
    name = request["TrainingJobName"]
    if platform.get(KIND, name)["TrainingJobStatus"] not in ENDED:
        raise ResourceInUse(f"Training job {name} has not ended; stop it first")
    platform.store.delete(KIND, name)
    return {}


@at_start
def fail_interrupted(platform: Platform) -> None:
    """End the jobs that ran when the process was killed; children of tuning jobs too."""
    for document in platform.store.list(KIND):
        if document["TrainingJobStatus"] in ENDED:
            continue
        changes: Document = {"FailureReason": RESTARTED, "TrainingEndTime": platform.now()}
        move(platform, document["TrainingJobName"], "Failed", **changes)
