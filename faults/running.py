"""The matrix: points dealt out to lives, lives to clouds, until every point has its verdict."""

from __future__ import annotations

import sys
import threading
import time
from collections import defaultdict, deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from faults.clouds import disturbed_cloud
from faults.points import ALL_WAYS, Point, sample, share_lives
from faults.report import EQUAL, Matrix

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from faults.lives import Lives, Outcome
    from faults.progress import Progress


LESS_COMPANY = (8, 1)
"""So many faults share a life that one life kept away, and that two did; each at a message of its
own."""
COUNTINGS = 3
"""Undisturbed lives of a story: a point that one of them lacks is there by chance."""


@dataclass(frozen=True)
class Options:
    """How to run a matrix.

    Attributes:
        stories: the kinds of lives.
        sample: how many points to try; 0 for all.
        seed: where the sample's draws begin.
        together: how many faults share a life at most.
        side_by_side: how many lives a cloud carries at once.
        clouds: how many clouds.
        minutes: no life begins later than so long after the start; 0 for no limit.
        ways: what may befall.
    """

    stories: Sequence[str]
    sample: int = 0
    seed: int = 1
    together: int = 50
    side_by_side: int = 6
    clouds: int = 1
    minutes: float = 0.0
    ways: Sequence[str] = ALL_WAYS

    def chosen(self, points: Sequence[Point]) -> list[Point]:
        """The points to try."""
        wanted = [point for point in points if point.way in self.ways]
        return sample(wanted, self.sample, self.seed) if self.sample else wanted


@dataclass(frozen=True)
class Try:
    """A life to be lived.

    Attributes:
        points: its faults.
        before: how often lives without a finding were lived that these never befell; others of
            their faults may have kept these away.
    """

    points: list[Point]
    before: int = 0


class Work:
    """Lives still to be lived; shared by the clouds."""

    def __init__(
        self,
        points: Sequence[Point],
        options: Options,
        matrix: Matrix,
        known: Sequence[Point] = (),
        progress: Progress | None = None,
    ) -> None:
        """Deal the points out; `known` are all points of their stories."""
        self._progress = progress
        groups = share_lives(points, options.together, known=known)
        self._todo = deque(map(Try, groups))
        self._missed: dict[int, list[Point]] = defaultdict(list)
        self._together = options.together
        self._under_way = 0
        self._matrix, self._news = matrix, threading.Condition()
        self._deadline = time.monotonic() + options.minutes * 60 if options.minutes else None

    def take(self) -> Try | None:
        """Take the next life; None when there is none, and none can come of those under way."""
        with self._news:
            while not self._late():
                self._deal_missed()
                if self._todo:
                    self._under_way += 1
                    return self._todo.popleft()
                if not self._under_way:
                    return None
                self._news.wait(1)
            return None

    def _late(self) -> bool:
        return bool(self._deadline and time.monotonic() > self._deadline)

    def _deal_missed(self) -> None:
        """Deal out what was not reached, when nothing else is left to live."""
        if self._todo or not self._missed:
            return
        before = min(self._missed)
        most = min(self._together, LESS_COMPANY[before - 1])
        groups = share_lives(self._missed.pop(before), most, apart=True)
        self._todo.extend(Try(group, before) for group in groups)

    def done(self, lived: Try, outcome: Outcome) -> None:
        """Take up an outcome.

        A life that did not end as it should is lived again in halves, until the fault that it
        must not have had is found, alone. Faults that never befell are tried in less company, and
        then alone, unless they are there by chance.
        """
        points = lived.points
        with self._news:
            self._under_way -= 1
            self._matrix.take(outcome, alone=len(points) == 1)
            if self._progress:
                said = self._matrix.verdicts
                self._progress.keep((point, said[point]) for point in points if point in said)
            if outcome.findings and len(points) > 1:
                half = len(points) // 2
                halves = (points[:half], points[half:])
                self._todo.extendleft(Try(group, lived.before) for group in halves)
            elif len(points) > 1:
                self._missed_again(lived, outcome)
            self._news.notify_all()

    def _missed_again(self, lived: Try, outcome: Outcome) -> None:
        before = lived.before + 1
        missed = [point for point in lived.points if point not in outcome.befallen]
        if before == len(LESS_COMPANY):
            missed = [point for point in missed if point not in self._matrix.by_chance]
        if missed and before <= len(LESS_COMPANY):
            self._missed[before] += missed


def carry_all(lives: Lives, work: Work) -> None:
    """Carry one life after the other until there are none left."""
    while taken := work.take():
        outcome = lives.carry(taken.points[0].story, taken.points)
        _say(outcome)
        work.done(taken, outcome)


def _say(outcome: Outcome) -> None:
    verdict = "; ".join(outcome.findings[:3]) or "equal"
    reached = f"{len(outcome.befallen)} of {len(outcome.points)} faults"
    text = f"{outcome.life} {outcome.story} {outcome.seconds:.0f} s, {reached}: {verdict}\n"
    if outcome.findings:
        text += "".join(f"    {point}\n" for point in outcome.points)
    sys.stdout.write(text)
    sys.stdout.flush()


def run(options: Options, state: Path, progress: Progress | None = None) -> Matrix:
    """Start clouds, count the points, and try them.

    Args:
        options: how.
        state: a folder for the clouds' state.
        progress: what was found before, which is not tried again, and what is found now.
    """
    matrix, begin = Matrix(), time.monotonic()
    with ExitStack() as stack:
        clouds = [
            stack.enter_context(disturbed_cloud(state / f"cloud{number}"))
            for number in range(options.clouds)
        ]
        countings = 1 if options.sample else COUNTINGS
        points = count(clouds[0], options.stories, matrix, countings)
        for cloud in clouds[1:]:
            cloud.references = clouds[0].references
        try_all(clouds, points, options, matrix, progress)
    matrix.seconds = time.monotonic() - begin
    return matrix


def try_all(
    clouds: Sequence[Lives],
    points: Sequence[Point],
    options: Options,
    matrix: Matrix,
    progress: Progress | None = None,
) -> None:
    """Try the chosen ones of all points, on each cloud so many lives at once as the options say."""
    chosen = options.chosen(points)
    known = progress.known if progress else {}
    matrix.verdicts |= {point: EQUAL for point in chosen if known.get(point) == EQUAL}
    left = [point for point in chosen if point not in matrix.verdicts]
    work = Work(left, options, matrix, points, progress)
    with ThreadPoolExecutor(len(clouds) * options.side_by_side) as pool:
        carriers = [
            pool.submit(carry_all, cloud, work)
            for cloud in clouds
            for _ in range(options.side_by_side)
        ]
        for carrier in carriers:
            carrier.result()


def count(lives: Lives, stories: Sequence[str], matrix: Matrix, countings: int = 1) -> list[Point]:
    """Count the points of each story, by lives that nothing disturbs; all stories at once.

    The first of a story's lives tells its points; what one of the others lacks is there by chance.
    """
    points: list[Point] = []
    matrix.countings = countings
    with ThreadPoolExecutor(len(stories)) as pool:
        for story, (outcome, found) in zip(stories, pool.map(lives.count, stories), strict=True):
            matrix.counted[story] = len(found)
            matrix.undisturbed[story] = outcome.seconds
            points += found
            _take_counting(outcome, matrix)
            sys.stdout.write(f"{story}: {len(found)} points {outcome.findings or ''}\n")
            sys.stdout.flush()
        others = [story for story in stories for _ in range(countings - 1)]
        for story, (outcome, found) in zip(others, pool.map(lives.count, others), strict=True):
            _take_counting(outcome, matrix)
            if not outcome.findings:
                matrix.by_chance |= {p for p in points if p.story == story} - {*found}
    return points


def _take_counting(outcome: Outcome, matrix: Matrix) -> None:
    """Tell what is wrong with a life that nothing disturbed, if anything is."""
    if outcome.findings:
        matrix.take(outcome, alone=True)
