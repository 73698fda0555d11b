"""A small stack in an AWS that lives in memory, with the real one's outputs and shapes."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from cli.main import app
from cli.stack import Stack
from lifecycle.adapters.dynamodb_records import to_item
from lifecycle.records import HistoryRecord
from tests.unit.cli.formation import Formation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typer.testing import Result

    from lifecycle.records import Record

NAME = "baton"
_KEYS = {"pk": "HASH", "sk": "RANGE"}
_LISTING = {"listing": "HASH", "listed_at": "RANGE"}
QUEUES = (
    "PrepareDataQueue",
    "PrepareDataDeadLetters",
    "StartRunQueue",
    "StartRunDeadLetters",
    "IngestRecordsDeadLetters",
)


def _schema(keys: dict[str, str]) -> Any:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()]


def _make_table() -> str:
    boto3.client("dynamodb").create_table(
        TableName="records",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in _KEYS | _LISTING
        ],
        KeySchema=_schema(_KEYS),
        GlobalSecondaryIndexes=[
            {
                "IndexName": "listing",
                "KeySchema": _schema(_LISTING),
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    return "records"


def _make_archive() -> str:
    client = boto3.client("events")
    bus = client.create_event_bus(Name=NAME)["EventBusArn"]
    client.create_archive(ArchiveName=NAME, EventSourceArn=bus)
    return NAME


def _deploy(formation: Formation) -> None:
    """Make the stack's resources, and let CloudFormation tell of them."""
    for bucket in ("landing", "lake"):
        boto3.client("s3").create_bucket(Bucket=bucket)
    boto3.client("kinesis").create_stream(StreamName="stream", ShardCount=1)
    sqs = boto3.client("sqs")
    queues = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in QUEUES}
    formation.name = NAME
    formation.outputs = {
        "LandingBucket": "landing",
        "LakeBucket": "lake",
        "RecordStream": "stream",
        "EventBus": NAME,
        "AlertTopic": boto3.client("sns").create_topic(Name="alerts")["TopicArn"],
        "RecordTable": _make_table(),
    }
    formation.resources = {
        "AlertTopic": ("AWS::SNS::Topic", formation.outputs["AlertTopic"]),
        "EventArchive": ("AWS::Events::Archive", _make_archive()),
        **{name: ("AWS::SQS::Queue", url) for name, url in queues.items()},
    }


@pytest.fixture
def no_laptop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide whatever cloud this machine runs or knows of."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "BATON_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("BATON_ENV", "none")
    monkeypatch.setenv("COLUMNS", "140")


@pytest.fixture
def formation() -> Iterator[Formation]:
    """CloudFormation with nothing deployed yet."""
    found = Formation()
    yield found
    found.close()


@pytest.fixture
def aws(no_laptop: None, formation: Formation, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty AWS account in memory."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", formation.address)
    with mock_aws():
        yield


@dataclass
class Cloud:
    """The deployed stack, and ways to fill it."""

    stack: Stack

    def write(self, *rows: Record) -> None:
        """Put rows into the record table."""
        for row in rows:
            self.stack.client("dynamodb").put_item(
                TableName=self.stack.output("RecordTable"), Item=to_item(row, 1)
            )

    def happened(
        self,
        leg: str,
        at: str,
        *said: tuple[str, dict[str, Any]],
        problem: str = "churn",
        run: str | None = None,
        heard: str = "DataIngested",
        reason: str = "It was due.",
    ) -> None:
        """Write one leg's history row."""
        announced = tuple(
            {
                "Source": "baton",
                "DetailType": name,
                "Detail": json.dumps(
                    {"data": {"problem": problem, **data}, "metadata": {"event_id": uuid4().hex}}
                ),
            }
            for name, data in said
        )
        self.write(
            HistoryRecord(
                event_id=uuid4().hex,
                leg=leg,
                problem=problem,
                run=run,
                heard=heard,
                reason=reason,
                at=at,
                announced=announced,
            )
        )

    def landed(self) -> dict[str, bytes]:
        """Everything in the landing bucket, by key."""
        bucket = boto3.resource("s3").Bucket(self.stack.output("LandingBucket"))
        return {item.key: item.get()["Body"].read() for item in bucket.objects.all()}


@pytest.fixture
def cloud(aws: None, formation: Formation) -> Cloud:
    """The stack, deployed."""
    _deploy(formation)
    return Cloud(Stack.open())


class Baton:
    """The `baton` command, run within the test."""

    def __call__(self, *words: str | Path, stdin: str | None = None) -> Result:
        """Run it with these words."""
        return CliRunner().invoke(app, [str(word) for word in words], input=stdin)

    def json(self, *words: str | Path, stdin: str | None = None) -> Any:
        """Run it with `--json`, and read the document that it prints."""
        result = self(*words, "--json", stdin=stdin)
        assert result.exit_code == 0, result.output + str(result.exception)
        return json.loads(result.stdout)


@pytest.fixture
def baton() -> Baton:
    """The command."""
    return Baton()
