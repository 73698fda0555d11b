"""A laptop cloud that works for long while much goes wrong: nothing is lost, memory stays flat.

SageMaker's events are lost, doubled and swapped; events of the bus are said again at random;
every so often a part of the cloud is killed, in the first half alone, so that memory can be judged
in the second. New problems come all the time, and `faults.judge` judges each at the end.

Memory that must be flat is the cloud's own: of its servers and its functions. Every second problem
adds an endpoint, which stays; on AWS that is an instance of its own. So jobs and endpoints are told
beside it.

Run: .venv/bin/python -m bench.soak [--minutes 30] [--seed 1] [--state FOLDER]
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from bench.killing import Lives, await_end, verdicts
from bench.laptop import MODELS, TARGETS, Laptop, memory_mb
from local.sagemaker.state_events import LOST, TWICE

FAULTS = "drop=0.1,repeat=0.2,reorder=0.2,delay=2"
NEW_EVERY_SECONDS = 30.0
KILL_EVERY_SECONDS = 75.0
LOOK_EVERY_SECONDS = 5.0
MOST_GROWTH = 0.10
"""By how much the cloud's own memory of the last quarter may exceed that of the one before."""


class Soak:
    """One cloud, its lives, and what was seen."""

    def __init__(self, laptop: Laptop, seed: int, minutes: float) -> None:
        self.laptop, self.seconds = laptop, 60 * minutes
        self.lives = Lives(laptop, [])
        self.memory: list[tuple[float, dict[str, float]]] = []
        self.recoveries: list[float] = []
        self.repeated = 0
        self._draw = random.Random(seed)
        self._began = self._killed = self._grown = time.monotonic()

    def run(self) -> None:
        """Live until time is up."""
        self._grow()
        while (age := time.monotonic() - self._began) < self.seconds:
            if time.monotonic() - self._grown > NEW_EVERY_SECONDS:
                self._grow()
            self.lives.send()
            self._say_again()
            self.memory.append((age, memory_mb(self.laptop)))
            due = time.monotonic() - self._killed > KILL_EVERY_SECONDS
            if due and age < self.seconds / 2:
                self.laptop.kill(self._draw.choice(TARGETS))
                self.recoveries.append(self.laptop.start())
                self._killed = time.monotonic()
            time.sleep(LOOK_EVERY_SECONDS)

    def _grow(self) -> None:
        self.lives.add(f"soak{len(self.lives.names)}")
        self._grown = time.monotonic()

    def _say_again(self) -> None:
        """Put some of what a problem's legs announced on the bus once more, as it was."""
        name = self._draw.choice(self.lives.names)
        try:
            said = self.laptop.announced(name)
            entries = self._draw.sample(said, min(len(said), 3))
            bus = self.laptop.outputs["EventBus"]
            for entry in entries:
                self.laptop.client("events").put_events(Entries=[{**entry, "EventBusName": bus}])
            self.repeated += len(entries)
        except (BotoCoreError, ClientError):
            return

    def quarters(self) -> list[dict[str, float]]:
        """The median memory of the third quarter and of the last, in MB, by what uses it."""
        found = []
        for begin in (0.5, 0.75):
            end = begin + 0.25
            looks = [used for age, used in self.memory if begin <= age / self.seconds < end]
            kinds = {kind for used in looks for kind in used}
            found.append(
                {
                    kind: round(statistics.median(used.get(kind, 0.0) for used in looks), 1)
                    for kind in sorted(kinds)
                }
            )
        return found


def own(memory: dict[str, float]) -> float:
    """The cloud's own part of some memory."""
    return sum(memory.values()) - memory.get(MODELS, 0.0)


def measure(state: Path, minutes: float, seed: int) -> dict[str, Any]:
    """Let a cloud work for so long; what came of it."""
    laptop = Laptop(state, {"BATON_EVENT_FAULTS": f"{FAULTS},seed={seed}"})
    try:
        laptop.start()
        soak = Soak(laptop, seed, minutes)
        soak.run()
        in_time = await_end(soak.lives)
        used = [sum(each.values()) for _, each in soak.memory]
        third, last = soak.quarters()
        return {
            "minutes": minutes,
            "problems": len(soak.lives.names),
            "runs": sum(len(laptop.stages(name)) for name in soak.lives.names),
            "kills": len(soak.recoveries),
            "longest_recovery_seconds": round(max(soak.recoveries, default=0.0), 1),
            "events_lost": laptop.log_lines(LOST),
            "events_told_twice": laptop.log_lines(TWICE),
            "events_said_again": soak.repeated,
            "streamed": sum(map(len, soak.lives.answered.values())),
            "memory_mb_median": round(statistics.median(used)),
            "memory_mb_most": round(max(used)),
            "memory_mb_third_quarter": third,
            "memory_mb_last_quarter": last,
            "memory_growth": round(own(last) / own(third) - 1, 3),
            "ended_in_time": in_time,
            "left": laptop.waiting(),
            "findings": verdicts(soak.lives),
        }
    finally:
        laptop.stop()


def main() -> int:
    """Soak, judge, and print one line of JSON; exit status 1 if anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--state", type=Path, help="keep the cloud's state here")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        state = arguments.state or Path(folder, "state")
        found = measure(state, arguments.minutes, arguments.seed)
    print(json.dumps(found))
    flat = found["memory_growth"] <= MOST_GROWTH
    wrong = found["findings"] or found["left"] or not found["ended_in_time"]
    return 1 if wrong or not flat else 0


if __name__ == "__main__":
    sys.exit(main())
