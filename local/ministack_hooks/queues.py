# ruff: noqa: SLF001 -- this package exists to reach inside ministack
"""Queues that are fair: whose message is handed out next."""

from __future__ import annotations

import functools
import heapq
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

from local.ministack_hooks.inside import Json, module

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

REMOVING = ("_dlq_sweep", "_expire_retained")
REMOVING_ACTIONS = ("DeleteMessage", "DeleteMessageBatch", "PurgeQueue")
"""What replaces a queue's list by one without some messages; so does a function's own poller, under
the lock that there is."""


def hook_changes() -> None:
    """Change queues one at a time: a message sent while others are deleted would be lost.

    ministack deletes by making a new list of what is kept, and locks where functions' messages are
    concerned only; `journal.Messages` sends under the same lock.
    """
    service = module("services.sqs")
    service._queues_lock = threading.RLock()
    for name in REMOVING:
        setattr(service, name, _alone(getattr(service, name)))
    for action in REMOVING_ACTIONS:
        service._HANDLERS[action] = _alone(service._HANDLERS[action])


def _alone(change: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(change)
    def alone(*arguments: Any) -> Any:
        with module("services.sqs")._queues_lock:
            return change(*arguments)

    return alone


def hook_fair_queues() -> None:
    """Let standard queues heed `MessageGroupId`, which ministack keeps and passes on only."""
    service = module("services.sqs")
    original = service._collect_msgs

    @functools.wraps(original)
    def collect(queue: Json, most: int, hidden_seconds: int) -> list[Json]:
        if not queue["is_fifo"]:
            queue = {**queue, "messages": in_turn(queue["messages"], most, time.time())}
        found: list[Json] = original(queue, most, hidden_seconds)
        return found

    service._collect_msgs = collect


def in_turn(messages: Sequence[Json], most: int, now: float) -> list[Json]:
    """The visible messages whose turn it is, as "Amazon SQS fair queues" has it.

    Those first whose group has the fewest messages in flight, each of these counted with it; among
    equals the one that was sent first. A message without a group is a group of its own. AWS does so
    once a group is noisy, which it is with more than a tenth of all messages in flight and at least
    30, or of the time that handling took lately ("How Amazon SQS fair queues work"); here at once.

    Args:
        messages: all of a standard queue, in the order of sending.
        most: how many are wanted at most.
        now: seconds since 1970.
    """
    ahead = Counter(
        message["group_id"]
        for message in messages
        if message.get("group_id") and message["visible_at"] > now and message["receive_count"]
    )
    turns = []
    for position, message in enumerate(messages):
        if message.get("visible_at", now) <= now:
            group = message.get("group_id")
            turns.append((ahead[group] if group else 0, position))
            if group:
                ahead[group] += 1
    return [messages[position] for _, position in heapq.nsmallest(most, turns)]
