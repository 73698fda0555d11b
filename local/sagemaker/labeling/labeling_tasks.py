"""A labelling job's objects, and which worker sees which of them next.

Every object is one document of the store, so that an answer that was taken is never lost; who is
looking at a task is kept in memory alone, and a task whose time is up goes to somebody else.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ValidationException

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

KIND = "labeling-object"
WAITING, OFFERED, LABELED, FAILED, KEPT = "Waiting", "Offered", "Labeled", "Failed", "Kept"
"""Not asked yet; being asked; has a label; got none; had its label before the job began."""
PUBLIC_LIFETIME = 30 * 86_400


class Tasks:
    """The objects of one job; safe to use from many threads."""

    def __init__(self, platform: Platform, job: Document) -> None:
        """Take up what the store has of the job."""
        human = job["HumanTaskConfig"]
        self._platform = platform
        self._job = job["LabelingJobName"]
        self.workers = human["NumberOfHumanWorkersPerDataObject"]
        self._time_limit = human["TaskTimeLimitInSeconds"]
        self._lifetime = human.get("TaskAvailabilityLifetimeInSeconds", PUBLIC_LIFETIME)
        self._lock = threading.RLock()
        self._leases: dict[tuple[int, str], tuple[float, float]] = {}
        self.changed = threading.Event()
        found = platform.store.list(KIND, parent=self._job)
        self._items: dict[int, Document] = {item["index"]: item for item in found}

    def add(self, lines: Iterable[tuple[Document, str]]) -> None:
        """Keep the manifest's lines, each with its first state; those known are left."""
        for index, (line, status) in enumerate(lines):
            if index not in self._items:
                item = {
                    "index": index,
                    "line": line,
                    "status": status,
                    "input": None,
                    "answers": [],
                    "declined": [],
                    "offered": None,
                    "label": {},
                    "human": True,
                }
                self._platform.store.create(KIND, self._name(index), item, parent=self._job)
                self._items[index] = item

    def all(self) -> list[Document]:
        """Every object, in the manifest's order."""
        with self._lock:
            return [self._items[index] for index in sorted(self._items)]

    def having(self, *states: str) -> list[Document]:
        """The objects in some states."""
        return [item for item in self.all() if item["status"] in states]

    def set(self, index: int, **changes: Any) -> Document:
        """Change an object, and keep it so."""
        with self._lock:
            item = self._platform.store.update(KIND, self._name(index), **changes)
            self._items[index] = item
            return item

    def ready(self) -> list[Document]:
        """Offered objects to which all workers answered, or whose time is up."""
        now = self._platform.now()
        return [
            item
            for item in self.having(OFFERED)
            if len(item["answers"]) >= self.workers
            or len(item["declined"]) >= self.workers
            or now >= item["offered"] + self._lifetime
        ]

    def take(self, worker: str) -> Document | None:
        """The next task of a worker, who has it for the time limit; None when there is none."""
        with self._lock:
            now = self._platform.now()
            for item in self.having(OFFERED):
                if self._free(item, worker, now):
                    key = (item["index"], worker)
                    accepted, deadline = self._leases.get(key, (now, 0.0))
                    if deadline <= now:
                        accepted, deadline = now, now + self._time_limit
                    self._leases[key] = (accepted, deadline)
                    return item | {"deadline": deadline}
            return None

    def waiting_for(self, worker: str) -> int:
        """How many tasks a worker could take now."""
        with self._lock:
            now = self._platform.now()
            return sum(self._free(item, worker, now) for item in self.having(OFFERED))

    def submit(self, worker: str, index: int, answer: Document) -> None:
        """Take an answer.

        Raises:
            ValidationException: When the worker does not have the task, or its time is up.
        """
        with self._lock:
            lease = self._leases.get((index, worker))
            now = self._platform.now()
            if lease is None or lease[1] <= now or self._items[index]["status"] != OFFERED:
                raise ValidationException(
                    f"Task {index} is not yours: it was not taken, or its time is up"
                )
            given = {
                "worker": worker,
                "answer": json.dumps(answer, ensure_ascii=False),
                "accepted": lease[0],
                "submitted": now,
            }
            self.set(index, answers=[*self._items[index]["answers"], given])
            del self._leases[index, worker]
        self.changed.set()

    def decline(self, worker: str, index: int) -> None:
        """Give a task back; the worker does not get it again."""
        with self._lock:
            item = self._items.get(index)
            if item is None or item["status"] != OFFERED:
                raise ValidationException(f"There is no open task {index}")
            self._leases.pop((index, worker), None)
            if worker not in item["declined"]:
                self.set(index, declined=[*item["declined"], worker])
        self.changed.set()

    def _free(self, item: Document, worker: str, now: float) -> bool:
        """Tell whether a worker may have a task: not done, not declined, and a place is left."""
        known = {answer["worker"] for answer in item["answers"]} | set(item["declined"])
        if worker in known or now >= item["offered"] + self._lifetime:
            return False
        others = sum(
            1
            for (index, who), (_, deadline) in self._leases.items()
            if index == item["index"] and who != worker and deadline > now
        )
        return bool(len(item["answers"]) + others < self.workers)

    def _name(self, index: int) -> str:
        return f"{self._job}/{index:06d}"


def counters(items: list[Document]) -> Document:
    """A job's LabelCounters; objects that had their label before do not count."""
    labeled = [item for item in items if item["status"] == LABELED]
    human = sum(1 for item in labeled if item["human"])
    return {
        "TotalLabeled": len(labeled),
        "HumanLabeled": human,
        "MachineLabeled": len(labeled) - human,
        "FailedNonRetryableError": sum(1 for item in items if item["status"] == FAILED),
        "Unlabeled": sum(1 for item in items if item["status"] in (WAITING, OFFERED)),
    }
