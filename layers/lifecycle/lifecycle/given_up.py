"""Why a leg gave up on a message: kept beside the dead-letter queue, which holds the message alone.

SQS moves a message there by itself, unchanged, and knows no reason. The row is found again by the
message's body, the one thing about it that every move keeps.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any, ClassVar

from lifecycle.errors import LifecycleError
from lifecycle.names import digest
from lifecycle.records import Record

KEPT_SECONDS = 15 * 86_400
"""A day longer than a dead-letter queue keeps its messages."""
MOST_TEXT = 500


class GivenUpRecord(Record):
    """What made a leg give up on one message.

    ``message`` is a digest of its body, ``heard`` the detail-type of its event, and ``problem``
    is empty where the message does not tell it.
    """

    kind: ClassVar[str] = "given_up"
    leg: str
    message: str
    problem: str = ""
    heard: str = ""
    reason: str = ""
    at: str = ""
    expires_at: int | None = None

    @property
    def key(self) -> tuple[str, str]:  # noqa: D102  (inherited)
        return f"given_up#{self.leg}", self.message

    @property
    def listed(self) -> tuple[str, str]:  # noqa: D102  (inherited)
        return "given_up", f"{self.at}#{self.leg}"


def message_digest(body: str) -> str:
    """By what a message is known again wherever it was moved."""
    return digest(body, length=32)


def given_up(leg: str, body: str, error: BaseException) -> GivenUpRecord:
    """The row that says why a leg gave up on a message."""
    return GivenUpRecord(
        leg=leg,
        message=message_digest(body),
        problem=problem_of(body) or "",
        heard=_heard(body),
        reason=_reason(error),
        at=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        expires_at=int(time.time()) + KEPT_SECONDS,
    )


def _reason(error: BaseException) -> str:
    """In words where they are ours or AWS's; others may quote a cell, which may be personal."""
    if isinstance(error, LifecycleError) or type(error).__module__.startswith("botocore."):
        return f"{type(error).__name__}: {error}"[:MOST_TEXT]
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f" in {place.tb_frame.f_code.co_qualname}, line {place.tb_lineno}" if place else ""
    return f"{type(error).__name__}{where}; the function's log has its words"


def _heard(body: str) -> str:
    try:
        return str(json.loads(body)["detail-type"])
    except (ValueError, TypeError, KeyError):
        return ""


def problem_of(body: str) -> str | None:
    """The problem that a message of a leg's queue is about, where that can be told."""
    try:
        detail = json.loads(body).get("detail") or {}
        data = detail.get("data")
        if isinstance(data, dict) and data.get("problem"):
            return str(data["problem"])
        return _of_aws(detail)
    except (ValueError, AttributeError):
        return None


def _of_aws(detail: dict[str, Any]) -> str | None:
    """The problem in what AWS sends: an object's first folder, an endpoint, a package group."""
    key = (detail.get("object") or {}).get("key")
    if key:
        return str(key).split("/", 1)[0]
    name = detail.get("EndpointName") or detail.get("ModelPackageGroupName")
    return str(name) if name else None
