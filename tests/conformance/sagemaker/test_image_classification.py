"""Image Classification from outside: images in S3, a training job, an endpoint that tells them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from local.sagemaker.containers.algorithms.image_classification.recordio import write_images
from tests.conformance.sagemaker.laptop import BUCKET, channel, definition, unique
from tests.conformance.sagemaker.serving import make_endpoint
from tests.unit.local.sagemaker.containers.algorithms.image_classification.drawn import (
    drawn,
    labelled,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conformance.sagemaker.laptop import LocalSageMaker

pytestmark = pytest.mark.conformance

IMAGE = "811284229777.dkr.ecr.us-east-1.amazonaws.com/image-classification:1"
HYPERPARAMETERS = {
    "num_classes": "3",
    "num_training_samples": "90",
    "num_layers": "18",
    "image_shape": "3,16,16",
    "mini_batch_size": "16",
    "epochs": "10",
    "optimizer": "adam",
    "learning_rate": "0.01",
}


def train(laptop: LocalSageMaker, inputs: list[dict[str, Any]], **more: str) -> dict[str, Any]:
    name = unique("images")
    job = definition(
        laptop,
        AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        InputDataConfig=inputs,
        HyperParameters=HYPERPARAMETERS | more,
    )
    laptop.client().create_training_job(TrainingJobName=name, **job)
    return laptop.await_training(name)


def recorded(laptop: LocalSageMaker, folder: Path) -> list[dict[str, Any]]:
    inputs = []
    for seed, (name, count) in enumerate((("train", 90), ("validation", 30))):
        write_images(folder / "images.rec", labelled(count, seed))
        laptop.put(f"records/{name}/images.rec", (folder / "images.rec").read_bytes())
        inputs.append(channel(name, f"s3://{BUCKET}/records/{name}/", "application/x-recordio"))
    return inputs


def listed(laptop: LocalSageMaker) -> list[dict[str, Any]]:
    inputs = []
    for seed, (name, count) in enumerate((("train", 90), ("validation", 30))):
        lines = []
        for number, (label, image) in enumerate(labelled(count, seed)):
            laptop.put(f"images/{name}/{number}.png", image)
            lines.append(f"{number}\t{label:g}\t{number}.png\n")
        laptop.put(f"images/{name}_lst/{name}.lst", "".join(lines))
        inputs += [
            channel(folder, f"s3://{BUCKET}/images/{folder}/", "application/x-image")
            for folder in (name, f"{name}_lst")
        ]
    return inputs


def test_a_network_trained_on_records_serves(laptop: LocalSageMaker, tmp_path: Path) -> None:
    """Its accuracy is well above chance, and its endpoint tells an image it never saw."""
    job = train(laptop, recorded(laptop, tmp_path))
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    metrics = {item["MetricName"]: item["Value"] for item in job["FinalMetricDataList"]}
    assert set(metrics) == {"train:accuracy", "validation:accuracy"}
    assert metrics["validation:accuracy"] > 0.6

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
    right = 0
    for number in range(12):
        answer = laptop.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=endpoint,
            ContentType="application/x-image",
            Body=drawn(number % 3, 99_000 + number),
        )
        found = json.loads(answer["Body"].read())
        right += found.index(max(found)) == number % 3

    assert right >= 8


def test_images_with_a_list_train_too(laptop: LocalSageMaker) -> None:
    """Four channels, as the documentation has them."""
    job = train(laptop, listed(laptop), epochs="1")

    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")


def test_pretrained_weights_are_refused_by_name(laptop: LocalSageMaker, tmp_path: Path) -> None:
    """None come with the local SageMaker, and nobody should believe they do."""
    job = train(laptop, recorded(laptop, tmp_path), use_pretrained_model="1")

    assert job["TrainingJobStatus"] == "Failed"
    assert "use_pretrained_model" in job["FailureReason"]
