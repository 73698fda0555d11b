"""A stretch of the stream that Lambda gave up on is taken up again: nothing lost, nothing twice."""

import json

import boto3
import pytest
from moto import mock_aws

from given_up_stretch import GivenUp, read_again
from handle_ingest_records import take_again, take_in
from tests.builders import problem_record
from tests.fakes.crashing import CrashError, CrashPoints, crashing
from tests.integration.functions.test_ingest_records import of, row, rows_of
from tests.integration.functions.world import World

COUNT = 40


def note(arn, shard, numbers, first, last):
    """As Lambda leaves it in the dead letters; records are numbered from 1."""
    return {
        "requestContext": {"condition": "RecordAgeExceeded", "approximateInvokeCount": 3},
        "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
        "KinesisBatchInfo": {
            "shardId": shard,
            "startSequenceNumber": numbers[first - 1],
            "endSequenceNumber": numbers[last - 1],
            "approximateArrivalOfFirstRecord": "2026-02-03T10:11:12.000Z",
            "batchSize": last - first + 1,
            "streamArn": arn,
        },
    }


class Stream:
    """A stream of one shard with forty records, every seventh of them poison."""

    def __init__(self):
        self.client = boto3.client("kinesis")
        self.client.create_stream(StreamName="records", ShardCount=1)
        summary = self.client.describe_stream_summary(StreamName="records")
        self.arn = summary["StreamDescriptionSummary"]["StreamARN"]
        self.shard, self.numbers = "", []
        for n in range(1, COUNT + 1):
            problem = "fraud" if n % 3 == 0 else "churn"
            data = b"poison" if n % 7 == 0 else json.dumps(row(n, problem)).encode()
            put = self.client.put_record(StreamName="records", PartitionKey="1", Data=data)
            self.shard = put["ShardId"]
            self.numbers.append(put["SequenceNumber"])

    def note(self, first, last):
        return GivenUp.of(note(self.arn, self.shard, self.numbers, first, last))

    def batch(self, first, last):
        """These records, as Lambda passes them on."""
        return read_again(self.client, self.note(first, last))


def set_aside(world):
    """Sequence numbers of the records that were told to be set aside, in order."""
    said = [item for item in world.bus.envelopes if item["detail-type"] == "DataRejected"]
    uris = {item["detail"]["data"]["quarantine_uri"] for item in said}
    lines = [line for uri in uris for line in world.objects.read(uri).splitlines()]
    return sorted((json.loads(line)["sequenceNumber"] for line in lines), key=int)


@pytest.fixture
def stream(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield Stream()


@pytest.fixture
def world():
    return World(problem_record(), problem_record(problem="fraud"))


def test_what_was_given_up_is_taken_in_behind_the_mark(stream, world):
    """The shard went on meanwhile; asked twice, the second time finds nothing left."""
    take_in(stream.batch(1, 10), world.ports)
    take_in(stream.batch(21, COUNT), world.ports)
    given_up = stream.note(11, 20)

    first = take_again(given_up, stream.client, world.ports)
    second = take_again(given_up, stream.client, world.ports)

    assert first == {"held": 10, "taken": 10, "lost": 0}
    assert second == {"held": 10, "taken": 0, "lost": 0}
    assert rows_of(world, "churn") == of("churn")
    assert rows_of(world, "fraud") == of("fraud")
    assert set_aside(world) == stream.numbers[6::7]


def test_only_what_was_not_taken_in_is_taken_in(stream, world):
    """The stretch began with records that an earlier try had taken in."""
    take_in(stream.batch(1, 14), world.ports)
    take_in(stream.batch(21, COUNT), world.ports)

    answer = take_again(stream.note(11, 25), stream.client, world.ports)

    assert answer == {"held": 15, "taken": 6, "lost": 0}
    assert rows_of(world, "churn") == of("churn")


@pytest.mark.parametrize("survives", range(0, 12, 2))
def test_a_call_that_ends_anywhere_is_made_again(stream, world, survives):
    """Neither does a crash lose anything, nor does the next call double it."""
    take_in(stream.batch(1, 10), world.ports)
    take_in(stream.batch(21, COUNT), world.ports)
    given_up = stream.note(11, 20)

    ports = crashing(world.ports, CrashPoints(survives))
    with pytest.raises(CrashError):
        take_again(given_up, stream.client, ports)
    take_again(given_up, stream.client, world.ports)

    assert rows_of(world, "churn") == of("churn")
    said = [item for item in world.bus.envelopes if item["detail-type"] == "DataIngested"]
    announced = {item["detail"]["data"]["uri"] for item in said}
    assert announced == {
        item.uri for name in ("churn", "fraud") for item in world.records.inputs(name)
    }


def test_what_was_recorded_and_never_said_is_said(stream, world):
    """The bus failed until Lambda gave up: the rows are there, and nobody has heard of them."""
    points = CrashPoints(1000)
    take_in(stream.batch(1, 5), crashing(world.ports, points))
    used = 1000 - points.ahead
    silent = World(problem_record(), problem_record(problem="fraud"))
    with pytest.raises(CrashError):
        take_in(stream.batch(1, 5), crashing(silent.ports, CrashPoints(used - 2)))
    assert rows_of(silent, "churn")
    assert not silent.bus.envelopes

    take_again(stream.note(1, 5), stream.client, silent.ports)

    ids = [{item["id"] for item in each.bus.envelopes} for each in (world, silent)]
    assert ids[0] == ids[1]


def test_what_the_stream_holds_no_more_is_told(stream, world):
    """A stretch whose first records have passed their retention."""
    beyond = note(stream.arn, stream.shard, ["0", *stream.numbers], 1, 6)
    beyond["KinesisBatchInfo"]["batchSize"] = 9

    answer = take_again(GivenUp.of(beyond), stream.client, world.ports)

    assert answer == {"held": 5, "taken": 5, "lost": 4}
