"""Pipelines, containers asked one by one, and many models behind one endpoint: plain boto3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.conformance.sagemaker.laptop import BUCKET, IMAGE, ROLE, unique
from tests.conformance.sagemaker.serving import make_endpoint, model_archive

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

WRAPPER = """
import os
def model_fn(model_dir):
    return open(os.path.join(model_dir, "word.txt")).read()
def transform_fn(model, data, content_type, accept):
    text = data if isinstance(data, str) else data.decode()
    if text == model + " refuses":
        raise ValueError("not " + model)
    if text == "die":
        os._exit(9)
    return "%s(%s:%s)" % (model, content_type, text), "application/" + model
"""


def packed(laptop: LocalSageMaker, word: str, key: str) -> str:
    """An archive of a model that wraps what it gets into its word."""
    files = {"code/inference.py": WRAPPER.encode(), "word.txt": word.encode()}
    return laptop.put(key, model_archive(files))


def containers(laptop: LocalSageMaker) -> list[dict[str, Any]]:
    return [
        {
            "Image": IMAGE,
            "ModelDataUrl": packed(laptop, word, f"models/{unique(word)}/model.tar.gz"),
            "ContainerHostname": word,
        }
        for word in ("one", "two")
    ]


def serve(laptop: LocalSageMaker, **model: Any) -> str:
    """An endpoint of one model."""
    name = unique("many")
    client = laptop.client()
    client.create_model(ModelName=name, ExecutionRoleArn=ROLE, **model)
    variant = {
        "VariantName": "primary",
        "ModelName": name,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    return make_endpoint(laptop, name)


def ask(laptop: LocalSageMaker, endpoint: str, text: str, **more: Any) -> tuple[str, str]:
    """An answer and its type."""
    answer = laptop.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint, Body=text.encode(), ContentType="text/csv", **more
    )
    return answer["Body"].read().decode(), answer["ContentType"]


def refusal(laptop: LocalSageMaker, endpoint: str, text: str = "x", **more: Any) -> str:
    with pytest.raises(ClientError) as refused:
        ask(laptop, endpoint, text, **more)
    code: str = refused.value.response["Error"]["Code"]
    return code


def test_a_pipeline_hands_each_answer_on(laptop: LocalSageMaker) -> None:
    """With its type; a container that refuses ends it, one that dies is replaced with all."""
    name = serve(laptop, Containers=containers(laptop))

    assert ask(laptop, name, "x") == ("two(application/one:one(text/csv:x))", "application/two")
    assert refusal(laptop, name, "one refuses") == "ModelError"
    assert refusal(laptop, name, "die") == "ModelError"
    assert ask(laptop, name, "x")[0] == "two(application/one:one(text/csv:x))"
    images = laptop.client().describe_endpoint(EndpointName=name)["ProductionVariants"][0]
    assert len(images["DeployedImages"]) == 2
    stream = laptop.client("sagemaker-runtime").invoke_endpoint_with_response_stream(
        EndpointName=name, Body=b"x", ContentType="text/csv"
    )
    pieces = [piece["PayloadPart"]["Bytes"] for piece in stream["Body"]]
    assert b"".join(pieces) == b"two(application/one:one(text/csv:x))"


def test_a_pipeline_transforms_batches(laptop: LocalSageMaker) -> None:
    """Through the same containers."""
    name = unique("pipeline")
    laptop.client().create_model(
        ModelName=name, ExecutionRoleArn=ROLE, Containers=containers(laptop)
    )
    uri = laptop.put(f"in/{name}/a.csv", "x")
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}
    laptop.client().create_transform_job(
        TransformJobName=name,
        ModelName=name,
        TransformInput={"DataSource": source, "ContentType": "text/csv"},
        TransformOutput={"S3OutputPath": f"s3://{BUCKET}/out/{name}"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )
    job = laptop.await_transform(name)

    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    written = laptop.s3.objects[BUCKET, f"out/{name}/a.csv.out"]
    assert written == b"two(application/one:one(text/csv:x))"


def test_containers_are_asked_one_by_one(laptop: LocalSageMaker) -> None:
    """In mode Direct, by their hostnames."""
    name = serve(
        laptop,
        Containers=containers(laptop),
        InferenceExecutionConfig={"Mode": "Direct"},
    )

    assert ask(laptop, name, "x", TargetContainerHostname="one")[0] == "one(text/csv:x)"
    assert ask(laptop, name, "x", TargetContainerHostname="two")[0] == "two(text/csv:x)"
    assert refusal(laptop, name) == "ValidationError"
    assert refusal(laptop, name, TargetContainerHostname="three") == "ValidationError"
    assert refusal(laptop, name, TargetModel="a.tar.gz") == "ValidationError"


def test_many_models_share_an_endpoint(laptop: LocalSageMaker) -> None:
    """Loaded when asked, even those that came later; one that dies harms no other."""
    prefix = unique("models")
    words = [f"m{number}" for number in range(5)]
    for word in words:
        packed(laptop, word, f"{prefix}/{word}.tar.gz")
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/{prefix}/", "Mode": "MultiModel"}
    name = serve(laptop, PrimaryContainer=container)
    answers = [ask(laptop, name, "x", TargetModel=f"{word}.tar.gz")[0] for word in words]
    packed(laptop, "late", f"{prefix}/sub/late.tar.gz")
    laptop.put(f"{prefix}/bad.tar.gz", "no archive")

    assert answers == [f"{word}(text/csv:x)" for word in words]
    assert ask(laptop, name, "x", TargetModel="sub/late.tar.gz")[0] == "late(text/csv:x)"
    assert ask(laptop, name, "x", TargetModel="m0.tar.gz")[0] == "m0(text/csv:x)"
    assert refusal(laptop, name, "die", TargetModel="m4.tar.gz") == "ModelError"
    assert ask(laptop, name, "x", TargetModel="m4.tar.gz")[0] == "m4(text/csv:x)"
    assert refusal(laptop, name, TargetModel="bad.tar.gz") == "ModelError"
    assert refusal(laptop, name, TargetModel="none.tar.gz") == "ValidationError"
    assert refusal(laptop, name) == "ValidationError"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"InferenceExecutionConfig": {"Mode": "Direct"}, "drop": True}, "ContainerHostname"),
        ({"same": True}, "must be unique"),
        ({"multi": True}, "one container only"),
    ],
)
def test_containers_that_do_not_go_together_are_refused(
    laptop: LocalSageMaker, change: dict[str, Any], said: str
) -> None:
    """When the model is created."""
    listed, change = containers(laptop), dict(change)
    if change.pop("drop", False):
        del listed[0]["ContainerHostname"], listed[1]["ContainerHostname"]
    if change.pop("same", False):
        listed[1]["ContainerHostname"] = "one"
    if change.pop("multi", False):
        listed[0]["Mode"] = "MultiModel"
    with pytest.raises(ClientError, match=said):
        laptop.client().create_model(
            ModelName=unique("bad"), ExecutionRoleArn=ROLE, Containers=listed, **change
        )
