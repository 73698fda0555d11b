"""The thread that starts each monitoring schedule's executions in time."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from local.sagemaker.monitoring.monitoring_clock import read_expression
from local.sagemaker.monitoring.monitoring_run import MonitoringRun

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

SCHEDULE = "monitoring-schedule"
LONGEST_WAIT = 30.0
_log = logging.getLogger(__name__)


class Scheduler:
    """Looks for schedules that are due; sleeps until the next one is."""

    def __init__(
        self, platform: Platform, work_of: Callable[[Platform, Document], Document]
    ) -> None:
        """Start the thread.

        Args:
            platform: The platform.
            work_of: Tells what a schedule's configuration does.
        """
        self._platform = platform
        self._work_of = work_of
        self._changed = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="monitoring-schedules", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Look again now: a schedule was made or changed."""
        self._changed.set()

    def close(self) -> None:
        """End; executions that run end with the workers."""
        self._ended = True
        self._changed.set()
        self._thread.join(timeout=5.0)

    def _run(self) -> None:
        while not self._ended:
            self._changed.clear()
            try:
                wait = self._start_due()
            except Exception:  # noqa: BLE001 -- one bad schedule must not end all others for good
                _log.exception("the monitoring schedules stumbled")
                wait = LONGEST_WAIT
            self._changed.wait(min(LONGEST_WAIT, max(0.0, wait)))

    def _start_due(self) -> float:
        """Start what is due; returns the seconds until something else is."""
        platform, soonest = self._platform, LONGEST_WAIT
        for schedule in platform.store.list(SCHEDULE):
            due = schedule.get("_Next")
            if due is None:
                continue
            now = platform.now()
            if due <= now:
                later = self._later(schedule, now)
                # Noted first: a run that is lost with the process is better than one that is
                # repeated without an end.
                platform.store.update(SCHEDULE, schedule["MonitoringScheduleName"], _Next=later)
                work = self._work_of(platform, schedule["MonitoringScheduleConfig"])
                MonitoringRun(platform, schedule, work, due).start()
                due = later
            if due is not None:
                soonest = min(soonest, due - now)
        return soonest

    def _later(self, schedule: Document, now: float) -> float | None:
        config = schedule["MonitoringScheduleConfig"].get("ScheduleConfig") or {}
        rhythm = read_expression(config.get("ScheduleExpression", "cron(0 * ? * * *)"))
        if rhythm is None:
            return None
        return rhythm.next_after(now, self._platform.settings.monitoring_hour_seconds)
