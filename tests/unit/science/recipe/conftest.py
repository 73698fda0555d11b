"""One Spark session for all tests that need one, in a process of the Python that has PySpark."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
PYTHON = ROOT / ".venvs" / "glue" / "bin" / "python"
WORKER = Path(__file__).with_name("spark_worker.py")


class SparkFailedError(AssertionError):
    """Spark could not do what it was asked."""


class Spark:
    """The worker's other end."""

    def __init__(self, process):
        self.process = process

    def ask(self, do, **told):
        """Send a request and wait for its answer."""
        self.process.stdin.write(json.dumps({"do": do, **told}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SparkFailedError("the worker ended")
        answer = json.loads(line)
        if "error" in answer:
            raise SparkFailedError(answer["error"][:3000] + "\n" + answer["trace"][-3000:])
        return answer


@pytest.fixture(scope="session")
def spark():
    """A running Spark session."""
    if not PYTHON.exists():
        pytest.skip("the environment with PySpark is not installed: make setup")
    process = subprocess.Popen(
        [str(PYTHON), str(WORKER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    )
    with process:
        yield Spark(process)
        process.stdin.close()
        process.wait(60)
