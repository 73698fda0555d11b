"""CreateTrainingJob and its siblings."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ResourceInUse, ValidationException
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import operation
from local.sagemaker.assembly import at_start
from local.sagemaker.experiments.experiment_config import check_experiment
from local.sagemaker.jobs.job_process import Cause
from local.sagemaker.training import debugger_config, warm_pools
from local.sagemaker.training.debugger_run import first_statuses
from local.sagemaker.training.training_checks import DEFAULT_SECONDS, check
from local.sagemaker.training.training_run import TrainingRun
from local.sagemaker.training.training_states import (
    ENDED,
    KIND,
    IllegalMoveError,
    first_transition,
    may_retry,
    move,
    one_more_retry,
    tell,
)

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform
    from local.sagemaker.training.training_order import Share

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
        "EnableInterContainerTrafficEncryption",  # hosts are one machine: nothing leaves it
        "EnableNetworkIsolation",
        "CheckpointConfig",
        "DebugHookConfig",
        "DebugRuleConfigurations",
        "Environment",
        "ProfilerConfig",
        "ExperimentConfig",
        "RetryStrategy",
    }
)
REFUSED = frozenset(
    {
        "AlgorithmSpecification.AlgorithmName",
        "AlgorithmSpecification.TrainingImageConfig",
        *debugger_config.REFUSED,
        "InputDataConfig.DataSource.FileSystemDataSource",
        "InputDataConfig.DataSource.DatasetSource",
        "InputDataConfig.DataSource.S3DataSource.InstanceGroupNames",
        "ProfilerConfig.ProfilingParameters",  # of the frameworks' own profilers
        "ResourceConfig.InstanceGroups",
        "ResourceConfig.TrainingPlanArn",
        "StoppingCondition.MaxPendingTimeInSeconds",
    }
)
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
    warm_pools.claim(platform, document)
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
        # Clients read it without asking whether it is there (the SDK's best_estimator).
        "OutputDataConfig": {"KmsKeyId": ""} | request.get("OutputDataConfig", {}),
        "StoppingCondition": stopping,
        "TrainingJobArn": platform.arn(KIND, request["TrainingJobName"]),
        "CreationTime": now,
        "LastModifiedTime": now,
        **first_transition(now),
        **first_statuses(request, now),
        **more,
    }


def launch(platform: Platform, name: str, share: Share | None = None) -> TrainingRun:
    """Start the thread of a stored job."""
    run = TrainingRun(platform, name, share)
    run.start()
    return run


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
        "WarmPoolStatusEquals",
    },
)
def list_training_jobs(request: Document, platform: Platform) -> Document:
    """List training jobs, those of tuning jobs included."""
    wanted = request.get("WarmPoolStatusEquals")
    found = [
        document
        for document in platform.store.rows(KIND)
        if wanted is None or document.get("WarmPoolStatus", {}).get("Status") == wanted
    ]
    return page(
        request,
        found,
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
    warm_pools.forget(platform, name)
    return {}


@at_start
def fail_interrupted(platform: Platform) -> None:
    """End the jobs that ran when the process was killed; children of tuning jobs too.

    A job with a RetryStrategy is started again instead: what happened to it is no fault of its own.
    """
    for document in platform.store.list(KIND):
        if document["TrainingJobStatus"] in ENDED:
            continue
        name = document["TrainingJobName"]
        if may_retry(document):
            move(platform, name, "Restarting", **one_more_retry(document))
            move(platform, name, "Starting")
            launch(platform, name)
            continue
        changes: Document = {"FailureReason": RESTARTED, "TrainingEndTime": platform.now()}
        move(platform, name, "Failed", **changes)
        warm_pools.release(platform, name)
