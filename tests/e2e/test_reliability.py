"""A cloud of its own on which SageMaker tells nothing, one job runs at a time, and messages fail.

All of SageMaker's events are lost, so that the reconciler alone carries the relay; its clock, which
strikes every five minutes, is struck by the test. Of each kind of job one may run at once.
"""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest

from faults.judge import judge
from local.running import running_cloud
from local.settings import ROOT
from tests import tables
from tests.e2e.cloud import Cloud

pytestmark = pytest.mark.e2e

PATIENCE_SECONDS = 600
SWITCHES = {
    "BATON_EVENT_FAULTS": "drop=1",
    "BATON_QUOTAS": "ml.m5.large for processing job usage=1, ml.m5.large for training job usage=2",
}
NAMES = ("alone", "beside")


class Alone:
    """The cloud, its variables, and the clock of the reconciler."""

    def __init__(self, environment):
        self.cloud, self.environment = Cloud(environment), environment
        self.ticks = 0

    def tick(self):
        """Let the reconciler's clock strike, two minutes ahead: no job is too young."""
        self.ticks += 1
        moment = datetime.fromtimestamp(time.time() + 120, UTC)
        event = {
            "version": "0",
            "id": f"tick-{self.ticks}",
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": "000000000000",
            "time": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
            "region": "us-east-1",
            "resources": [],
            "detail": {},
        }
        self.send("baton-ReconcileRuns", json.dumps(event))

    def send(self, queue, body):
        sqs = self.cloud.client("sqs")
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody=body)

    def wait(self, holds, what):
        """Strike the clock every second or so until something holds."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (found := holds()):
            assert time.monotonic() < deadline, what
            self.tick()
            self.cloud.until(holds, 1.5)
        return found

    def event(self, problem, name):
        found = self.wait(lambda: self.cloud.heard(problem, name), f"no {name} of {problem}")
        return found[0]["detail"]["data"]

    def baton(self, *words):
        """What the command answers, as JSON."""
        command = [sys.executable, "-m", "cli.main", *words, "--json"]
        environment = {**os.environ, **self.environment, "BATON_ENV": "none"}
        done = subprocess.run(
            command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
        )
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("alone")
    with running_cloud(folder, more=SWITCHES) as environment:
        made = Alone(environment)
        try:
            for number, name in enumerate(NAMES):
                made.cloud.define(name, "Churn", approve="manual", features={"store": True})
                rows = tables.customers(600, seed=60 + number)
                made.cloud.put(f"{name}/data/rows.csv", tables.to_csv(rows))
            yield made
        finally:
            made.cloud.close()


def test_without_any_event_of_sagemaker_the_relay_ends_and_waits_for_quotas(alone):
    """Tuning, evaluation, approval, deployment, features and scoring, of two problems at once."""
    cloud, sagemaker = alone.cloud, alone.cloud.client("sagemaker")
    for name in NAMES:
        asked = alone.event(name, "ApprovalRequested")
        sagemaker.update_model_package(
            ModelPackageArn=asked["model_package"], ModelApprovalStatus="Approved"
        )
    for name in NAMES:
        alone.event(name, "ModelDeployed")
        alone.event(name, "FeaturesStored")
        questions = tables.customers(20, seed=70)
        cloud.put(f"{name}/score/new.csv", tables.to_csv(questions))
    for name in NAMES:
        alone.event(name, "PredictionsReady")

    waited = [event for name in NAMES for event in cloud.heard(name, "QuotaReached")]
    assert waited
    assert {event["detail"]["data"]["operation"] for event in waited} <= {
        "CreateProcessingJob",
        "CreateHyperParameterTuningJob",
    }
    assert len({event["id"] for event in waited}) == len(waited)
    assert cloud.alert(waited[0]["detail"]["data"]["problem"], "QuotaReached")
    assert cloud.until(cloud.queues_are_empty, PATIENCE_SECONDS)
    assert cloud.dead_letters() == {}
    for name in NAMES:
        assert [str(finding) for finding in judge(Clients(cloud), cloud.outputs, name)] == []


class Clients:
    """Gives the judge clients of the cloud."""

    def __init__(self, cloud):
        self._cloud = cloud

    def client(self, service):
        return self._cloud.client(service)


def test_poison_reaches_the_dead_letters_with_its_reason_and_holds_up_nobody(alone):
    """An alarm reaches people; `why`, `status` and `redrive` show why it failed."""
    cloud, sqs = alone.cloud, alone.cloud.client("sqs")
    url = sqs.get_queue_url(QueueName="baton-ApplyRetention")["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])
    policy = json.loads(found["Attributes"]["RedrivePolicy"]) | {"maxReceiveCount": 2}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": json.dumps(policy)})
    poison = {"source": "baton", "detail-type": "NeverHeardOf", "detail": {"data": {}}}
    alone.send("baton-ApplyRetention", json.dumps(poison))

    cloud.define("behind", "Churn")
    cloud.event("behind", "ProblemDefined")
    assert cloud.until(lambda: "apply_retention" in cloud.story("behind"), PATIENCE_SECONDS)
    assert cloud.until(cloud.dead_letters, PATIENCE_SECONDS)

    (alarm,) = cloud.topic.wait(
        lambda alert: "ApplyRetention-dead-letters" in alert["Message"], 1, PATIENCE_SECONDS
    )
    assert json.loads(alarm["Message"])["NewStateValue"] == "ALARM"
    assert alone.baton("status")["dead_letters"] == {"apply_retention": 1}
    (reason,) = alone.baton("redrive", "apply_retention")["reasons"]["apply_retention"]
    assert reason["reason"].startswith("UnknownEventError: no event is called 'NeverHeardOf'")
    assert cloud.until(cloud.dead_letters, PATIENCE_SECONDS)
    dead = sqs.get_queue_url(QueueName="baton-ApplyRetention-dead-letters")["QueueUrl"]
    sqs.purge_queue(QueueUrl=dead)


def test_redriving_and_replaying_twice_does_nothing_twice(alone):
    """A message that was handled, put among the dead letters, and the events of a minute."""
    cloud = alone.cloud
    began = datetime.now(UTC)
    cloud.define("again", "Churn")
    (defined,) = cloud.bus.wait(
        lambda event: (
            event["detail-type"] == "ProblemDefined"
            and event["detail"]["data"]["problem"] == "again"
        ),
        1,
        PATIENCE_SECONDS,
    )
    cloud.put("again/data/few.csv", tables.to_csv(tables.customers(20, seed=80)))
    cloud.event("again", "DataIngested")
    assert cloud.until(cloud.queues_are_empty, PATIENCE_SECONDS)
    before, inputs = len(cloud.story("again").splitlines()), cloud.rows("again", "input")

    for _ in range(2):
        alone.send("baton-StartRun-dead-letters", json.dumps(defined))
        assert alone.baton("redrive", "again")["moved"] == {"start_run": 1}
        replay = alone.baton("replay", "--from", began.isoformat())
        events = cloud.client("events")

        def is_over(name=replay["replay"], events=events):
            return events.describe_replay(ReplayName=name)["State"] == "COMPLETED"

        assert cloud.until(is_over, PATIENCE_SECONDS)
        assert cloud.until(cloud.queues_are_empty, PATIENCE_SECONDS)

    assert len(cloud.story("again").splitlines()) == before
    assert cloud.rows("again", "input") == inputs


def test_a_stretch_of_the_stream_that_was_given_up_is_taken_up_once(alone):
    """Its reader is paused, as if it had passed it; the note is what Lambda leaves."""
    cloud = alone.cloud
    cloud.define("river", "Churn", data={"minimum_rows": 10_000})
    cloud.event("river", "ProblemDefined")
    functions = cloud.client("lambda")
    (mapping,) = functions.list_event_source_mappings(FunctionName="baton-IngestRecords")[
        "EventSourceMappings"
    ]
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    rows = [{"problem": "river", "record": row} for row in tables.customers(10, seed=81)]
    cloud.stream(*rows)
    stream = cloud.outputs["RecordStream"]
    kinesis = cloud.client("kinesis")
    (shard,) = kinesis.list_shards(StreamName=stream)["Shards"]
    iterator = kinesis.get_shard_iterator(
        StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    held = [
        record["SequenceNumber"]
        for record in kinesis.get_records(ShardIterator=iterator)["Records"]
        if json.loads(record["Data"])["problem"] == "river"
    ]
    assert len(held) == 10
    note = {
        "KinesisBatchInfo": {
            "shardId": shard["ShardId"],
            "startSequenceNumber": held[2],
            "endSequenceNumber": held[6],
            "approximateArrivalOfFirstRecord": "2026-02-03T10:11:12.000Z",
            "batchSize": 5,
            "streamArn": mapping["EventSourceArn"],
        }
    }

    answers = []
    for _ in range(2):
        alone.send("baton-IngestRecords-dead-letters", json.dumps(note))
        (answer,) = alone.baton("redrive", "ingest_records")["stretches"]
        answers.append((answer["held"], answer["taken"], answer["lost"]))

    assert answers == [(5, 5, 0), (5, 0, 0)]
    assert [event["rows"] for event in cloud.events("river", "DataIngested", 1)] == [5]
