"""From PutObject to ModelDeployed, against the same work written by hand.

Starts a laptop cloud of its own, lets it carry one problem first, and then runs, in turn, the
hand-written script (bench/by_hand.py) and the relay on the same file, several times each.

Run: .venv/bin/python -m bench.relay [--data DATA.csv --target TARGET] [--rows N] [--times 3]
Without a file it takes bench/data.py's table.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import boto3

from bench.data import first, table
from bench.waiting import await_answer
from local.running import running_cloud

ROOT = Path(__file__).resolve().parent.parent
ENDS = ("deployed", "rejected", "failed", "data_rejected", "rolled_back")


class Relay:
    """A client of the stack: drops files, and waits for runs by the record table."""

    def __init__(self, environment: dict[str, str]) -> None:
        os.environ.update(environment)
        stack = boto3.client("cloudformation").describe_stacks(StackName="baton")["Stacks"][0]
        self.outputs = {item["OutputKey"]: item["OutputValue"] for item in stack["Outputs"]}
        self.s3 = boto3.client("s3")
        self.table = boto3.resource("dynamodb").Table(self.outputs["RecordTable"])

    def row(self, problem: str, sort: str) -> dict[str, Any]:
        """One row of the record table, or an empty one."""
        key = {"pk": f"problem#{problem}", "sk": sort}
        found: dict[str, Any] = self.table.get_item(Key=key).get("Item", {})
        return found

    def define(self, problem: str, target: str, extra: str = "") -> None:
        """Drop a problem.yaml and wait until it is in force."""
        text = f"name: {problem}\ntarget: {target}\n{extra}"
        key = f"{problem}/problem.yaml"
        self.s3.put_object(Bucket=self.outputs["LandingBucket"], Key=key, Body=text.encode())
        await_answer(lambda: self.row(problem, "problem"), f"{problem} is in force")

    def carry(self, problem: str, body: bytes) -> tuple[float, dict[str, Any]]:
        """Drop a file; seconds until its run ended, and the run."""
        started = time.perf_counter()
        key = f"{problem}/data/rows.csv"
        self.s3.put_object(Bucket=self.outputs["LandingBucket"], Key=key, Body=body)
        run = await_answer(lambda: self._ended(problem), f"the run of {problem} has ended")
        return time.perf_counter() - started, run

    def _ended(self, problem: str) -> dict[str, Any] | None:
        """The problem's last run, once it has ended."""
        name = self.row(problem, "problem").get("last_run")
        run = self.row(problem, f"run#{name}") if name else {}
        return run if run.get("stage") in ENDS else None

    def timeline(self, problem: str) -> list[tuple[str, str]]:
        """When each leg had acted, in order."""
        answer = self.table.query(
            IndexName="listing",
            KeyConditionExpression="listing = :listing",
            ExpressionAttributeValues={":listing": f"history#{problem}"},
        )
        return [(str(item["at"]), str(item["leg"])) for item in answer["Items"]]


def by_hand(path: Path, target: str) -> dict[str, Any]:
    """Run the hand-written script in a process of its own."""
    command = [sys.executable, str(ROOT / "bench" / "by_hand.py"), str(path), target]
    started = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    found["seconds"] = time.perf_counter() - started
    return found


def main() -> None:
    """Measure, and print medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--target", default="y")
    parser.add_argument("--rows", type=int, default=0, help="take the first N rows only")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--extra", default="", help="more lines of problem.yaml")
    arguments = parser.parse_args()
    if arguments.data:
        body, name = arguments.data.read_bytes(), arguments.data.name
    else:
        body, arguments.target, name = table()
    if arguments.rows:
        body = first(body, arguments.rows)
    print(f"{name}: {body.count(b'\n') - 1} rows")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rows.csv")
        path.write_bytes(body)
        with running_cloud(Path(folder, "state")) as environment:
            relay = Relay(environment)
            measure(relay, path, body, arguments)


def measure(relay: Relay, path: Path, body: bytes, arguments: argparse.Namespace) -> None:
    """Both in turn, after the cloud has carried one problem."""
    seconds: dict[str, list[float]] = {"by hand": [], "relay": []}
    for turn in range(arguments.times + 1):
        problem = f"bench{turn}"
        relay.define(problem, arguments.target, arguments.extra)
        taken, run = relay.carry(problem, body)
        score = f"{run.get('metric')} {run.get('score')}"
        print(f"relay    {taken:6.2f} s  {run.get('stage')}  {score}", flush=True)
        if turn == 0:
            continue  # the problem that warms the cloud
        found = by_hand(path, arguments.target)
        print(f"by hand  {found['seconds']:6.2f} s  {found}", flush=True)
        seconds["relay"].append(taken)
        seconds["by hand"].append(found["seconds"])
    for at, leg in relay.timeline(f"bench{arguments.times}"):
        print(at, leg)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    print(json.dumps({**medians, "ratio": round(medians["relay"] / medians["by hand"], 3)}))


if __name__ == "__main__":
    main()
