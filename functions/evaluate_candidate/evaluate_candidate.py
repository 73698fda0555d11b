"""A model was trained: have it judged on the hold-out, beside the champion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lifecycle.decision import ApiCall, Decision
from lifecycle.names import processing_job_name
from lifecycle.records import JobRecord
from lifecycle.requests.processing import evaluation_request
from lifecycle.runs import past

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.events import ModelTrained, ModelTuned
    from lifecycle.records import RunRecord
    from lifecycle.settings import Settings


def decide(
    cause: Cause[ModelTrained | ModelTuned],
    run: RunRecord,
    champion: str | None,
    settings: Settings,
) -> Decision:
    """Start the run's one evaluation job.

    Args:
        cause: the trained model.
        run: its run.
        champion: the run that serves now, if one does.
        settings: the stack's resources.
    """
    if run.stage != "trained":
        return past(run)
    name = processing_job_name("evaluate", run.problem, run.run)
    champion_uri = (
        settings.run_uri(run.problem, champion, "model", "model.tar.gz") if champion else None
    )
    request = evaluation_request(run, name, champion_uri, settings)
    job = JobRecord(
        job_kind="processing-job",
        name=name,
        problem=run.problem,
        run=run.run,
        leg="judge_candidate",
        started_at=cause.time,
    )
    beside = f" beside the champion {champion}" if champion else ""
    return Decision(
        f"Evaluation {name} started on {run.holdout_rows} held-out rows{beside}.",
        problem=run.problem,
        run=run.run,
        records=(run.moved("evaluating", cause.time, champion=champion), job),
        calls=(ApiCall("sagemaker", "CreateProcessingJob", request, ("ResourceInUse",)),),
    )
