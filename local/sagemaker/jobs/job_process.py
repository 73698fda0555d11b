"""One job's process: its lines to a file, a listener and CloudWatch; its limits; its end."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from local.sagemaker.jobs.job_log import LINE_BYTES, Lines
from local.sagemaker.jobs.workers import WorkersError

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.sagemaker.jobs.job_log import JobLog
    from local.sagemaker.jobs.workers import Order, Starter, Worker

_POLL_SECONDS = 0.25
_log = logging.getLogger(__name__)


class Cause(Enum):
    """Why a process was told to end."""

    NOTHING = "it ended by itself"
    STOPPED = "somebody stopped it"
    RUNTIME = "its time was up"
    WAITED = "its waiting time was up"
    INTERRUPTED = "its spot capacity was taken back"
    HOST = "one of its hosts failed"


@dataclass
class JobControl:
    """The means to end a running job from outside; made before its processes exist.

    A job has a process on each of its hosts; they are ended together.
    """

    grace_seconds: float
    cause: Cause = Cause.NOTHING
    _workers: dict[int, Worker] = field(default_factory=dict)
    _deadline: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def end(self, cause: Cause) -> bool:
        """Ask the processes to end: SIGTERM now, SIGKILL after the grace time.

        Returns:
            Whether this is now the reason; an earlier one stays.
        """
        with self._lock:
            weaker = (Cause.NOTHING, Cause.INTERRUPTED, Cause.HOST)
            first = self.cause in weaker and self.cause is not cause
            if first:
                self.cause = cause
            if self._workers and self._deadline is None:
                self._deadline = time.monotonic() + self.grace_seconds
                for worker in self._workers.values():
                    worker.terminate()
            return first

    def go_on(self) -> bool:
        """Forget that it was interrupted, or that a host failed; False when it is to end otherwise.

        A stop that comes meanwhile is not lost.
        """
        with self._lock:
            if self.cause not in (Cause.INTERRUPTED, Cause.HOST):
                return False
            self.cause = Cause.NOTHING
            return True

    @property
    def told_to_end(self) -> bool:
        """Tell whether somebody wants it to end."""
        return self.cause is not Cause.NOTHING

    def attach(self, worker: Worker) -> None:
        """Take charge of a process just started."""
        with self._lock:
            self._workers[worker.pid] = worker
            if self.told_to_end:
                self._deadline = self._deadline or time.monotonic() + self.grace_seconds
                worker.terminate()

    def detach(self, worker: Worker) -> None:
        """A process has ended."""
        with self._lock:
            self._workers.pop(worker.pid, None)
            if not self._workers:
                self._deadline = None

    def enforce(self) -> None:
        """Kill the processes whose grace time is over."""
        with self._lock:
            if self._deadline and time.monotonic() > self._deadline:
                for worker in self._workers.values():
                    worker.kill()


def _ignore(_line: str) -> None:
    """Listen to nothing."""


def run_process(
    workers: Starter,
    order: Order,
    log: JobLog,
    control: JobControl,
    *,
    listen: Callable[[str], None] = _ignore,
    watch: Callable[[float], None] = lambda _seconds: None,
    started: Callable[[int], None] = lambda _pid: None,
) -> int:
    """Run a process to its end.

    Args:
        workers: Who starts it.
        order: What it is to do.
        log: Where its lines go.
        control: Through which it can be ended.
        listen: Gets each line, TABs written `#011` as CloudWatch's agent does.
        watch: Called a few times a second with the seconds since the start; ends the process
            through `control` when a limit is passed.
        started: Called once, with the id of the process and of its group.

    Returns:
        The exit code; negative for a signal.

    Raises:
        WorkersError: When no process can be started, or its keeper has gone and it with him.
    """
    worker = workers.start(order)
    control.attach(worker)
    started(worker.pid)
    lines = Lines(log)
    reader = threading.Thread(target=_read, args=(worker, lines, listen), daemon=True)
    reader.start()
    try:
        while (code := worker.wait(_POLL_SECONDS)) is None:
            watch(time.monotonic() - worker.started)
            control.enforce()
            lines.send(after=1.0)
    finally:
        control.detach(worker)
    reader.join()
    if worker.lost:
        raise WorkersError("the process that starts and keeps jobs has ended")
    return code


def _read(worker: Worker, lines: Lines, listen: Callable[[str], None]) -> None:
    with worker.output as output:
        while raw := output.readline(LINE_BYTES):
            line = raw.decode("utf-8", "replace").rstrip("\r\n").replace("\t", "#011")
            lines.add(line)
            try:
                listen(line)
            except Exception:  # noqa: BLE001 -- the process must not be left before a full pipe
                _log.exception("nobody listens to %s any more", worker.pid)
                listen = _ignore
    lines.close()
