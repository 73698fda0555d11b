"""A client of the stack: it drops files, and hears bus and alerts as any subscriber."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

type Document = dict[str, Any]


class Ear:
    """Keeps all that arrives at a queue, repeats included, by the life that it is about."""

    def __init__(self, sqs: Any, url: str, life_of: Callable[[Document], str]) -> None:
        """Begin to listen to a queue."""
        self._sqs, self._url, self._life_of = sqs, url, life_of
        self._heard: dict[str, list[Document]] = defaultdict(list)
        self._news = threading.Condition()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while not self._over.is_set():
            # On a machine that is busy beyond measure an answer may not come in time; the messages
            # do, once more.
            with contextlib.suppress(BotoCoreError):
                self._take()

    def _take(self) -> None:
        answer = self._sqs.receive_message(
            QueueUrl=self._url, MaxNumberOfMessages=10, WaitTimeSeconds=1
        )
        messages = answer.get("Messages", [])
        with self._news:
            for message in messages:
                document = json.loads(message["Body"])
                self._heard[self._life_of(document)].append(document)
            self._news.notify_all()
        for message in messages:
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])

    def all(self, life: str) -> list[Document]:
        """All about a life, so far."""
        with self._news:
            return list(self._heard[life])

    def wait(
        self, life: str, matches: Callable[[Document], bool], seconds: float
    ) -> Document | None:
        """Wait for the first about a life that matches; None if time runs out."""
        deadline = time.monotonic() + seconds
        with self._news:
            while True:
                found = next((item for item in self._heard[life] if matches(item)), None)
                left = deadline - time.monotonic()
                if found or left <= 0:
                    return found
                self._news.wait(left)

    def close(self) -> None:
        """Listen no more."""
        self._over.set()
        self._thread.join()


class Stack:
    """The deployed stack, from outside."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Follow the stack's outputs.

        Args:
            environment: the variables with which AWS clients talk to its cloud.
        """
        self._session = boto3.Session(
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            region_name=environment["AWS_DEFAULT_REGION"],
        )
        self._url = environment["AWS_ENDPOINT_URL"]
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()
        stack = self.client("cloudformation").describe_stacks(StackName="baton")["Stacks"][0]
        self.outputs: dict[str, str] = {
            item["OutputKey"]: item["OutputValue"] for item in stack["Outputs"]
        }
        self.bus, self.alerts = self._hear_bus(), self._hear_alerts()

    def client(self, service: str) -> Any:
        """One client a service."""
        with self._lock:
            if service not in self._clients:
                make: Any = self._session.client  # its stubs know services by literal name only
                config = Config(max_pool_connections=60, read_timeout=60)
                self._clients[service] = make(service, endpoint_url=self._url, config=config)
            return self._clients[service]

    def close(self) -> None:
        """End the ears."""
        self.bus.close()
        self.alerts.close()

    def forget(self, life: str) -> None:
        """Take a life's definition away, so that its rows' rules go from the buckets with the next.

        S3 takes 1,000 rules a bucket, which are those of some 120 lives.
        """
        key = {"pk": {"S": f"problem#{life}"}, "sk": {"S": "problem"}}
        self.client("dynamodb").delete_item(TableName=self.outputs["RecordTable"], Key=key)

    def _queue(self, name: str, service: str) -> tuple[str, str]:
        arn = f"arn:aws:sqs:us-east-1:000000000000:{name}"
        allow = {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sqs:SendMessage",
            "Resource": arn,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        made = self.client("sqs").create_queue(QueueName=name, Attributes={"Policy": policy})
        return made["QueueUrl"], arn

    def _hear_bus(self) -> Ear:
        url, arn = self._queue("fault-matrix-events", "events.amazonaws.com")
        bus, events = self.outputs["EventBus"], self.client("events")
        pattern = json.dumps({"source": ["baton"]})
        events.put_rule(Name="fault-matrix", EventBusName=bus, EventPattern=pattern)
        target = {"Id": "queue", "Arn": arn}
        events.put_targets(Rule="fault-matrix", EventBusName=bus, Targets=[target])
        return Ear(self.client("sqs"), url, _told_by)

    def _hear_alerts(self) -> Ear:
        url, arn = self._queue("fault-matrix-alerts", "sns.amazonaws.com")
        topic = self.outputs["AlertTopic"]
        self.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        return Ear(self.client("sqs"), url, _alerted_of)

    def drop(self, key: str, body: str) -> None:
        """Drop an object into the landing bucket."""
        bucket = self.outputs["LandingBucket"]
        self.client("s3").put_object(Bucket=bucket, Key=key, Body=body.encode())

    def tick(self, leg: str, name: str) -> None:
        """Let the clock of a leg strike, two minutes ahead of time."""
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 120))
        rule = f"arn:aws:events:us-east-1:000000000000:rule/baton-{leg}HearsClock"
        tick = {
            "version": "0",
            "id": name,
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": "000000000000",
            "time": now,
            "region": "us-east-1",
            "resources": [rule],
            "detail": {},
        }
        url = self.client("sqs").get_queue_url(QueueName=f"baton-{leg}")["QueueUrl"]
        self.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(tick))

    def alerts_of(self, life: str) -> list[Document]:
        """All alerts of a life, repeats included."""
        return self.alerts.all(life)

    def heard_of(self, life: str) -> list[Document]:
        """All own events of a life, repeats included."""
        return self.bus.all(life)


def _told_by(event: Document) -> str:
    return str(event["detail"]["data"].get("problem", ""))


def _alerted_of(alert: Document) -> str:
    return str(alert.get("MessageAttributes", {}).get("problem", {}).get("Value", ""))
