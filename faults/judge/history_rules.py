"""The history must be a legal path of the stage table, each step with its cause."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from faults.judge.finding import Finding
from faults.judge.stage_table import RESTS, SAID_BY, may_say, step_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faults.judge.evidence import Evidence
    from faults.judge.table import Row

OUTSIDERS = frozenset({"CompletionMissed", "FetchRequested", "RetrainingStarted"})
"""Own events whose saying is listed under no problem, or that people may say."""


def judge_history(evidence: Evidence) -> Iterator[Finding]:
    """Every finding about the order of things."""
    yield from _paths(evidence)
    yield from _speakers(evidence)
    yield from _causes(evidence)
    yield from _rest(evidence)


def _names(row: Row) -> frozenset[str]:
    return frozenset(entry["DetailType"] for entry in row.get("announced") or ())


def _paths(evidence: Evidence) -> Iterator[Finding]:
    stages: dict[str, str] = defaultdict(str)
    for row in evidence.history:
        run = row.get("run")
        step = step_of(row["leg"], _names(row), frozenset(row.get("calls") or ()))
        if step is None or not run:
            continue
        if stages[run] not in step.before:
            what = f"{row['leg']} moved the run from {stages[run] or 'nothing'} to {step.after}"
            yield Finding("illegal_move", what, f"run {run}, {row['heard']} {row['event_id']}")
        others = [each for each, stage in stages.items() if each != run and stage not in RESTS]
        if step.after == "started" and others:
            what = f"the runs {others[0]} and {run} are under way at once"
            yield Finding("two_runs", what, f"{row['heard']} {row['event_id']}")
        stages[run] = step.after
    recorded = {row["run"]: row["stage"] for row in evidence.rows.get("run", [])}
    for run in sorted({*stages, *recorded}):
        told, kept = stages.get(run, ""), recorded.get(run, "")
        if told != kept:
            what = f"the history ends in {told or 'nothing'} and the run is {kept or 'not there'}"
            yield Finding("history_differs", what, f"run {run}")


def _speakers(evidence: Evidence) -> Iterator[Finding]:
    for said in evidence.said:
        if not may_say(said.leg, said.name):
            yield Finding("not_its_to_say", f"{said.leg} said {said.name}", said.where)
        if said.data.get("problem") != evidence.problem:
            what = f"{said.leg} spoke of {said.data.get('problem')} for {evidence.problem}"
            yield Finding("other_problem", what, said.where)


def _causes(evidence: Evidence) -> Iterator[Finding]:
    """An own event that a leg answered was said, by a row written before."""
    own = {name for names in SAID_BY.values() for name in names} - OUTSIDERS
    said = {event.id: event for event in evidence.said}
    for row in evidence.history:
        if row["heard"] not in own:
            continue
        where = f"{row['leg']}, {row['heard']} {row['event_id']}"
        cause = said.get(row["event_id"])
        if cause is None:
            yield Finding("unknown_cause", f"no leg said the {row['heard']} it answered", where)
        elif cause.at > row["at"]:
            what = f"it answered at {row['at']} what was recorded at {cause.at}"
            yield Finding("before_its_cause", what, where)


def _rest(evidence: Evidence) -> Iterator[Finding]:
    """At the end nothing is under way."""
    for run in evidence.rows.get("run", []):
        if run["stage"] not in RESTS:
            yield Finding("not_at_rest", f"the run stays {run['stage']}", f"run {run['run']}")
    problem = evidence.definition
    active = problem.get("active_run") if problem else None
    row = evidence.run(active) if active else None
    if active and (row is None or row["stage"] != "waiting_for_approval"):
        what = f"run {active} is said to be under way and is {row['stage'] if row else 'not there'}"
        yield Finding("not_at_rest", what, f"problem {evidence.problem}")
