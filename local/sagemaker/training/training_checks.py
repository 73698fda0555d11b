"""What the service model allows of a CreateTrainingJob, and SageMaker does not."""

from __future__ import annotations

from typing import Any

from local.sagemaker.api.errors import ValidationException
from local.sagemaker.jobs.container import check_count, check_isolation
from local.sagemaker.jobs.images import Runner, training_runner
from local.sagemaker.jobs.metric_definitions import invalid_definition
from local.sagemaker.jobs.volumes import check_volume_key
from local.sagemaker.training.debugger_config import check_debugger
from local.sagemaker.training.system_profile import INTERVALS
from local.sagemaker.training.training_inputs import is_pipe
from local.sagemaker.training.warm_pools import check_keep_alive

type Document = dict[str, Any]

DEFAULT_SECONDS = 86_400
_LAUNCHERS = frozenset(
    {
        "sagemaker_mpi_enabled",
        "sagemaker_parameter_server_enabled",
        "sagemaker_distributed_dataparallel_enabled",
        "sagemaker_torch_distributed_enabled",
        "sagemaker_pytorch_ddp_enabled",
        "sagemaker_pytorch_xla_multi_worker_enabled",
        "sagemaker_multi_worker_mirrored_strategy_enabled",
    }
)


def check(request: Document) -> None:
    """Refuse what the model allows and SageMaker does not; raises `ValidationException`."""
    for member in ("AlgorithmSpecification", "ResourceConfig"):
        if member not in request:
            raise ValidationException(f"{member} is required")
    image = request["AlgorithmSpecification"].get("TrainingImage")
    if not image:
        raise ValidationException("AlgorithmSpecification.TrainingImage is required")
    _check_resources(request)
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
    check_keep_alive(request)
    _check_distribution(request.get("HyperParameters", {}))
    _check_spot(request)
    _check_profiler(request)
    check_debugger(request)
    _check_channels(request)


def _check_resources(request: Document) -> None:
    resources = request["ResourceConfig"]
    if "InstanceType" not in resources:
        raise ValidationException("ResourceConfig.InstanceType is required")
    check_volume_key(resources["InstanceType"], resources.get("VolumeKmsKeyId", ""))
    count = resources.get("InstanceCount", 1)
    check_count(count, f"{resources['InstanceType']} for training job usage")
    if request.get("EnableNetworkIsolation"):
        check_isolation(count)
    if count > 1 and _runs_algorithm(request):
        raise ValidationException(
            "The local SageMaker trains built-in algorithms on one instance: "
            "ResourceConfig.InstanceCount must be 1"
        )


def _check_profiler(request: Document) -> None:
    interval = request.get("ProfilerConfig", {}).get("ProfilingIntervalInMilliseconds")
    if interval is not None and interval not in INTERVALS:
        known = ", ".join(map(str, INTERVALS))
        raise ValidationException(
            f"ProfilerConfig.ProfilingIntervalInMilliseconds must be one of {known}"
        )


def _check_distribution(hyperparameters: dict[str, str]) -> None:
    """Refuse the launchers of distributed training that the toolkit would start each host with."""
    for name, text in hyperparameters.items():
        if name in _LAUNCHERS and text.strip('"').lower() == "true":
            raise ValidationException(
                f"The local SageMaker has no launcher for {name}: on several hosts a script finds "
                "its peers by SM_HOSTS, SM_CURRENT_HOST_RANK, SM_MASTER_ADDR and SM_MASTER_PORT"
            )


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
    for channel in channels:
        if "S3DataSource" not in channel["DataSource"]:
            raise ValidationException(f"Channel {channel['ChannelName']} has no S3DataSource")
        if is_pipe(request, channel):
            _check_pipe(request, channel)
        else:
            _check_copied(channel)


def _check_copied(channel: Document) -> None:
    """What only a stream can be (API Channel and S3DataSource)."""
    name, source = channel["ChannelName"], channel["DataSource"]["S3DataSource"]
    if source["S3DataType"] not in {"S3Prefix", "ManifestFile"}:
        raise ValidationException(
            f"Channel {name}: S3DataType {source['S3DataType']} needs Pipe input mode"
            if source["S3DataType"] == "AugmentedManifestFile"
            else f"The local SageMaker does not support S3DataType {source['S3DataType']}"
        )
    if channel.get("CompressionType", "None") != "None":
        raise ValidationException(f"Channel {name}: CompressionType Gzip needs Pipe input mode")
    if channel.get("RecordWrapperType", "None") != "None":
        raise ValidationException(f"Channel {name}: RecordWrapperType needs Pipe input mode")
    if "ShuffleConfig" in channel:
        raise ValidationException(
            f"Channel {name}: ShuffleConfig needs Pipe input mode; files in a folder have no order"
        )
    if source.get("AttributeNames"):
        raise ValidationException(f"Channel {name}: AttributeNames need an AugmentedManifestFile")


def _check_pipe(request: Document, channel: Document) -> None:
    name, source = channel["ChannelName"], channel["DataSource"]["S3DataSource"]
    if source["S3DataType"] not in {"S3Prefix", "ManifestFile", "AugmentedManifestFile"}:
        raise ValidationException(
            f"The local SageMaker does not support S3DataType {source['S3DataType']}"
        )
    augmented = source["S3DataType"] == "AugmentedManifestFile"
    if augmented != bool(source.get("AttributeNames")):
        raise ValidationException(
            f"Channel {name}: AttributeNames go with an AugmentedManifestFile, and it needs them"
        )
    if augmented and channel.get("CompressionType", "None") != "None":
        raise ValidationException(f"Channel {name}: an AugmentedManifestFile cannot be compressed")
    if _runs_algorithm(request):
        raise ValidationException(
            f"Channel {name}: the local SageMaker's built-in algorithms read files: "
            "InputMode must be File or FastFile"
        )


def _runs_algorithm(request: Document) -> bool:
    """Tell whether it is a built-in algorithm that trains, and no program of the caller's."""
    specification = request["AlgorithmSpecification"]
    image, hyperparameters = specification["TrainingImage"], request.get("HyperParameters", {})
    if specification.get("ContainerEntrypoint"):
        return False
    return training_runner(image, hyperparameters) is Runner.ALGORITHM
