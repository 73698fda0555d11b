"""Child processes of the laptop cloud: started, awaited, ended, and found again by their file."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LIFELINE = Path(__file__).with_name("lifeline.py")
_PAUSE = 0.05


def started_at(pid: int) -> int | None:
    """Return when a process began, in clock ticks since boot; None when there is none.

    Pid and start together name one process for good, a pid alone is used again (proc(5), field 22).
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])


@dataclass(frozen=True)
class Process:
    """One running process, named so that nothing else is ever taken for it."""

    name: str
    pid: int
    began: int

    @classmethod
    def of(cls, name: str, pid: int) -> Process:
        """Name a process that runs now."""
        return cls(name, pid, started_at(pid) or 0)

    def runs(self) -> bool:
        """Tell whether it still runs."""
        return started_at(self.pid) == self.began

    def end(self, patience: float) -> None:
        """Ask it to end, and after `patience` seconds end it and what it left in its group."""
        if self.runs():
            os.kill(self.pid, signal.SIGTERM)
        deadline = time.monotonic() + patience
        while self.runs() and time.monotonic() < deadline:
            time.sleep(_PAUSE)
        if self.runs() and os.getpgid(self.pid) == self.pid:
            os.killpg(self.pid, signal.SIGKILL)


class Child:
    """A process that this one started, with its log file, in a group of its own."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        log: Path,
        cwd: Path,
    ) -> None:
        """Start it; it ends by itself if this process dies."""
        log.parent.mkdir(parents=True, exist_ok=True)
        self.name, self.log = name, log
        lifeline = [sys.executable, "-SE", str(_LIFELINE), str(os.getpid())]
        with log.open("ab") as stream:
            self._popen = subprocess.Popen(
                [*lifeline, *command],
                env=dict(environment),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.process = Process.of(name, self._popen.pid)

    def exit_code(self) -> int | None:
        """Return its exit code, None while it runs."""
        return self._popen.poll()

    def wait(self) -> int:
        """Wait for its end and return its exit code."""
        return self._popen.wait()

    def end(self, patience: float = 15.0) -> None:
        """End it and everything it started; returns when it is gone."""
        if self._popen.poll() is None:
            self._popen.terminate()
            try:
                self._popen.wait(patience)
            except subprocess.TimeoutExpired:
                self._kill_group()
        self._kill_group()
        self._popen.wait()

    def _kill_group(self) -> None:
        try:
            os.killpg(self._popen.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def last_lines(self, count: int = 15) -> str:
        """Return the end of its log, for a message about why it failed."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])


def remember(file: Path, processes: Sequence[Process]) -> None:
    """Write down which processes run; the first is the one that started the others."""
    document = [{"name": each.name, "pid": each.pid, "began": each.began} for each in processes]
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_suffix(".new")
    temporary.write_text(json.dumps(document))
    temporary.replace(file)


def recall(file: Path) -> list[Process]:
    """Return those remembered processes that still run, in the order in which they were given."""
    try:
        document = json.loads(file.read_text())
    except (OSError, ValueError):
        return []
    return [process for process in (Process(**entry) for entry in document) if process.runs()]
