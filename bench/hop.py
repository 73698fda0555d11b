"""One hop of the relay: an event on the bus in, the next event on the bus out, no job between.

`DriftDetected` of a problem that retrains for nothing makes `answer_drift` read the record table,
write a history row and say `RetrainingHeldBack`: bus → rule → queue → function → table → bus. What
is measured also holds the way of that answer over one more rule and queue to here.

Run: .venv/bin/python -m bench.hop [--hops 200] [--state FOLDER]
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3

from bench.relay import Relay
from local.running import running_cloud

if TYPE_CHECKING:
    from collections.abc import Iterator

PROBLEM = "hop"
WARM_UP = 60
PATIENCE_SECONDS = 30
QUIET_SECONDS = 0.015  # no hop is so quick, and each look takes the cloud's time from it
PAUSE_SECONDS = 0.003
GOAL = {"median_ms": 50.0, "p95_ms": 150.0}


class LostError(Exception):
    """An event went in and none came out."""


@contextmanager
def answers(relay: Relay) -> Iterator[str]:
    """A queue that hears the answers of `PROBLEM`: its URL."""
    events, sqs = boto3.client("events"), boto3.client("sqs")
    name = f"bench-hop-{uuid4().hex[:8]}"
    bus = relay.outputs["EventBus"]
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn = found["Attributes"]["QueueArn"]
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    pattern = {
        "source": ["baton"],
        "detail-type": ["RetrainingHeldBack"],
        "detail": {"data": {"problem": [PROBLEM]}},
    }
    events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
    try:
        yield url
    finally:
        events.remove_targets(Rule=name, EventBusName=bus, Ids=["queue"])
        events.delete_rule(Name=name, EventBusName=bus)
        sqs.delete_queue(QueueUrl=url)


def drift(bus: str, event_id: str) -> dict[str, Any]:
    """A PutEvents entry that says that the traffic has drifted."""
    data = {
        "problem": PROBLEM,
        "run": None,
        "rows": 500,
        "columns": [{"column": "age", "statistic": "psi", "value": 0.4, "threshold": 0.2}],
        "report_uri": "s3://nowhere/drift.html",
    }
    metadata = {
        "event_id": event_id,
        "version": 1,
        "correlation_id": event_id,
        "causation_id": event_id,
        "occurred_at": "2026-01-01T00:00:00Z",
    }
    return {
        "EventBusName": bus,
        "Source": "baton",
        "DetailType": "DriftDetected",
        "Detail": json.dumps({"data": data, "metadata": metadata}),
    }


def hop(events: Any, sqs: Any, bus: str, url: str) -> float:
    """Seconds from putting one event until its answer is here.

    Args:
        events: a client of EventBridge, made once: making one costs more than a hop.
        sqs: likewise of SQS.
        bus: the stack's bus.
        url: the queue that hears the answers.

    Raises:
        LostError: no answer came.
    """
    event_id = str(uuid4())
    entry = drift(bus, event_id)
    began = time.perf_counter()
    events.put_events(Entries=[entry])
    time.sleep(QUIET_SECONDS)
    while time.perf_counter() - began < PATIENCE_SECONDS:
        # No long poll: the laptop's looks every tenth of a second only, which would be measured.
        got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        ended = time.perf_counter()
        for message in got.get("Messages", []):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            metadata = json.loads(message["Body"])["detail"]["metadata"]
            if metadata["causation_id"] == event_id:
                return ended - began
        time.sleep(PAUSE_SECONDS)
    raise LostError(f"no answer to {event_id} within {PATIENCE_SECONDS} s")


def measure(relay: Relay, hops: int) -> dict[str, float]:
    """Median and 95th percentile of so many hops, one after another, in milliseconds."""
    relay.define(PROBLEM, "anything", "retrain: {on: []}\n")
    events, sqs, bus = boto3.client("events"), boto3.client("sqs"), relay.outputs["EventBus"]
    with answers(relay) as url:
        seconds = [hop(events, sqs, bus, url) for _ in range(WARM_UP + hops)][WARM_UP:]
    milliseconds = [1000 * value for value in seconds]
    return {
        "hops": hops,
        "median_ms": round(statistics.median(milliseconds), 1),
        "p95_ms": round(statistics.quantiles(milliseconds, n=20)[-1], 1),
        "slowest_ms": round(max(milliseconds), 1),
    }


def main() -> None:
    """Measure, and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hops", type=int, default=200)
    parser.add_argument("--state", type=Path, help="keep the cloud's state here")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        state = arguments.state or Path(folder, "state")
        with running_cloud(state) as environment:
            found = measure(Relay(environment), arguments.hops)
    held = all(found[name] < goal for name, goal in GOAL.items())
    print(json.dumps({**found, "goal": GOAL, "held": held}))


if __name__ == "__main__":
    main()
