"""A laptop cloud of the demo's own: another port, a state folder of its own, ended by its pid."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import sys
import tempfile
import time
from pathlib import Path

from local.processes import Child

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
READY_SECONDS = 300.0
"""The first start builds every function's package, and may have to fetch them."""

STOP_SECONDS = 60.0


class CloudNotReadyError(Exception):
    """The laptop cloud did not come up, or ended; the message says where to read on."""


def free_port() -> int:
    """Find a port on the loopback interface that nobody uses."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class Laptop:
    """`python -m local up` as a child."""

    def __init__(self) -> None:
        """Start it in a new, empty folder, so that demos never meet."""
        state = self.state = Path(tempfile.mkdtemp(prefix="baton-demo-"))
        self.logs = state / "logs"
        self.port = free_port()
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "BATON_"))}
        certificates = {k: v for k, v in os.environ.items() if k == "AWS_CA_BUNDLE"}
        own = {"BATON_PORT": str(self.port), "BATON_STATE": str(state), "PYTHONUNBUFFERED": "1"}
        self._child = Child(
            "the laptop cloud",
            [sys.executable, "-m", "local", "up"],
            environment={**inherited, **certificates, **own},
            log=self.logs / "up.log",
            cwd=ROOT,
        )

    def await_ready(self) -> None:
        """Return once the stack is deployed and answers.

        Raises:
            CloudNotReadyError: it ended, or took too long.
        """
        deadline = time.monotonic() + READY_SECONDS
        while self._health() != "ready":
            self.check()
            if time.monotonic() > deadline:
                raise CloudNotReadyError(f"It is not ready after {READY_SECONDS:.0f} s.")
            time.sleep(0.2)

    def check(self) -> None:
        """Make sure that it still runs.

        Raises:
            CloudNotReadyError: it ended; the message carries the end of its log.
        """
        code = self._child.exit_code()
        if code is not None:
            raise CloudNotReadyError(
                f"It ended with code {code}. The end of {self._child.log}:\n"
                f"{self._child.last_lines()}"
            )

    def meet(self) -> None:
        """Point this process, and what it starts, at this cloud and at nothing else."""
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            if name != "AWS_CA_BUNDLE":
                del os.environ[name]
        os.environ["BATON_ENV"] = str(self.state / "env")

    def faults(self) -> list[str]:
        """The newest errors that functions logged; they tell why nothing goes on."""
        return logged_faults(self.logs / "ministack.log")

    def stop(self) -> None:
        """End it with everything that it started."""
        self._child.end(STOP_SECONDS)

    def forget(self, *, keep_logs: bool) -> None:
        """Remove its folder, or all of it but the logs."""
        for found in self.state.iterdir():
            if found == self.logs and keep_logs:
                continue
            if found.is_dir():
                shutil.rmtree(found, ignore_errors=True)
            else:
                found.unlink(missing_ok=True)
        if not keep_logs:
            shutil.rmtree(self.state, ignore_errors=True)

    def _health(self) -> str:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=5)
        try:
            connection.request("GET", "/_baton/health")
            return str(json.load(connection.getresponse()).get("status"))
        except (OSError, ValueError, http.client.HTTPException):
            return "starting"
        finally:
            connection.close()


def logged_faults(log: Path, most: int = 3) -> list[str]:
    """The newest errors that functions wrote to a log, a line each, without repeats."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    found = []
    for line in lines:
        if line.startswith("{") and '"level":"ERROR"' in line:
            said = json.loads(line)
            last = str(said.get("exception", said.get("message"))).strip().splitlines()[-1]
            found.append(f"{said.get('leg', 'a function')}: {last}")
    return list(dict.fromkeys(found))[-most:]
