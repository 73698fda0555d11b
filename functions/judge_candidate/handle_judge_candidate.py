"""Hears: an evaluation ended. Says: CandidateEvaluated, and Approved, Rejected or Requested.

Or ModelRefused, where a model is not what was made.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from judge_candidate import decide, decide_failed
from lifecycle.aws_events import JobEnded
from lifecycle.completions import job_end
from lifecycle.errors import RecordMissingError
from lifecycle.events import CompletionMissed
from lifecycle.leg import leg
from lifecycle.model_proof import doubt, prove
from lifecycle.prices import cost_of
from lifecycle.records import MonthRecord
from lifecycle.runs import past, refused

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports
    from lifecycle.records import RunRecord


@leg(JobEnded, CompletionMissed)
def lambda_handler(cause: Cause[JobEnded | CompletionMissed], ports: Ports) -> Decision:
    """Find the run by its job row, and read the report that the job wrote."""
    end = job_end(cause.event)
    job = ports.records.job(end.kind, end.name)
    run = ports.records.run(job.problem, str(job.run))
    problem = ports.records.problem(job.problem)
    if problem is None:
        raise RecordMissingError(f"problem {job.problem} is not recorded")
    if not end.completed:
        return decide_failed(cause, end, job, run, problem)
    if run.stage != "evaluating":
        return past(run)
    report = ports.settings.run_uri(run.problem, run.run, "reports", "evaluation.json")
    row = MonthRecord(problem=run.problem, month=cause.time[:7])
    evaluation = json.loads(ports.objects.read(report))
    packed = evaluation["model"]["sha256"]
    why = doubt(run, packed, ports)
    if why:
        return refused(run, problem, before="registration", reason=why, at=cause.time, job=job)
    return decide(
        cause,
        job=job,
        run=run,
        problem=problem,
        month=ports.records.get(row) or row,
        evaluation=evaluation,
        proof=prove(run, "package", packed, ports),
        cost=_cost(end, run, ports),
        settings=ports.settings,
    )


def _cost(end: JobEnded, run: RunRecord, ports: Ports) -> float:
    """What the evaluation cost, by its own times; 0 where its instance has no listed price."""
    request = {"ProcessingJobName": end.name}
    found = ports.api.describe("sagemaker", "DescribeProcessingJob", request) or {}
    started, ended = found.get("ProcessingStartTime"), found.get("ProcessingEndTime")
    if not started or not ended:
        return 0.0
    seconds = (ended - started).total_seconds()
    return cost_of(seconds, run.definition["train"]["instance"], 1, spot=False) or 0.0
