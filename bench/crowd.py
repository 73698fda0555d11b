"""Many problems at once: runs lost or doubled, how long it takes, memory, and one behind a flood.

Fifty problems are defined and two hundred files dropped within a minute. Each file must be taken in
once and be learned from, each problem must end with a model, and `faults.judge` must find nothing.
Then one problem gets a flood of files and another a single one: how long that one waits is measured
with the flood and without.

Run: .venv/bin/python -m bench.crowd [--problems 50] [--drops 200] [--flood 500] [--state FOLDER]
`--problems 0` measures the flood alone, `--flood 0` the crowd alone.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.killing import definition
from bench.laptop import ENDED, Laptop, memory_mb
from bench.waiting import await_answer
from faults.judge import judge
from faults.rows import as_csv, table

MINUTE = 60.0
ROWS = 60
ALONE = 20
LOOK_SECONDS = 0.01


def drop_all(laptop: Laptop, names: list[str], drops: int) -> float:
    """Define all problems, then drop files in turn, evenly within a minute; seconds it took."""
    for name in names:
        laptop.drop(f"{name}/problem.yaml", definition(name, "batch"))
    began = time.monotonic()
    for number in range(drops):
        time.sleep(max(0.0, began + number * MINUTE / drops - time.monotonic()))
        name = names[number % len(names)]
        laptop.drop(f"{name}/data/{number}.csv", as_csv(table(ROWS, seed=number)))
    return time.monotonic() - began


def await_rest(laptop: Laptop, names: list[str], drops: int) -> list[float]:
    """Wait until every file was learned from; memory in MB, looked at each two seconds.

    Raises:
        TimeoutError: it was not.
    """
    memory: list[float] = []

    def at_rest() -> bool:
        memory.append(sum(memory_mb(laptop).values()))
        if laptop.waiting():
            return False
        inputs = [row for name in names for row in laptop.rows(name, "input#")]
        stages = [stage for name in names for stage in laptop.stages(name)]
        return len(inputs) >= drops and set(stages) <= set(ENDED)

    await_answer(at_rest, "every file was learned from", pause=2.0)
    return memory


def judged(laptop: Laptop, names: list[str], drops: int) -> dict[str, list[str]]:
    """What is wrong, by problem."""
    found: dict[str, list[str]] = {}
    for number, name in enumerate(names):
        clients: Any = laptop
        findings = [str(each) for each in judge(clients, laptop.outputs, name)]
        wanted = len(range(number, drops, len(names)))
        taken = len(laptop.rows(name, "input#"))
        if taken != wanted:
            findings.append(f"{taken} of {wanted} files are taken in")
        if "deployed" not in laptop.stages(name):
            findings.append(f"its runs ended {laptop.stages(name)}")
        if findings:
            found[name] = findings
    return found


def latency(laptop: Laptop, name: str, key: str) -> float:
    """Seconds from dropping a file until it is taken in."""
    before = len(laptop.rows(name, "input#"))
    began = time.monotonic()
    laptop.drop(f"{name}/data/{key}.csv", as_csv(table(ROWS, seed=len(key))))
    await_files(laptop, name, before + 1)
    return time.monotonic() - began


def await_files(laptop: Laptop, name: str, files: int) -> None:
    """Wait until so many files of a problem are taken in.

    Raises:
        TimeoutError: they never were.
    """
    await_answer(
        lambda: len(laptop.rows(name, "input#")) >= files,
        f"{files} files of {name} are taken in",
        LOOK_SECONDS,
    )


def flooded(laptop: Laptop, flood: int) -> dict[str, float]:
    """How long one problem's single file waits, alone and behind another's flood.

    ``alone_seconds`` is the median of some files, one after another; ``flood_still_waiting`` is how
    many files of the flood were not taken in yet when the single one was dropped, and
    ``flood_left`` when it was taken in.
    """
    for name in ("noisy", "quiet"):
        text = definition(name, "batch").replace('"minimum_rows": 50', '"minimum_rows": 10000000')
        laptop.drop(f"{name}/problem.yaml", text)
    latency(laptop, "quiet", "first")  # which waits for its problem's definition
    alone = [latency(laptop, "quiet", f"alone{number}") for number in range(ALONE)]
    began = time.monotonic()
    for number in range(flood):
        laptop.drop(f"noisy/data/{number}.csv", as_csv(table(5, seed=number)))
    dropped = time.monotonic() - began
    ahead = flood - len(laptop.rows("noisy", "input#"))
    behind = latency(laptop, "quiet", "behind")
    left = flood - len(laptop.rows("noisy", "input#"))
    return {
        "alone_seconds": round(statistics.median(alone), 3),
        "flood": flood,
        "flood_dropped_in_seconds": round(dropped, 2),
        "flood_still_waiting": ahead,
        "behind_flood_seconds": round(behind, 2),
        "flood_left": left,
    }


def crowded(laptop: Laptop, problems: int, drops: int) -> dict[str, Any]:
    """So many problems at once, and what came of it."""
    names = [f"crowd{number}" for number in range(problems)]
    began = time.monotonic()
    dropped = drop_all(laptop, names, drops)
    memory = await_rest(laptop, names, drops)
    return {
        "problems": problems,
        "drops": drops,
        "dropped_in_seconds": round(dropped, 1),
        "all_ended_after_seconds": round(time.monotonic() - began, 1),
        "runs": sum(len(laptop.stages(name)) for name in names),
        "memory_mb_most": round(max(memory)),
        "findings": judged(laptop, names, drops),
    }


def measure(state: Path, problems: int, drops: int, flood: int) -> dict[str, Any]:
    """Start a cloud, crowd it, and look at what came of it."""
    laptop = Laptop(state)
    try:
        laptop.start()
        found = crowded(laptop, problems, drops) if problems else {"findings": {}}
        return found | (flooded(laptop, flood) if flood else {})
    finally:
        laptop.stop()


def main() -> int:
    """Measure, and print one line of JSON; exit status 1 if anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=int, default=50)
    parser.add_argument("--drops", type=int, default=200)
    parser.add_argument("--flood", type=int, default=500)
    parser.add_argument("--state", type=Path, help="keep the cloud's state here")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        state = arguments.state or Path(folder, "state")
        found = measure(state, arguments.problems, arguments.drops, arguments.flood)
    print(json.dumps(found))
    return 1 if found["findings"] else 0


if __name__ == "__main__":
    sys.exit(main())
