"""Lives side by side on one cloud: each with its faults, each judged at its end."""

from __future__ import annotations

import itertools
import json
import re
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from faults.judge import gather, picture
from faults.judge.likeness import judge_likeness
from faults.judge.verdict import verdict
from faults.points import RECORDS, SAGEMAKER, Point, count_points
from faults.stories import QUIET_SECONDS, STORIES, Life, NotHeardError
from local.call_faults import FOR_GOOD, THROTTLE
from local.ministack_hooks.planned_faults import ALL_DROPPED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from faults.plan_folder import PlanFolder
    from faults.stack import Document, Stack

SETTLE_SECONDS = 240.0
SENDS_ALERTS = "baton-SendAlert"
ANY_STORY = ""
HARMLESS = tuple(
    (story, re.compile(pattern))
    for story, pattern in (
        # Two messages may both find a run due; the one that loses leaves the list it wrote first.
        (
            ANY_STORY,
            r"other_end: it is there: PROBLEM/runs/TIME/inputs\.json and undisturbed not there",
        ),
        # The end of a quiet period is a message that the leg sent itself, not an event of the bus.
        (
            ANY_STORY,
            r"unknown_cause: no leg said the QuietPeriodEnded it answered \(close_snapshot",
        ),
        # A group that is found made needs no row to wait for its making by.
        (
            ANY_STORY,
            r"other_end: it is not there and undisturbed there: \{'job_kind': 'feature-group'",
        ),
        # A delivery that is killed after it wrote leaves its file, and the poller may cut what it
        # reads again otherwise. No row names the file, so no run reads it. Only a stretch may leave
        # one: what lands as a file is written to the same place by every delivery.
        (
            "stream",
            r"other_end: it is there: PROBLEM/ingested/HASH\.parquet \(\d+ rows\) and undisturbed",
        ),
    )
)
"""Findings that mean nothing, by the story in which they do; kept apart."""
STRETCH = re.compile(r"stream/shardId-\w+/\w+-\w+")
PASSING = re.compile(r"PROBLEM/(capture|watch|runs/[^/]+/checkpoints)/")
"""Objects whose number depends on how fast the machine is."""


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

    def count(self, story: str) -> tuple[Outcome, list[Point]]:
        """Live a story undisturbed: count its points.

        The first such end is what all others must equal. None are counted where it does not end as
        it should.
        """
        outcome, notes = self._carry(story, [])
        if outcome.findings:
            return outcome, []
        if story not in self.references:
            evidence = gather(self._stack, self._stack.outputs, outcome.life)
            self.references[story] = steady(picture(evidence))
        return outcome, count_points(story, outcome.life, notes)

    def carry(self, story: str, points: Sequence[Point]) -> Outcome:
        """Live one life, and judge it; safe to call from several threads."""
        outcome, _ = self._carry(story, points)
        self._stack.forget(outcome.life)
        return outcome

    def _carry(
        self, story: str, points: Sequence[Point]
    ) -> tuple[Outcome, Sequence[dict[str, Any]]]:
        outcome = Outcome(self.name(), story, list(points))
        self._folder.plan(outcome.life, points)
        begin = time.monotonic()
        life = Life(outcome.life, self._stack, self._folder)
        try:
            STORIES[story](life)
            life.end()
        except (NotHeardError, BotoCoreError, ClientError) as error:
            outcome.findings.append(f"not_ended: {error}")
        outcome.seconds = time.monotonic() - begin
        self._settle(outcome)
        self._judge(outcome)
        notes = self._folder.notes(outcome.life)
        self._recoveries(outcome, notes)
        self._folder.forget(outcome.life)
        return outcome, notes

    def _settle(self, outcome: Outcome) -> None:
        """Wait until no leg has anything left to do for a life."""
        self._folder.end(outcome.life)
        self._folder.release(outcome.life)
        deadline = time.monotonic() + SETTLE_SECONDS
        released = time.time()
        for _ in range(2):  # what moves from queue to queue can slip through one look
            begin = time.time()
            while not self._folder.is_settled(outcome.life, begin):
                if time.monotonic() > deadline:
                    outcome.findings.append(f"not_quiet: after {SETTLE_SECONDS:.0f} s")
                    return
                if time.time() - released > QUIET_SECONDS:
                    self._folder.release(outcome.life)
                    released = time.time()
                time.sleep(0.1)

    def _judge(self, outcome: Outcome) -> None:
        evidence = gather(
            self._stack,
            self._stack.outputs,
            outcome.life,
            alerts=self._stack.alerts_of(outcome.life),
            heard=self._stack.heard_of(outcome.life),
        )
        found = verdict(evidence, alerts_may_repeat=alerts_may_repeat(outcome.points))
        if reference := self.references.get(outcome.story):
            found += judge_likeness(steady(picture(evidence)), reference)
        for text in map(str, found):
            kept = outcome.harmless if is_harmless(text, outcome.story) else outcome.findings
            kept.append(text)

    def _recoveries(self, outcome: Outcome, notes: Sequence[dict[str, Any]]) -> None:
        """Find the faults that befell a life, and how long each held its message up."""
        for point in outcome.points:
            at = self._folder.befallen_at(outcome.life, point)
            if at is None or (point.way == ALL_DROPPED and any(map(_heard_sagemaker, notes))):
                continue
            outcome.befallen[point] = None
            for note in notes:
                place = (note.get("function"), note.get("heard"), note.get("occurrence"))
                done = note.get("ends") and not note["failed"] and note["at"] >= at
                if done and place == point.place:
                    outcome.befallen[point] = note["at"] - at
                    break


def is_harmless(finding: str, story: str) -> bool:
    """Whether a finding of a life of this story means nothing."""
    return any(where in {ANY_STORY, story} and each.match(finding) for where, each in HARMLESS)


def alerts_may_repeat(points: Iterable[Point]) -> bool:
    """Whether a fault can keep an alert that SNS has from being noted, so that it is sent again.

    A throttled call did nothing: so only one that was to note it can, and not if botocore's next
    attempt does.
    """
    return any(
        point.function == SENDS_ALERTS
        and (
            not point.way.startswith(THROTTLE)
            or (point.way, point.operation) == (THROTTLE + FOR_GOOD, RECORDS)
        )
        for point in points
    )


def _heard_sagemaker(note: dict[str, Any]) -> bool:
    """Whether a function heard an event of SageMaker; those of Glue are noted of no life."""
    return str(note.get("heard", "")).startswith(SAGEMAKER)


def steady(found: Document) -> Document:
    """A picture without what is otherwise each time, though nothing disturbs.

    That is how SageMaker cuts captured traffic into files, whether a training took long enough for
    a checkpoint, where a stretch of the stream ends, and which of several files of one write is
    read first, and so is the one that columns came with.
    """
    text = STRETCH.sub("stream/STRETCH", json.dumps(found))
    made: Document = json.loads(text)
    for schema in made["rows"].get("schema", []):
        for column in schema["columns"]:
            del column["since"]
    made["objects"] = [name for name in made["objects"] if not PASSING.match(name)]
    return made
