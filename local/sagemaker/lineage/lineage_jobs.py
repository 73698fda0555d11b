"""The trial component, artifacts and associations that SageMaker makes of a job.

Page "Amazon SageMaker AI-Created Tracking Entities": a trial component for each job; artifacts for
its image, its inputs, its outputs and, of a training job, its checkpoints; known by their address.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ApiError
from local.sagemaker.experiments.experiment_config import join_experiment
from local.sagemaker.experiments.trial_components import FORGOTTEN, new_component
from local.sagemaker.experiments.trial_metrics import component_name, forget_metrics
from local.sagemaker.lineage.lineage_artifacts import ensure_artifact
from local.sagemaker.lineage.lineage_associations import associate
from local.sagemaker.lineage.lineage_entities import TRIAL_COMPONENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.sagemaker.platform import Platform

type Document = dict[str, Any]
type Ends = dict[str, tuple[str, str, str]]

TRAINING = "training-job"
PROCESSING = "processing-job"
TRANSFORM = "transform-job"
MODEL_OUTPUT = "SageMaker.ModelArtifact"
_LONGEST_TEXT = 2500
_LONGEST_ADDRESS = 2048


@dataclass
class JobRecord:
    """What lineage takes from a job.

    Attributes:
        word: Training, Processing or Transform: the beginning of the names of its members.
        image: Its image; empty for a job without one of its own.
        parameters: What it was started with.
        inputs: Name → (address, artifact type, media type).
        outputs: Likewise, of what it leaves.
    """

    word: str
    image: str = ""
    parameters: Document = field(default_factory=dict)
    inputs: Ends = field(default_factory=dict)
    outputs: Ends = field(default_factory=dict)


def track_job(platform: Platform, kind: str, job: Document) -> None:
    """Bring a job's trial component up to date, and at the job's end draw its associations."""
    record = _READERS[kind](platform, job)
    name = component_name(kind, job[f"{record.word}JobName"])
    component = _component(platform, name, job, record)
    status = job[f"{record.word}JobStatus"]
    changes: Document = {
        "Status": {"PrimaryStatus": status, "Message": _message(job, record.word)},
        "OutputArtifacts": _shown(record.outputs),
        "LastModifiedTime": platform.now(),
    }
    for member, time in (("StartTime", "StartTime"), ("EndTime", "EndTime")):
        if when := job.get(f"{record.word}{time}"):
            changes[member] = when
    platform.store.update(TRIAL_COMPONENT, name, **changes)
    _associate(platform, component["TrialComponentArn"], record)


def tracked(platform: Platform, kind: str, job: Document) -> bool:
    """Tell whether a job's trial component says what the job says, or was deleted."""
    word = _WORDS[kind]
    name = component_name(kind, job[f"{word}JobName"])
    forgotten = platform.store.find(FORGOTTEN, name)
    if forgotten is not None and forgotten["_Begun"] == job["CreationTime"]:
        return True
    found = platform.store.find(TRIAL_COMPONENT, name)
    if found is None or found.get("_Begun") != job["CreationTime"]:
        return False
    return bool(found.get("Status", {}).get("PrimaryStatus") == job[f"{word}JobStatus"])


def _component(platform: Platform, name: str, job: Document, record: JobRecord) -> Document:
    found = platform.store.find(TRIAL_COMPONENT, name)
    if found is not None and found.get("_Begun") == job["CreationTime"]:
        return found
    if found is not None:  # of an earlier job of this name, which was deleted
        forget_metrics(platform, name)
        platform.store.delete(TRIAL_COMPONENT, name)
    config = job.get("ExperimentConfig", {})
    document: Document = {
        "TrialComponentName": name,
        "DisplayName": config.get("TrialComponentDisplayName", name),
        "Source": {
            "SourceArn": job[f"{record.word}JobArn"],
            "SourceType": f"SageMaker{record.word}Job",
        },
        "Parameters": record.parameters,
        "InputArtifacts": _shown(record.inputs),
        "_Begun": job["CreationTime"],
    }
    if "RunName" in config:
        document["RunName"] = config["RunName"]
    new_component(platform, document)
    document = platform.store.get(TRIAL_COMPONENT, name)
    try:
        join_experiment(platform, document, config)
    except ApiError:
        return document  # its experiment was deleted while it was started
    return document


def _associate(platform: Platform, component: str, record: JobRecord) -> None:
    if record.image:
        image = ensure_artifact(platform, record.image, "Image")
        associate(platform, image, component, "ContributedTo")
    for uri, kind, _ in record.inputs.values():
        associate(platform, ensure_artifact(platform, uri, kind), component, "ContributedTo")
    for uri, kind, _ in record.outputs.values():
        associate(platform, component, ensure_artifact(platform, uri, kind), "Produced")


def _shown(ends: Ends) -> Document:
    return {
        name: ({"MediaType": media} if media else {}) | {"Value": uri[:_LONGEST_ADDRESS]}
        for name, (uri, _, media) in ends.items()
    }


def _message(job: Document, word: str) -> str:
    secondary = f", secondary status: {job['SecondaryStatus']}" if word == "Training" else ""
    reason = job.get("FailureReason") or "null"
    return f"Status: {job[f'{word}JobStatus']}{secondary}, failure reason: {reason}"[:1024]


def _training(_platform: Platform, job: Document) -> JobRecord:
    specification = job["AlgorithmSpecification"]
    record = JobRecord("Training", specification.get("TrainingImage", ""))
    record.parameters = {
        name: _parameter(text) for name, text in job.get("HyperParameters", {}).items()
    } | _resources(record.image, job["ResourceConfig"])
    for channel in job.get("InputDataConfig", []):
        source = channel["DataSource"].get("S3DataSource", {})
        if uri := source.get("S3Uri"):
            media = channel.get("ContentType", "")
            record.inputs[channel["ChannelName"]] = (uri, "DataSet", media)
    if job["TrainingJobStatus"] in {"Completed", "Stopped"}:
        if uri := job.get("ModelArtifacts", {}).get("S3ModelArtifacts"):
            record.outputs[MODEL_OUTPUT] = (uri, "Model", "")
        if checkpoints := job.get("CheckpointConfig", {}).get("S3Uri"):
            record.outputs["SageMaker.Checkpoint"] = (checkpoints, "Checkpoint", "")
    return record


def _processing(_platform: Platform, job: Document) -> JobRecord:
    record = JobRecord("Processing", job["AppSpecification"]["ImageUri"])
    cluster = job["ProcessingResources"]["ClusterConfig"]
    record.parameters = _resources(record.image, cluster)
    for given in job.get("ProcessingInputs", []):
        if uri := given.get("S3Input", {}).get("S3Uri"):
            record.inputs[given["InputName"]] = (uri, "DataSet", "")
    if job["ProcessingJobStatus"] == "Completed":
        for output in job.get("ProcessingOutputConfig", {}).get("Outputs", []):
            if uri := output.get("S3Output", {}).get("S3Uri"):
                record.outputs[output["OutputName"]] = (uri, "DataSet", "")
    return record


def _transform(platform: Platform, job: Document) -> JobRecord:
    record = JobRecord("Transform")
    record.parameters = _resources("", job["TransformResources"]) | {
        "SageMaker.ModelName": {"StringValue": job["ModelName"]}
    }
    given = job["TransformInput"]
    uri = given["DataSource"]["S3DataSource"]["S3Uri"]
    record.inputs["SageMaker.TransformInput"] = (uri, "DataSet", given.get("ContentType", ""))
    for model in model_addresses(platform, job["ModelName"]):
        record.inputs["SageMaker.ModelArtifact"] = (model, "Model", "")
    if job["TransformJobStatus"] == "Completed":
        out = job["TransformOutput"]["S3OutputPath"]
        record.outputs["SageMaker.TransformOutput"] = (out, "DataSet", "")
    return record


def model_addresses(platform: Platform, name: str) -> list[str]:
    """Where the archives of a model lie; none when the model is gone."""
    return [uri for container in containers_of(platform, name) if (uri := data_of(container))]


def containers_of(platform: Platform, name: str) -> list[Document]:
    """A model's containers; none when it is gone."""
    model = platform.store.find("model", name) or {}
    return [*model.get("Containers", []), *filter(None, [model.get("PrimaryContainer")])]


def data_of(container: Document) -> str:
    """The address of a container's model data, or nothing."""
    source = container.get("ModelDataSource", {}).get("S3DataSource", {})
    return str(container.get("ModelDataUrl") or source.get("S3Uri", ""))


def _resources(image: str, cluster: Document) -> Document:
    numbers = {
        "InstanceCount": "SageMaker.InstanceCount",
        "VolumeSizeInGB": "SageMaker.VolumeSizeInGB",
    }
    found: Document = {
        name: {"NumberValue": float(cluster[member])}
        for member, name in numbers.items()
        if member in cluster
    }
    if cluster.get("InstanceType"):
        found["SageMaker.InstanceType"] = {"StringValue": cluster["InstanceType"]}
    if image:
        found["SageMaker.ImageUri"] = {"StringValue": image}
    return found


def _parameter(text: str) -> Document:
    """A hyperparameter as a trial component has it: a number where it is one."""
    try:
        number = float(text)
    except ValueError:
        return {"StringValue": text[:_LONGEST_TEXT]}
    return {"NumberValue": number} if math.isfinite(number) else {"StringValue": text}


_READERS: dict[str, Callable[[Platform, Document], JobRecord]] = {
    TRAINING: _training,
    PROCESSING: _processing,
    TRANSFORM: _transform,
}
_WORDS = {TRAINING: "Training", PROCESSING: "Processing", TRANSFORM: "Transform"}
