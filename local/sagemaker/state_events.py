"""SageMaker's own events: "SageMaker Training Job State Change" and its siblings.

They enter the bus by an inside door, because PutEvents refuses sources that begin with `aws.`.
Delivery is best effort, as SageMaker's is: an event that no door takes within a minute is dropped,
and said so in the log.
"""

from __future__ import annotations

import heapq
import http.client
import itertools
import json
import logging
import queue
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from local.sagemaker.api.shaping import iso_time
from local.sagemaker.event_faults import EventFaults

if TYPE_CHECKING:
    from collections.abc import Callable

type Document = dict[str, Any]

DOOR = "/_baton/events"
RING = 1_000
GIVE_UP_SECONDS = 60.0
BATCH = 10  # PutEvents takes ten entries at most
LOST, TWICE = "event lost on purpose", "event told twice on purpose"
"""How the log begins to tell what faults did to an event."""
_log = logging.getLogger(__name__)


class StateEvents:
    """Sends events from one thread of its own, in the order in which they happened.

    Unless faults are asked for: then some come twice, late, out of order or never.
    """

    def __init__(
        self,
        endpoint_url: str,
        region: str,
        clock: Callable[[], float] = time.time,
        faults: EventFaults | None = None,
    ) -> None:
        """Start.

        Args:
            endpoint_url: The cloud with the inside door; empty to keep events in `recent` alone.
            region: The Region that events carry.
            clock: Seconds since the epoch.
            faults: What befalls events on their way; None for nothing.
        """
        self._clock = clock
        self._faults = faults or EventFaults()
        self._numbers = itertools.count()
        self._held: list[tuple[float, int, Document]] = []  # a heap, by when each is due
        self.recent: deque[Document] = deque(maxlen=RING)
        self._region = region
        self._address = urlsplit(endpoint_url)
        self._queue: queue.Queue[Document | None] = queue.Queue()
        self._listeners: list[Callable[[str, str], None]] = []
        self._thread = threading.Thread(target=self._run, name="state-events", daemon=True)
        if endpoint_url:
            self._thread.start()

    def listen(self, listener: Callable[[str, str], None]) -> None:
        """Call a function with detail type and ARN of every event, in the thread that tells it.

        It must return at once, and raise nothing.
        """
        self._listeners.append(listener)

    def emit(self, detail_type: str, arn: str, detail: Document, *more_resources: str) -> None:
        """Tell a state change; returns at once.

        Args:
            detail_type: For example `SageMaker Training Job State Change`.
            arn: The resource's ARN.
            detail: The detail, in the form that AWS sends (see `shaping.to_event`).
            more_resources: Further ARNs.
        """
        entry = {
            "Source": "aws.sagemaker",
            "DetailType": detail_type,
            "Detail": json.dumps(detail),
            "Resources": [arn, *more_resources],
            "Time": iso_time(self._clock()),
        }
        self.recent.append(entry)
        for listener in self._listeners:
            listener(detail_type, arn)
        if self._address.netloc:
            self._queue.put(entry)

    def close(self) -> None:
        """Send what is left, for a second at most, and end."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join(timeout=1.0)

    def _run(self) -> None:
        going = True
        while going:
            going = self._take()
            while batch := self._due(all_of_them=not going):
                self._send(batch)

    def _take(self) -> bool:
        """Wait for events and hold each until it is due; False when there will be no more."""
        wait = max(0.0, self._held[0][0] - time.monotonic()) if self._held else None
        try:
            entry = self._queue.get(timeout=wait)
            while entry is not None:
                number = next(self._numbers)
                deliveries = self._faults.deliveries(number)
                if len(deliveries) != 1:
                    fate = TWICE if deliveries else LOST
                    _log.info("%s: %s %s", fate, entry["DetailType"], entry["Resources"][0])
                for seconds in deliveries:
                    heapq.heappush(self._held, (time.monotonic() + seconds, number, entry))
                entry = self._queue.get_nowait()
        except queue.Empty:
            return True
        return False

    def _due(self, *, all_of_them: bool) -> list[Document]:
        """The next batch whose time has come."""
        batch: list[Document] = []
        while self._held and len(batch) < BATCH:
            if self._held[0][0] > time.monotonic() and not all_of_them:
                break
            batch.append(heapq.heappop(self._held)[2])
        return batch

    def _send(self, batch: list[Document]) -> None:
        deadline = time.monotonic() + GIVE_UP_SECONDS
        pause = 0.05
        while not self._post(json.dumps({"Entries": batch}).encode()):
            if time.monotonic() > deadline:
                _log.error("dropped events", extra={"events": batch})
                return
            time.sleep(pause)
            pause = min(2 * pause, 2.0)

    def _post(self, body: bytes) -> bool:
        connection = http.client.HTTPConnection(
            self._address.hostname or "127.0.0.1", self._address.port or 80, timeout=10
        )
        try:
            connection.request("POST", DOOR, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        if 400 <= answer.status < 500:
            _log.error("the bus refused events: HTTP %s", answer.status)
            return True
        return answer.status < 400


def tags_of(document: Document) -> dict[str, str]:
    """Tags as events carry them: a map."""
    return {tag["Key"]: tag["Value"] for tag in document.get("Tags") or []}
