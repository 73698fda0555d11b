"""The story of a problem, as the record table tells it: every leg, in order, and what it said."""

from __future__ import annotations

import json
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cli.errors import UnknownProblemError
from cli.output import parse_time
from lifecycle.adapters.dynamodb_records import from_item
from lifecycle.events import CATALOGUE
from lifecycle.given_up import GivenUpRecord
from lifecycle.records import (
    HistoryRecord,
    InputRecord,
    JobRecord,
    ProblemRecord,
    Record,
    RunRecord,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cli.stack import Stack

OVERLAP = timedelta(seconds=30)
"""How far a follower looks back each time: rows may reach the index late and out of order."""


@dataclass(frozen=True)
class Said:
    """An event that a leg announced."""

    name: str
    data: dict[str, Any]
    event_id: str

    @property
    def severity(self) -> str | None:
        """How much people want to hear of it; None when not at all."""
        known = CATALOGUE.get(self.name)
        return known.severity if known else None


@dataclass(frozen=True)
class Step:
    """One leg's answer to one event."""

    at: str
    leg: str
    heard: str
    reason: str
    problem: str
    run: str | None
    event_id: str
    said: tuple[Said, ...] = ()

    @property
    def moment(self) -> datetime:
        """When the leg answered."""
        return parse_time(self.at)

    def names(self) -> tuple[str, ...]:
        """The names of what it announced."""
        return tuple(event.name for event in self.said)

    def document(self) -> dict[str, Any]:
        """The step as programs read it."""
        return {
            "at": self.at,
            "problem": self.problem,
            "run": self.run,
            "leg": self.leg,
            "heard": self.heard,
            "reason": self.reason,
            "said": [{"event": event.name, "data": event.data} for event in self.said],
        }


def step_of(row: HistoryRecord) -> Step:
    """A history row as a step."""
    said = []
    for entry in row.announced:
        detail = json.loads(entry["Detail"])
        said.append(Said(entry["DetailType"], detail["data"], detail["metadata"]["event_id"]))
    return Step(
        at=row.at,
        leg=row.leg,
        heard=row.heard,
        reason=row.reason,
        problem=row.problem,
        run=row.run or next((event.data.get("run") for event in said), None),
        event_id=row.event_id,
        said=tuple(said),
    )


class Story:
    """Reads the record table of a stack."""

    def __init__(self, stack: Stack) -> None:
        """Take the stack; nothing is read yet."""
        self._stack = stack
        self._table = stack.output("RecordTable")

    def _query(self, condition: str, **values: str) -> list[Record]:
        names = {":" + name: {"S": value} for name, value in values.items()}
        pages = self._stack.client("dynamodb").get_paginator("query")
        found = pages.paginate(
            TableName=self._table,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=names,
            **({"IndexName": "listing"} if "listing" in condition else {"ConsistentRead": True}),
        )
        return [from_item(item) for page in found for item in page["Items"]]

    def problems(self) -> list[ProblemRecord]:
        """All defined problems, by name."""
        rows = self._query("listing = :listing", listing="problems")
        return [row for row in rows if isinstance(row, ProblemRecord)]

    def problem(self, name: str) -> ProblemRecord | None:
        """One problem, once it is defined."""
        rows = self._query("pk = :pk AND sk = :sk", pk=f"problem#{name}", sk="problem")
        return next((row for row in rows if isinstance(row, ProblemRecord)), None)

    def known(self, name: str) -> ProblemRecord:
        """One defined problem.

        Raises:
            UnknownProblemError: it is not defined; the error names those that are.
        """
        found = self.problem(name)
        if found is None:
            raise UnknownProblemError(name, [row.problem for row in self.problems()])
        return found

    def must_know(self, name: str) -> None:
        """Make sure that a name was ever heard of: defined, or at least landed.

        A file that landed a moment ago has no history yet, and is no slip of the pen.

        Raises:
            UnknownProblemError: nothing has this name.
        """
        if self.problem(name) is None and not self.steps(name) and not self._landed(name):
            raise UnknownProblemError(name, [row.problem for row in self.problems()])

    def _landed(self, name: str) -> bool:
        found = self._stack.client("s3").list_objects_v2(
            Bucket=self._stack.output("LandingBucket"), Prefix=f"{name}/", MaxKeys=1
        )
        return bool(found.get("KeyCount"))

    def run(self, problem: str, run: str) -> RunRecord | None:
        """One run."""
        rows = self._query("pk = :pk AND sk = :sk", pk=f"problem#{problem}", sk=f"run#{run}")
        return next((row for row in rows if isinstance(row, RunRecord)), None)

    def runs(self, problem: str) -> list[RunRecord]:
        """All runs of a problem, oldest first."""
        rows = self._query("pk = :pk AND begins_with(sk, :sk)", pk=f"problem#{problem}", sk="run#")
        return [row for row in rows if isinstance(row, RunRecord)]

    def inputs(self, problem: str) -> list[InputRecord]:
        """All that was ever taken in for a problem, waiting and rejected ones included."""
        rows = self._query(
            "pk = :pk AND begins_with(sk, :sk)", pk=f"problem#{problem}", sk="input#"
        )
        return [row for row in rows if isinstance(row, InputRecord)]

    def open_jobs(self, problem: str) -> list[JobRecord]:
        """The jobs of a problem whose end nobody has heard of."""
        rows = self._query("listing = :listing", listing="jobs")
        return [row for row in rows if isinstance(row, JobRecord) and row.problem == problem]

    def given_up(self) -> list[GivenUpRecord]:
        """Why legs gave up on messages, oldest first; also of those that went well since."""
        rows = self._query("listing = :listing", listing="given_up")
        return [row for row in rows if isinstance(row, GivenUpRecord)]

    def steps(self, problem: str, since: str = "") -> list[Step]:
        """A problem's steps in order, from a moment (ISO) on."""
        rows = self._query(
            "listing = :listing AND listed_at >= :since",
            listing=f"history#{problem}",
            since=since or "0",
        )
        return [step_of(row) for row in rows if isinstance(row, HistoryRecord)]


@dataclass
class Follower:
    """Yields each step once, as it appears, by asking the table again and again.

    Attributes:
        story: reads the table.
        problem: the problem to follow; None follows all that are defined.
        since: where to begin, an ISO time.
        pause: waits between two looks; returns False to stop.
    """

    story: Story
    problem: str | None
    since: str
    pause: Callable[[], bool]
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def __iter__(self) -> Iterator[Step]:
        """Yield steps until `pause` says stop; a last look is taken before that."""
        going = True
        while True:
            yield from self.look()
            if not going:
                return
            going = self.pause()

    def look(self) -> list[Step]:
        """Return the steps that are new since the last look, in order."""
        names = [self.problem] if self.problem else [p.problem for p in self.story.problems()]
        new = [step for name in names for step in self._new(name)]
        new.sort(key=lambda step: step.at)
        if new:
            back = new[-1].moment - OVERLAP
            self.since = max(self.since, iso(back))
        return new

    def _new(self, name: str) -> Iterator[Step]:
        for step in self.story.steps(name, self.since):
            key = (step.event_id, step.leg)
            if key not in self._seen:
                self._seen.add(key)
                yield step


def iso(moment: datetime) -> str:
    """A time as the record table writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def every(seconds: float, until: float | None = None) -> Callable[[], bool]:
    """Make a `pause` that waits so long, and says stop at a moment of the monotonic clock."""

    def pause() -> bool:
        time.sleep(seconds)
        return until is None or time.monotonic() < until

    return pause


def last[T](items: Iterator[T], count: int) -> list[T]:
    """The last few of some items."""
    return list(deque(items, maxlen=count))
