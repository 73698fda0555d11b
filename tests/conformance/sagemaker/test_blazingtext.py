"""BlazingText from outside: labelled lines in S3, a training job, an endpoint that classifies."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.conformance.sagemaker.laptop import BUCKET, channel, definition, unique
from tests.conformance.sagemaker.serving import make_endpoint

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

pytestmark = pytest.mark.conformance

IMAGE = "811284229777.dkr.ecr.us-east-1.amazonaws.com/blazingtext:1"


def messages(count: int, seed: int) -> str:
    generator = random.Random(seed)
    lines = []
    for _ in range(count):
        spam = generator.random() < 0.5
        telling = ["win", "cash", "prize"] if spam else ["home", "dinner", "later"]
        words = [generator.choice(telling), *generator.choices(["you", "the", "now", "a"], k=5)]
        generator.shuffle(words)
        lines.append(f"__label__{'spam' if spam else 'ham'} {' '.join(words)}")
    return "\n".join(lines)


def train(laptop: LocalSageMaker, **hyperparameters: str) -> dict[str, Any]:
    name = unique("text")
    laptop.put(f"{name}/train/train.txt", messages(400, 1))
    laptop.put(f"{name}/validation/validation.txt", messages(100, 2))
    job = definition(
        laptop,
        AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        InputDataConfig=[
            channel("train", f"s3://{BUCKET}/{name}/train/", "text/plain"),
            channel("validation", f"s3://{BUCKET}/{name}/validation/", "text/plain"),
        ],
        HyperParameters=hyperparameters,
    )
    laptop.client().create_training_job(TrainingJobName=name, **job)
    return laptop.await_training(name)


def serve_and_ask(laptop: LocalSageMaker, job: dict[str, Any], payload: dict[str, Any]) -> Any:
    """What an endpoint of a job's model answers."""
    name = job["TrainingJobName"]
    laptop.client().create_model(
        ModelName=name,
        ExecutionRoleArn=job["RoleArn"],
        PrimaryContainer={
            "Image": IMAGE,
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
    endpoint = make_endpoint(laptop, name)
    answer = laptop.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint, ContentType="application/json", Body=json.dumps(payload)
    )
    return json.loads(answer["Body"].read())


def test_a_trained_classifier_serves(laptop: LocalSageMaker) -> None:
    """Its metrics are read from its log, and its endpoint labels what it never saw."""
    job = train(laptop, mode="supervised", epochs="10", learning_rate="0.5", vector_dim="10")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    metrics = {item["MetricName"]: item["Value"] for item in job["FinalMetricDataList"]}
    assert set(metrics) == {"train:accuracy", "validation:accuracy"}
    assert metrics["validation:accuracy"] > 0.95

    answers = serve_and_ask(
        laptop,
        job,
        {"instances": ["win the prize", "dinner at home"], "configuration": {"k": 2}},
    )
    spam, ham = answers

    assert spam["label"][0] == "__label__spam"
    assert ham["label"] == ["__label__ham", "__label__spam"]


def test_a_wrong_hyperparameter_fails_the_job_by_name(laptop: LocalSageMaker) -> None:
    """As the container's own checks do."""
    job = train(laptop, mode="supervised", window_size="5")

    assert job["TrainingJobStatus"] == "Failed"
    assert "window_size" in job["FailureReason"]


def test_word_vectors_are_served_by_word(laptop: LocalSageMaker) -> None:
    """Two words of one company are nearer than words of two; an unknown one has zeros."""
    job = train(
        laptop, mode="cbow", epochs="5", vector_dim="16", min_count="1", sampling_threshold="0"
    )
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    asked = {"instances": ["win", "prize", "dinner", "unheard"]}
    win, prize, dinner, unheard = (
        np.array(answer["vector"]) for answer in serve_and_ask(laptop, job, asked)
    )

    assert win.shape == (16,)
    assert win @ prize > win @ dinner
    assert not unheard.any()
