"""Kills the laptop cloud at random moments while models live on it, and judges how they end.

Each kill is SIGKILL of ministack, of the local SageMaker, of the program that started both, or of
all with every job and function. `make up` follows at once. Files are dropped and records streamed
in between; what was answered must not be lost, and what was not is sent again.

Run: .venv/bin/python -m bench.killing [--kills 20] [--problems 4] [--seed 1] [--state FOLDER]
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from bench.laptop import ENDED, TARGETS, Laptop
from faults.judge import judge
from faults.rows import as_csv, table

if TYPE_CHECKING:
    from collections.abc import Iterable

PATIENCE_SECONDS = 900.0
PAUSES = (0.2, 8.0)
"""Seconds between a start and the next kill, at least and at most."""
ROWS = 120
STREAMED = 10


class Lives:
    """Problems on a laptop that is killed, and what was sent to them and answered."""

    def __init__(self, laptop: Laptop, names: Iterable[str]) -> None:
        """Take the laptop, and the problems to begin with."""
        self.laptop = laptop
        self.names: list[str] = []
        self.answered: dict[str, set[str]] = defaultdict(set)
        self.sent: dict[str, set[str]] = defaultdict(set)
        self._left: list[tuple[str, str]] = []
        self._read: set[str] = set()
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        """Begin one more life, with the next `send`; every second has an endpoint."""
        number = len(self.names)
        mode = ("batch", "realtime")[number % 2]
        self.names.append(name)
        self._left.append((f"{name}/problem.yaml", definition(name, mode)))
        self._left.append((f"{name}/data/rows.csv", as_csv(table(ROWS, seed=number))))

    def send(self) -> None:
        """Drop what is left to be dropped, and some records; stop where the cloud is gone."""
        try:
            while self._left:
                self.laptop.drop(*self._left[-1])
                self._left.pop()
            for name in self.names:
                self._stream(name)
        except (BotoCoreError, ClientError):
            return

    def _stream(self, name: str) -> None:
        people = table(STREAMED, seed=1000 + len(self.sent[name]))  # others each time
        records = [{"problem": name, "record": row} for row in people]
        entries = [{"Data": json.dumps(each).encode(), "PartitionKey": name} for each in records]
        stream = self.laptop.outputs["RecordStream"]
        ids = {row["id"] for row in people}
        self.sent[name] |= ids
        self.laptop.client("kinesis").put_records(StreamName=stream, Records=entries)
        self.answered[name] |= ids

    def read_up(self) -> bool:
        """Whether every streamed row whose sending was answered is there; asked after the last."""
        for name in self.names:
            if name not in self._read:
                if not self.answered[name] <= set(self.laptop.streamed_ids(name)):
                    return False
                self._read.add(name)
        return True

    def ended(self) -> bool:
        """Whether everything was sent and nothing is under way any more."""
        if self._left or self.laptop.waiting():
            return False
        stages = [self.laptop.stages(name) for name in self.names]
        return all(found and set(found) <= set(ENDED) for found in stages)


def definition(name: str, mode: str) -> str:
    """A problem.yaml that is made for speed."""
    document = {
        "name": name,
        "target": "left",
        "columns": {"id": "id"},
        "data": {"minimum_rows": 50},
        "evaluate": {"explain": False},
        "features": {"store": mode == "realtime"},
        "tune": {"strategy": "none"},
        "retrain": {"on": []},
        "deploy": {"mode": mode, "shift": {"type": "all_at_once", "bake_minutes": 0}},
    }
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in document.items())


def kill_and_start(laptop: Laptop, lives: Lives, kills: int, seed: int) -> list[dict[str, Any]]:
    """So many kills; what was killed, and seconds until the cloud was ready again."""
    draw = random.Random(seed)
    done = []
    for _ in range(kills):
        until = time.monotonic() + draw.uniform(*PAUSES)
        lives.send()
        time.sleep(max(0.0, until - time.monotonic()))
        target = draw.choice(TARGETS)
        laptop.kill(target)
        done.append({"killed": target, "ready_after": round(laptop.start(), 2)})
    return done


def await_end(lives: Lives) -> bool:
    """Wait until all lives have ended, and the reconciler has looked; whether they did in time.

    What lies in the stream and was not read yet is in no queue.
    """
    deadline, ticks = time.monotonic() + PATIENCE_SECONDS, 0
    lives.send()
    while not (lives.ended() and lives.read_up() and lives.ended()):
        if time.monotonic() > deadline:
            return False
        if not lives.laptop.waiting():
            ticks += 1
            lives.laptop.tick(f"killing-{ticks}")  # what was told to a cloud that was gone
        time.sleep(2)
    return True


def verdicts(lives: Lives) -> dict[str, list[str]]:
    """What is wrong with each life: findings of the judge, streamed rows lost or doubled."""
    laptop, found = lives.laptop, {}
    for name in lives.names:
        clients: Any = laptop
        findings = [str(each) for each in judge(clients, laptop.outputs, name)]
        findings += streamed_wrong(lives, name)
        if set(laptop.stages(name)) != {"deployed"}:
            findings.append(f"its runs ended {laptop.stages(name)}")
        if findings:
            found[name] = findings
    return found


def streamed_wrong(lives: Lives, name: str) -> list[str]:
    """Which streamed rows are missing, there twice, or nobody's.

    A record whose answer was lost with the cloud may be there or not: it is not sent again.
    """
    there = Counter(lives.laptop.streamed_ids(name))
    found = {
        "answered and missing": lives.answered[name] - set(there),
        "there twice": {each for each, count in there.items() if count > 1},
        "never sent": set(there) - lives.sent[name],
    }
    return [
        f"{len(ids)} streamed rows are {what}, such as {min(ids)}"
        for what, ids in found.items()
        if ids
    ]


def measure(state: Path, kills: int, problems: int, seed: int) -> dict[str, Any]:
    """Kill a cloud so often; what came of it."""
    laptop = Laptop(state)
    try:
        first = laptop.start()
        lives = Lives(laptop, [f"life{number}" for number in range(problems)])
        done = kill_and_start(laptop, lives, kills, seed)
        in_time = await_end(lives)
        seconds = sorted(each["ready_after"] for each in done)
        return {
            "kills": dict(Counter(each["killed"] for each in done)),
            "first_start_seconds": round(first, 2),
            "ready_after_median": seconds[len(seconds) // 2] if seconds else None,
            "ready_after_longest": seconds[-1] if seconds else None,
            "streamed": sum(map(len, lives.answered.values())),
            "ended_in_time": in_time,
            "left": laptop.waiting(),
            "findings": verdicts(lives),
        }
    finally:
        laptop.stop()


def main() -> int:
    """Kill, judge, and print one line of JSON; exit status 1 if anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--problems", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--state", type=Path, help="keep the cloud's state here")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        state = arguments.state or Path(folder, "state")
        found = measure(state, arguments.kills, arguments.problems, arguments.seed)
    print(json.dumps(found))
    return 1 if found["findings"] or not found["ended_in_time"] or found["left"] else 0


if __name__ == "__main__":
    sys.exit(main())
