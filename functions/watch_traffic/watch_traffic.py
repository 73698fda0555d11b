"""Captured traffic landed: what the window now shows, and whether the world must hear of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lifecycle.clock import seconds_between
from lifecycle.decision import Decision
from lifecycle.events import ColumnDrift, DriftDetected
from lifecycle.problem import seconds

if TYPE_CHECKING:
    from lifecycle.aws_events import ObjectCreated
    from lifecycle.cause import Cause
    from lifecycle.records import ProblemRecord, WatchRecord


def decide_unwatched(problem: str) -> Decision:
    """No model of this stack answers the traffic."""
    return Decision("Traffic of no model of ours; nothing to hold it against.", problem=problem)


def current_window(watch: WatchRecord, problem: ProblemRecord, time: str) -> WatchRecord:
    """The window that traffic of this moment belongs to: the one under way, or a new one."""
    every = seconds(problem.definition["monitor"]["every"])
    fresh = not watch.window_started_at
    if not fresh and seconds_between(watch.window_started_at, time) < every:
        return watch
    return watch.model_copy(
        update={
            "window_started_at": time,
            "window_rows": 0,
            "window_uri": None,
            "drift_announced": False,
        }
    )


def decide(
    _cause: Cause[ObjectCreated],
    watch: WatchRecord,
    *,
    rows: int,
    window_uri: str,
    drifted: tuple[ColumnDrift, ...],
    report_uri: str,
) -> Decision:
    """Move the window on; announce drift once a window.

    Args:
        _cause: the landed capture file.
        watch: the window before this file.
        rows: rows in the window with this file.
        window_uri: where the merged sketch lies.
        drifted: columns that have moved too far, the farthest first.
        report_uri: where the drift report lies.
    """
    announce = bool(drifted) and not watch.drift_announced
    moved = watch.model_copy(
        update={
            "window_rows": rows,
            "window_uri": window_uri,
            "drift_announced": watch.drift_announced or announce,
        }
    )
    said = DriftDetected(
        problem=watch.problem, run=watch.run, rows=rows, columns=drifted, report_uri=report_uri
    )
    told = ", ".join(f"{c.column} ({c.statistic} {c.value:.3f})" for c in drifted[:3])
    finding = f"drifted: {told}" if drifted else "like the training data"
    return Decision(
        f"{rows} rows of traffic in this window, {finding}.",
        problem=watch.problem,
        run=watch.run,
        records=(moved,),
        events=(said,) if announce else (),
    )
