r"""A real AWS account in the local SageMaker's place, for the same tests.

    BATON_CONFORMANCE_BUCKET=my-bucket BATON_CONFORMANCE_ROLE=arn:aws:iam::…:role/jobs \\
        .venv/bin/pytest tests/conformance/sagemaker

Credentials, Region and, for another cloud than AWS, endpoints come from the environment as with any
boto3 client. Tests that look inside the local SageMaker, or need its switches, are skipped.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.conformance.sagemaker.laptop import BUCKET, LocalSageMaker

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 40
"""How many times as long as on the laptop a job may take: AWS starts machines for it."""


def wanted() -> bool:
    """Tell whether the tests are to run against an account."""
    return "BATON_CONFORMANCE_BUCKET" in os.environ


class Objects:
    """The bucket's objects, by bucket and key."""

    def __init__(self) -> None:
        make: Any = boto3.client
        self._s3 = make("s3")

    def __getitem__(self, place: tuple[str, str]) -> bytes:
        body: bytes = self._s3.get_object(Bucket=place[0], Key=place[1])["Body"].read()
        return body

    def __setitem__(self, place: tuple[str, str], body: bytes) -> None:
        self._s3.put_object(Bucket=place[0], Key=place[1], Body=body)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
            for item in page.get("Contents", []):
                yield BUCKET, item["Key"]


class AccountS3:
    """As much of the tiny S3 as tests use; what only a laptop can show skips the test."""

    def __init__(self) -> None:
        self.objects = Objects()

    def keys(self, bucket: str, prefix: str = "") -> list[str]:
        return sorted(
            key for home, key in self.objects if home == bucket and key.startswith(prefix)
        )

    def __getattr__(self, name: str) -> Any:
        pytest.skip(f"only the laptop's S3 has {name}")


class Account(LocalSageMaker):
    """The clients of an account."""

    def __init__(self) -> None:
        # No folder and no process: whoever asks for them looks inside the local SageMaker.
        self.s3: Any = AccountS3()
        self.clients = {}

    def client(self, service: str = "sagemaker") -> Any:
        if service not in self.clients:
            make: Any = boto3.client
            self.clients[service] = make(service)
        return self.clients[service]

    def log(self, kind: str, name: str) -> str:
        del kind, name
        pytest.skip("looks at a log file of the local SageMaker")

    def _await(self, call: str, member: str, name: str, seconds: float) -> dict[str, Any]:
        return super()._await(call, member, name, PATIENCE * seconds)

    def __getattr__(self, name: str) -> Any:
        pytest.skip(f"only the local SageMaker has {name}")
