"""Sends jobs' and endpoints' log lines to CloudWatch Logs; best effort, from one thread."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from local.sagemaker.clients import CLOUD_ERRORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.sagemaker.clients import Clients

type Line = tuple[int, str]
"""Milliseconds since the epoch, and the text."""

_BATCH = 1_000
_WAITING = 64
_PAUSE_SECONDS = 1.0
_log = logging.getLogger(__name__)


class CloudLogs:
    """CloudWatch Logs, if the cloud has it: the files under the data folder are what is kept."""

    def __init__(self, clients: Clients | None) -> None:
        """Start; with no clients, lines go nowhere."""
        self._clients = clients
        self._queue: queue.Queue[tuple[str, str, Sequence[Line]] | None] = queue.Queue(_WAITING)
        self._known: set[tuple[str, str]] = set()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cloud-logs", daemon=True)
        if clients is not None:
            self._thread.start()

    def send(self, group: str, stream: str, lines: Sequence[Line]) -> None:
        """Queue lines of one stream; returns at once."""
        if self._clients is not None and lines:
            try:
                self._queue.put_nowait((group, stream, lines))
            except queue.Full:  # jobs print faster than the cloud takes it
                _log.info("%d log lines of %s stay in the file only", len(lines), stream)

    def close(self) -> None:
        """Send what is queued, for two seconds at most, and end."""
        if self._thread.is_alive():
            self._ending.set()
            with contextlib.suppress(queue.Full):  # too much to send in that time anyway
                self._queue.put_nowait(None)
            self._thread.join(timeout=2.0)

    def _run(self) -> None:
        ended = False
        while not ended:
            entries = [self._queue.get()]
            self._ending.wait(
                0 if entries[0] is None else _PAUSE_SECONDS
            )  # several jobs' lines together
            while not self._queue.empty():
                entries.append(self._queue.get())
            streams: dict[tuple[str, str], list[Line]] = {}
            for entry in entries:
                if entry is None:
                    ended = True
                else:
                    streams.setdefault(entry[:2], []).extend(entry[2])
            for (group, stream), lines in streams.items():
                self._put(group, stream, sorted(lines, key=lambda line: line[0]))

    def _put(self, group: str, stream: str, lines: list[Line]) -> None:
        if self._clients is None:
            return
        try:
            client = self._clients.client("logs")
            if (group, stream) not in self._known:
                self._create(group, stream)
            for start in range(0, len(lines), _BATCH):
                events = [
                    {"timestamp": when, "message": text or " "}
                    for when, text in lines[start : start + _BATCH]
                ]
                client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
        except CLOUD_ERRORS as error:
            _log.info("log lines of %s stay in the file only: %s", stream, error)

    def _create(self, group: str, stream: str) -> None:
        assert self._clients is not None
        client = self._clients.client("logs")
        for create, names in (
            (client.create_log_group, {"logGroupName": group}),
            (client.create_log_stream, {"logGroupName": group, "logStreamName": stream}),
        ):
            try:
                create(**names)
            except ClientError as error:
                if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
                    raise
        self._known.add((group, stream))
