"""Keeps the lineage graph up to date by listening to state changes, in a thread of its own.

What a killed process did not get to is found at the next start, by what is missing.
"""

from __future__ import annotations

import logging
import queue
import threading
from typing import TYPE_CHECKING

from local.sagemaker.assembly import at_end, at_start
from local.sagemaker.lineage.lineage_deployments import (
    ENDPOINT,
    PACKAGE,
    track_endpoint,
    track_package,
)
from local.sagemaker.lineage.lineage_entities import ACTION
from local.sagemaker.lineage.lineage_jobs import PROCESSING, TRAINING, TRANSFORM, track_job, tracked

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

JOBS = frozenset({TRAINING, PROCESSING, TRANSFORM})
_WORDS = {TRAINING: "Training", PROCESSING: "Processing", TRANSFORM: "Transform"}
_log = logging.getLogger(__name__)


class LineageTracker:
    """Takes up resources whose state changed, one after the other."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._queue: queue.Queue[str | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name="lineage", daemon=True)
        self._thread.start()

    def tell(self, _detail_type: str, arn: str) -> None:
        """Note that a resource's state changed; returns at once."""
        self._queue.put(arn)

    def close(self) -> None:
        """Take up what is noted, for two seconds at most, and end."""
        self._queue.put(None)
        self._thread.join(timeout=2.0)

    def _run(self) -> None:
        while (arn := self._queue.get()) is not None:
            try:
                track(self._platform, arn)
            except Exception:  # noqa: BLE001 -- one odd resource must not end the graph of all others
                if not self._platform.closing:
                    _log.exception("no lineage of %s", arn)


def track(platform: Platform, arn: str) -> None:
    """Bring the lineage of one resource up to date; nothing happens for other kinds."""
    found = platform.store.find_by_arn(arn)
    if found is None:
        return
    kind, _, document = found
    if kind in JOBS:
        if not tracked(platform, kind, document):
            track_job(platform, kind, document)
    elif kind == PACKAGE:
        track_package(platform, document)
    elif kind == ENDPOINT:
        track_endpoint(platform, document)


@at_start
def begin_tracking(platform: Platform) -> None:
    """Listen, and catch up with what happened to jobs, packages and endpoints meanwhile."""
    tracker = LineageTracker(platform)
    platform.active["lineage", ""] = tracker
    platform.events.listen(tracker.tell)
    for kind in JOBS:
        for job in platform.store.list(kind):
            if not tracked(platform, kind, job):
                tracker.tell("", job[f"{_WORDS[kind]}JobArn"])
    known = {action["Source"]["SourceUri"] for action in platform.store.list(ACTION)}
    for kind, member in ((PACKAGE, "ModelPackageArn"), (ENDPOINT, "EndpointArn")):
        for document in platform.store.list(kind):
            if document[member] not in known:
                tracker.tell("", document[member])


@at_end
def end_tracking(platform: Platform) -> None:
    """Take up what was told last."""
    tracker: LineageTracker | None = platform.active.pop(("lineage", ""), None)
    if tracker is not None:
        tracker.close()
