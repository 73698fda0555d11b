"""Processes in the jobs environment, started in milliseconds by a fork server that is kept warm."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

from local.sagemaker.settings import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PRELOAD = ("local.sagemaker.jobs.preload",)
KILLED = -int(signal.SIGKILL)


class WorkersError(Exception):
    """No process can be started in the jobs environment."""


@dataclass(frozen=True)
class Order:
    """What a worker is to do.

    Attributes:
        environment: All of its environment.
        folder: Its working folder.
        arguments: Its arguments.
        call: `module:function` of this project, called with the arguments; or
        script: a .py file or zipapp; or
        module: as `python -m`; or
        command: any program.
        opt_ml: A folder that it shall see as `/opt/ml`, where the system allows that; empty for
            none. It gets the names of `hosts` as this machine's as well.
        hosts: Names of a job's hosts.
        isolated: Cut it off from the network; it does not start where that is not allowed.
    """

    environment: dict[str, str]
    folder: Path
    arguments: tuple[str, ...] = ()
    call: str = ""
    script: str = ""
    module: str = ""
    command: str = ""
    opt_ml: str = ""
    hosts: tuple[str, ...] = ()
    isolated: bool = False

    def to_json(self) -> bytes:
        """The order as the fork server reads it."""
        document: dict[str, Any] = {
            "environment": self.environment,
            "folder": str(self.folder),
            "arguments": list(self.arguments),
            "opt_ml": self.opt_ml,
            "hosts": list(self.hosts),
            "isolated": self.isolated,
        }
        for name in ("call", "script", "module", "command"):
            if value := getattr(self, name):
                document[name] = value
        return json.dumps(document).encode()


@dataclass
class Worker:
    """A running process: its output, its end, and the means to end it.

    Attributes:
        pid: Its process id, which is its process group's too.
        output: Its standard output and error, to be read to the end (or it blocks).
        started: `time.monotonic()` of its start.
        channel: The socket to converse with it, if it was ordered with one.
        lost: Whether it ended with the fork server, and nobody knows how.
    """

    pid: int
    output: BinaryIO
    started: float
    _socket: socket.socket
    channel: socket.socket | None = None
    lost: bool = False
    _exit: int | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit code once it ended (negative: the signal), or None when time ran out."""
        with self._lock:
            if self._exit is None:
                self._socket.settimeout(timeout)
                try:
                    message = self._socket.recv(4096)
                except (TimeoutError, BlockingIOError):
                    return None
                except OSError:
                    message = b""
                # No message: the fork server itself is gone, and its children with it.
                self.lost = not message
                self._exit = int(json.loads(message)["exit"]) if message else KILLED
                self._socket.close()
            return self._exit

    @property
    def running(self) -> bool:
        """Tell whether it still runs; waits for nobody."""
        if self._lock.locked():
            return True
        return self.wait(0.0) is None

    def terminate(self) -> None:
        """Send SIGTERM to the process itself, as `docker stop` does to process 1."""
        self._signal(signal.SIGTERM, group=False)

    def kill(self) -> None:
        """End it and all that it started, at once."""
        self._signal(signal.SIGKILL, group=True)

    def _signal(self, number: signal.Signals, *, group: bool) -> None:
        if self._exit is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            (os.killpg if group else os.kill)(self.pid, number)


class Starter(ABC):
    """Starts workers through a fork server's control socket."""

    _where = "the jobs environment"

    def start(self, order: Order, *, channel: bool = False) -> Worker:
        """Start a worker.

        Args:
            order: What it is to do.
            channel: Give it a socket to converse over.

        Raises:
            WorkersError: When the jobs environment is missing or does not start.
        """
        ours, theirs = socket.socketpair()
        talk = socket.socketpair() if channel else None
        read, write = os.pipe()
        letter = os.memfd_create("order")
        os.write(letter, order.to_json())
        os.lseek(letter, 0, os.SEEK_SET)
        sent = [theirs.fileno(), write, letter] + ([talk[1].fileno()] if talk else [])
        output = os.fdopen(read, "rb")
        try:
            self._send(sent)
            theirs.close()  # or the answer below would be awaited from ourselves
            answer = self._answer(ours)
        except WorkersError:
            output.close()
            ours.close()
            raise
        finally:
            theirs.close()
            os.close(write)
            os.close(letter)
            if talk:
                talk[1].close()
        return Worker(int(answer["pid"]), output, time.monotonic(), ours, talk[0] if talk else None)

    def _answer(self, connection: socket.socket) -> dict[str, int]:
        line = _line(connection)
        if not line:
            raise WorkersError(f"{self._where} starts nothing; see the log of the fork server")
        answer: dict[str, int] = json.loads(line)
        return answer

    @abstractmethod
    def _send(self, descriptors: list[int]) -> None:
        """Hand file descriptors to the fork server."""


class WorkerPool(Starter):
    """Starts workers; starts the fork server first, and again should it die."""

    def __init__(self, python: Path, log: Path) -> None:
        """Remember how; `start` or `warm` starts it.

        Args:
            python: The jobs environment's interpreter.
            log: The file for what the fork server itself prints.
        """
        self._python = python
        self._where = str(python)
        self._log = log
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    @property
    def python(self) -> Path:
        """The jobs environment's interpreter."""
        return self._python

    def base_environment(self) -> dict[str, str]:
        """The environment that every worker starts from."""
        path = [str(self._python.parent), "/usr/local/bin", "/usr/bin", "/bin"]
        return {
            "PATH": os.pathsep.join(path),
            "HOME": os.environ.get("HOME", "/tmp"),  # noqa: S108 -- any folder; libraries ask for one
            "LANG": "C.UTF-8",
            # OpenMP's threads wait for each other by spinning, for milliseconds, on a core that
            # another process of a busy laptop needs: trainings took up to ten times as long. After
            # a short spin they sleep (libgomp manual, GOMP_SPINCOUNT).
            "GOMP_SPINCOUNT": "2000",
            "PYTHONUNBUFFERED": "1",
        }

    def warm(self) -> None:
        """Start the fork server, so that the first job finds it loaded; returns at once."""
        with self._lock:
            self._connect()

    def close(self) -> None:
        """End the fork server and every worker."""
        with self._lock:
            if self._control is not None:
                self._control.close()
                self._control = None
            if self._process is not None:
                try:
                    self._process.wait(timeout=5)
                except subprocess.TimeoutExpired:
                    self._process.kill()
                    self._process.wait()
                self._process = None

    def _send(self, descriptors: list[int]) -> None:
        with self._lock:
            for attempt in (1, 2):
                control = self._connect()
                try:
                    socket.send_fds(control, [b"f"], descriptors)
                except OSError as error:
                    self._control = None
                    if attempt == 2:
                        raise WorkersError(f"{self._python} does not start: {error}") from error
                else:
                    return

    def _connect(self) -> socket.socket:
        if self._control is not None and self._process is not None:
            if self._process.poll() is None:
                return self._control
            self._control.close()
        ours, theirs = socket.socketpair()
        # PYTHONPATH and nothing else of the caller's: the environment is the jobs', not this one's.
        environment = self.base_environment() | {"PYTHONPATH": str(ROOT)}
        command = [
            str(self._python),
            "-m",
            "local.sagemaker.jobs.fork_server",
            str(theirs.fileno()),
        ]
        try:
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    [*command, *PRELOAD],
                    cwd=ROOT,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,
                )
        except OSError as error:
            ours.close()
            raise WorkersError(f"{self._python} does not start: {error}") from error
        finally:
            theirs.close()
        self._control = ours
        return ours


class Template(Starter):
    """A worker that is a fork server itself: what it has in memory, its children start with."""

    def __init__(self, pool: Starter, order: Order) -> None:
        """Start the template.

        Args:
            pool: Who starts it.
            order: A `call` that prepares, then serves as a `fork_server.ForkServer` on its channel.

        Raises:
            WorkersError: When it cannot be started.
        """
        self._worker = pool.start(order, channel=True)
        self._where = order.call
        self._lock = threading.Lock()
        threading.Thread(target=self._drain, daemon=True).start()

    def _drain(self) -> None:
        with self._worker.output as output:
            output.read()

    def close(self) -> None:
        """End the template and its children."""
        if self._worker.channel is not None:
            self._worker.channel.close()
        if self._worker.wait(2.0) is None:
            self._worker.kill()

    def _send(self, descriptors: list[int]) -> None:
        assert self._worker.channel is not None
        try:
            with self._lock:
                socket.send_fds(self._worker.channel, [b"f"], descriptors)
        except OSError as error:
            raise WorkersError(f"{self._where} has ended: {error}") from error


def _line(connection: socket.socket) -> bytes:
    """One line, byte by byte: what follows it must stay unread."""
    line = b""
    while not line.endswith(b"\n"):
        try:
            piece = connection.recv(1)
        except OSError:
            return b""
        if not piece:
            return b""
        line += piece
    return line
