"""A local SageMaker before a tiny AWS, for AWS's own SDKs in their environments."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import URLError

import pytest

from local.cloud import free_port
from tests.integration.sdk.tiny_services import ACCOUNT

if TYPE_CHECKING:
    from tests.conformance.sagemaker.tiny_s3 import TinyS3

ROOT = Path(__file__).resolve().parents[3]
PROGRAMS = Path(__file__).parent / "programs"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/jobs"


class Lab:
    """The running server and the environment that points a client at it."""

    def __init__(self, data: Path, cloud: TinyS3) -> None:
        self.data, self.cloud = data, cloud
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
        own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self.environment = own | {
            **keys,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": cloud.url,
            "AWS_ENDPOINT_URL_SAGEMAKER": address,
            "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": address,
            "AWS_ENDPOINT_URL_SAGEMAKER_FEATURESTORE_RUNTIME": address,
            "AWS_ENDPOINT_URL_SAGEMAKER_METRICS": address,
            "SAGEMAKER_SUPPRESS_V2_WARNING": "1",
            "SAGEMAKER_USER_CONFIG_OVERRIDE": str(self._config()),
            "SAGEMAKER_ROLE": ROLE,
        }
        command = [sys.executable, "-m", "local.sagemaker", "--port", str(port)]
        command += ["--data", str(data), "--endpoint-url", cloud.url, "--grace-seconds", "2"]
        with (data / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=own | keys, stdout=log, stderr=log
            )
        self._await(f"{address}/ping")

    def _config(self) -> Path:
        """The SDKs' configuration: they would report their use over the network."""
        path = self.data / "config.yaml"
        path.write_text(
            "SchemaVersion: '1.0'\n"
            "SageMaker:\n  PythonSDK:\n    Modules:\n      TelemetryOptOut: true\n"
        )
        return path

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(15)

    def run(self, kind: str, program: str, *arguments: str, seconds: float = 240) -> dict[str, Any]:
        """Run a program in an SDK's environment; what it wrote as its result.

        Skips the test where the environment is missing.
        """
        python = ROOT / ".venvs" / kind / "bin" / "python"
        if not python.exists():
            pytest.skip(f"the SDK's environment {python} is missing")
        result = self.data / f"{program}-{time.monotonic_ns()}.json"
        done = subprocess.run(
            [str(python), str(PROGRAMS / f"{program}.py"), str(result), *arguments],
            cwd=self.data,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert result.exists(), f"{done.stdout[-3000:]}\n{done.stderr[-6000:]}"
        found: dict[str, Any] = json.loads(result.read_text())
        return found

    def _await(self, url: str) -> None:
        deadline = time.monotonic() + 30
        while True:
            assert self.process.poll() is None, (self.data / "server.log").read_text()
            try:
                with urllib.request.urlopen(url, timeout=1):
                    return
            except (URLError, OSError):
                assert time.monotonic() < deadline, "the server does not answer"
                time.sleep(0.05)
