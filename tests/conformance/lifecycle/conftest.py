"""Both sides of every port: the fake in memory, and the adapter over moto with the real table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from lifecycle.adapters.clients import client
from tests.template import record_table_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

REGION = "us-east-1"
TABLE = "baton-records"
BUCKETS = ("landing", "lake")


@pytest.fixture(params=["fake", "adapter"])
def side(request: pytest.FixtureRequest) -> str:
    """Which side of the port is under test."""
    return str(request.param)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An AWS account of moto's, with the stack's table, buckets and bus, and nothing in them."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    client.cache_clear()
    with mock_aws():
        boto3.client("dynamodb").create_table(TableName=TABLE, **record_table_schema())
        for bucket in BUCKETS:
            boto3.client("s3").create_bucket(Bucket=bucket)
        boto3.client("events").create_event_bus(Name="baton")
        yield
    client.cache_clear()
