"""TrainingJobEarlyStoppingType Auto: stop a training that is worse than the others were by then.

Page "Stop Training Jobs Early": after each epoch, the value is compared with the median of the
running averages that the earlier jobs had up to the same epoch; worse means stop.
"""

from __future__ import annotations

import statistics
import threading

_JOBS_BEFORE = 3  # a median of fewer says little
_EPOCHS_BEFORE = 5


class MedianRule:
    """Remembers every job's running averages; safe to use from many threads."""

    def __init__(self, *, maximize: bool) -> None:
        self._maximize = maximize
        self._sums: dict[str, list[float]] = {}
        self._done: set[str] = set()
        self._lock = threading.Lock()

    def should_stop(self, job: str, value: float) -> bool:
        """Take up a job's next epoch and tell whether the job should stop."""
        with self._lock:
            sums = self._sums.setdefault(job, [])
            sums.append((sums[-1] if sums else 0.0) + value)
            epoch = len(sums)
            others = [
                self._sums[other][epoch - 1] / epoch
                for other in self._done
                if len(self._sums.get(other, ())) >= epoch
            ]
        if len(others) < _JOBS_BEFORE or epoch <= _EPOCHS_BEFORE:
            return False
        median = statistics.median(others)
        return value < median if self._maximize else value > median

    def finished(self, job: str) -> None:
        """From now on the others are compared with this job too."""
        with self._lock:
            self._done.add(job)
