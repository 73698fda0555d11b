"""The rows are prepared: search for the best model, or train one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lifecycle.decision import ApiCall, Decision
from lifecycle.events import TrainingStarted, TuningStarted
from lifecycle.names import job_name
from lifecycle.records import JobRecord
from lifecycle.requests.training import training_request, tuning_request
from lifecycle.runs import past

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.events import DataPrepared
    from lifecycle.records import RunRecord
    from lifecycle.settings import Settings


def decide(cause: Cause[DataPrepared], run: RunRecord, settings: Settings) -> Decision:
    """Start the run's one tuning or training job; its name makes a second start meet the first."""
    if run.stage != "prepared":
        return past(run)
    name = job_name(run.problem, run.run, "train")
    tune = run.definition["tune"]
    tuned = tune["strategy"] != "none" and tune["jobs"] > 1
    if tuned:
        kind, request = "hyper-parameter-tuning-job", tuning_request(run, name, settings)
        call = ApiCall("sagemaker", "CreateHyperParameterTuningJob", request, ("ResourceInUse",))
        reason = f"Tuning {name}: {tune['jobs']} trainings, {tune['parallel']} at a time."
    else:
        kind, request = "training-job", training_request(run, name, settings)
        call = ApiCall("sagemaker", "CreateTrainingJob", request, ("ResourceInUse",))
        reason = f"Training {name} started."
    job = JobRecord(
        job_kind=kind,
        name=name,
        problem=run.problem,
        run=run.run,
        leg="finish_training",
        started_at=cause.time,
    )
    said = (
        TuningStarted(problem=run.problem, run=run.run, job=name, jobs=tune["jobs"])
        if tuned
        else TrainingStarted(problem=run.problem, run=run.run, job=name)
    )
    return Decision(
        reason,
        problem=run.problem,
        run=run.run,
        records=(run.moved("training", cause.time, training_job=name), job),
        calls=(call,),
        events=(said,),
    )
