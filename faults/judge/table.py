"""The record table, read as plain documents.

Keys and index: ``docs/architecture.md`` and ``template.yaml``, "RecordTable". Decimals become
numbers as JSON has them.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

type Row = dict[str, Any]

GET_AT_ONCE = 100
"""BatchGetItem takes at most so many keys."""


class Table:
    """Reads rows of one table."""

    def __init__(self, client: Any, name: str) -> None:
        self._client, self._name = client, name

    def of_problem(self, problem: str) -> dict[str, list[Row]]:
        """Every row of a problem but its jobs and history, by kind, in key order."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self._query("pk = :value", f"problem#{problem}", ConsistentRead=True):
            found[row["kind"]].append(row)
        return found

    def history(self, problem: str) -> list[Row]:
        """What the legs made of what they heard, oldest first."""
        return self._query("listing = :value", f"history#{problem}", IndexName="listing")

    def answers(self, event_id: str) -> list[Row]:
        """What each leg made of one event, whatever problem it is about."""
        return self._query("pk = :value", f"event#{event_id}", ConsistentRead=True)

    def unlisted_history(self) -> list[Row]:
        """What legs made of what is about no one problem, by a scan of the whole table."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._name,
            ConsistentRead=True,
            FilterExpression="attribute_not_exists(listing) AND kind = :history",
            ExpressionAttributeValues={":history": {"S": "history"}},
        )
        return [_plain_row(item) for page in pages for item in page["Items"]]

    def jobs(self, keys: Iterable[tuple[str, str]], problem: str) -> list[Row]:
        """Rows of jobs, by kind and name, and every open one of the problem besides."""
        wanted = [f"job#{kind}/{name}" for kind, name in sorted(set(keys))]
        found: dict[str, Row] = {}
        for start in range(0, len(wanted), GET_AT_ONCE):
            part = [{"pk": {"S": key}, "sk": {"S": "job"}} for key in wanted[start:][:GET_AT_ONCE]]
            answer = self._client.batch_get_item(
                RequestItems={self._name: {"Keys": part, "ConsistentRead": True}}
            )
            found |= {row["pk"]: row for row in map(_plain_row, answer["Responses"][self._name])}
        for row in self._query("listing = :value", "jobs", IndexName="listing"):
            if row["problem"] == problem:
                found[row["pk"]] = row
        return [found[key] for key in sorted(found)]

    def _query(self, condition: str, value: str, **more: Any) -> list[Row]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._name,
            KeyConditionExpression=condition,
            ExpressionAttributeValues={":value": {"S": value}},
            **more,
        )
        return [_plain_row(item) for page in pages for item in page["Items"]]


def _plain_row(item: dict[str, Any]) -> Row:
    from boto3.dynamodb.types import TypeDeserializer

    deserialize = TypeDeserializer().deserialize
    return {name: _plain(deserialize(value)) for name, value in item.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
