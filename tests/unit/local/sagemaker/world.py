"""A local SageMaker in this process, with a folder for S3 and models that load at once."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
import threading
import time
import uuid
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import xgboost

from local.sagemaker.api.operations import registry
from local.sagemaker.assembly import assemble
from local.sagemaker.objects import ObjectsError, split_uri
from local.sagemaker.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from local.sagemaker.platform import Platform

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
ROLE = "arn:aws:iam::000000000000:role/job"

SLOW_SCRIPT = """
import time
def model_fn(model_dir):
    return None
def transform_fn(model, data, content_type, accept):
    time.sleep(float(data or 0))
    return "slow", "text/plain"
"""

FAILING_SCRIPT = """
def model_fn(model_dir):
    raise RuntimeError("the weights are torn")
"""

ECHO_SCRIPT = """
import os
def model_fn(model_dir):
    return os.environ.get("GREETING", "hello")
def input_fn(data, content_type):
    if data == "die":
        os._exit(9)
    if data == "raise":
        raise ValueError("no such row")
    return data
def predict_fn(data, model):
    return f"{model} {data}"
def output_fn(prediction, accept):
    return prediction, "text/plain"
"""


class FolderObjects:
    """S3 as a folder: what endpoints and the feature store use of `Objects`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.away = False

    def path(self, uri: str) -> Path:
        bucket, key = split_uri(uri)
        return self.root / bucket / key

    def fetch(self, uri: str, role: str = "") -> Path:
        path = self.path(uri)
        if self.away or not path.is_file():
            raise ObjectsError(f"Data download failed: {uri}")
        return path

    def find(self, uri: str, role: str = "") -> list[Path]:
        return [path for path in self.path(uri).rglob("*") if path.is_file()]

    def download(self, found: list[Path], folder: Path, role: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for path in found:
            shutil.copy(path, folder)

    def upload_folder(self, folder: Path, uri: str, role: str = "") -> int:
        if self.away:
            raise ObjectsError(f"Unable to write {uri}")
        shutil.copytree(folder, self.path(uri), dirs_exist_ok=True)
        return 1


class FakeClients:
    """The cloud's CloudWatch and S3, as far as endpoints ask for them."""

    def __init__(self, objects: FolderObjects) -> None:
        self.alarms: dict[str, str] = {}
        self.datapoints: dict[str, list[dict[str, Any]]] = {}
        self._objects = objects

    def close(self) -> None:
        pass

    def client(self, service: str, role: str = "") -> Any:
        assert service in {"cloudwatch", "s3"}
        return self

    def process_environment(self, role: str) -> dict[str, str]:
        return {"AWS_REGION": "us-east-1"}

    def describe_alarms(self, **request: Any) -> dict[str, Any]:
        found = [
            {"AlarmName": name, "StateValue": self.alarms[name]}
            for name in request["AlarmNames"]
            if name in self.alarms
        ]
        return {"MetricAlarms": found, "CompositeAlarms": []}

    def get_metric_statistics(self, **request: Any) -> dict[str, Any]:
        return {"Datapoints": self.datapoints.get(request["MetricName"], [])}

    def put_object(self, **request: Any) -> None:
        path = self._objects.path(f"s3://{request['Bucket']}/{request['Key']}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(request["Body"])


def make_platform(data: Path, objects: Path) -> Platform:
    """A local SageMaker without a cloud; its events are kept in `platform.events.recent`."""
    platform = assemble(Settings(data=data))
    platform.objects = FolderObjects(objects)  # type: ignore[assignment]
    platform.clients = FakeClients(platform.objects)  # type: ignore[assignment, arg-type]
    return platform


def call(platform: Platform, operation: str, service: str = "sagemaker", **request: Any) -> Any:
    """Perform an operation as a client's request would be."""
    return registry.perform(service, operation, request, platform)


def until(happened: Callable[[], Any], seconds: float = 20.0) -> Any:
    """Wait for something to become true, and return it."""
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not (found := happened()):
        assert time.monotonic() < deadline, "it did not happen in time"
        pause.wait(0.01)
    return found


def unique(word: str) -> str:
    """A name that no other test has."""
    return f"{word}-{uuid.uuid4().hex[:8]}"


@cache
def booster_bytes() -> bytes:
    """A tiny binary model of three features."""
    generator = np.random.default_rng(7)
    rows = generator.normal(size=(60, 3)).astype(np.float32)
    labels = (rows[:, 0] > 0).astype(np.float32)
    booster = xgboost.train(
        {"objective": "binary:logistic", "nthread": 1}, xgboost.DMatrix(rows, labels), 3
    )
    return bytes(booster.save_raw("ubj"))


def archive(**files: bytes | str) -> bytes:
    """A model.tar.gz; `__` in a name stands for `/`, `_dot_` for a dot."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as packed:
        for name, content in files.items():
            raw = content.encode() if isinstance(content, str) else content
            member = tarfile.TarInfo(name.replace("__", "/").replace("_dot_", "."))
            member.size = len(raw)
            packed.addfile(member, io.BytesIO(raw))
    return buffer.getvalue()


def plain_archive() -> bytes:
    """A model as the XGBoost algorithm leaves it."""
    return archive(**{"xgboost-model": booster_bytes()})


def script_archive(script: str) -> bytes:
    """A model served by a script."""
    return archive(code__inference_dot_py=script)


def add_model(platform: Platform, content: bytes, **environment: str) -> str:
    """Put a model archive into S3 and create a model of it; its name."""
    name = unique("model")
    uri = f"s3://lake/models/{name}/model.tar.gz"
    path = platform.objects.path(uri)  # type: ignore[attr-defined]
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    call(
        platform,
        "CreateModel",
        ModelName=name,
        PrimaryContainer={"Image": IMAGE, "ModelDataUrl": uri, "Environment": environment},
        ExecutionRoleArn=ROLE,
    )
    return name


def variant(model: str, **more: Any) -> dict[str, Any]:
    """A production variant of one instance."""
    base = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    if "ServerlessConfig" in more:
        base = {}
    return {"VariantName": "primary", "ModelName": model, **base, **more}


def add_config(platform: Platform, *variants: dict[str, Any], **more: Any) -> str:
    """Create an endpoint configuration; its name."""
    name = unique("config")
    call(
        platform,
        "CreateEndpointConfig",
        EndpointConfigName=name,
        ProductionVariants=list(variants),
        **more,
    )
    return name


def add_endpoint(platform: Platform, config: str, status: str = "InService") -> str:
    """Create an endpoint and wait for its status; its name."""
    name = unique("endpoint")
    call(platform, "CreateEndpoint", EndpointName=name, EndpointConfigName=config)
    settle(platform, name, status)
    return name


def settle(platform: Platform, name: str, status: str = "InService") -> dict[str, Any]:
    """Wait until an endpoint is no longer on its way, and check where it got to."""

    def settled() -> dict[str, Any] | None:
        found: dict[str, Any] = call(platform, "DescribeEndpoint", EndpointName=name)
        moving = {"Creating", "Updating", "RollingBack"}
        return None if found["EndpointStatus"] in moving else found

    found: dict[str, Any] = until(settled)
    assert status == found["EndpointStatus"], found.get("FailureReason")
    return found


def invoke(platform: Platform, name: str, body: bytes = b"1,2,3", **more: Any) -> Any:
    """InvokeEndpoint with a CSV row."""
    request = {"EndpointName": name, "Body": body, "ContentType": "text/csv", **more}
    return call(platform, "InvokeEndpoint", "sagemaker-runtime", **request)


def told(platform: Platform, detail_type: str, arn: str) -> list[dict[str, Any]]:
    """The details of a resource's events of one type, oldest first."""
    return [
        json.loads(event["Detail"])
        for event in platform.events.recent
        if event["DetailType"] == detail_type and event["Resources"][0] == arn
    ]
