"""Reads metrics out of log lines as SageMaker does: regular expression, first group, last value.

Page "Use Amazon CloudWatch Metrics to Monitor and Analyze Training Jobs".
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.sagemaker.jobs.built_in import Algorithm

type Document = dict[str, Any]

MOST_POINTS = 2_000


class MetricReader:
    """Collects the values of each metric.

    Attributes:
        last: Metric name → (value, seconds since the epoch).
        points: Every value in the order of the log, `MOST_POINTS` at most, as BatchPutMetrics has
            them; Timestamp in seconds since the epoch.
    """

    def __init__(
        self,
        definitions: list[Document] | None,
        clock: Callable[[], float],
        algorithm: Algorithm | None = None,
    ) -> None:
        """Compile the definitions.

        Args:
            definitions: The request's MetricDefinitions.
            clock: Seconds since the epoch.
            algorithm: The built-in algorithm whose own metrics are read as well.
        """
        self._expressions = [
            (definition["Name"], re.compile(definition["Regex"]))
            for definition in definitions or []
        ]
        self._algorithm = algorithm
        self._clock = clock
        self.last: dict[str, tuple[float, float]] = {}
        self.points: list[Document] = []

    def read(self, line: str) -> None:
        """Take up one line; TABs must be written `#011`."""
        if self._algorithm is not None:
            for name, text in self._algorithm.read_metrics(line):
                self._take(name, text)
        for name, expression in self._expressions:
            if match := expression.search(line):
                self._take(name, match.group(1) if expression.groups else match.group(0))

    def final(self) -> list[Document]:
        """FinalMetricDataList."""
        return [
            {"MetricName": name, "Value": value, "Timestamp": when}
            for name, (value, when) in self.last.items()
        ]

    def _take(self, name: str, text: str | None) -> None:
        try:
            value = float(text or "")
        except ValueError:
            return  # the expression matched a word; SageMaker ignores it too
        now = round(self._clock(), 3)
        self.last[name] = (value, now)
        if len(self.points) < MOST_POINTS and math.isfinite(value):
            self.points.append({"MetricName": name, "Value": value, "Timestamp": now})


def invalid_definition(definitions: list[Document] | None) -> str | None:
    """The first definition whose expression does not compile, said so; None if all do."""
    for definition in definitions or []:
        try:
            re.compile(definition["Regex"])
        except re.error as error:
            return f"Invalid regular expression of metric {definition['Name']}: {error}"
    return None
