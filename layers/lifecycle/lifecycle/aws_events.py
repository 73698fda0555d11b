"""What AWS sends, reduced to what the legs need of it.

Field names, casing and doubtful points: EventBridge "events from AWS services" reference. Times,
tags and unset fields come in several spellings, so nothing here relies on them.
"""

from __future__ import annotations

from typing import Any, Literal

from lifecycle.errors import UnknownEventError
from lifecycle.events import Model

type JobKind = Literal["training-job", "hyper-parameter-tuning-job", "processing-job"]


class ObjectCreated(Model):
    """S3 "Object Created": an object, whole, is in the bucket."""

    bucket: str
    key: str
    size: int
    etag: str
    sequencer: str = ""

    @property
    def problem(self) -> str:
        """The first folder of the key, which names the problem."""
        return self.key.split("/", 1)[0]

    @property
    def uri(self) -> str:
        """The object's s3:// address."""
        return f"s3://{self.bucket}/{self.key}"


class JobEnded(Model):
    """A training, tuning or processing job of SageMaker reached its end."""

    kind: JobKind
    name: str
    status: str
    reason: str = ""

    @property
    def completed(self) -> bool:
        """Whether the job did what it was started for."""
        return self.status == "Completed"


class GlueJobEnded(Model):
    """A run of a Glue job reached its end; ``status`` is in Glue's spelling (``SUCCEEDED``)."""

    job: str
    name: str
    status: str
    reason: str = ""

    @property
    def completed(self) -> bool:
        """Whether the script came to its end."""
        return self.status == "SUCCEEDED"


class ReplicationTaskFailed(Model):
    """A replication task of DMS failed; what it wrote before stays."""

    task: str
    reason: str = ""


class EndpointChanged(Model):
    """An endpoint changed its status; ``status`` is spelled as in the event (``IN_SERVICE``)."""

    endpoint: str
    endpoint_config: str
    status: str
    reason: str = ""


class ModelPackageChanged(Model):
    """A model package was edited; ``updated`` names the fields."""

    arn: str
    group: str
    approval: str
    updated: tuple[str, ...] = ()


class FeatureGroupChanged(Model):
    """A feature group was made or changed. AWS's sample spells a ready one "Active"."""

    group: str
    status: str
    reason: str = ""


class ScheduleTicked(Model):
    """A schedule of this stack fired."""

    rule: str


class RecordsArrived(Model):
    """A stretch of one shard of the Kinesis stream, from ``first`` to ``last``."""

    stream: str
    shard: str
    first: str
    last: str


type AwsEvent = (
    ObjectCreated
    | JobEnded
    | GlueJobEnded
    | ReplicationTaskFailed
    | EndpointChanged
    | ModelPackageChanged
    | FeatureGroupChanged
    | ScheduleTicked
    | RecordsArrived
)


def _object_created(envelope: dict[str, Any]) -> ObjectCreated:
    detail = envelope["detail"]
    item = detail["object"]
    return ObjectCreated(
        bucket=detail["bucket"]["name"],
        key=item["key"],
        size=item.get("size") or 0,
        etag=item.get("etag", ""),
        sequencer=item.get("sequencer") or "",
    )


def _job_ended(kind: JobKind, prefix: str) -> Any:
    def parse(envelope: dict[str, Any]) -> JobEnded:
        detail = envelope["detail"]
        reason = detail.get("FailureReason") or detail.get("ExitMessage") or ""
        return JobEnded(
            kind=kind,
            name=detail[f"{prefix}Name"],
            status=detail[f"{prefix}Status"],
            reason=reason,
        )

    return parse


def _glue_job_ended(envelope: dict[str, Any]) -> GlueJobEnded:
    detail = envelope["detail"]
    return GlueJobEnded(
        job=detail["jobName"],
        name=detail["jobRunId"],
        status=detail["state"],
        reason=detail.get("message") or "",
    )


def _replication_task_failed(envelope: dict[str, Any]) -> ReplicationTaskFailed:
    return ReplicationTaskFailed(
        task=(envelope.get("resources") or [""])[0],
        reason=envelope["detail"].get("detailMessage") or "",
    )


def _endpoint_changed(envelope: dict[str, Any]) -> EndpointChanged:
    detail = envelope["detail"]
    return EndpointChanged(
        endpoint=detail["EndpointName"],
        endpoint_config=detail.get("EndpointConfigName") or "",
        status=detail["EndpointStatus"],
        reason=detail.get("FailureReason") or "",
    )


def _model_package_changed(envelope: dict[str, Any]) -> ModelPackageChanged:
    detail = envelope["detail"]
    return ModelPackageChanged(
        arn=detail["ModelPackageArn"],
        group=detail.get("ModelPackageGroupName") or "",
        approval=detail.get("ModelApprovalStatus") or "",
        updated=tuple(detail.get("UpdatedModelPackageFields") or ()),
    )


def _feature_group_changed(envelope: dict[str, Any]) -> FeatureGroupChanged:
    detail = envelope["detail"]
    return FeatureGroupChanged(
        group=detail["FeatureGroupName"],
        status=detail.get("FeatureGroupStatus") or "",
        reason=detail.get("FailureReason") or "",
    )


def _schedule_ticked(envelope: dict[str, Any]) -> ScheduleTicked:
    return ScheduleTicked(rule=(envelope.get("resources") or [""])[0].rsplit("/", 1)[-1])


PARSERS: dict[tuple[str, str], Any] = {
    ("aws.s3", "Object Created"): _object_created,
    ("aws.sagemaker", "SageMaker Training Job State Change"): _job_ended(
        "training-job", "TrainingJob"
    ),
    ("aws.sagemaker", "SageMaker HyperParameter Tuning Job State Change"): _job_ended(
        "hyper-parameter-tuning-job", "HyperParameterTuningJob"
    ),
    ("aws.sagemaker", "SageMaker Processing Job State Change"): _job_ended(
        "processing-job", "ProcessingJob"
    ),
    ("aws.glue", "Glue Job State Change"): _glue_job_ended,
    ("aws.dms", "DMS Replication Task State Change"): _replication_task_failed,
    ("aws.sagemaker", "SageMaker Endpoint State Change"): _endpoint_changed,
    ("aws.sagemaker", "SageMaker Model Package State Change"): _model_package_changed,
    ("aws.sagemaker", "SageMaker Feature Group State Change"): _feature_group_changed,
    ("aws.events", "Scheduled Event"): _schedule_ticked,
}


def parse_aws_event(envelope: dict[str, Any]) -> AwsEvent:
    """The typed form of an EventBridge envelope that an AWS service sent.

    Raises:
        UnknownEventError: no parser is known for its source and detail-type.
    """
    key = (envelope.get("source", ""), envelope.get("detail-type", ""))
    if key not in PARSERS:
        raise UnknownEventError(f"no leg understands {key[1]!r} of {key[0]!r}")
    parsed: AwsEvent = PARSERS[key](envelope)
    return parsed
