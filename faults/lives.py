"""Lives side by side on one cloud: each with its faults, each judged at its end."""

from __future__ import annotations

import contextlib
import itertools
import re
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from faults.judge import gather, judge, picture
from faults.points import Point, count_points
from faults.stories import STORIES, Life, NotHeardError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faults.plan_folder import PlanFolder
    from faults.stack import Document, Stack

SETTLE_SECONDS = 90.0
SENDS_ALERTS = "baton-SendAlert"
HARMLESS = tuple(
    re.compile(pattern)
    for pattern in (
        # Two messages may both find a run due; the one that loses leaves the list it wrote first.
        r"other_end: it is there: PROBLEM/runs/TIME/inputs\.json and undisturbed not there",
        # A group that is found made needs no row to wait for its making by.
        r"other_end: it is not there and undisturbed there: \{'job_kind': 'feature-group'",
    )
)
"""Differences from an undisturbed end that mean nothing; counted, and no findings."""


@dataclass
class Outcome:
    """What became of one life.

    Attributes:
        life: its name.
        story: its kind.
        points: the faults planned for it.
        befallen: those that befell it, with the seconds until the message was handled after all.
        findings: all that is not as it should be; empty where the life ended as it must.
        harmless: differences that mean nothing, see `HARMLESS`.
        seconds: how long it took.
    """

    life: str
    story: str
    points: list[Point]
    befallen: dict[Point, float | None] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)
    harmless: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Lives:
    """Carries lives on one cloud."""

    def __init__(self, stack: Stack, folder: PlanFolder) -> None:
        """Take a cloud that was started with the folder's plan."""
        self._stack, self._folder = stack, folder
        self._mark = secrets.token_hex(1)
        self._numbers = itertools.count()
        self.references: dict[str, Document] = {}

    def name(self) -> str:
        """Make a name that no other life of the cloud has."""
        return f"fm{self._mark}{next(self._numbers):04x}"

    def count(self, story: str) -> list[Point]:
        """Live a story undisturbed: count its points, and keep its end as what others must equal.

        Raises:
            NotHeardError: it does not end even so.
        """
        life = self.name()
        outcome = self.carry([(story, [])], names=[life])[0]
        if outcome.findings:
            raise NotHeardError(f"undisturbed {story}: " + "; ".join(outcome.findings))
        evidence = gather(self._stack, self._stack.outputs, life)
        self.references[story] = picture(evidence)
        return count_points(story, life, self._folder.notes())

    def carry(
        self, lives: Sequence[tuple[str, Sequence[Point]]], names: Sequence[str] | None = None
    ) -> list[Outcome]:
        """Live several lives side by side, and judge each.

        Args:
            lives: story and faults of each.
            names: their names; new ones unless given.
        """
        names = names or [self.name() for _ in lives]
        outcomes = [
            Outcome(name, story, list(points))
            for name, (story, points) in zip(names, lives, strict=True)
        ]
        for outcome in outcomes:
            self._folder.plan(outcome.life, outcome.points)
        with ThreadPoolExecutor(len(outcomes)) as pool:
            list(pool.map(self._live, outcomes))
        self._settle(outcomes)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(self._judge, outcomes))
        notes = self._folder.notes()
        for outcome in outcomes:
            self._recoveries(outcome, notes)
        return outcomes

    def _live(self, outcome: Outcome) -> None:
        begin = time.monotonic()
        try:
            STORIES[outcome.story](Life(outcome.life, self._stack, self._folder))
        except (NotHeardError, BotoCoreError, ClientError) as error:
            outcome.findings.append(f"not_ended: {error}")
        outcome.seconds = time.monotonic() - begin

    def _settle(self, outcomes: Sequence[Outcome]) -> None:
        """Wait until no leg has anything left to do."""
        for outcome in outcomes:
            self._folder.release(outcome.life)
        deadline = time.monotonic() + SETTLE_SECONDS
        while (waiting := self._busy()) and time.monotonic() < deadline:
            time.sleep(0.2)
        if waiting:
            for outcome in outcomes:
                outcome.findings.append(f"not_quiet: {waiting}")

    def _busy(self) -> dict[str, int]:
        return {
            queue: count
            for queue, count in self._stack.waiting().items()
            if not queue.endswith("-dead-letters")
        }

    def _judge(self, outcome: Outcome) -> None:
        repeats = any(
            point.function == SENDS_ALERTS and not point.way.startswith("throttled")
            for point in outcome.points
        )
        found = judge(
            self._stack,
            self._stack.outputs,
            outcome.life,
            self._stack.alerts_of(outcome.life),
            self.references.get(outcome.story),
            heard=self._stack.heard_of(outcome.life),
            alerts_may_repeat=repeats,
        )
        for text in map(str, found):
            harmless = any(pattern.match(text) for pattern in HARMLESS)
            (outcome.harmless if harmless else outcome.findings).append(text)

    def _recoveries(self, outcome: Outcome, notes: Sequence[dict[str, Any]]) -> None:
        """Find the faults that befell a life, and how long each held its message up."""
        for point in outcome.points:
            at = self._folder.befallen_at(outcome.life, point)
            if at is None:
                continue
            outcome.befallen[point] = None
            for note in notes:
                place = (note.get("function"), note.get("heard"), note.get("occurrence"))
                done = note.get("ends") and not note["failed"] and note["at"] >= at
                if done and note["life"] == outcome.life and place == point.place:
                    outcome.befallen[point] = note["at"] - at
                    break


def dead_letters(stack: Stack) -> dict[str, int]:
    """Queues of messages that no leg could handle, with how many there are."""
    waiting: dict[str, int] = {}
    with contextlib.suppress(ClientError):
        waiting = stack.waiting()
    return {name: count for name, count in waiting.items() if name.endswith("-dead-letters")}
