"""Rows of the record table as the judge reads them, from DynamoDB in memory."""

import boto3
import pytest
from moto import mock_aws

from faults.judge.table import Table
from tests.template import record_table_schema


@pytest.fixture
def client(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(TableName="records", **record_table_schema())
        yield client


def put(client, event, kind, **more):
    row = {"pk": f"event#{event}", "sk": "leg", "kind": kind, "event_id": event} | more
    client.put_item(TableName="records", Item={name: {"S": text} for name, text in row.items()})


def test_history_of_several_problems_is_found_though_it_is_listed_under_none(client):
    put(client, "one", "history", listing="history#churn", listed_at="2026-02-03T10:11:12.000Z")
    put(client, "several", "history", at="2026-02-03T10:11:12.000Z")
    put(client, "other", "input")

    table = Table(client, "records")

    assert [row["event_id"] for row in table.unlisted_history()] == ["several"]
    assert [row["event_id"] for row in table.history("churn")] == ["one"]
