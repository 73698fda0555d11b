"""One AWS account in this process: moto's S3 and KMS, and all the rest caught on its way out.

Every request of boto3 passes ``Account.invoke``. What goes to EventBridge, SNS and SQS is kept,
what goes to SageMaker is answered from memory, and a fault can be put before or after any of them.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from uuid import uuid4

import boto3
import botocore.client
from moto import mock_aws

from faults.mutations.dynamodb import MemoryDynamoDB
from faults.mutations.sagemaker import MemorySageMaker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REGION = "eu-west-1"
ACCOUNT = "111122223333"
NAMES = {
    "LandingBucket": "baton-landing-example",
    "LakeBucket": "baton-lake-example",
    "RecordTable": "baton-records",
    "EventBus": "baton",
}
"""The stack's outputs; buckets, bus and Region are those of the samples that the rules expect."""

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "BATON_LANDING_BUCKET": NAMES["LandingBucket"],
    "BATON_LAKE_BUCKET": NAMES["LakeBucket"],
    "BATON_RECORD_TABLE": NAMES["RecordTable"],
    "BATON_EVENT_BUS": NAMES["EventBus"],
    "BATON_ALERT_TOPIC": f"arn:aws:sns:{REGION}:{ACCOUNT}:baton-alerts",
    "BATON_JOB_ROLE": f"arn:aws:iam::{ACCOUNT}:role/baton-JobRole-EXAMPLE",
    "BATON_XGBOOST_IMAGE": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/sagemaker-xgboost:1.7-1",
    "BATON_ACCOUNT": ACCOUNT,
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
}
"""What template.yaml tells a function."""

type Fault = Callable[[str, str, Callable[[], Any]], Any]


@cache
def made_client(service: str) -> Any:
    """One client a service for all lives of this process and those forked from it.

    To make one takes longer than all that is asked through it; whose account it reaches is decided
    at each request.
    """
    make: Any = boto3.Session(region_name=REGION).client  # stubs know services by literal name
    return make(service, aws_access_key_id="testing", aws_secret_access_key="testing")  # noqa: S106


class Account:
    """The account and all that was sent through it.

    Attributes:
        entries: entries that were put on the bus, in order.
        alerts: what a queue gets that is subscribed to the alert topic.
        deleted: receipt handles of messages that a function deleted itself.
        messages: what functions sent to queues, as SendMessage takes it, in order.
        table: the record table.
        sagemaker: the account's SageMaker.
        fault: called with service, operation and the request to carry out, in a function's own
            thread; None where nothing disturbs.
    """

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.alerts: list[dict[str, Any]] = []
        self.deleted: set[str] = set()
        self.messages: list[dict[str, Any]] = []
        self.table = MemoryDynamoDB()
        self.sagemaker = MemorySageMaker(self.write)
        self.fault: Fault | None = None
        self._plain = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]  # noqa: SLF001

    @contextmanager
    def open(self) -> Iterator[None]:
        """The account, for as long as this lasts, for every client of this process."""
        os.environ |= ENVIRONMENT
        os.environ.pop("AWS_ENDPOINT_URL", None)
        account = self

        def invoke(client: Any, operation: str, request: dict[str, Any]) -> Any:
            return account.invoke(client, operation, request)

        with mock_aws(), patch("boto3.client", lambda service, **_: made_client(service)):
            botocore.client.BaseClient._make_api_call = invoke  # type: ignore[attr-defined]  # noqa: SLF001
            try:
                self._make()
                yield
            finally:
                botocore.client.BaseClient._make_api_call = self._plain  # type: ignore[attr-defined]  # noqa: SLF001

    def _make(self) -> None:
        key = self.client("kms").create_key(KeyUsage="GENERATE_VERIFY_MAC", KeySpec="HMAC_256")
        os.environ["BATON_MODEL_KEY"] = key["KeyMetadata"]["Arn"]
        for bucket in ("LandingBucket", "LakeBucket"):
            configuration = {"LocationConstraint": REGION}
            self.client("s3").create_bucket(
                Bucket=NAMES[bucket], CreateBucketConfiguration=configuration
            )

    @staticmethod
    def client(service: str) -> Any:
        """A client of one service."""
        return made_client(service)

    def write(self, uri: str, body: bytes) -> None:
        """Put an object, as a job does: undisturbed."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        fault, self.fault = self.fault, None
        try:
            self.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
        finally:
            self.fault = fault

    def invoke(self, client: Any, operation: str, request: dict[str, Any]) -> Any:
        """Carry out one request, with whatever fault is due."""
        service = client.meta.service_model.service_name

        def carry_out() -> Any:
            return self._carry_out(client, service, operation, request)

        # The threads of S3's transfers cannot be ended one by one, as no process can.
        if self.fault is None or threading.current_thread() is not threading.main_thread():
            return carry_out()
        return self.fault(service, operation, carry_out)

    def _carry_out(self, client: Any, service: str, operation: str, request: dict[str, Any]) -> Any:
        if service == "events":
            self.entries += request["Entries"]
            return {"FailedEntryCount": 0, "Entries": [{} for _ in request["Entries"]]}
        if service == "sns":
            self.alerts.append(_notification(request))
            return {"MessageId": self.alerts[-1]["MessageId"]}
        if service in {"sqs", "cloudwatch"}:
            if operation == "DeleteMessage":
                self.deleted.add(request["ReceiptHandle"])
            if operation == "SendMessage":
                self.messages.append(request)
            return {}
        if service == "dynamodb":
            return self.table.answer(operation, request)
        if service == "sagemaker":
            return self.sagemaker.answer(operation, request)
        return self._plain(client, operation, request)


def _notification(request: dict[str, Any]) -> dict[str, Any]:
    """What SNS sends to a queue ("Parsing Amazon SNS message formats")."""
    attributes = {
        name: {"Type": item["DataType"], "Value": item["StringValue"]}
        for name, item in request["MessageAttributes"].items()
    }
    return {
        "Type": "Notification",
        "MessageId": str(uuid4()),
        "TopicArn": request["TopicArn"],
        "Subject": request["Subject"],
        "Message": request["Message"],
        "MessageAttributes": attributes,
    }
