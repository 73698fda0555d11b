# ruff: noqa: SLF001 -- this package exists to reach inside ministack
"""What must outlive a kill: each message, row and stream record is on disk before it is answered.

ministack writes a service down now and then; between two such snapshots a journal keeps each
change. A start loads the snapshots and lives through what came after them; an entry says what came
to be, not what was asked for, so that one which a snapshot holds already changes nothing.
"""

from __future__ import annotations

import copy
import functools
import itertools
import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from local.journal import Journal
from local.ministack_hooks.inside import Json, module
from local.ministack_hooks.keeper import (
    GONE,
    KINDS,
    NUMBER,
    POSITION,
    RECORDS,
    ROWS,
    SENT,
    Keeper,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path


def hook_journal(folder: Path, region: str) -> Keeper:
    """Keep a journal of queues, tables and streams in a folder; it is read at ministack's start."""
    persistence, app = module("core.persistence"), module("app")
    lives: dict[str, Callable[..., None]] = {
        SENT: _sent,
        GONE: _gone,
        ROWS: _rows,
        RECORDS: _records,
        POSITION: _position,
    }
    keeper = Keeper(Journal(folder, persistence._json_default), region, lives, _give_back)
    _hook_queues(keeper)
    _hook_tables(keeper)
    _hook_streams(keeper)
    _hook_objects()
    load, load_all = app.load_state, app._load_persisted_state
    states = app._build_persistence_save_dict

    @functools.wraps(load)
    def load_state(service: str) -> Json | None:
        document: Json | None = load(service)
        keeper.numbers[service] = (document or {}).pop(NUMBER, 0)
        return document

    @functools.wraps(load_all)
    def load_everything() -> None:
        keeper.hold_queues()
        load_all()
        keeper.live_through()
        if not module("services.lambda_svc")._esms.has_any():
            keeper.open_queues()  # nothing is deployed yet, and what will be is to run at once

    @functools.wraps(states)
    def numbered_states() -> dict[str, Callable[[], Json | None]]:
        found: dict[str, Callable[[], Json | None]] = states()
        journaled = set(KINDS.values()) & set(found)
        return found | {name: keeper.numbered(name, found[name]) for name in journaled}

    app.load_state, app._load_persisted_state = load_state, load_everything
    app._build_persistence_save_dict = numbered_states
    return keeper


# ---- queues ----------------------------------------------------------------------------------
class Messages(list[Json]):
    """A queue's messages; what comes and goes is noted."""

    def __init__(self, items: Iterable[Json], queue: Queue) -> None:
        super().__init__(items)
        self._queue = queue

    def append(self, message: Json) -> None:
        """Add a message, to the list that is the queue's by now."""
        with module("services.sqs")._queues_lock:  # see queues.hook_changes
            super(Messages, self._queue["messages"]).append(message)
            self._queue.note(SENT, message)

    def remove(self, message: Json) -> None:
        """Take a message away."""
        super().remove(message)
        self._queue.note(GONE, [message["id"]])

    def clear(self) -> None:
        """Take all away."""
        self._queue.note(GONE, [message["id"] for message in self])
        super().clear()

    def __deepcopy__(self, memo: dict[int, Any]) -> list[Json]:
        return [copy.deepcopy(message, memo) for message in list(self)]


class Queue(dict[str, Any]):
    """A queue; its messages are noted as they come and go."""

    def __init__(self, queue: Json, keeper: Keeper) -> None:
        super().__init__(queue)
        self._keeper = keeper
        super().__setitem__("messages", Messages(queue.get("messages", ()), self))

    def note(self, kind: str, what: Any) -> None:
        """Note what came or went."""
        self._keeper.note(kind, self["attributes"]["QueueArn"], what)

    def __setitem__(self, key: str, value: Any) -> None:
        if key == "messages":
            if len(value) < len(self["messages"]):
                kept = {message["id"] for message in value}
                self.note(GONE, [each["id"] for each in self["messages"] if each["id"] not in kept])
            value = Messages(value, self)
        super().__setitem__(key, value)

    def __deepcopy__(self, memo: dict[int, Any]) -> Json:
        return {key: copy.deepcopy(value, memo) for key, value in list(self.items())}


def _hook_queues(keeper: Keeper) -> None:
    queues = module("services.sqs")._queues
    scoped = type(queues)

    def noted(value: Json) -> Queue:
        return value if isinstance(value, Queue) else Queue(value, keeper)

    class Queues(scoped):  # type: ignore[misc, valid-type]
        """All queues, each noting its messages."""

        __slots__ = ()

        def __setitem__(self, key: str, value: Json) -> None:
            super().__setitem__(key, noted(value))

        def set_scoped(self, account: str, region: str, key: str, value: Json) -> None:
            super().set_scoped(account, region, key, noted(value))

        def update(self, *others: Any) -> None:
            super().update(*others)
            for key, value in list(self._data.items()):
                self._data[key] = noted(value)

        def __deepcopy__(self, memo: dict[int, Any]) -> Any:
            found = scoped()
            found._data = {key: copy.deepcopy(each, memo) for key, each in list(self._data.items())}
            return found

    queues.__class__ = Queues


def _sent(arn: str, message: Json) -> None:
    service = module("services.sqs")
    queue = service._queue_by_arn(arn)
    if queue is not None and all(each["id"] != message["id"] for each in queue["messages"]):
        service._ensure_msg_fields(message)
        queue["messages"].append(message)


def _gone(arn: str, identities: list[str]) -> None:
    queue = module("services.sqs")._queue_by_arn(arn)
    if queue is not None:
        gone = set(identities)
        queue["messages"] = [each for each in queue["messages"] if each["id"] not in gone]


def _give_back() -> None:
    """Let the messages come again that somebody held: whoever it was, a function is gone.

    That it was handed out does not count: nobody failed.
    """
    now = time.time()
    for queue in module("services.sqs")._queues.all_values():
        for message in queue["messages"]:
            if message.get("receipt_handle") and message["visible_at"] > now:
                message["visible_at"], message["receipt_handle"] = now, None
                message["receive_count"] = max(message["receive_count"] - 1, 0)


# ---- tables ----------------------------------------------------------------------------------


def _hook_tables(keeper: Keeper) -> None:
    service = module("services.dynamodb")
    set_item, remove_item = service._set_item, service._remove_item

    @functools.wraps(set_item)
    def noted_set(table: Json, partition: Any, sort: Any, item: Json) -> Any:
        old = set_item(table, partition, sort, item)
        keeper.row(table["TableArn"], partition, sort, item)
        return old

    @functools.wraps(remove_item)
    def noted_remove(table: Json, partition: Any, sort: Any) -> Any:
        old = remove_item(table, partition, sort)
        keeper.row(table["TableArn"], partition, sort, None)
        return old

    service._set_item, service._remove_item = noted_set, noted_remove
    for name in ("_transact_write_items", "_execute_transaction", "_batch_write_item"):
        setattr(service, name, keeper.together(getattr(service, name)))


def _rows(rows: list[list[Any]]) -> None:
    service = module("services.dynamodb")
    for arn, partition, sort, item in rows:
        _, _, _, region, account, name = arn.split(":", 5)
        table = service._tables.get_scoped(account, region, name.removeprefix("table/"))
        if table is None:
            continue
        if item is None:
            service._remove_item(table, partition, sort)
        else:
            service._set_item(table, partition, sort, item)


# ---- streams ---------------------------------------------------------------------------------


def _hook_streams(keeper: Keeper) -> None:
    service, functions = module("services.kinesis"), module("services.lambda_svc")

    def noting(operation: Callable[[Json], Any]) -> Callable[[Json], Any]:
        @functools.wraps(operation)
        def put(request: Json) -> Any:
            _, stream = service._resolve_stream(request)
            shards = stream["shards"] if stream else {}
            last = {name: _last_number(shard) for name, shard in shards.items()}
            answer = operation(request)
            new = {name: _after(shard, last[name]) for name, shard in shards.items()}
            if any(new.values()):
                keeper.note(RECORDS, stream["StreamARN"], new)
            return answer

        return put

    service._put_record = noting(service._put_record)
    service._put_records = noting(service._put_records)
    poll = functions._poll_kinesis

    @functools.wraps(poll)
    def poll_and_note() -> bool:
        found: bool = poll()
        keeper.keep_positions()
        return found

    functions._poll_kinesis = poll_and_note


def _after(shard: Json, number: str) -> list[Json]:
    """The records of a shard behind a sequence number; all numbers are equally long."""
    newer = itertools.takewhile(
        lambda record: record["SequenceNumber"] > number, reversed(shard["records"])
    )
    return list(newer)[::-1]


def _last_number(shard: Json) -> str:
    return str(shard["records"][-1]["SequenceNumber"]) if shard["records"] else ""


def _records(arn: str, new: dict[str, list[Json]]) -> None:
    stream = module("services.kinesis")._resolve_stream_by_arn(arn)
    for name, records in new.items():
        shard = stream["shards"].get(name) if stream else None
        if shard is not None:
            last = _last_number(shard)
            shard["records"] += [each for each in records if each["SequenceNumber"] > last]


def _position(account: str, region: str, mapping: str, shards: Json) -> None:
    positions = module("services.lambda_svc")._kinesis_positions
    positions._data[account, region, mapping] = shards


# ---- objects ---------------------------------------------------------------------------------


def _hook_objects() -> None:
    """Tell of an object before its upload is answered: S3's event is then in the journal.

    On a thread of its own, as ministack tells it, a kill could leave an object nobody hears of.
    """
    service = module("services.s3")

    def thread(*, target: Any = None, args: Any = (), kwargs: Any = None, **more: Any) -> Any:
        if args and args[0] is service._fire_s3_event:
            return SimpleNamespace(start=functools.partial(target, *args, **(kwargs or {})))
        return threading.Thread(target=target, args=args, kwargs=kwargs, **more)

    service.threading = SimpleNamespace(**{**vars(threading), "Thread": thread})
