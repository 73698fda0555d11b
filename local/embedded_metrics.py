"""Metrics that a program writes into its log: CloudWatch's embedded metric format."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Metric:
    """The values of one metric under one set of dimensions."""

    namespace: str
    name: str
    dimensions: dict[str, str]
    unit: str
    timestamp: float
    values: list[float]


def read_metrics(log: str, *, now: float) -> Iterator[Metric]:
    """Find the metrics in a log (CloudWatch, "Specification: Embedded metric format").

    Args:
        log: Lines of a log; those that are no metric line are passed over.
        now: Seconds since the epoch, for lines that carry no time.
    """
    for line in log.splitlines():
        if not line.startswith("{") or '"_aws"' not in line:
            continue
        try:
            yield from _read_document(json.loads(line), now)
        except (ValueError, TypeError, KeyError, AttributeError):
            continue  # CloudWatch Logs, too, keeps a malformed line as text and no more


def _read_document(document: dict[str, Any], now: float) -> Iterator[Metric]:
    metadata = document["_aws"]
    timestamp = metadata["Timestamp"] / 1000 if "Timestamp" in metadata else now
    for directive in metadata["CloudWatchMetrics"]:
        for names in directive.get("Dimensions") or [[]]:
            dimensions = {name: str(document[name]) for name in names}
            for definition in directive["Metrics"]:
                name, unit = definition["Name"], definition.get("Unit", "None")
                given = document[name] if isinstance(document[name], list) else [document[name]]
                values = [float(value) for value in given]
                yield Metric(directive["Namespace"], name, dimensions, unit, timestamp, values)
