"""A started local SageMaker with a tiny S3, as clients meet it: by plain boto3 over HTTP."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import tarfile
import threading
import time
import urllib.request
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import URLError

import boto3
import numpy as np

from local.cloud import free_port

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.sagemaker.tiny_s3 import TinyS3

ROOT = Path(__file__).resolve().parents[3]
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
BUCKET = os.environ.get("BATON_CONFORMANCE_BUCKET", "lake")
ROLE = os.environ.get("BATON_CONFORMANCE_ROLE", "arn:aws:iam::000000000000:role/jobs")
KEYS = {
    "aws_access_key_id": "key",
    "aws_secret_access_key": "secret",
    "region_name": "us-east-1",
}


@dataclass
class LocalSageMaker:
    """One server process and the clients to it."""

    data: Path
    s3: TinyS3
    options: tuple[str, ...] = ()
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    clients: dict[str, Any] = field(default_factory=dict)

    def start(self) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "local.sagemaker", "--port", str(self.port)]
        command += ["--data", str(self.data), "--endpoint-url", self.s3.url]
        command += ["--account", "000000000000", *self.options]
        environment = os.environ | {
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_MAX_ATTEMPTS": "1",
        }
        self.data.mkdir(parents=True, exist_ok=True)
        with (self.data / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        until(self._answers, "the server answers", seconds=30)
        self.clients = {}

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait(15)

    def client(self, service: str = "sagemaker") -> Any:
        if service not in self.clients:
            make: Any = boto3.client  # the stubs know each service's name, not any name
            address = f"http://127.0.0.1:{self.port}"
            self.clients[service] = make(service, endpoint_url=address, **KEYS)
        return self.clients[service]

    def put(self, key: str, body: bytes | str) -> str:
        self.s3.objects[BUCKET, key] = body.encode() if isinstance(body, str) else body
        return f"s3://{BUCKET}/{key}"

    def await_training(self, name: str, seconds: float = 60) -> dict[str, Any]:
        return self._await("describe_training_job", "TrainingJob", name, seconds)

    def await_processing(self, name: str, seconds: float = 60) -> dict[str, Any]:
        return self._await("describe_processing_job", "ProcessingJob", name, seconds)

    def await_transform(self, name: str, seconds: float = 60) -> dict[str, Any]:
        return self._await("describe_transform_job", "TransformJob", name, seconds)

    def await_tuning(self, name: str, seconds: float = 120) -> dict[str, Any]:
        return self._await(
            "describe_hyper_parameter_tuning_job", "HyperParameterTuningJob", name, seconds
        )

    def log(self, kind: str, name: str) -> str:
        return (self.data / "logs" / kind / f"{name}.log").read_text()

    def _await(self, call: str, member: str, name: str, seconds: float) -> dict[str, Any]:
        describe = getattr(self.client(), call)
        answer: dict[str, Any] = {}

        def ended() -> bool:
            answer.update(describe(**{f"{member}Name": name}))
            return answer[f"{member}Status"] in {"Completed", "Failed", "Stopped"}

        until(ended, f"{name} ends", seconds=seconds)
        return answer

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.data / "server.log").read_text()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ping", timeout=1) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False


def until(condition: Callable[[], bool], what: str, *, seconds: float = 30) -> None:
    """Poll until a condition holds, and fail when it does not in time."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        pause.wait(0.03)


def unique(prefix: str) -> str:
    """A name that no other test uses."""
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def csv_rows(rows: int, seed: int, columns: int = 6) -> bytes:
    """Label-first CSV of a learnable binary problem."""
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(rows, columns))
    odds = features[:, 0] + features[:, 1] * features[:, 2] + generator.normal(size=rows) * 0.5
    text = io.StringIO()
    np.savetxt(text, np.column_stack([odds > 0, features]), delimiter=",", fmt="%.5g")
    return text.getvalue().encode()


def archive(files: dict[str, str]) -> bytes:
    """A sourcedir.tar.gz."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as packed:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            packed.addfile(entry, io.BytesIO(text.encode()))
    return content.getvalue()


def channel(name: str, uri: str, content_type: str = "text/csv") -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {
        "ChannelName": name,
        "ContentType": content_type,
        "DataSource": {"S3DataSource": source},
    }


def definition(laptop: LocalSageMaker, **more: Any) -> dict[str, Any]:
    """What a training job and the trainings of a tuning job share."""
    laptop.put("data/train/train.csv", csv_rows(2000, 1))
    laptop.put("data/validation/validation.csv", csv_rows(600, 2))
    return {
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "RoleArn": ROLE,
        "InputDataConfig": [
            channel("train", f"s3://{BUCKET}/data/train/"),
            channel("validation", f"s3://{BUCKET}/data/validation/"),
        ],
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/out"},
        "ResourceConfig": {
            "InstanceType": "ml.m5.large",
            "InstanceCount": 1,
            "VolumeSizeInGB": 5,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        **more,
    }


HYPERPARAMETERS = {
    "objective": "binary:logistic",
    "eval_metric": "auc",
    "num_round": "20",
    "eta": "0.2",
}


def script_job(laptop: LocalSageMaker, code: str, **more: Any) -> dict[str, Any]:
    """A job that runs a script of one file."""
    uri = laptop.put(f"code/{uuid.uuid4().hex}/sourcedir.tar.gz", archive({"train.py": code}))
    hyperparameters = {
        "sagemaker_program": '"train.py"',
        "sagemaker_submit_directory": f'"{uri}"',
    }
    extra = more.pop("HyperParameters", {})
    return definition(laptop, HyperParameters=hyperparameters | extra, **more)
