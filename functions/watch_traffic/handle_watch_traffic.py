"""Hears: captured traffic landed in the lake. Says: DriftDetected."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from lifecycle.aws_events import ObjectCreated
from lifecycle.events import ColumnDrift
from lifecycle.leg import leg
from lifecycle.names import digest
from lifecycle.records import WatchRecord
from science import reports
from science.capture import read_capture, told_columns
from science.drift import drift_report
from science.monitor_files import constraints, violations
from science.served_steps import stepped
from science.sketch import Sketch
from watch_traffic import current_window, decide, decide_unwatched

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports


@leg(ObjectCreated, fair=True)
def lambda_handler(cause: Cause[ObjectCreated], ports: Ports) -> Decision:
    """Count the new rows into the window's sketch, and hold it against the training data."""
    problem = ports.records.problem(cause.event.problem)
    if problem is None or problem.champion is None:
        return decide_unwatched(cause.event.problem)
    run = problem.champion
    prepared, baseline = _baseline(problem.problem, run, ports)
    traffic = read_capture(ports.objects.read(cause.event.uri).splitlines(), prepared)
    row = WatchRecord(problem=problem.problem, run=run)
    watch = current_window(ports.records.get(row) or row, problem, cause.time)
    told = told_columns(traffic.columns, prepared)
    window = Sketch.from_columns(baseline, stepped(prepared, told))
    if watch.window_uri:
        window = Sketch.from_json(ports.objects.read(watch.window_uri)).merge(window)
    mark = digest(watch.window_uri or "", cause.event.uri)
    uri = ports.settings.lake(problem.problem, "watch", run, f"{mark}.json")
    ports.objects.write(uri, window.to_json().encode(), "application/json")
    threshold = float(problem.definition["monitor"]["drift"])
    about = {"run": run, "started_at": watch.window_started_at, "ended_at": cause.time}
    report = drift_report(prepared, baseline, window, threshold=threshold, about=about)
    drifted = tuple(_moved(item) for item in report["columns"] if item["drifted"])
    reports_uri = ports.settings.run_uri(problem.problem, run, "reports")
    if drifted and not watch.drift_announced:
        document = constraints(baseline, threshold)
        broken = violations(document, baseline, window, drift=threshold)
        _keep(ports, reports_uri, report, broken)
    return decide(
        cause,
        watch,
        rows=window.rows,
        window_uri=uri,
        drifted=drifted,
        report_uri=f"{reports_uri}/drift.html",
    )


def _moved(item: dict[str, Any]) -> ColumnDrift:
    names = ("column", "statistic", "value", "threshold")
    return ColumnDrift(**{name: item[name] for name in names})


@lru_cache(maxsize=16)
def _baseline(problem: str, run: str, ports: Ports) -> tuple[dict[str, Any], Sketch]:
    """The prepared problem and the training data's sketch: they never change, so they are kept."""
    folder = ports.settings.run_uri(problem, run, "prepared", "documents")
    prepared = json.loads(ports.objects.read(f"{folder}/problem.json"))
    return prepared, Sketch.from_json(ports.objects.read(f"{folder}/baseline.json"))


def _keep(ports: Ports, folder: str, report: dict[str, Any], broken: dict[str, Any]) -> None:
    page = reports.render("drift", report).encode()
    ports.objects.write(f"{folder}/drift.html", page, "text/html; charset=utf-8")
    for name, document in (("drift", report), ("constraint_violations", broken)):
        body = json.dumps(document, indent=2).encode()
        ports.objects.write(f"{folder}/{name}.json", body, "application/json")
