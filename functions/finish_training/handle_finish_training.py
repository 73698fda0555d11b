"""Hears: a training or tuning job ended. Says: ModelTrained, ModelTuned or TrainingFailed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from finish_training import decide
from lifecycle.aws_events import JobEnded
from lifecycle.completions import job_end
from lifecycle.errors import RecordMissingError
from lifecycle.events import CompletionMissed
from lifecycle.leg import leg
from lifecycle.model_proof import prove

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.model_proof import Proof
    from lifecycle.ports import Ports
    from lifecycle.records import RunRecord


@leg(JobEnded, CompletionMissed)
def lambda_handler(cause: Cause[JobEnded | CompletionMissed], ports: Ports) -> Decision:
    """Find the run by its job row, and ask SageMaker which training was the best."""
    end = job_end(cause.event)
    job = ports.records.job(end.kind, end.name)
    run = ports.records.run(job.problem, str(job.run))
    problem = ports.records.problem(job.problem)
    if problem is None:
        raise RecordMissingError(f"problem {job.problem} is not recorded")
    best = _best(end, ports) if run.stage == "training" else None
    proof = _proof(run, best, ports)
    return decide(cause, end, job=job, run=run, problem=problem, best=best, proof=proof)


def _proof(run: RunRecord, best: dict[str, Any] | None, ports: Ports) -> Proof | None:
    """The signed hash of the best model's archive, taken as soon as its training has ended."""
    if best is None:
        return None
    try:
        sha256 = ports.objects.sha256(best["ModelArtifacts"]["S3ModelArtifacts"])
    except FileNotFoundError:
        return None
    return prove(run, "trained", sha256, ports)


def _best(end: JobEnded, ports: Ports) -> dict[str, Any] | None:
    """The training that made the model, or None when there is no model."""
    training = end.name
    if end.kind == "hyper-parameter-tuning-job":
        request = {"HyperParameterTuningJobName": end.name}
        tuning = ports.api.describe("sagemaker", "DescribeHyperParameterTuningJob", request) or {}
        training = (tuning.get("BestTrainingJob") or {}).get("TrainingJobName", "")
    if not training:
        return None
    request = {"TrainingJobName": training}
    found = ports.api.describe("sagemaker", "DescribeTrainingJob", request)
    # Stopped trainings (early stopping, a runtime limit) have a model; failed ones do not.
    usable = found and found["TrainingJobStatus"] in {"Completed", "Stopped"}
    return found if usable and (found or {}).get("ModelArtifacts") else None
