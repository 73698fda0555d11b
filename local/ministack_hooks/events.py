# ruff: noqa: SLF001 -- this package exists to reach inside ministack
"""Events that enter from inside, and CloudFormation's archives of events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from local.ministack_hooks.inside import Json, Response, module

if TYPE_CHECKING:
    from collections.abc import Callable


def put_aws_events(entries: list[Json], region: str) -> list[Json]:
    """Put entries on the default bus, `aws.*` sources included; ten at a time, like PutEvents."""
    events, responses = module("services.eventbridge"), module("core.responses")
    results: list[Json] = []
    with responses.request_scope(responses.get_account_id(), region):
        for start in range(0, len(entries), 10):
            request = {"Entries": entries[start : start + 10]}
            _, _, body = events._put_events(request, allow_aws_source=True)
            results += json.loads(body)["Entries"]
    return results


def hook_event_archive() -> None:
    """Teach CloudFormation `AWS::Events::Archive`; ministack keeps and replays events by itself."""
    events = module("services.eventbridge")
    provisioners = module("services.cloudformation.provisioners")

    def archive(operation: Callable[[Json], Response], name: str, properties: Json) -> Json:
        request = {**properties, "ArchiveName": name, "EventSourceArn": properties["SourceArn"]}
        if isinstance(request.get("EventPattern"), dict):
            request["EventPattern"] = json.dumps(request["EventPattern"])
        status, _, body = operation(request)
        if status >= 400:
            raise ValueError(f"AWS::Events::Archive {name}: {body!r}")
        return {"Arn": json.loads(body)["ArchiveArn"], "ArchiveName": name}

    def create(logical_id: str, properties: Json, stack: str) -> tuple[str, Json]:
        name = properties.get("ArchiveName") or provisioners._physical_name(
            stack, logical_id, max_len=48
        )
        return name, archive(events._create_archive, name, properties)

    def update(physical_id: str, _old: Json, new: Json, _stack: str) -> tuple[str, Json]:
        return physical_id, archive(events._update_archive, physical_id, new)

    def delete(physical_id: str, _properties: Json) -> None:
        if physical_id in events._archives:
            events._delete_archive({"ArchiveName": physical_id})

    handlers = {"create": create, "update": update, "delete": delete}
    provisioners._RESOURCE_HANDLERS["AWS::Events::Archive"] = handlers
