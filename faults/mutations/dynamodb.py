"""DynamoDB in memory, as far as the record table needs it; anything else is refused by name.

Items, keys and errors are in the API's wire form (DynamoDB API reference: GetItem, BatchGetItem,
Query, Scan, TransactWriteItems). moto has all of DynamoDB, and takes most of a life's time for it.
"""

from __future__ import annotations

import re
from typing import Any

from botocore.exceptions import ClientError

type Item = dict[str, dict[str, Any]]
type Key = tuple[str, str]

INDEX = {"": ("pk", "sk"), "listing": ("listing", "listed_at")}
"""Partition and sort key of the table and of its one index."""

UNLISTED = "attribute_not_exists(listing) AND kind = :history"

EXISTS = re.compile(r"attribute_(not_)?exists\(pk\)")
COMPARED = re.compile(r"(\w+) (=|<>|<) (:\w+)")


class MemoryDynamoDB:
    """One table.

    Attributes:
        items: what is stored now.
    """

    def __init__(self) -> None:
        self.items: dict[Key, Item] = {}

    def answer(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Carry out one operation.

        Raises:
            ClientError: a condition failed, as TransactWriteItems tells it.
            NotImplementedError: it is none of those that the record table needs.
        """
        if operation == "GetItem":
            found = self.items.get(_key(request["Key"]))
            return {"Item": found} if found else {}
        if operation == "BatchGetItem":
            ((table, asked),) = request["RequestItems"].items()
            items = [self.items.get(_key(key)) for key in asked["Keys"]]
            return {"Responses": {table: [item for item in items if item]}}
        if operation == "Query":
            return {"Items": self._query(request)}
        if operation == "Scan":
            return {"Items": self._scan(request)}
        if operation == "TransactWriteItems":
            return self._transact(request["TransactItems"])
        if operation == "PutItem":
            return self._put(request)
        raise NotImplementedError(f"DynamoDB's {operation}")

    def _query(self, request: dict[str, Any]) -> list[Item]:
        partition, sort = INDEX[request.get("IndexName", "")]
        values = request["ExpressionAttributeValues"]
        condition = request["KeyConditionExpression"]
        equal = re.match(rf"{partition} = (:\w+)", condition)
        begins = re.search(rf"begins_with\({sort}, (:\w+)\)", condition)
        if equal is None:
            raise NotImplementedError(f"the condition {condition}")
        start = values[begins[1]]["S"] if begins else ""
        found = [
            item
            for item in self.items.values()
            if item.get(partition) == values[equal[1]]
            and item.get(sort, {}).get("S", "").startswith(start)
        ]
        forward = request.get("ScanIndexForward", True)
        found.sort(key=lambda item: item[sort]["S"], reverse=not forward)
        return found[: request.get("Limit")]

    def _scan(self, request: dict[str, Any]) -> list[Item]:
        condition = request.get("FilterExpression")
        found = list(self.items.values())
        if condition is None:
            return found
        if condition != UNLISTED:
            raise NotImplementedError(f"the condition {condition}")
        kind = request["ExpressionAttributeValues"][":history"]
        return [item for item in found if "listing" not in item and item.get("kind") == kind]

    def _put(self, request: dict[str, Any]) -> dict[str, Any]:
        key = _key(request["Item"])
        if not self._fits(key, request):
            raise _error("ConditionalCheckFailedException", "the condition failed")
        self.items[key] = request["Item"]
        return {}

    def let_claims_run_out(self) -> None:
        """As if the time had passed after which a message of a killed function comes again."""
        for item in self.items.values():
            if "claimed_until" in item:
                item["claimed_until"] = {"N": "0"}

    def _transact(self, actions: list[dict[str, Any]]) -> dict[str, Any]:
        """All or nothing: every condition is looked at before anything is written."""
        asked = [next(iter(action.items())) for action in actions]
        keys = [_key(body["Item"] if kind == "Put" else body["Key"]) for kind, body in asked]
        if len(set(keys)) < len(keys):
            raise _error("ValidationException", "one item twice in one transaction")
        fits = [self._fits(key, body) for key, (_, body) in zip(keys, asked, strict=True)]
        if not all(fits):
            codes = [{"Code": "None" if fit else "ConditionalCheckFailed"} for fit in fits]
            raise _error("TransactionCanceledException", "conditions failed", codes)
        for key, (kind, body) in zip(keys, asked, strict=True):
            if kind == "Put":
                self.items[key] = body["Item"]
        return {}

    def _fits(self, key: Key, body: dict[str, Any]) -> bool:
        """Whether an action's condition holds for what is stored now."""
        condition = body.get("ConditionExpression", "")
        values = body.get("ExpressionAttributeValues", {})
        stored = self.items.get(key)
        parts = condition.split(" OR ")
        return not condition or any(self._holds(part, stored, values) for part in parts)

    @staticmethod
    def _holds(condition: str, stored: Item | None, values: Item) -> bool:
        if there := EXISTS.fullmatch(condition):
            return (stored is None) == bool(there[1])
        if compared := COMPARED.fullmatch(condition):
            name, operator, value = compared.groups()
            # A comparison with an attribute that is not there is never true, and <> always is.
            found = (stored or {}).get(name)
            if operator == "<":
                return found is not None and float(found["N"]) < float(values[value]["N"])
            return (found == values[value]) is (operator == "=")
        raise NotImplementedError(f"the condition {condition}")


def _key(attributes: Item) -> Key:
    return attributes["pk"]["S"], attributes["sk"]["S"]


def _error(code: str, message: str, reasons: list[dict[str, str]] | None = None) -> ClientError:
    response: dict[str, Any] = {"Error": {"Code": code, "Message": message}}
    if reasons:
        response["CancellationReasons"] = reasons
    return ClientError(response, "TransactWriteItems")  # type: ignore[arg-type]
