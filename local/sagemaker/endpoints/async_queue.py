"""The queue of an asynchronous endpoint: kept in the store, worked off in its order.

A request is in the store before its caller hears of it, and leaves it after its answer was
delivered: a killed server asks the model again, and loses nothing.
"""

from __future__ import annotations

import base64
import contextlib
import logging
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ApiError
from local.sagemaker.endpoints.async_results import Result, deliver
from local.sagemaker.endpoints.endpoint_life import live_endpoint
from local.sagemaker.endpoints.endpoint_metrics import NAMESPACE
from local.sagemaker.endpoints.runtime import ask, failure_text, record
from local.sagemaker.objects import ObjectsError
from local.sagemaker.store import MissingError

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

KIND = "async-invocation"
QUEUE = "async-queue"
DEFAULT_TTL_SECONDS = 21_600.0
DEFAULT_TIMEOUT_SECONDS = 900.0
"""RequestTTLSeconds and InvocationTimeoutSeconds when nobody says them (InvokeEndpointAsync)."""

DEFAULT_CONCURRENCY = 4
"""Of one instance, where SageMaker chooses MaxConcurrentInvocationsPerInstance itself."""

_TICK_SECONDS = 1.0
_POLL_SECONDS = 0.05
_log = logging.getLogger(__name__)
_guard = threading.Lock()


class AsyncQueue:
    """One endpoint's waiting requests, and the thread that hands them to its instances."""

    def __init__(self, platform: Platform, endpoint: str) -> None:
        """Take up what the store holds, and begin."""
        self._platform = platform
        self._endpoint = endpoint
        self._changed = threading.Condition()
        self._waiting = deque(platform.store.list(KIND, parent=endpoint))
        self._running = 0
        self._closed = False
        self._told = 0
        self._thread = threading.Thread(target=self._run, name=f"async-{endpoint}", daemon=True)
        self._thread.start()

    @property
    def backlog(self) -> int:
        """Requests that wait or are being answered."""
        with self._changed:
            return len(self._waiting) + self._running

    def put(self, entry: Document) -> None:
        """Keep a request and hand it on when its turn comes."""
        with self._changed:
            self._platform.store.create(KIND, entry["Identity"], entry, parent=self._endpoint)
            self._waiting.append(entry)
            self._changed.notify_all()

    def close(self) -> None:
        """Hand out no more; what waits stays in the store."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _run(self) -> None:
        told = 0.0
        while not self._closed:
            if time.monotonic() >= told:
                self._tell()
                told = time.monotonic() + _TICK_SECONDS
            for late in self._expired():
                self._end(late, Result(failure="ClientError: the request has expired"))
            entry = self._next()
            if entry is not None:
                threading.Thread(target=self._work, args=(entry,), daemon=True).start()
                continue
            with self._changed:
                if not self._closed:
                    # With something waiting, what it waits for is an instance.
                    self._changed.wait(_POLL_SECONDS if self._waiting else _TICK_SECONDS)

    def _next(self) -> Document | None:
        room = self._room()
        with self._changed:
            if self._closed or not self._waiting or self._running >= room:
                return None
            self._running += 1
            return self._waiting.popleft()

    def _room(self) -> int:
        """How many requests may be under way at once; 0 while the endpoint does not serve."""
        live = live_endpoint(self._platform, self._endpoint)
        if live is None or live.fleet is None:
            return 0
        config = live.fleet.config.get("AsyncInferenceConfig") or {}
        client = config.get("ClientConfig") or {}
        each: int = client.get("MaxConcurrentInvocationsPerInstance", DEFAULT_CONCURRENCY)
        return each * sum(instance.healthy for instance in live.fleet.instances)

    def _expired(self) -> list[Document]:
        now, found = self._platform.now(), []
        with self._changed:
            for entry in list(self._waiting):
                longest = entry["Request"].get("RequestTTLSeconds", DEFAULT_TTL_SECONDS)
                if now - entry["ReceivedTime"] > longest:
                    self._waiting.remove(entry)
                    found.append(entry)
        return found

    def _work(self, entry: Document) -> None:
        try:
            result = self._ask(entry)
        except Exception as error:  # noqa: BLE001 -- a request that breaks must not block the queue
            _log.exception("an asynchronous request to %s broke", self._endpoint)
            result = Result(failure=f"InternalServerError: {error}")
        try:
            # A server that is ending has broken this off: it is asked again at the next start.
            if not (self._closed and result.failure):
                self._end(entry, result)
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def _ask(self, entry: Document) -> Result:
        live = live_endpoint(self._platform, self._endpoint)
        if live is None or live.fleet is None:
            return Result(failure=f"ClientError: endpoint {self._endpoint} is gone")
        request = entry["Request"]
        try:
            body = self._body(entry, live.fleet.role)
            timeout = request.get("InvocationTimeoutSeconds", DEFAULT_TIMEOUT_SECONDS)
            outcome = ask(live, request | {"Body": body}, timeout, largest=0)
        except (ObjectsError, ApiError) as error:
            return Result(failure=f"ClientError: {error}")
        record(self._platform, live, outcome, request | {"Body": body}, 0.0)
        answer = outcome.answer
        if answer is None:
            return Result(failure=f"ClientError: {failure_text(outcome)}")
        kind = answer.headers.get("content-type", "")
        failure = f"ClientError: {failure_text(outcome)}" if answer.status >= 400 else ""
        return Result(answer.body, kind, failure)

    def _body(self, entry: Document, role: str) -> bytes:
        if "Body" in entry:
            return base64.b64decode(entry["Body"])
        return self._platform.objects.read(entry["Request"]["InputLocation"], role)

    def _end(self, entry: Document, result: Result) -> None:
        role = ""
        live = live_endpoint(self._platform, self._endpoint)
        if live is not None and live.fleet is not None:
            role = live.fleet.role
        deliver(self._platform, entry["Config"], entry, result, role)
        with contextlib.suppress(MissingError):
            self._platform.store.delete(KIND, entry["Identity"])

    def _tell(self) -> None:
        """Send the backlog's metrics ("Monitor asynchronous endpoint")."""
        with self._changed:
            size = len(self._waiting) + self._running
            waiting, oldest = len(self._waiting), self._waiting[0] if self._waiting else None
        if not size and not self._told:
            return
        self._told = size
        age = self._platform.now() - oldest["ReceivedTime"] if oldest else 0.0
        values = {
            "ApproximateBacklogSize": (float(size), "Count"),
            "ApproximateAgeOfOldestRequest": (age, "Seconds"),
            "HasBacklogWithoutCapacity": (float(waiting > 0 and not self._room()), "Count"),
        }
        live = live_endpoint(self._platform, self._endpoint)
        if live is not None and live.fleet is not None:
            count = max(1, len(live.fleet.instances))
            values["ApproximateBacklogSizePerInstance"] = (size / count, "Count")
        for name, (value, unit) in values.items():
            dimensions = {"EndpointName": self._endpoint}
            self._platform.metrics.put(NAMESPACE, name, value, dimensions, unit=unit)


def queue_of(platform: Platform, endpoint: str) -> AsyncQueue:
    """An endpoint's queue, begun on first use."""
    with _guard:
        found: AsyncQueue | None = platform.active.get((QUEUE, endpoint))
        if found is None:
            found = platform.active[QUEUE, endpoint] = AsyncQueue(platform, endpoint)
        return found


def forget_queue(platform: Platform, endpoint: str) -> None:
    """Drop what waits for an endpoint that is deleted, as SageMaker does."""
    with _guard:
        found: AsyncQueue | None = platform.active.pop((QUEUE, endpoint), None)
    if found is not None:
        found.close()
    for entry in platform.store.list(KIND, parent=endpoint):
        platform.store.delete(KIND, entry["Identity"])
