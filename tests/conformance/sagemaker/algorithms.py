"""What the tests of built-in algorithms share: a job from rows, and an endpoint from a job."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.conformance.sagemaker.laptop import BUCKET, ROLE, channel, unique
from tests.conformance.sagemaker.serving import make_endpoint

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

REGISTRY = "382416733822.dkr.ecr.us-east-1.amazonaws.com"


def as_csv(*columns: Any) -> bytes:
    """Columns, or blocks of them, beside each other."""
    text = io.StringIO()
    np.savetxt(text, np.column_stack(columns), delimiter=",", fmt="%.6g")
    return text.getvalue().encode()


@dataclass
class Training:
    """A training job to be: image, hyperparameters, channels."""

    repository: str
    hyperparameters: dict[str, Any]
    channels: list[dict[str, Any]] = field(default_factory=list)

    def feed(
        self, laptop: LocalSageMaker, name: str, body: bytes, content_type: str = "text/csv"
    ) -> Training:
        """Put rows into S3 and into a channel."""
        folder = unique("rows")
        laptop.put(f"{folder}/{name}/part-0", body)
        self.channels.append(channel(name, f"s3://{BUCKET}/{folder}/{name}/", content_type))
        return self

    def definition(self) -> dict[str, Any]:
        """What a training job and the trainings of a tuning job have in common."""
        return {
            "AlgorithmSpecification": {
                "TrainingImage": f"{REGISTRY}/{self.repository}:1",
                "TrainingInputMode": "File",
            },
            "RoleArn": ROLE,
            "InputDataConfig": self.channels,
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/out"},
            "ResourceConfig": {
                "InstanceType": "ml.m5.large",
                "InstanceCount": 1,
                "VolumeSizeInGB": 5,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        }

    def run(self, laptop: LocalSageMaker) -> dict[str, Any]:
        """Train, and describe the job that has ended."""
        name = unique(self.repository)
        texts = {key: str(value) for key, value in self.hyperparameters.items()}
        laptop.client().create_training_job(
            TrainingJobName=name, HyperParameters=texts, **self.definition()
        )
        return laptop.await_training(name)

    def complete(self, laptop: LocalSageMaker) -> dict[str, Any]:
        """Train, and insist that it went well."""
        job = self.run(laptop)
        assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
        return job

    def reason(self, laptop: LocalSageMaker) -> str:
        """Train in vain; why."""
        job = self.run(laptop)
        assert job["TrainingJobStatus"] == "Failed", job
        reason: str = job["FailureReason"]
        return reason


def metrics(job: dict[str, Any]) -> dict[str, float]:
    """The last value of each metric of a job."""
    return {item["MetricName"]: item["Value"] for item in job["FinalMetricDataList"]}


def deploy(laptop: LocalSageMaker, job: dict[str, Any]) -> str:
    """An endpoint that serves what a job has trained."""
    name = job["TrainingJobName"]
    laptop.client().create_model(
        ModelName=name,
        ExecutionRoleArn=ROLE,
        PrimaryContainer={
            "Image": job["AlgorithmSpecification"]["TrainingImage"],
            "ModelDataUrl": job["ModelArtifacts"]["S3ModelArtifacts"],
        },
    )
    variant = {
        "VariantName": "primary",
        "ModelName": name,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    laptop.client().create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    return make_endpoint(laptop, name)


def invoke(
    laptop: LocalSageMaker, endpoint: str, body: bytes, content_type: str = "text/csv", **more: Any
) -> bytes:
    """Ask an endpoint; the answer's bytes."""
    answer = laptop.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint, ContentType=content_type, Body=body, **more
    )
    payload: bytes = answer["Body"].read()
    return payload


def ask(laptop: LocalSageMaker, endpoint: str, body: bytes, **more: Any) -> dict[str, Any]:
    """Ask an endpoint in CSV; the answer's JSON."""
    answer: dict[str, Any] = json.loads(invoke(laptop, endpoint, body, **more))
    return answer
