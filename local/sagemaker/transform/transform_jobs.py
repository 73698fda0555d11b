"""CreateTransformJob and its siblings."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ValidationException
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import operation
from local.sagemaker.assembly import at_end, at_start
from local.sagemaker.endpoints.container_groups import DIRECT, MULTI_MODEL, mode_of
from local.sagemaker.experiments.experiment_config import check_experiment
from local.sagemaker.jobs.volumes import check_volume_key
from local.sagemaker.transform.transform_data import DataError, processing_of
from local.sagemaker.transform.transform_run import DEFAULT_PAYLOAD, TransformRun
from local.sagemaker.transform.transform_states import ENDED, KIND, IllegalMoveError, move, tell

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

MOST_MEGABYTES = 100
"""Of one payload, and of all that are under way at once (API CreateTransformJob)."""

_SHUTDOWN_SECONDS = 3.0


@operation(
    "CreateTransformJob",
    honours={
        "TransformJobName",
        "ModelName",
        "MaxConcurrentTransforms",
        "ModelClientConfig",
        "MaxPayloadInMB",
        "BatchStrategy",
        "Environment",
        "TransformInput",
        "TransformOutput",
        "DataCaptureConfig",
        "TransformResources",
        "DataProcessing",
        "Tags",
        "ExperimentConfig",
    },
    refuses={"TransformResources.TransformAmiVersion"},
)
def create_transform_job(request: Document, platform: Platform) -> Document:
    """Start a transform job; ResourceInUse when the name is taken."""
    _check(request)
    model = platform.store.find("model", request["ModelName"])
    if model is None:
        arn = platform.arn("model", request["ModelName"])
        raise ValidationException(f'Could not find model "{arn}".')
    if mode_of(model) in (DIRECT, MULTI_MODEL):
        raise ValidationException(
            f"Model {request['ModelName']} cannot be used for batch transform: its containers are "
            f"served in mode {mode_of(model)}."
        )
    check_experiment(platform, request)
    name, now = request["TransformJobName"], platform.now()
    document = {
        **request,
        "TransformJobArn": platform.arn(KIND, name),
        "TransformJobStatus": "InProgress",
        "CreationTime": now,
        "LastModifiedTime": now,
        "_Model": model,
    }
    platform.create(KIND, name, document)
    tell(platform, document)
    TransformRun(platform, name).start()
    return {"TransformJobArn": document["TransformJobArn"]}


def _check(request: Document) -> None:
    """Refuse what the model allows and SageMaker, or this one, does not."""
    resources = request["TransformResources"]
    check_volume_key(resources["InstanceType"], resources.get("VolumeKmsKeyId", ""))
    source = request["TransformInput"]
    kind = source["DataSource"]["S3DataSource"]["S3DataType"]
    if kind not in {"S3Prefix", "ManifestFile"}:
        raise ValidationException(f"S3DataType {kind} cannot be used with a transform job.")
    split_type = source.get("SplitType", "None")
    if split_type == "TFRecord":
        raise ValidationException("The local SageMaker does not support: SplitType TFRecord")
    if request.get("BatchStrategy") == "SingleRecord" and split_type == "None":
        raise ValidationException("BatchStrategy SingleRecord needs a SplitType other than None.")
    megabytes = request.get("MaxPayloadInMB", DEFAULT_PAYLOAD)
    at_once = max(1, request.get("MaxConcurrentTransforms", 1))
    if megabytes > MOST_MEGABYTES or megabytes * at_once > MOST_MEGABYTES:
        raise ValidationException(
            f"MaxPayloadInMB must not be greater than {MOST_MEGABYTES} MB, nor "
            "MaxConcurrentTransforms * MaxPayloadInMB."
        )
    try:
        processing_of(request, "")
    except DataError as error:
        raise ValidationException(str(error)) from error


@operation("DescribeTransformJob")
def describe_transform_job(request: Document, platform: Platform) -> Document:
    """Tell everything of a transform job."""
    return platform.get(KIND, request["TransformJobName"])


@operation("ListTransformJobs")
def list_transform_jobs(request: Document, platform: Platform) -> Document:
    """List transform jobs, newest first."""
    return page(
        request,
        platform.store.list(KIND),
        name_member="TransformJobName",
        answer_member="TransformJobSummaries",
        status_member="TransformJobStatus",
    )


@operation("StopTransformJob")
def stop_transform_job(request: Document, platform: Platform) -> Document:
    """Ask a transform job to end; one that ended already is refused, as SageMaker does."""
    name = request["TransformJobName"]
    document = platform.get(KIND, name)
    if document["TransformJobStatus"] in ENDED:
        raise ValidationException(
            f"The request was rejected because the transform job is in status "
            f"{document['TransformJobStatus']}."
        )
    run = platform.active.get((KIND, name))
    with contextlib.suppress(IllegalMoveError):  # it is ending, or over
        move(platform, name, "Stopping")
        if run is not None:
            run.halt()
    return {}


@at_start
def resume_transform_jobs(platform: Platform) -> None:
    """Go on with the jobs that ran when the process ended; objects that are done stay so."""
    for document in platform.store.list(KIND):
        name, status = document["TransformJobName"], document["TransformJobStatus"]
        if status == "Stopping":
            move(platform, name, "Stopped", TransformEndTime=platform.now())
        elif status not in ENDED:
            TransformRun(platform, name).start()


@at_end
def halt_transform_jobs(platform: Platform) -> None:
    """End the processes; the jobs go on at the next start."""
    runs = [run for (kind, _), run in list(platform.active.items()) if kind == KIND]
    deadline = time.monotonic() + _SHUTDOWN_SECONDS
    for run in runs:
        run.halt()
    for run in runs:
        run.join(max(0.0, deadline - time.monotonic()))
