"""Queues and deliveries in one process: what EventBridge, SQS and Lambda do in between."""

from __future__ import annotations

import importlib
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from faults.mutations.account import ACCOUNT, NAMES, REGION
from faults.mutations.trials import Killed
from faults.mutations.wires import listeners

if TYPE_CHECKING:
    from collections.abc import Iterable

    from events.wiring import Rule
    from faults.mutations.account import Account
    from faults.mutations.trials import Trial

RECEIVED_AT_MOST = 5
"""A message that failed so often goes to the dead-letter queue (template.yaml, maxReceiveCount)."""

DELIVERIES_AT_MOST = 2000
TICK_MINUTES = 10
"""What the schedule's clock is ahead, so that no job is too young to be asked after."""


class EndlessError(Exception):
    """The relay does not come to rest."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message in one function's queue.

    Attributes:
        number: its own, in order of sending.
        function: the logical id of the function whose queue it is in.
        body: the EventBridge envelope.
        received: how often it was delivered.
        group: the group it was sent with; empty for none.
    """

    number: int
    function: str
    body: dict[str, Any]
    received: int = 0
    group: str = ""


class Relay:
    """Brings every event to the functions that hear it, until nothing is left to do.

    Attributes:
        heard: every event of Baton's own, as a rule on the bus would pass it on.
        dead: messages that no function could handle.
    """

    def __init__(
        self, account: Account, rules: Iterable[Rule], folders: dict[str, str], trial: Trial
    ) -> None:
        """Take the wiring: rules, and the folder of each function by logical id."""
        self._account, self._rules, self._folders = account, tuple(rules), folders
        self._trial = trial
        self._pending: list[Message] = []
        self._sent = self._delivered = self._taken = 0
        self._inside = False
        self.heard: list[dict[str, Any]] = []
        self.dead: list[Message] = []

    # ---- sending -----------------------------------------------------------------------------

    def land(self, key: str, body: bytes) -> None:
        """Drop an object into the landing bucket."""
        bucket = NAMES["LandingBucket"]
        answer = self._account.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
        item = {
            "key": key,
            "size": len(body),
            "etag": answer["ETag"].strip('"'),
            "sequencer": f"{self._sent:016X}",
        }
        self._send("aws.s3", "Object Created", {"bucket": {"name": bucket}, "object": item})

    def tick(self) -> None:
        """Let the schedules of all functions fire."""
        for rule in self._rules:
            if rule.schedule:
                at = datetime.now(UTC) + timedelta(minutes=TICK_MINUTES)
                envelope = _envelope("aws.events", "Scheduled Event", {}, at)
                self._queue(rule.function, envelope | {"resources": [f"rule/{rule.name}"]})

    def _send(self, source: str, name: str, detail: dict[str, Any]) -> None:
        envelope = _envelope(source, name, detail, datetime.now(UTC))
        if source == "baton":
            self.heard.append(envelope)
        for function in listeners(self._rules, envelope):
            self._queue(function, envelope)

    def _queue(self, function: str, envelope: dict[str, Any], group: str = "") -> None:
        self._sent += 1
        # Through JSON and back, as in a queue: times become texts.
        body = json.loads(json.dumps(envelope, default=str))
        self._pending.append(Message(self._sent, function, body, group=group))

    def _collect(self) -> None:
        """Route what was put on the bus and what SageMaker has to say since the last time."""
        entries = self._account.entries[self._taken :]
        self._taken += len(entries)
        for entry in entries:
            self._send(entry["Source"], entry["DetailType"], json.loads(entry["Detail"]))
        sent, self._account.messages = self._account.messages, []
        for request in sent:
            self._requeue(request)
        told, self._account.sagemaker.events = self._account.sagemaker.events, []
        for name, detail in () if self._trial.lost else told:
            for _ in range(2 if self._trial.doubled else 1):
                self._send("aws.sagemaker", name, detail)

    def _requeue(self, request: dict[str, Any]) -> None:
        """Queue what a function put in line in its own queue; these lives have no quiet periods."""
        folder = request["QueueUrl"].rpartition("/baton-")[2]
        group = request.get("MessageGroupId", "")
        for function, each in self._folders.items() if group else ():
            if each == folder:
                self._queue(function, json.loads(request["MessageBody"]), group)

    # ---- delivering --------------------------------------------------------------------------

    def run(self, until: str = "") -> None:
        """Deliver until nothing is left, or until an event of this name was heard.

        Raises:
            EndlessError: it goes on and on.
        """
        self._collect()
        while self._pending and not any(each["detail-type"] == until for each in self.heard):
            message = self._pending.pop(-1 if self._trial.reversed else 0)
            for _ in range(self._trial.copies - 1):
                self.deliver_copy(message)
            self._deliver(message)
            self._collect()

    def deliver_copy(self, message: Message) -> None:
        """Deliver a message once more; if that fails nobody minds, for the message is there."""
        if not self._inside:
            self._inside = True
            self._handle(message)
            self._inside = False

    def deliver_others(self) -> None:
        """Deliver all other messages that wait now, one after the other."""
        if self._inside:
            return
        self._inside = True
        self._collect()
        others, self._pending = self._pending, []
        for message in others:
            self._deliver(message)
        self._inside = False

    def _deliver(self, message: Message) -> None:
        message = replace(message, received=message.received + 1)
        if self._handle(message):
            return
        if message.received == RECEIVED_AT_MOST:
            self.dead.append(message)
        else:
            self._pending.append(message)

    def _handle(self, message: Message) -> bool:
        """Give a message to its function; whether the queue may forget it."""
        self._delivered += 1
        if self._delivered > DELIVERIES_AT_MOST:
            raise EndlessError(f"{DELIVERIES_AT_MOST} messages were delivered")
        folder = self._folders[message.function]
        handler = importlib.import_module(f"handle_{folder}").lambda_handler
        before = self._account.fault
        killed = False

        def disturb(_service: str, operation: str, request: Any) -> Any:
            nonlocal killed
            if killed:  # whatever a function would still do on its way out, a dead one does not
                raise Killed
            try:
                return self._trial.around(self, message, operation, request)
            except Killed:
                killed = True
                raise

        self._account.fault = disturb
        receipt = f"receipt-{message.number}-{self._delivered}"
        try:
            answer = handler(_batch(message, receipt, folder))
        except Killed:
            self._account.table.let_claims_run_out()
            return receipt in self._account.deleted
        finally:
            self._account.fault = before
        return not answer["batchItemFailures"] or receipt in self._account.deleted


def _envelope(source: str, name: str, detail: dict[str, Any], at: datetime) -> dict[str, Any]:
    return {
        "version": "0",
        "id": str(uuid4()),
        "source": source,
        "detail-type": name,
        "time": at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "account": ACCOUNT,
        "region": REGION,
        "resources": [],
        "detail": detail,
    }


def _batch(message: Message, receipt: str, folder: str) -> dict[str, Any]:
    """What Lambda passes to a function for one message of its queue."""
    return {
        "Records": [
            {
                "messageId": f"message-{message.number}",
                "receiptHandle": receipt,
                "body": json.dumps(message.body),
                "attributes": {
                    "ApproximateReceiveCount": str(message.received),
                    **({"MessageGroupId": message.group} if message.group else {}),
                },
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:baton-{folder}",
                "awsRegion": REGION,
            }
        ]
    }
