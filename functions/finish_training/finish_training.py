"""A training or tuning job ended: take up its model, or tell why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lifecycle.decision import Decision
from lifecycle.events import ModelTrained, ModelTuned
from lifecycle.prices import cost_of
from lifecycle.requests.training import run_objective
from lifecycle.runs import failed, past

if TYPE_CHECKING:
    from lifecycle.aws_events import JobEnded
    from lifecycle.cause import Cause
    from lifecycle.model_proof import Proof
    from lifecycle.records import JobRecord, ProblemRecord, RunRecord

CURE = (
    "Read the job's log (CloudWatch Logs, /aws/sagemaker/TrainingJobs), mend the cause, and drop "
    "the data or problem.yaml again."
)


def decide(
    cause: Cause[Any],
    end: JobEnded,
    *,
    job: JobRecord,
    run: RunRecord,
    problem: ProblemRecord,
    best: dict[str, Any] | None,
    proof: Proof | None,
) -> Decision:
    """Move the run on with its best model, or end it.

    Args:
        cause: what was heard.
        end: the job's end, whoever told of it.
        job: the job's row.
        run: the run it belongs to.
        problem: the run's problem.
        best: DescribeTrainingJob of the training that made the best model, if there is one.
        proof: what its archive is, signed; None if there is no archive.
    """
    if run.stage != "training":
        return past(run)
    if best is None:
        reason = end.reason or f"the job ended as {end.status} and made no model"
        return failed(run, problem, job, reason=reason, cure=CURE, at=cause.time)
    if proof is None:
        reason = f"{best['ModelArtifacts']['S3ModelArtifacts']} is not there"
        return failed(run, problem, job, reason=reason, cure=CURE, at=cause.time)
    objective = run_objective(run)
    score = next(
        (
            float(metric["Value"])
            for metric in best.get("FinalMetricDataList") or []
            if metric["MetricName"] == objective.metric_name
        ),
        None,
    )
    model_uri = best["ModelArtifacts"]["S3ModelArtifacts"]
    moved = run.moved(
        "trained",
        cause.time,
        best_training_job=best["TrainingJobName"],
        trained_model_uri=model_uri,
        trained_sha256=proof.sha256,
        trained_mac=proof.mac,
        tuned_score=score,
        cost_usd=run.cost_usd + _cost(end, run, best),
    )
    shared = {
        "problem": run.problem,
        "run": run.run,
        "job": end.name,
        "training_job": best["TrainingJobName"],
        "metric": objective.metric_name,
        "score": score,
        "model_uri": model_uri,
    }
    tuned = end.kind == "hyper-parameter-tuning-job"
    said = (
        ModelTuned(jobs=run.definition["tune"]["jobs"], **shared)
        if tuned
        else ModelTrained(**shared)
    )
    value = "unknown" if score is None else f"{score:.4f}"
    return Decision(
        f"{best['TrainingJobName']} made the best model: {objective.metric_name} {value}.",
        problem=run.problem,
        run=run.run,
        records=(moved, job.model_copy(update={"ended": True})),
        events=(said,),
    )


def _cost(end: JobEnded, run: RunRecord, best: dict[str, Any]) -> float:
    """An estimate: the best training's billable seconds stand for each of the tuning job's."""
    jobs = run.definition["tune"]["jobs"] if end.kind == "hyper-parameter-tuning-job" else 1
    seconds = best.get("BillableTimeInSeconds") or best.get("TrainingTimeInSeconds") or 0
    train = run.definition["train"]
    return jobs * (cost_of(seconds, train["instance"], 1, spot=train["spot"]) or 0.0)
