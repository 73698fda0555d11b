"""The matrix: points dealt out to lives, lives to clouds, until every point has its verdict."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from faults.clouds import disturbed_cloud
from faults.points import Point, sample, share_lives
from faults.report import Matrix

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from faults.lives import Lives, Outcome


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
    """

    stories: Sequence[str]
    sample: int = 0
    seed: int = 1
    together: int = 8
    side_by_side: int = 6
    clouds: int = 1
    minutes: float = 0.0

    def chosen(self, points: Sequence[Point]) -> list[Point]:
        """The points to try."""
        return sample(points, self.sample, self.seed) if self.sample else list(points)


class Work:
    """Lives still to be lived; shared by the clouds."""

    def __init__(self, points: Sequence[Point], options: Options, matrix: Matrix) -> None:
        """Deal the points out."""
        self._todo = deque((group, False) for group in share_lives(points, options.together))
        self._matrix, self._lock = matrix, threading.Lock()
        self._deadline = time.monotonic() + options.minutes * 60 if options.minutes else None

    def take(self) -> tuple[list[Point], bool] | None:
        """Take the next life: its points, and whether it is their second try."""
        with self._lock:
            late = self._deadline and time.monotonic() > self._deadline
            return None if late or not self._todo else self._todo.popleft()

    def done(self, outcome: Outcome, *, again: bool) -> None:
        """Take up an outcome; faults that shared a life and are not borne out are tried alone."""
        alone = len(outcome.points) == 1
        with self._lock:
            self._matrix.take(outcome, alone=alone)
            if not alone and not again:
                doubtful = [
                    point
                    for point in outcome.points
                    if outcome.findings or point not in outcome.befallen
                ]
                self._todo.extend(([point], True) for point in doubtful)


def carry_all(lives: Lives, work: Work) -> None:
    """Carry one life after the other until there are none left."""
    while taken := work.take():
        points, again = taken
        outcome = lives.carry(points[0].story, points)
        _say(outcome)
        work.done(outcome, again=again)


def _say(outcome: Outcome) -> None:
    verdict = "; ".join(outcome.findings[:3]) or "equal"
    reached = f"{len(outcome.befallen)} of {len(outcome.points)} faults"
    text = f"{outcome.life} {outcome.story} {outcome.seconds:.0f} s, {reached}: {verdict}\n"
    if outcome.findings:
        text += "".join(f"    {point}\n" for point in outcome.points)
    sys.stdout.write(text)
    sys.stdout.flush()


def run(options: Options, state: Path) -> Matrix:
    """Start clouds, count the points, and try them.

    Args:
        options: how.
        state: a folder for the clouds' state.
    """
    matrix, begin = Matrix(), time.monotonic()
    with ExitStack() as stack:
        clouds = [
            stack.enter_context(disturbed_cloud(state / f"cloud{number}"))
            for number in range(options.clouds)
        ]
        points = count(clouds[0], options.stories, matrix)
        for cloud in clouds[1:]:
            cloud.references = clouds[0].references
        try_all(clouds, options.chosen(points), options, matrix)
    matrix.seconds = time.monotonic() - begin
    return matrix


def try_all(
    clouds: Sequence[Lives], points: Sequence[Point], options: Options, matrix: Matrix
) -> None:
    """Try points, on each cloud so many lives at once as the options say."""
    work = Work(points, options, matrix)
    with ThreadPoolExecutor(len(clouds) * options.side_by_side) as pool:
        carriers = [
            pool.submit(carry_all, cloud, work)
            for cloud in clouds
            for _ in range(options.side_by_side)
        ]
        for carrier in carriers:
            carrier.result()


def count(lives: Lives, stories: Sequence[str], matrix: Matrix) -> list[Point]:
    """Count the points of each story, by a life that nothing disturbs; all at once."""
    points: list[Point] = []
    with ThreadPoolExecutor(len(stories)) as pool:
        for story, (outcome, found) in zip(stories, pool.map(lives.count, stories), strict=True):
            matrix.counted[story] = len(found)
            matrix.undisturbed[story] = outcome.seconds
            points += found
            if outcome.findings:
                matrix.take(outcome, alone=True)
            sys.stdout.write(f"{story}: {len(found)} points {outcome.findings or ''}\n")
            sys.stdout.flush()
    return points
