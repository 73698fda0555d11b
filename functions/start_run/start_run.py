"""Something changed that a new model could learn from: start a run, or say why not yet."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lifecycle.decision import ApiCall, Decision
from lifecycle.events import BudgetExceeded, RunStarted
from lifecycle.names import digest, run_id
from lifecycle.personal import protection
from lifecycle.prices import estimate_run
from lifecycle.records import ProblemRecord, RunRecord
from lifecycle.retention import unexpired
from lifecycle.snapshots import Snapshots, snapshot_settings, usable

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.events import Event
    from lifecycle.records import InputRecord, MonthRecord
    from lifecycle.settings import Settings

GROWTH = 2
"""Streamed rows ask for another run, where there is no model yet, once there are twice as many."""


def decide(
    cause: Cause[Event],
    problem: ProblemRecord | None,
    inputs: list[InputRecord],
    month: MonthRecord,
    settings: Settings,
    *,
    snapshots: Snapshots | None = None,
) -> Decision:
    """Start a run over all rows, unless there is nothing new, too little, or one under way.

    Args:
        cause: data, a definition, a wish to retrain, or the end of the run before.
        problem: the problem, if it is defined.
        inputs: all that was ever taken in for it.
        month: what its runs have cost this month.
        settings: the stack's resources.
        snapshots: the problem's snapshots; inputs in an open one count for nothing yet.
    """
    name = cause.event.problem
    taken = [row for row in inputs if row.uri and row.rows and row.purpose == "data"]
    if problem is None:
        total = sum(row.rows for row in taken)
        return Decision(f"{total} rows wait until {name}/problem.yaml lands.", problem=name)
    taken = unexpired(taken, problem.definition, cause.time)
    taken = [row for row in taken if row.protection == protection(problem.definition)]
    replace = snapshot_settings(problem.definition)["replace"]
    learned = usable(taken, snapshots or Snapshots(name, ()), replace)
    rows = sum(row.rows for row in learned)
    if problem.active_run:
        reason = f"Run {problem.active_run} is under way; a new one starts when it ends."
        return Decision(reason, problem=name, run=problem.active_run)
    because = _because(problem, learned, rows)
    if because is None:
        left = len(taken) - len(learned)
        wait = f" {left} file(s) belong to an open snapshot or were replaced." if left else ""
        return Decision(f"There is nothing new to learn from.{wait}", problem=name)
    least = problem.definition["data"]["minimum_rows"]
    if rows < least:
        reason = f"{rows} of at least {least} rows are there; waiting for {least - rows} more."
        return Decision(reason, problem=name)
    held = _over_budget(problem, month)
    if held:
        return Decision(
            f"No run: this month's budget of {held.allowed_usd} USD does not allow it.",
            problem=name,
            events=(held,),
        )
    return _start(cause, problem, learned, because, settings)


def _because(problem: ProblemRecord, learned: list[InputRecord], rows: int) -> str | None:
    """Why a run is due, or None."""
    if problem.retrain_because:
        return problem.retrain_because
    if problem.definition_version > problem.used_definition and problem.used_definition:
        return "redefined"
    if _has_other_files(problem, learned):
        return "data"
    if not problem.last_run:
        return "data" if learned else None
    grown = rows >= GROWTH * problem.last_run_rows
    return "data" if grown and not problem.champion else None


def _has_other_files(problem: ProblemRecord, learned: list[InputRecord]) -> bool:
    if problem.used_mark:
        return _files(learned) not in {problem.used_mark, ""}
    # A row that an older version wrote has counted its files only.
    return sum(row.origin != "stream" for row in learned) > problem.used_files


def _files(learned: list[InputRecord]) -> str:
    """A fingerprint of all inputs but streamed ones; empty when there are none.

    A fingerprint, since a file that replaces another leaves their number as it was, and so do
    newer rows of a database.
    """
    marks = sorted(f"{row.digest}{row.renewed}" for row in learned if row.origin != "stream")
    return digest(*marks) if marks else ""


def _over_budget(problem: ProblemRecord, month: MonthRecord) -> BudgetExceeded | None:
    budget = problem.definition["budget"]
    needed = estimate_run(problem.definition) or 0.0
    for limit, spent in (("usd_per_run", 0.0), ("usd_per_month", month.usd)):
        allowed = budget[limit]
        if allowed is not None and spent + needed > allowed:
            return BudgetExceeded(
                problem=problem.problem,
                limit=limit,
                allowed_usd=allowed,
                needed_usd=round(spent + needed, 4),
            )
    return None


def _start(
    cause: Cause[Any],
    problem: ProblemRecord,
    learned: list[InputRecord],
    because: str,
    settings: Settings,
) -> Decision:
    name = problem.problem
    run = run_id(cause.time, cause.id)
    rows = sum(row.rows for row in learned)
    moved = problem.model_copy(
        update={
            "active_run": run,
            "last_run": run,
            "last_run_rows": rows,
            "used_definition": problem.definition_version,
            "used_inputs": len(learned),
            "used_files": sum(row.origin != "stream" for row in learned),
            "used_mark": _files(learned),
            "retrain_because": None,
        }
    )
    record = RunRecord(
        problem=name,
        run=run,
        because=because,
        started_at=cause.time,
        stage_at=cause.time,
        definition=problem.definition,
        definition_version=problem.definition_version,
        inputs=len(learned),
        rows=rows,
        bytes=sum(row.bytes for row in learned),
        champion=problem.champion,
    )
    listing = {
        "Bucket": settings.lake_bucket,
        "Key": f"{name}/runs/{run}/inputs.json",
        "Body": json.dumps(_listed(learned)).encode(),
        "ContentType": "application/json",
    }
    return Decision(
        f"Run {run} started over {rows} rows of {len(learned)} input(s), because of {because}.",
        problem=name,
        run=run,
        records=(moved, record),
        calls=(ApiCall("s3", "PutObject", listing),),
        events=(
            RunStarted(problem=name, run=run, because=because, inputs=len(learned), rows=rows),
        ),
    )


def _listed(learned: list[InputRecord]) -> dict[str, Any]:
    """What the run learns from: where it lies, and for its report whence it came.

    By name: sums of rows in another order differ in their last digits, and the same files should
    make the same features, whatever the problem is called and whichever file was read first.
    """
    keys = {"source", "at", "rows", "changes"}
    ordered = sorted(learned, key=lambda row: (row.source, row.digest))
    files = [row.model_dump(mode="json", include=keys) for row in ordered]
    return {"inputs": [row.uri for row in ordered], "files": files}
