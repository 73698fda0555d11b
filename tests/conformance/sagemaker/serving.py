"""What the tests of endpoints share: models, endpoints, and the events of both."""

from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

from tests.conformance.sagemaker.laptop import IMAGE, ROLE, unique, until

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

GREETER = """
import os, time
def model_fn(model_dir):
    return os.environ["GREETING"]
def transform_fn(model, data, content_type, accept):
    if data == "fail":
        raise ValueError("no such name")
    return f"{model} {data}", "text/plain"
"""


def model_archive(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as packed:
        for name, body in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            packed.addfile(entry, io.BytesIO(body))
    return content.getvalue()


def greeting_config(laptop: LocalSageMaker, greeting: str, **more: Any) -> str:
    """An endpoint configuration, and its model, that greets; their name."""
    name = unique(greeting)
    uri = laptop.put(
        f"models/{name}/model.tar.gz", model_archive({"code/inference.py": GREETER.encode()})
    )
    laptop.client().create_model(
        ModelName=name,
        ExecutionRoleArn=ROLE,
        PrimaryContainer={
            "Image": IMAGE,
            "ModelDataUrl": uri,
            "Environment": {"GREETING": greeting, "SAGEMAKER_PROGRAM": "inference.py"},
        },
    )
    variant = {
        "VariantName": "primary",
        "ModelName": name,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    laptop.client().create_endpoint_config(
        EndpointConfigName=name, ProductionVariants=[variant], **more
    )
    return name


def make_endpoint(laptop: LocalSageMaker, config: str) -> str:
    name = unique("endpoint")
    laptop.client().create_endpoint(EndpointName=name, EndpointConfigName=config)
    settle(laptop, name)
    return name


def settle(laptop: LocalSageMaker, name: str) -> dict[str, Any]:
    """Wait until an endpoint serves."""
    found: dict[str, Any] = {}

    def serves() -> bool:
        found.clear()
        found.update(laptop.client().describe_endpoint(EndpointName=name))
        assert found["EndpointStatus"] != "Failed", found["FailureReason"]
        return bool(found["EndpointStatus"] == "InService")

    until(serves, f"{name} serves")
    return found


def greet(laptop: LocalSageMaker, name: str, who: str = "you", **more: Any) -> str:
    answer = laptop.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=name, ContentType="text/csv", Body=who.encode(), **more
    )
    text: str = answer["Body"].read().decode()
    return text


def details(laptop: LocalSageMaker, detail_type: str, arn: str) -> list[dict[str, Any]]:
    """The events of one type and resource that came to the bus so far."""
    return [
        json.loads(entry["Detail"])
        for entry in list(laptop.s3.events)
        if entry["DetailType"] == detail_type and entry["Resources"][0] == arn
    ]
