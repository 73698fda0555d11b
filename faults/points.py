"""Where a fault can befall a life, and how: every call, every message, every event, every way."""

from __future__ import annotations

import hashlib
import random
from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from local.call_faults import FOR_GOOD, KILL_AFTER, KILL_BEFORE, TIMEOUT
from local.call_faults import WAYS as CALL_WAYS
from local.ministack_hooks.planned_faults import (
    ALL_DROPPED,
    DROPPED,
    EVENT_WAYS,
    LATE,
    MESSAGE_WAYS,
    REVERSED,
    SWAPPED,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ALL_WAYS = (*CALL_WAYS, *MESSAGE_WAYS, *EVENT_WAYS, ALL_DROPPED)
BUS = "bus"
"""Stands for a function where a fault befalls events of SageMaker or Glue on their way."""
SAGEMAKER, GLUE = "SageMaker ", "Glue "
"""What these events' names begin with."""
ANY = "any"
FAILING_WAYS = frozenset(
    {KILL_BEFORE, KILL_AFTER, *(way for way in CALL_WAYS if way.endswith(FOR_GOOD))}
)
"""After these the queue brings the message back."""
MOST_FAILURES = 4
"""Of one message in one life; after the fifth it lies in the dead-letter queue."""
WAITING_WAYS = frozenset({LATE, REVERSED, DROPPED, SWAPPED})
"""After these the life stands still for some seconds."""
MOST_WAITS = 4
NEVER = 10**6
"""Stands for the call of what has none."""
RECORDS = "dynamodb:TransactWriteItems"
CLAIMS = "dynamodb:PutItem"
"""By which a delivery keeps others of its event waiting."""
ASKED_ONCE = ("sns:", "glue:")
"""By these services, what a delivery asks while others wait; any fault of it is for good."""
CLOCK, MISSED = "Scheduled Event", "CompletionMissed"


@dataclass(frozen=True)
class Point:
    """One fault.

    Attributes:
        story: the kind of life.
        function: whom it befalls, such as `baton-StartRun`; `bus` for events of SageMaker and Glue.
        heard: what the function was told, such as `DataIngested`; `any` for all of it.
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
        for number, operation in sorted(_decided_once(place, made).items())
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
    # A leg hears every end of a Glue run, whose event does not say whose run it was.
    heard = {place[1] for place in queued} | {kind for kind, _ in events if kind.startswith(GLUE)}
    points += [
        Point(story, BUS, kind, number, 0, "", way)
        for kind, number in sorted(events)
        if kind in heard
        for way in EVENT_WAYS
    ]
    if any(kind in heard for kind, _ in events):
        points.append(Point(story, BUS, ANY, 1, 0, "", ALL_DROPPED))
    return points


def _decided_once(place: tuple[str, str, int], calls: dict[int, str]) -> dict[int, str]:
    """The calls of a handling as if no other message had moved its rows on meanwhile.

    Where one did, which is chance, the first transaction was refused and all was decided anew.
    A stretch of the stream may need several transactions.
    """
    tries = [number for number, operation in calls.items() if operation == RECORDS]
    if len(tries) < 2 or place[1] == "stream":
        return calls
    first, last = min(tries), max(tries)
    after = {number - last + first: name for number, name in calls.items() if number > last}
    return {number: name for number, name in calls.items() if number <= first} | after


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


def share_lives(
    points: Sequence[Point],
    together: int,
    *,
    known: Iterable[Point] = (),
    apart: bool = False,
) -> list[list[Point]]:
    """Deal points out to lives: at most so many each, and only what can befall a life together.

    Several faults make a life harder, not easier; so where such a life ends as it should, each of
    its faults is borne out. Those of one that does not are lived again, fewer together.

    Args:
        points: what is to be tried.
        together: how many share a life at most.
        known: every point of their stories; these tell by which call a message's handling is
            recorded.
        apart: whether each message meets one fault at most.
    """
    every = [*known, *points]
    recorded, claimed = _first_calls(every, RECORDS), _first_calls(every, CLAIMS)
    lives: list[_Shared] = []
    for point in points:
        for life in lives:
            if len(life.points) < together and life.fits(point, recorded, claimed, apart=apart):
                break
        else:
            lives.append(life := _Shared())
        life.take(point)
    return [life.points for life in lives]


type Calls = dict[tuple[str, str, str, int], int]


def _first_calls(points: Iterable[Point], operation: str) -> Calls:
    """The first such call of the handling of each message; absent if none is known."""
    found: Calls = {}
    for point in points:
        if point.operation == operation:
            key = (point.story, *point.place)
            found[key] = min(point.call, found.get(key, point.call))
    return found


class _Shared:
    """The faults of one life."""

    def __init__(self) -> None:
        self.points: list[Point] = []
        self._at: dict[tuple[str, str, int], list[Point]] = defaultdict(list)
        self._legs: set[str] = set()
        self._reversed: set[str] = set()
        self._waits = 0

    def take(self, point: Point) -> None:
        self.points.append(point)
        self._at[point.place].append(point)
        self._legs.add(point.function)
        if point.way == REVERSED:
            self._reversed.add(point.function)
        self._waits += point.way in WAITING_WAYS

    def fits(self, point: Point, recorded: Calls, claimed: Calls, *, apart: bool) -> bool:
        """Whether a point can befall the life besides the others."""
        if point.story != self.points[0].story or point.function in self._reversed:
            return False
        if ALL_DROPPED in {point.way, self.points[0].way}:
            return False  # it leaves no event for another fault, and waits often enough
        if point.way == REVERSED and point.function in self._legs:
            return False
        if point.way in WAITING_WAYS and self._waits == MOST_WAITS:
            return False
        here = self._at[point.place]
        both, message = [*here, point], (point.story, *point.place)
        return not here or (
            not apart
            and _follow(both, recorded.get(message, 0), claimed.get(message, NEVER))
            and _leave_tries(both, claimed.get(message, NEVER))
        )


def _leave_tries(points: Sequence[Point], claimed: int) -> bool:
    """Whether a message keeps a try after faults of which some leave its event claimed.

    A function that is killed holds its claim until that runs out; one delivery is in vain before.
    """
    failing = [point for point in points if _fails(point, claimed)]
    held = [
        point
        for point in points
        if (point.way == KILL_AFTER and point.call >= claimed)
        or (point.way == KILL_BEFORE and point.call > claimed)
        or (point.way == TIMEOUT + FOR_GOOD and point.call == claimed)
    ]
    return len(failing) + len(held) <= MOST_FAILURES


def _fails(point: Point, claimed: int) -> bool:
    """Whether the delivery that a fault befalls fails by it."""
    alone = point.call > claimed and point.operation.startswith(ASKED_ONCE)
    return point.way in FAILING_WAYS or alone


def _follow(points: Sequence[Point], recorded: int, claimed: int) -> bool:
    """Whether faults can befall one message after the other, in the order of their calls.

    A delivery that fails is followed by the next, until one records what was made of the message:
    those after it take another way. So what fails from then on must come last; and after the fifth
    failure the message would lie in the dead-letter queue.
    """
    if not all(point.call for point in points):
        return False
    if len({point.call for point in points}) < len(points):
        return False
    failing = [point for point in points if _fails(point, claimed)]
    last = max(points, key=lambda point: point.call)
    late = [point for point in failing if point.call >= recorded]
    return len(failing) <= MOST_FAILURES and (not late or late == [last])
