"""Sends CloudWatch metrics; best effort, from one thread, several at once."""

from __future__ import annotations

import logging
import queue
import threading
import time
from typing import TYPE_CHECKING, Any

from local.sagemaker.clients import CLOUD_ERRORS

if TYPE_CHECKING:
    from local.sagemaker.clients import Clients

_BATCH = 500
_PAUSE_SECONDS = 0.5
_log = logging.getLogger(__name__)


class Metrics:
    """CloudWatch's PutMetricData, if the cloud has it."""

    def __init__(self, clients: Clients | None) -> None:
        """Start; with no clients, values go nowhere."""
        self._clients = clients
        self._queue: queue.Queue[tuple[str, dict[str, Any]] | None] = queue.Queue()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)
        if clients is not None:
            self._thread.start()

    def put(
        self,
        namespace: str,
        name: str,
        value: float,
        dimensions: dict[str, str],
        *,
        unit: str = "None",
    ) -> None:
        """Queue one value, as of now; returns at once.

        Args:
            namespace: For example `AWS/SageMaker`.
            name: The metric's name.
            value: Its value.
            dimensions: Name → value.
            unit: One of CloudWatch's units.
        """
        if self._clients is None:
            return
        datum = {
            "MetricName": name,
            "Value": value,
            "Unit": unit,
            "Timestamp": time.time(),
            "Dimensions": [{"Name": key, "Value": text} for key, text in dimensions.items()],
        }
        self._queue.put((namespace, datum))

    def close(self) -> None:
        """Send what is queued, for two seconds at most, and end."""
        if self._thread.is_alive():
            self._ending.set()
            self._queue.put(None)
            self._thread.join(timeout=2.0)

    def _run(self) -> None:
        ended = False
        while not ended:
            entries = [self._queue.get()]
            self._ending.wait(0 if entries[0] is None else _PAUSE_SECONDS)
            while not self._queue.empty():
                entries.append(self._queue.get())
            spaces: dict[str, list[dict[str, Any]]] = {}
            for entry in entries:
                if entry is None:
                    ended = True
                else:
                    spaces.setdefault(entry[0], []).append(entry[1])
            for namespace, data in spaces.items():
                self._put(namespace, data)

    def _put(self, namespace: str, data: list[dict[str, Any]]) -> None:
        assert self._clients is not None
        try:
            client = self._clients.client("cloudwatch")
            for start in range(0, len(data), _BATCH):
                client.put_metric_data(Namespace=namespace, MetricData=data[start : start + _BATCH])
        except CLOUD_ERRORS as error:
            _log.info("metrics of %s are lost: %s", namespace, error)
