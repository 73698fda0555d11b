"""CreateProcessingJob and its siblings."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ResourceInUse, ValidationException
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import operation
from local.sagemaker.assembly import at_start
from local.sagemaker.experiments.experiment_config import check_experiment
from local.sagemaker.jobs.container import check_count, check_isolation
from local.sagemaker.jobs.job_process import Cause
from local.sagemaker.jobs.volumes import check_volume_key
from local.sagemaker.processing.processing_run import ProcessingRun
from local.sagemaker.processing.processing_states import ENDED, KIND, IllegalMoveError, move, tell

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

BASE = "/opt/ml/processing"
RESTARTED = (
    "InternalServerError: the local SageMaker was restarted while this job ran. Please try again."
)
REFUSED = frozenset(
    {
        "ProcessingInputs.DatasetDefinition",
        "ProcessingOutputConfig.Outputs.FeatureStoreOutput",
        "NetworkConfig.VpcConfig",
    }
)


@operation(
    "CreateProcessingJob",
    honours={
        "ProcessingInputs",
        "ProcessingOutputConfig",
        "ProcessingJobName",
        "ProcessingResources",
        "StoppingCondition",
        "AppSpecification",
        "Environment",
        "NetworkConfig",
        "RoleArn",
        "Tags",
        "ExperimentConfig",
    },
    refuses=REFUSED,
)
def create_processing_job(request: Document, platform: Platform) -> Document:
    """Start a processing job; ResourceInUse when the name is taken."""
    _check(request)
    check_experiment(platform, request)
    platform.clients.role_environment(request["RoleArn"])  # refuses a role that is not for us
    name, now = request["ProcessingJobName"], platform.now()
    document = {
        **request,
        "ProcessingJobArn": platform.arn(KIND, name),
        "ProcessingJobStatus": "InProgress",
        "CreationTime": now,
        "LastModifiedTime": now,
    }
    platform.create(KIND, name, document)
    tell(platform, document)
    ProcessingRun(platform, name).start()
    return {"ProcessingJobArn": document["ProcessingJobArn"]}


def _check(request: Document) -> None:
    """Refuse what the model allows and SageMaker does not; raises `ValidationException`."""
    cluster = request["ProcessingResources"]["ClusterConfig"]
    check_volume_key(cluster["InstanceType"], cluster.get("VolumeKmsKeyId", ""))
    check_count(cluster["InstanceCount"], f"{cluster['InstanceType']} for processing job usage")
    if request.get("NetworkConfig", {}).get("EnableNetworkIsolation"):
        check_isolation(cluster["InstanceCount"])
    places = _places(request)
    for name, place in places:
        if not place.startswith(f"{BASE}/") or ".." in place.split("/"):
            raise ValidationException(
                f"LocalPath of {name} must be a folder below {BASE}, not {place!r}"
            )
    if len({name for name, _ in places}) != len(places):
        raise ValidationException("Names of inputs and outputs must be unique within the job")


def _places(request: Document) -> list[tuple[str, str]]:
    """Name and LocalPath of every input and output that this platform copies."""
    places = []
    for given in request.get("ProcessingInputs", []):
        source = given.get("S3Input")
        if source is None:
            raise ValidationException(f"Input {given['InputName']} needs an S3Input")
        if source.get("S3InputMode", "File") != "File":
            raise ValidationException("The local SageMaker has no Pipe mode: use File")
        if source.get("S3CompressionType", "None") != "None":
            raise ValidationException(
                f"Input {given['InputName']}: S3CompressionType Gzip needs Pipe input mode"
            )
        if not given.get("AppManaged"):
            places.append((given["InputName"], source.get("LocalPath", "")))
    for output in request.get("ProcessingOutputConfig", {}).get("Outputs", []):
        if "S3Output" not in output:
            raise ValidationException(f"Output {output['OutputName']} needs an S3Output")
        if not output.get("AppManaged"):
            places.append((output["OutputName"], output["S3Output"].get("LocalPath", "")))
    return places


@operation("DescribeProcessingJob")
def describe_processing_job(request: Document, platform: Platform) -> Document:
    """Tell everything of a processing job."""
    return platform.get(KIND, request["ProcessingJobName"])


@operation("ListProcessingJobs")
def list_processing_jobs(request: Document, platform: Platform) -> Document:
    """List processing jobs."""
    return page(
        request,
        platform.store.rows(KIND),
        name_member="ProcessingJobName",
        answer_member="ProcessingJobSummaries",
        status_member="ProcessingJobStatus",
        default_order="Ascending",
    )


@operation("StopProcessingJob")
def stop_processing_job(request: Document, platform: Platform) -> Document:
    """Ask a processing job to end; one that ended already is refused, as SageMaker does."""
    name = request["ProcessingJobName"]
    document = platform.get(KIND, name)
    if document["ProcessingJobStatus"] in ENDED:
        raise ValidationException(
            f"The request was rejected because the processing job is in status "
            f"{document['ProcessingJobStatus']}."
        )
    run = platform.active.get((KIND, name))
    with contextlib.suppress(IllegalMoveError):  # it is ending, or over
        move(platform, name, "Stopping")
        if run is not None:
            run.control.end(Cause.STOPPED)
    return {}


@operation("DeleteProcessingJob")
def delete_processing_job(request: Document, platform: Platform) -> Document:
    """Forget a processing job that has ended; its name is free again."""
    name = request["ProcessingJobName"]
    if platform.get(KIND, name)["ProcessingJobStatus"] not in ENDED:
        raise ResourceInUse(f"Processing job {name} has not ended; stop it first")
    platform.store.delete(KIND, name)
    return {}


@at_start
def begin_again(platform: Platform) -> None:
    """Begin the jobs anew that ran when the process was killed: nothing of them is anywhere yet.

    What uploads as it goes is replaced. A rule's job follows a training that is gone: it fails.
    """
    for document in platform.store.list(KIND):
        name, status = document["ProcessingJobName"], document["ProcessingJobStatus"]
        if status == "Stopping":
            move(platform, name, "Stopped", ProcessingEndTime=platform.now())
        elif status not in ENDED and document.get("TrainingJobArn"):
            now = platform.now()
            move(platform, name, "Failed", FailureReason=RESTARTED, ProcessingEndTime=now)
        elif status not in ENDED:
            ProcessingRun(platform, name).start()
