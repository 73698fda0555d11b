"""A laptop cloud for the length of a `with` block: for tests, benchmarks and the demo."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

from local.cloud import free_port
from local.settings import HOST, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

EXPORT = re.compile(r"^export (\w+)=(.*)$", re.MULTILINE)


class CloudNotReadyError(Exception):
    """The cloud did not become ready; the message carries what it printed."""


def read_exports(text: str) -> dict[str, str]:
    """The variables that a file of export lines sets, PATH left out."""
    found = {name: value.strip().strip("'\"") for name, value in EXPORT.findall(text)}
    found.pop("PATH", None)
    return found


@contextmanager
def running_cloud(
    state: Path,
    *,
    port: int | None = None,
    seconds: float = 600,
    more: Mapping[str, str] | None = None,
) -> Iterator[dict[str, str]]:
    """Start the laptop cloud in a process of its own and end it afterwards.

    Args:
        state: the folder of its state; a cloud started there again goes on where it was.
        port: its port; a free one unless named.
        seconds: how long it may take to be ready.
        more: environment variables that it gets besides.

    Yields:
        The environment variables with which any client talks to it.

    Raises:
        CloudNotReadyError: it failed, or took too long.
    """
    port = port or free_port()
    state.mkdir(parents=True, exist_ok=True)
    output = state / "up.log"
    places = {"BATON_PORT": str(port), "BATON_STATE": str(state)}
    environment = {**os.environ, **places, **(more or {})}
    python = ROOT / ".venvs" / "local" / "bin" / "python"
    with output.open("wb") as log:
        child = subprocess.Popen(
            [str(python if python.exists() else sys.executable), "-m", "local", "up"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _await_ready(child, port, output, seconds)
        yield read_exports((state / "env").read_text())
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(60)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _await_ready(child: subprocess.Popen[bytes], port: int, output: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while (status := _health(port)) != "ready":
        if status == "failed" or child.poll() is not None or time.monotonic() > deadline:
            raise CloudNotReadyError(output.read_text(errors="replace")[-4000:])
        time.sleep(0.1)


def _health(port: int) -> str:
    try:
        address = f"http://{HOST}:{port}/_baton/health"
        with urllib.request.urlopen(address, timeout=5) as reply:  # nosec B310  loopback alone
            return str(json.load(reply)["status"])
    except urllib.error.HTTPError as error:
        return str(json.loads(error.read() or b"{}").get("status", "starting"))
    except (OSError, ValueError):
        return "starting"
