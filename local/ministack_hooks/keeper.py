# ruff: noqa: SLF001 -- this package exists to reach inside ministack
"""Writes the journal of what must outlive a kill, and lives through it after one."""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any

from local.ministack_hooks.inside import Json, module

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local.journal import Journal

SENT, GONE, ROWS, RECORDS, POSITION = "sent", "gone", "rows", "records", "position"
KINDS = {SENT: "sqs", GONE: "sqs", ROWS: "dynamodb", RECORDS: "kinesis"}
"""Each kind of entry and the service whose snapshots hold it; readers' positions are in none."""

NUMBER = "_journal"
"""The member of a snapshot that holds the number of the last entry before it."""


class Keeper:
    """Writes the journal, and lives through it after a kill."""

    def __init__(
        self,
        journal: Journal,
        region: str,
        lives: Mapping[str, Callable[..., None]],
        at_last: Callable[[], None],
    ) -> None:
        """Hook nothing yet.

        Args:
            journal: where entries are written.
            region: of what it tells of.
            lives: for each kind of entry, what makes come to be what it tells.
            at_last: called when all entries were lived through.
        """
        self.journal, self._region = journal, region
        self._lives, self._at_last = dict(lives), at_last
        #: the last entry that each service's newest snapshot holds
        self.numbers: dict[str, int] = {}
        self._pending: dict[str, int] = {}
        self._group = threading.local()
        self._positions: dict[str, Json] = {}
        self.living_through = False
        self._held = False

    def note(self, kind: str, *entry: Any) -> None:
        """Write an entry, unless it is one that is being lived through."""
        if not self.living_through:
            self.journal.write([kind, *entry])

    def row(self, arn: str, partition: Any, sort: Any, item: Json | None) -> None:
        """Note what a row is now, None for gone; those of a transaction are noted together."""
        rows = getattr(self._group, "rows", None)
        if rows is None:
            self.note(ROWS, [[arn, partition, sort, item]])
        else:
            rows.append([arn, partition, sort, item])

    def together(self, operation: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap an operation that changes several rows at once, or none."""

        @functools.wraps(operation)
        def run(*arguments: Any) -> Any:
            self._group.rows = []
            try:
                return operation(*arguments)
            finally:
                rows, self._group.rows = self._group.rows, None
                if rows:
                    self.note(ROWS, rows)

        return run

    def numbered(self, name: str, state: Callable[[], Json | None]) -> Callable[[], Json | None]:
        """Wrap what makes a service's snapshot, so that it tells where the journal goes on."""

        def numbered_state() -> Json | None:
            number = self.journal.number
            document = state()
            self._pending[name] = number
            return None if document is None else {**document, NUMBER: number}

        return numbered_state

    def saved(self, name: str) -> None:
        """Note that a service's snapshot is on disk, and forget what all snapshots hold."""
        self.numbers[name] = self._pending.get(name, 0)
        oldest = min(self.numbers.get(each, 0) for each in KINDS.values())
        if oldest:
            self.journal.forget(oldest)

    def hold_queues(self) -> None:
        """Let no function hear anything yet: it could reach neither this server nor SageMaker."""
        self._held = True
        module("services.lambda_svc")._poller_started = True

    def open_queues(self) -> None:
        """Let functions hear, once there is all that they may call."""
        functions = module("services.lambda_svc")
        if self._held:
            self._held, functions._poller_started = False, False
            if functions._esms.has_any():
                functions._ensure_poller()

    def keep_positions(self) -> None:
        """Note how far the stream was read, where that has changed."""
        positions = module("services.lambda_svc")._kinesis_positions
        for (account, region, mapping), shards in list(positions._data.items()):
            key = f"{account}/{region}/{mapping}"
            if shards and self._positions.get(key) != shards:
                self._positions[key] = dict(shards)
                self.note(POSITION, account, region, mapping, dict(shards))

    def live_through(self) -> None:
        """Make everything as it was when the process ended."""
        responses, decode = module("core.responses"), module("core.persistence")._json_object_hook
        self.living_through = True
        try:
            with responses.request_scope(responses.get_account_id(), self._region):
                for number, (kind, *entry) in self.journal.entries(decode):
                    if kind not in KINDS or number > self.numbers.get(KINDS[kind], 0):
                        self._lives[kind](*entry)
        finally:
            self.living_through = False
        self._at_last()
        self.journal.begin()
        # The files that hold the last positions may be forgotten before the next is noted.
        self._positions = {}
        self.keep_positions()
