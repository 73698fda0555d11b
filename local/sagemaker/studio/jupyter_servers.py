"""Real JupyterLab servers on loopback, for notebook instances and Studio apps.

A server ends with this process, even if this is killed: its thread here lives as long as it does,
because Linux tells a child of its parent thread's death (prctl(2), PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import http.client
import logging
import os
import secrets
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local.processes import Child
from local.sagemaker.api.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from local.sagemaker.platform import Platform

START_SECONDS = 120.0
SCRIPT_SECONDS = 300.0
"""A lifecycle configuration script that takes longer fails its instance (AWS: five minutes)."""
_PAUSE = 0.1
_MOST_LINES = 1_000
_WITH_ALL_IT_STARTED = """trap 'trap - TERM; kill -TERM 0' TERM; /bin/bash "$0" & wait $!"""
"""Runs a script so that a SIGTERM reaches the programs that it started: they are its group."""
_log = logging.getLogger(__name__)


class JupyterError(Exception):
    """A server does not start, or ended; the message is fit for a FailureReason."""


@dataclass(frozen=True)
class Place:
    """Where a server works.

    Attributes:
        folder: Its home, and the root of its files.
        logs: The folder of its logs.
        role: Under which it acts.
        stream: Log group and beginning of the log streams in CloudWatch, parted by a colon.
        scripts: Name → shell script, run before it, one after the other.
    """

    folder: Path
    logs: Path
    role: str
    stream: str
    scripts: dict[str, str] = field(default_factory=dict)


class JupyterServer:
    """One server: its scripts, its process, its address.

    Attributes:
        port: The port it listens on; 0 before it does.
        token: What opens it.
    """

    def __init__(
        self,
        platform: Platform,
        place: Place,
        ready: Callable[[JupyterServer], None],
        ended: Callable[[str], None],
    ) -> None:
        """Prepare; `start` begins.

        Args:
            platform: The local SageMaker.
            place: Where it works.
            ready: Called when it answers.
            ended: Called when it has ended: with nothing after `stop`, else with the reason.
        """
        self._platform, self._place = platform, place
        self._ready, self._ended = ready, ended
        self._child: Child | None = None
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self.port = 0
        self.token = secrets.token_hex(24)
        self._thread = threading.Thread(target=self._run, name="jupyter", daemon=True)

    def start(self) -> None:
        """Run in a thread."""
        self._thread.start()

    def stop_soon(self) -> None:
        """End it in the background; `ended` tells when it is gone."""
        self._stopping.set()
        threading.Thread(target=self.stop, daemon=True).start()

    def stop(self) -> None:
        """End it and whatever its scripts started; returns when it is gone."""
        self._stopping.set()
        with self._lock:
            child = self._child
        if child is not None:
            child.end(patience=5.0)
        if self._thread is not threading.current_thread():
            self._thread.join(timeout=10.0)

    @property
    def url(self) -> str:
        """Its address, with the token that opens it."""
        return f"http://127.0.0.1:{self.port}/lab?token={self.token}"

    def _run(self) -> None:
        reason = ""
        try:
            self._serve()
        except JupyterError as error:
            reason = str(error)
        except ApiError as error:  # the role cannot be assumed any more
            reason = error.message
        except Exception as error:  # noqa: BLE001 -- never leave an instance Pending with nobody at it
            _log.exception("JupyterLab in %s broke", self._place.folder)
            reason = f"InternalServerError: {error}"
        if not self._platform.closing:
            self._ended("" if self._stopping.is_set() else reason)

    def _serve(self) -> None:
        place, program = self._place, self._platform.settings.jupyter_lab
        place.folder.mkdir(parents=True, exist_ok=True)
        environment = self._environment()
        for name, script in place.scripts.items():
            self._run_script(name, script, environment)
        if not program.exists():
            raise JupyterError(
                f"The notebooks environment is missing: there is no {program}. "
                "`make setup` makes it."
            )
        self.port = _free_port()
        command = [
            str(program),
            "--no-browser",
            "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.port={self.port}",
            "--ServerApp.port_retries=0",
            f"--ServerApp.root_dir={place.folder}",
            "--LabApp.extension_manager=readonly",
            # Containers often have no other user; JupyterLab would refuse to start.
            *(["--allow-root"] if os.geteuid() == 0 else []),
        ]
        child = self._start("jupyter", command, environment)
        if child is None:
            return
        if self._await_answer(child):
            self._ready(self)
        child.wait()
        child.end()  # what it left in its group
        self._publish(child)
        if not self._stopping.is_set():
            raise JupyterError(f"JupyterLab ended: {child.last_lines(5)}"[:1024])

    def _environment(self) -> dict[str, str]:
        private = self._place.folder / ".jupyter"
        program = self._platform.settings.jupyter_lab
        path = [str(program.parent), "/usr/local/bin", "/usr/bin", "/bin"]
        return self._platform.clients.process_environment(self._place.role) | {
            "PATH": os.pathsep.join(path),
            "HOME": str(self._place.folder),
            "LANG": "C.UTF-8",
            "SHELL": "/bin/bash",
            # The token travels by the environment: arguments are there for every user to read.
            "JUPYTER_TOKEN": self.token,
            "JUPYTER_CONFIG_DIR": str(private / "config"),
            "JUPYTER_DATA_DIR": str(private / "data"),
            "JUPYTER_RUNTIME_DIR": str(private / "runtime"),
        }

    def _run_script(self, name: str, script: str, environment: dict[str, str]) -> None:
        path = self._place.folder / ".jupyter" / f"{name}.sh"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(script)
        child = self._start(name, ["/bin/bash", "-c", _WITH_ALL_IT_STARTED, str(path)], environment)
        if child is None:
            return
        deadline = time.monotonic() + SCRIPT_SECONDS
        while (code := child.exit_code()) is None:
            if time.monotonic() > deadline:
                child.end()
                raise JupyterError(f"{name} took longer than {SCRIPT_SECONDS / 60:.0f} minutes")
            if self._stopping.wait(_PAUSE):
                child.end()
                return
        self._publish(child)
        if code != 0 and not self._stopping.is_set():
            said = child.last_lines(5)
            raise JupyterError(f"{name} exited with code {code}: {said}"[:1024])

    def _publish(self, child: Child) -> None:
        """Send what a process printed to CloudWatch Logs, once it has ended."""
        group, _, stream = self._place.stream.partition(":")
        now = int(self._platform.now() * 1000)
        printed = child.log.read_text(errors="replace").splitlines()
        lines = [(now, line) for line in printed[-_MOST_LINES:] if line]
        self._platform.logs.send(group, f"{stream}/{child.name}", lines)

    def _start(self, name: str, command: list[str], environment: dict[str, str]) -> Child | None:
        """Start a process unless the server is being stopped."""
        with self._lock:
            if self._stopping.is_set():
                return None
            log = self._place.logs / f"{name}.log"
            self._child = Child(
                name, command, environment=environment, log=log, cwd=self._place.folder
            )
            return self._child

    def _await_answer(self, child: Child) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if child.exit_code() is not None:
                return False
            if time.monotonic() > deadline:
                child.end()
                raise JupyterError(f"JupyterLab did not answer within {START_SECONDS:.0f} s")
            if self._stopping.wait(_PAUSE):
                return False
        return True

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request(
                "GET", "/api/status", headers={"Authorization": f"token {self.token}"}
            )
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def stop_all(platform: Platform, kind: str) -> None:
    """End all servers of a kind, all at once."""
    servers = [server for (held, _), server in list(platform.active.items()) if held == kind]
    threads = [threading.Thread(target=server.stop, daemon=True) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
