"""A campaign: each target in batches, two at a time, until it has had so many cases.

What is kept in a target's folder below ``.fuzz/``: ``corpus/`` (inputs that reached new branches),
``findings/`` (inputs that are findings), ``state.json`` (cases and seconds so far). A campaign that
is stopped goes on from there.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from fuzz.folders import VARIABLE, new_folder
from fuzz.paths import ROOT
from fuzz.target import TARGETS, load

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FOLDER = ROOT / ".fuzz"
WORKER = ("-m", "fuzz.worker")
BATCH_CASES = 50_000
BATCH_SECONDS = 300
"""A batch ends by whichever comes first; only whole batches are counted."""
SLOWEST_SECONDS = 30
"""A case that takes longer is a finding: its reader can be kept busy by a small input."""
LARGEST_MB = 3072
UNCAUGHT = "=== Uncaught Python exception: ==="
MOST_TOLD = 5000
"""Characters of what a finding says."""
EXECUTED = re.compile(r"number_of_executed_units: (\d+)")


@dataclass
class State:
    """How far a target has come.

    Attributes:
        cases: inputs that were tried.
        seconds: time that took, with the starts of processes.
        findings: inputs that ended in an error that no reader documents.
        processor: seconds of a processor that took: what else runs here changes them little.
    """

    cases: int = 0
    seconds: float = 0.0
    findings: int = 0
    processor: float = 0.0

    @property
    def rate(self) -> float:
        """Cases for each second of a processor."""
        return self.cases / self.processor if self.processor else 0.0


def state_of(name: str, folder: Path = FOLDER) -> State:
    """What is known of a target; nothing before its first batch.

    Where the time of processors was not counted yet, all of the time counts as such.
    """
    path = folder / name / "state.json"
    if not path.is_file():
        return State()
    known = json.loads(path.read_bytes())
    return State(**{"processor": known["seconds"], **known})


def run_batch(
    name: str,
    cases: int,
    *,
    seconds: float = BATCH_SECONDS,
    seed: int = 0,
    folder: Path = FOLDER,
    kept: bool = True,
) -> tuple[State, str]:
    """Run one batch of a target.

    Args:
        name: the target.
        cases: how many inputs at most.
        seconds: how long at most, once the process has started.
        seed: of the mutations; 0 for another one each time.
        folder: where corpora, findings and states are kept.
        kept: whether to count it in the target's state.

    Returns:
        What this batch came to, and the end of what it said.
    """
    place = folder / name
    corpus, findings = place / "corpus", place / "findings"
    for each in (corpus, findings):
        each.mkdir(parents=True, exist_ok=True)
    _plant_seeds(name, corpus)
    before = time.monotonic()
    told, status, processor = _run_worker(
        *(name, f"-runs={cases}", f"-max_total_time={max(1, round(seconds))}", f"-seed={seed}"),
        *(f"-timeout={SLOWEST_SECONDS}", f"-rss_limit_mb={LARGEST_MB}"),
        *("-print_final_stats=1", f"-artifact_prefix={findings}/", str(corpus)),
    )
    executed = EXECUTED.search(told)
    batch = State(
        cases=int(executed[1]) if executed else 0,
        seconds=time.monotonic() - before,
        findings=int(status != 0),
        processor=processor,
    )
    if kept:
        _add(name, batch, folder)
    begin = told.find(UNCAUGHT) if UNCAUGHT in told else max(0, len(told) - MOST_TOLD)
    return batch, told[begin : begin + MOST_TOLD]


def _run_worker(*arguments: str) -> tuple[str, int, float]:
    """What a worker said, its exit code, and the seconds it had of a processor."""
    with tempfile.TemporaryFile() as said, new_folder() as home:
        process = subprocess.Popen(
            [sys.executable, *WORKER, *arguments],
            cwd=ROOT,
            # libFuzzer ends the process without flushing, and the traceback would be lost.
            env={**os.environ, "PYTHONUNBUFFERED": "1", VARIABLE: home},
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        told = said.read().decode(errors="replace")
    return told, process.returncode, usage.ru_utime + usage.ru_stime


def _plant_seeds(name: str, corpus: Path) -> None:
    for content in load(name).seeds():
        path = corpus / hashlib.sha1(content, usedforsecurity=False).hexdigest()
        if not path.exists():
            path.write_bytes(content)


def _add(name: str, batch: State, folder: Path) -> None:
    before = state_of(name, folder)
    after = State(
        before.cases + batch.cases,
        before.seconds + batch.seconds,
        before.findings + batch.findings,
        before.processor + batch.processor,
    )
    path = folder / name / "state.json"
    whole = path.with_suffix(".new")
    whole.write_text(json.dumps(asdict(after)))
    whole.replace(path)


def run(names: Sequence[str], cases: int, processes: int, seconds: float) -> dict[str, str]:
    """Run targets in turn until each has its cases; what their findings said, by target.

    A target with a finding stops: the same input would be found again.

    Args:
        names: the targets.
        cases: how many each shall have had, earlier campaigns included.
        processes: how many run at a time.
        seconds: when to stop in any case, from now.
    """
    found: dict[str, str] = {}
    until = time.monotonic() + seconds
    waiting = list(names)
    with ThreadPoolExecutor(processes) as pool:
        while waiting and time.monotonic() < until:
            left = {name: cases - state_of(name).cases for name in waiting}
            waiting = [name for name in waiting if left[name] > 0 and name not in found]
            sizes = [min(BATCH_CASES, left[name]) for name in waiting]
            batches = pool.map(lambda name, size: _batch_until(until, name, size), waiting, sizes)
            for name, (batch, said) in zip(waiting, batches, strict=True):
                told = f"{batch.rate:>6.0f} for each second of a processor"
                print(f"{name:<10} {batch.cases:>7} cases, {told}", flush=True)
                if batch.findings:
                    found[name] = said
    return found


def _batch_until(until: float, name: str, cases: int) -> tuple[State, str]:
    """A batch that ends by then; none if that has passed."""
    left = until - time.monotonic()
    return run_batch(name, cases, seconds=min(BATCH_SECONDS, left)) if left > 0 else (State(), "")


def table() -> str:
    """How far every target has come, a line each."""
    lines = [f"{'target':<10} {'cases':>10} {'a CPU second':>12} {'findings':>9}  reads"]
    for name, (_, about, _) in TARGETS.items():
        state = state_of(name)
        lines.append(
            f"{name:<10} {state.cases:>10,} {state.rate:>12.0f} {state.findings:>9}  {about}"
        )
    return "\n".join(lines)
