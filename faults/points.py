"""Where a fault can befall a life, and how: every call, every message, every event, every way."""

from __future__ import annotations

import hashlib
import random
from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from local.call_faults import WAYS as CALL_WAYS
from local.ministack_hooks.planned_faults import EVENT_WAYS, MESSAGE_WAYS, REVERSED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ALL_WAYS = (*CALL_WAYS, *MESSAGE_WAYS, *EVENT_WAYS)
BUS = "bus"
"""Stands for a function where a fault befalls one of SageMaker's events on its way."""
ANY = "any"
CLOCK, MISSED = "Scheduled Event", "CompletionMissed"


@dataclass(frozen=True)
class Point:
    """One fault.

    Attributes:
        story: the kind of life.
        function: whom it befalls, such as `baton-StartRun`; `bus` for an event of SageMaker.
        heard: what the function was told, such as `DataIngested`; `any` for all it hears.
        occurrence: the how-manieth message or event of that kind, from 1.
        call: the number of the call in the invocation, from 1; 0 where the fault is in no call.
        operation: that call, such as `dynamodb:GetItem`; for people, and to see that lives agree.
        way: what happens.
    """

    story: str
    function: str
    heard: str
    occurrence: int
    call: int
    operation: str
    way: str

    @property
    def id(self) -> str:
        """A short name, the same in every counting of the same code."""
        text = repr((*asdict(self).values(),))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def place(self) -> tuple[str, str, int]:
        """The message or event it befalls."""
        return self.function, self.heard, self.occurrence

    def planned(self, life: str) -> dict[str, Any]:
        """Itself as a line of a life's plan; its name there is the life's own."""
        document = {**asdict(self), "id": f"{life}-{self.id}", "life": life}
        if not self.call:
            del document["call"]
        return document

    def __str__(self) -> str:
        """For people."""
        where = f"{self.function.removeprefix('baton-')} on {self.heard} #{self.occurrence}"
        call = f", call {self.call} {self.operation}" if self.call else ""
        return f"{self.story}: {where}{call}: {self.way}"


def count_points(story: str, life: str, notes: Iterable[dict[str, Any]]) -> list[Point]:
    """Every point of a life that nothing disturbed, from what its cloud noted.

    The first invocation of each message counts; requests, which no queue brings back, do not. Nor
    do events that nobody hears.
    """
    calls: dict[tuple[str, str, int], dict[int, str]] = defaultdict(dict)
    first: dict[tuple[str, str, int], str] = {}
    events = set()
    for note in notes:
        if note.get("life") != life:
            continue
        if "sent" in note:
            events.add((note["sent"], note["number"]))
        elif "invocation" in note and note["heard"] != "request" and not _by_chance(note):
            place = (note["function"], note["heard"], note["occurrence"])
            if first.setdefault(place, note["invocation"]) == note["invocation"]:
                calls[place]
                if "call" in note:
                    calls[place][note["call"]] = note["operation"]
    points = [
        Point(story, *place, number, operation, way)
        for place, made in sorted(calls.items())
        for number, operation in sorted(made.items())
        for way in CALL_WAYS
    ]
    queued = sorted(place for place in calls if place[1] != "stream")
    points += [
        Point(story, *place, 0, "", way)
        for place in queued
        for way in MESSAGE_WAYS
        if way != REVERSED
    ]
    functions = sorted({place[0] for place in queued})
    points += [Point(story, function, ANY, 1, 0, "", REVERSED) for function in functions]
    heard = {place[1] for place in queued}
    points += [
        Point(story, BUS, kind, number, 0, "", way)
        for kind, number in sorted(events)
        if kind in heard
        for way in EVENT_WAYS
    ]
    return points


def _by_chance(note: dict[str, Any]) -> bool:
    """Whether another undisturbed life may do without.

    On a slow machine the clock strikes again,
    and the reconciler may find a job ended whose event is on its way.
    """
    struck_again = note["heard"] == CLOCK and note["occurrence"] > 1
    return bool(struck_again or note["heard"] == MISSED)


def sample(points: Sequence[Point], number: int, seed: int) -> list[Point]:
    """So many points, every way among them if there are enough; the same for the same seed."""
    draw = random.Random(seed)  # noqa: S311 -- no secret depends on it
    shuffled = sorted(points, key=lambda point: point.id)
    draw.shuffle(shuffled)
    by_way: dict[str, list[Point]] = defaultdict(list)
    for point in shuffled:
        by_way[point.way].append(point)
    chosen: list[Point] = []
    while len(chosen) < min(number, len(points)):
        for way in ALL_WAYS:
            if by_way[way] and len(chosen) < number:
                chosen.append(by_way[way].pop())
    return chosen


def share_lives(points: Sequence[Point], together: int) -> list[list[Point]]:
    """Deal points out to lives: at most so many each, and no two at the same message.

    Several faults make a life harder, not easier; so where such a life ends as it should, each of
    its faults is borne out. One that does not is lived again, fault by fault.
    """
    lives: list[list[Point]] = []
    for point in points:
        for life in lives:
            if len(life) < together and _fits(point, life):
                life.append(point)
                break
        else:
            lives.append([point])
    return lives


def _fits(point: Point, life: list[Point]) -> bool:
    """Whether a point can befall a life besides the others: another message, whose order holds."""
    if point.story != life[0].story:
        return False
    reversed_legs = {each.function for each in life if each.way == REVERSED}
    legs = {each.function for each in life}
    if point.function in reversed_legs or (point.way == REVERSED and point.function in legs):
        return False
    return point.place not in {each.place for each in life}
