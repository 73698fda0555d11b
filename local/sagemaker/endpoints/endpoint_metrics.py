"""CloudWatch metrics of endpoints: counted while requests are answered, sent once a second.

Namespace `AWS/SageMaker`, dimensions EndpointName and VariantName, and with EndpointConfigName
beside them for alarms on the new fleet of a deployment alone ("Monitor SageMaker AI in
CloudWatch").
A second's values of one metric travel as one datum with `Values` and `Counts`, so that sums,
averages and percentiles are those of the single requests.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

type Document = dict[str, Any]
type Key = tuple[str, str, str]
"""Endpoint, variant, endpoint configuration."""

NAMESPACE = "AWS/SageMaker"
_MOST_VALUES = 150  # of one datum (PutMetricData)
_MOST_DATA = 500  # of one call: a thousand is the limit, a megabyte too
_log = logging.getLogger(__name__)


class EndpointMetrics:
    """Collects and sends; recording takes microseconds and never waits for the cloud."""

    def __init__(self, send: Callable[[list[Document]], None], every: float = 1.0) -> None:
        """Start the sending thread.

        Args:
            send: Takes the data of one PutMetricData call.
            every: Seconds between two calls.
        """
        self._send = send
        self._every = every
        self._lock = threading.Lock()
        self._counts: dict[tuple[Key, str, str], Counter[float]] = {}
        self._invocations: Counter[tuple[str, str]] = Counter()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="endpoint-metrics", daemon=True)
        self._thread.start()

    def record(self, key: Key, status: int, model_seconds: float, overhead_seconds: float) -> None:
        """Count one request.

        Args:
            key: Who answered.
            status: The model's HTTP status; 0 when it gave none.
            model_seconds: What the model took.
            overhead_seconds: What the endpoint took beside it.
        """
        failed = status == 0 or status >= 500
        values = {
            ("Invocations", "Count"): 1.0,
            ("InvocationsPerInstance", "Count"): 1.0,
            ("Invocation4XXErrors", "Count"): float(400 <= status < 500),
            ("Invocation5XXErrors", "Count"): float(failed),
            ("InvocationModelErrors", "Count"): float(failed or status >= 400),
            ("ModelLatency", "Microseconds"): float(round(model_seconds * 1e6)),
            ("OverheadLatency", "Microseconds"): float(round(overhead_seconds * 1e6)),
        }
        with self._lock:
            self._invocations[key[:2]] += 1
            for (name, unit), value in values.items():
                self._counts.setdefault((key, name, unit), Counter())[value] += 1

    def invocations(self, endpoint: str, variant: str) -> int:
        """Requests of a variant that were counted since the start."""
        with self._lock:
            return self._invocations[endpoint, variant]

    def flush(self) -> None:
        """Send what was collected."""
        with self._lock:
            counts, self._counts = self._counts, {}
        data = [datum for entry in counts.items() for datum in _data(*entry)]
        for start in range(0, len(data), _MOST_DATA):
            self._send(data[start : start + _MOST_DATA])

    def close(self) -> None:
        """Send what is left and end."""
        self._ended.set()
        self._thread.join(timeout=5.0)

    def _run(self) -> None:
        while not self._ended.wait(self._every):
            self.flush()
        self.flush()


def sender(client: Callable[[], Any]) -> Callable[[list[Document]], None]:
    """A function that sends data to CloudWatch; values that it refuses are lost, and said so."""

    def send(data: list[Document]) -> None:
        try:
            client().put_metric_data(Namespace=NAMESPACE, MetricData=data)
        except (BotoCoreError, ClientError) as error:
            _log.warning("metrics of endpoints are lost: %s", error)

    return send


def _data(counted: tuple[Key, str, str], counts: Counter[float]) -> list[Document]:
    (endpoint, variant, config), name, unit = counted
    dimensions = [
        {"Name": "EndpointName", "Value": endpoint},
        {"Name": "VariantName", "Value": variant},
    ]
    with_config = [*dimensions, {"Name": "EndpointConfigName", "Value": config}]
    pairs = sorted(counts.items())
    now = time.time()
    return [
        {
            "MetricName": name,
            "Dimensions": wanted,
            "Timestamp": now,
            "Unit": unit,
            "Values": [value for value, _ in pairs[start : start + _MOST_VALUES]],
            "Counts": [float(count) for _, count in pairs[start : start + _MOST_VALUES]],
        }
        for wanted in (dimensions, with_config)
        for start in range(0, len(pairs), _MOST_VALUES)
    ]
