"""Asking for a database to be fetched: the event that its schedule sends as well."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from cli.errors import CliError
from cli.story import iso
from lifecycle.adapters.dynamodb_records import from_item
from lifecycle.events import SOURCE, FetchRequested
from lifecycle.source_records import SourceRecord
from lifecycle.sources import sources_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cli.stack import Stack
    from lifecycle.records import ProblemRecord


def requests(
    problem: ProblemRecord, name: str | None = None, *, full: bool = False
) -> list[FetchRequested]:
    """A request for each database of a problem, or for the one that is named.

    Raises:
        CliError: the problem has no such database, or none at all.
    """
    fetched = [each for each in sources_of(problem.definition) if each.through in {"glue", "dms"}]
    wanted = [each for each in fetched if name in {None, each.called}]
    if not wanted:
        known = ", ".join(each.called for each in fetched)
        raise CliError(
            f"{problem.problem} has no database{f' {name}' if name else ''} to fetch.",
            f"It has: {known}." if known else "Name one under data.sources in problem.yaml.",
        )
    return [
        FetchRequested.model_validate(
            {
                "problem": problem.problem,
                "source": each.called,
                "through": each.through,
                "because": "request",
                "full": full,
            }
        )
        for each in wanted
    ]


def send(stack: Stack, events: Iterable[FetchRequested]) -> None:
    """Put requests on the stack's bus.

    Raises:
        CliError: the bus refused one.
    """
    for event in events:
        identity = str(uuid4())
        metadata = {
            "event_id": identity,
            "version": event.version,
            "correlation_id": identity,
            "causation_id": identity,
            "occurred_at": iso(datetime.now(UTC)),
        }
        entry = {
            "EventBusName": stack.output("EventBus"),
            "Source": SOURCE,
            "DetailType": event.detail_type,
            "Detail": json.dumps({"data": event.model_dump(mode="json"), "metadata": metadata}),
        }
        answer = stack.client("events").put_events(Entries=[entry])
        if answer["FailedEntryCount"]:
            raise CliError(f"The bus refused it: {answer['Entries'][0].get('ErrorMessage', '')}")


def failing(stack: Stack, problems: Iterable[ProblemRecord]) -> list[FetchRequested]:
    """A request for each database whose last fetch failed, or one of whose tables is stopped."""
    asked = [event for problem in problems for event in _all(problem)]
    return [event for event in asked if _row(stack, event).faults]


def _all(problem: ProblemRecord) -> list[FetchRequested]:
    try:
        return requests(problem)
    except CliError:
        return []


def _row(stack: Stack, event: FetchRequested) -> SourceRecord:
    row = SourceRecord(problem=event.problem, source=event.source)
    partition, sort = row.key
    answer = stack.client("dynamodb").get_item(
        TableName=stack.output("RecordTable"), Key={"pk": {"S": partition}, "sk": {"S": sort}}
    )
    found = from_item(answer["Item"]) if "Item" in answer else row
    return found if isinstance(found, SourceRecord) else row
