"""A model was trained: have it judged on the hold-out, beside the champion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lifecycle.decision import ApiCall, Decision
from lifecycle.names import processing_job_name
from lifecycle.records import JobRecord
from lifecycle.requests.processing import evaluation_request
from lifecycle.runs import UNSIGNED, past, refused

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.events import ModelTrained, ModelTuned
    from lifecycle.records import ProblemRecord, RunRecord
    from lifecycle.settings import Settings


def decide(
    cause: Cause[ModelTrained | ModelTuned],
    run: RunRecord,
    champion: RunRecord | None,
    settings: Settings,
    *,
    problem: ProblemRecord,
    proven: bool,
) -> Decision:
    """Start the run's one evaluation job; it holds both models against their hashes.

    Args:
        cause: the trained model.
        run: its run.
        champion: the run that serves now, if one does.
        settings: the stack's resources.
        problem: the run's problem.
        proven: whether the hash of the trained model carries the stack's own MAC.
    """
    if run.stage != "trained":
        return past(run)
    if not proven:
        return refused(run, problem, before="evaluation", reason=UNSIGNED, at=cause.time)
    name = processing_job_name("evaluate", run.problem, run.run)
    request = evaluation_request(run, name, champion, settings)
    job = JobRecord(
        job_kind="processing-job",
        name=name,
        problem=run.problem,
        run=run.run,
        leg="judge_candidate",
        started_at=cause.time,
    )
    beside = f" beside the champion {champion.run}" if champion else ""
    return Decision(
        f"Evaluation {name} started on {run.holdout_rows} held-out rows{beside}.",
        problem=run.problem,
        run=run.run,
        records=(run.moved("evaluating", cause.time, champion=champion and champion.run), job),
        calls=(ApiCall("sagemaker", "CreateProcessingJob", request, ("ResourceInUse",)),),
    )
