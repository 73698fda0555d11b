"""The record table, on DynamoDB."""

from __future__ import annotations

import json
import time
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import lifecycle.given_up
import lifecycle.source_records  # noqa: F401  their rows are among the kinds
from lifecycle.adapters.clients import client
from lifecycle.errors import (
    AlreadyRecordedError,
    ClaimedError,
    RecordMissingError,
    StaleRecordError,
)
from lifecycle.records import (
    HistoryRecord,
    InputRecord,
    JobRecord,
    ProblemRecord,
    Record,
    RunRecord,
    SnapshotRecord,
)
from lifecycle.stretches import StretchRecord

if TYPE_CHECKING:
    from collections.abc import Iterable

KINDS: dict[str, type[Record]] = {cls.kind: cls for cls in Record.__subclasses__()}
"""Every kind of row by its name."""

CLAIMS_KEPT_SECONDS = 86_400
"""DynamoDB then removes them (Developer Guide, "Time to Live")."""

HIDDEN = ("pk", "sk", "kind", "listing", "listed_at")
"""Attributes that place a row and are no part of its record."""


def to_item(row: Record, version: int) -> dict[str, Any]:
    """A record as a DynamoDB item in wire form. Numbers become decimals, as DynamoDB keeps them."""
    from boto3.dynamodb.types import TypeSerializer

    document = json.loads(row.model_dump_json(), parse_float=Decimal)
    partition, sort = row.key
    item = {**document, "pk": partition, "sk": sort, "kind": row.kind, "version": version}
    if row.listed:
        item["listing"], item["listed_at"] = row.listed
    serialize = TypeSerializer().serialize
    return {name: serialize(value) for name, value in item.items()}


def from_item(item: dict[str, Any]) -> Record:
    """The record that a DynamoDB item in wire form holds."""
    from boto3.dynamodb.types import TypeDeserializer

    deserialize = TypeDeserializer().deserialize
    plain = {name: _plain(deserialize(value)) for name, value in item.items()}
    cls = KINDS[plain["kind"]]
    return cls.model_validate({k: v for k, v in plain.items() if k not in HIDDEN})


def _plain(value: Any) -> Any:
    """Decimals back to the int or float they were."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


class DynamodbRecords:
    """Rows read consistently, written in one transaction under their version."""

    def __init__(self, table: str) -> None:
        self._table = table

    def _get(self, partition: str, sort: str) -> Record | None:
        answer = client("dynamodb").get_item(
            TableName=self._table,
            Key={"pk": {"S": partition}, "sk": {"S": sort}},
            ConsistentRead=True,
        )
        return from_item(answer["Item"]) if "Item" in answer else None

    def get[R: Record](self, row: R) -> R | None:
        """The stored row with this row's key, if there is one."""
        found = self._get(*row.key)
        return found if isinstance(found, type(row)) else None

    def problem(self, name: str) -> ProblemRecord | None:
        """The problem of this name, once it is defined."""
        found = self._get(f"problem#{name}", "problem")
        return found if isinstance(found, ProblemRecord) else None

    def run(self, problem: str, run: str) -> RunRecord:
        """A run.

        Raises:
            RecordMissingError: it is not there, yet.
        """
        found = self._get(f"problem#{problem}", f"run#{run}")
        if not isinstance(found, RunRecord):
            raise RecordMissingError(f"run {run} of {problem} is not recorded")
        return found

    def job(self, kind: str, name: str) -> JobRecord:
        """The row of a SageMaker job.

        Raises:
            RecordMissingError: it is not there, yet: the job's end outran its record.
        """
        found = self._get(f"job#{kind}/{name}", "job")
        if not isinstance(found, JobRecord):
            raise RecordMissingError(f"{kind} {name} is not recorded")
        return found

    def _query(self, **parameters: Any) -> list[Record]:
        pages = (
            client("dynamodb").get_paginator("query").paginate(TableName=self._table, **parameters)
        )
        return [from_item(item) for page in pages for item in page["Items"]]

    def inputs(self, problem: str) -> list[InputRecord]:
        """All that was ever taken in for a problem, waiting and rejected ones included."""
        rows = self._below(f"problem#{problem}", "input#")
        return [row for row in rows if isinstance(row, InputRecord)]

    def snapshots(self, problem: str) -> list[SnapshotRecord]:
        """All snapshots of a problem's files, open and closed, folder by folder."""
        rows = self._below(f"problem#{problem}", "snapshot#")
        return [row for row in rows if isinstance(row, SnapshotRecord)]

    def stretches(self, stream: str, shard: str) -> list[StretchRecord]:
        """What of a shard was taken in, in order, as far as it is kept."""
        rows = self._below(f"shard#{stream}/{shard}", "stretch#")
        return [row for row in rows if isinstance(row, StretchRecord)]

    def _below(self, partition: str, prefix: str) -> list[Record]:
        return self._query(
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues={
                ":pk": {"S": partition},
                ":sk": {"S": prefix},
            },
            ConsistentRead=True,
        )

    def open_jobs(self) -> list[JobRecord]:
        """Jobs whose end nobody has heard of."""
        rows = self._listing("jobs")
        return [row for row in rows if isinstance(row, JobRecord)]

    def problems(self) -> list[ProblemRecord]:
        """All problems, by name."""
        rows = self._listing("problems")
        return [row for row in rows if isinstance(row, ProblemRecord)]

    def recent_history(self, problem: str, most: int) -> list[HistoryRecord]:
        """What happened to a problem last, newest first."""
        answer = client("dynamodb").query(
            TableName=self._table,
            IndexName="listing",
            KeyConditionExpression="listing = :listing",
            ExpressionAttributeValues={":listing": {"S": f"history#{problem}"}},
            ScanIndexForward=False,
            Limit=most,
        )
        rows = [from_item(item) for item in answer["Items"]]
        return [row for row in rows if isinstance(row, HistoryRecord)]

    def _listing(self, listing: str) -> list[Record]:
        return self._query(
            IndexName="listing",
            KeyConditionExpression="listing = :listing",
            ExpressionAttributeValues={":listing": {"S": listing}},
        )

    def history(self, event_id: str, leg: str) -> HistoryRecord | None:
        """What this leg made of this event, if it was handled before."""
        found = self._get(f"event#{event_id}", leg)
        return found if isinstance(found, HistoryRecord) else None

    def commit(
        self, rows: Iterable[Record], history: HistoryRecord, absent: Iterable[Record] = ()
    ) -> None:
        """Write all rows and the history row, or none, while the absent rows are absent.

        Raises:
            AlreadyRecordedError: the history row is there.
            StaleRecordError: a row is no longer the one that was read.
        """
        from botocore.exceptions import ClientError

        items = [self._put(history), *(self._put(row) for row in rows)]
        items += [self._missing(row) for row in absent]
        try:
            client("dynamodb").transact_write_items(TransactItems=items)
        except ClientError as error:
            reasons = error.response.get("CancellationReasons", [])
            if not reasons:
                raise
            if reasons[0].get("Code") == "ConditionalCheckFailed":
                raise AlreadyRecordedError(history.event_id) from error
            raise StaleRecordError(", ".join(r.get("Code", "") for r in reasons)) from error

    def claim(self, event_id: str, leg: str, seconds: int) -> None:
        """Keep other deliveries of an event from what this one does, for so long at most.

        A claim that DynamoDB wrote without its answer arriving is written again by botocore: so it
        names its claimer, whom its own claim does not keep out.

        Raises:
            ClaimedError: another delivery did so, and its time is not over.
        """
        from botocore.exceptions import ClientError

        now, claimer = time.time(), {"S": uuid.uuid4().hex}
        try:
            self._put_claim(
                event_id,
                leg,
                now + seconds,
                {"claimed_by": claimer},
                ConditionExpression=(
                    "attribute_not_exists(pk) OR claimed_until < :now OR claimed_by = :claimer"
                ),
                ExpressionAttributeValues={":now": {"N": f"{now:.3f}"}, ":claimer": claimer},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            raise ClaimedError(f"{leg}: another delivery of {event_id} is at work") from error

    def give_up(self, event_id: str, leg: str) -> None:
        """End one's own claim before its time."""
        self._put_claim(event_id, leg, 0, {})

    def _put_claim(
        self, event_id: str, leg: str, until: float, more: dict[str, Any], **condition: Any
    ) -> None:
        item = {
            "pk": {"S": f"claim#{event_id}"},
            "sk": {"S": leg},
            "kind": {"S": "claim"},
            "claimed_until": {"N": f"{until:.3f}"},
            "expires_at": {"N": str(int(time.time()) + CLAIMS_KEPT_SECONDS)},
            **more,
        }
        client("dynamodb").put_item(TableName=self._table, Item=item, **condition)

    def note(self, row: Record) -> None:
        """Write a row that nothing depends on, whatever is there."""
        item = to_item(row, row.version + 1)
        client("dynamodb").put_item(TableName=self._table, Item=item)

    def _put(self, row: Record) -> dict[str, Any]:
        put: dict[str, Any] = {
            "TableName": self._table,
            "Item": to_item(row, row.version + 1),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if row.version:
            put["ConditionExpression"] = "version = :version"
            put["ExpressionAttributeValues"] = {":version": {"N": str(row.version)}}
        return {"Put": put}

    def _missing(self, row: Record) -> dict[str, Any]:
        partition, sort = row.key
        return {
            "ConditionCheck": {
                "TableName": self._table,
                "Key": {"pk": {"S": partition}, "sk": {"S": sort}},
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }
