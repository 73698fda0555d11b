"""A job's lines: at once in a file of bounded size, second by second in CloudWatch Logs."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from local.sagemaker.cloud_logs import CloudLogs, Line

LINE_BYTES = 256 * 1024
"""The longest line: what CloudWatch Logs took in one event for years; a longer one is split."""
HEAD_BYTES = 32 * 1024 * 1024
TAIL_BYTES = 1024 * 1024
"""A log beyond its head keeps its last bytes only: errors come last."""
_CLOUD_BYTES = 2 * 1024 * 1024
_log = logging.getLogger(__name__)


@dataclass
class JobLog:
    """Where a job's lines go.

    Attributes:
        path: The file that keeps them.
        logs: CloudWatch Logs.
        group: The log group.
        stream: The log stream.
    """

    path: Path
    logs: CloudLogs
    group: str
    stream: str


class Lines:
    """Takes lines; never more than a few MiB of them are in memory, and never too many on disk."""

    def __init__(self, log: JobLog) -> None:
        """Open the file; an earlier attempt's lines stay."""
        log.path.parent.mkdir(parents=True, exist_ok=True)
        self._log = log
        self._file = log.path.open("a", encoding="utf-8", errors="replace", buffering=1)
        self._written = log.path.stat().st_size
        self._tail: deque[str] = deque()
        self._tail_bytes = 0
        self._left_out = 0
        self._waiting: list[Line] = []
        self._waiting_bytes = 0
        self._unsent = 0
        self._lock = threading.Lock()
        self._sent = time.monotonic()

    def add(self, line: str) -> None:
        """Take one line, without its end."""
        self._keep(line)
        with self._lock:
            if self._waiting_bytes < _CLOUD_BYTES:
                self._waiting.append((int(time.time() * 1000), line))
                self._waiting_bytes += len(line) + 1
            else:
                self._unsent += 1

    def send(self, *, after: float = 0.0) -> None:
        """Send what waits, if `after` seconds have passed since the last time."""
        if time.monotonic() - self._sent < after:
            return
        with self._lock:
            waiting, self._waiting, self._sent = self._waiting, [], time.monotonic()
            unsent, self._unsent, self._waiting_bytes = self._unsent, 0, 0
        if unsent:
            waiting.append((int(time.time() * 1000), f"[{unsent} more lines in this second]"))
        self._log.logs.send(self._log.group, self._log.stream, waiting)

    def close(self) -> None:
        """Write and send what is left."""
        self.send()
        try:
            if self._left_out:
                self._file.write(f"[{self._left_out} lines left out: the log was too long]\n")
            for line in self._tail:
                self._file.write(line + "\n")
            self._file.close()
        except OSError as error:
            _log.warning("the end of %s is lost: %s", self._log.path, error)

    def _keep(self, line: str) -> None:
        if self._written < HEAD_BYTES:
            try:
                self._file.write(line + "\n")
                self._written += len(line) + 1
            except OSError as error:  # a full disk must not keep the job from being read
                _log.warning("%s is cut off: %s", self._log.path, error)
                self._written = HEAD_BYTES
            return
        self._tail.append(line)
        self._tail_bytes += len(line) + 1
        while self._tail_bytes > TAIL_BYTES:
            self._tail_bytes -= len(self._tail.popleft()) + 1
            self._left_out += 1
