# ruff: noqa: SLF001 -- this package exists to reach inside ministack
"""Queues that are fair: whose message is handed out next."""

from __future__ import annotations

import functools
import heapq
import time
from collections import Counter
from typing import TYPE_CHECKING

from local.ministack_hooks.inside import Json, module

if TYPE_CHECKING:
    from collections.abc import Sequence


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
