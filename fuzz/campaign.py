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
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

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
    """

    cases: int = 0
    seconds: float = 0.0
    findings: int = 0

    @property
    def rate(self) -> float:
        """Cases a second."""
        return self.cases / self.seconds if self.seconds else 0.0


def state_of(name: str, folder: Path = FOLDER) -> State:
    """What is known of a target; nothing before its first batch."""
    path = folder / name / "state.json"
    return State(**json.loads(path.read_bytes())) if path.is_file() else State()


def run_batch(
    name: str, cases: int, *, seed: int = 0, folder: Path = FOLDER, kept: bool = True
) -> tuple[State, str]:
    """Run one batch of a target.

    Args:
        name: the target.
        cases: how many inputs at most.
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
    said = subprocess.run(
        [
            *(sys.executable, *WORKER, name),
            *(f"-runs={cases}", f"-max_total_time={BATCH_SECONDS}", f"-seed={seed}"),
            *(f"-timeout={SLOWEST_SECONDS}", f"-rss_limit_mb={LARGEST_MB}"),
            *("-print_final_stats=1", f"-artifact_prefix={findings}/", str(corpus)),
        ],
        cwd=ROOT,
        # libFuzzer ends the process without flushing, and the traceback would be lost.
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    told = said.stdout + said.stderr
    executed = EXECUTED.search(told)
    batch = State(
        cases=int(executed[1]) if executed else 0,
        seconds=time.monotonic() - before,
        findings=int(said.returncode != 0),
    )
    if kept:
        _add(name, batch, folder)
    begin = told.find(UNCAUGHT) if UNCAUGHT in told else max(0, len(told) - MOST_TOLD)
    return batch, told[begin : begin + MOST_TOLD]


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
            for name, (batch, said) in zip(
                waiting, pool.map(run_batch, waiting, sizes), strict=True
            ):
                print(f"{name:<10} {batch.cases:>7} cases, {batch.rate:>6.0f} a second", flush=True)
                if batch.findings:
                    found[name] = said
    return found


def table() -> str:
    """How far every target has come, a line each."""
    lines = [f"{'target':<10} {'cases':>10} {'a second':>9} {'findings':>9}  reads"]
    for name, (_, about, _) in TARGETS.items():
        state = state_of(name)
        lines.append(
            f"{name:<10} {state.cases:>10,} {state.rate:>9.0f} {state.findings:>9}  {about}"
        )
    return "\n".join(lines)
