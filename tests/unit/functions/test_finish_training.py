"""What becomes of a run when its training or tuning job ends."""

from __future__ import annotations

from typing import Any

import pytest

from finish_training import decide
from lifecycle.aws_events import JobEnded
from lifecycle.events import ModelTrained, ModelTuned, TrainingFailed
from lifecycle.model_proof import Proof
from tests.builders import (
    RUN,
    cause_of,
    job_record,
    prepared_run,
    problem_record,
    training_ended,
)

NAME = "baton-churn-0123456"
BEST = {
    "TrainingJobName": "baton-churn-0123456-003-0a1b2c3d",
    "TrainingJobStatus": "Completed",
    "ModelArtifacts": {"S3ModelArtifacts": "s3://lake/churn/model.tar.gz"},
    "FinalMetricDataList": [
        {"MetricName": "train:auc", "Value": 0.99},
        {"MetricName": "validation:auc", "Value": 0.87},
    ],
    "BillableTimeInSeconds": 3600,
}


def ended(
    best: dict[str, Any] | None, *, kind: str = "hyper-parameter-tuning-job", **changes: Any
) -> Any:
    end = JobEnded(kind=kind, name=NAME, status="Completed" if best else "Failed", reason="")
    return decide(
        cause_of(training_ended(NAME)),
        end.model_copy(update=changes.pop("end", {})),
        job=job_record(kind, NAME),
        run=prepared_run(**({"stage": "training"} | changes)),
        problem=problem_record(active_run=RUN),
        best=best,
        proof=Proof("f" * 64, "mac"),
    )


def test_the_best_model_of_a_tuning_job_moves_the_run_on():
    """With its address and its score by the problem's metric on the validation rows."""
    decision = ended(BEST)

    run, job = decision.records
    assert run.stage == "trained"
    assert run.tuned_score == 0.87
    assert run.trained_model_uri == "s3://lake/churn/model.tar.gz"
    assert (run.trained_sha256, run.trained_mac) == ("f" * 64, "mac")
    assert job.ended
    (event,) = decision.events
    assert isinstance(event, ModelTuned)
    assert (event.jobs, event.score, event.metric) == (10, 0.87, "validation:auc")


def test_a_single_training_says_that_it_trained():
    """The event differs, what follows does not."""
    assert isinstance(ended(BEST, kind="training-job").events[0], ModelTrained)


def test_what_the_trainings_cost_is_noted_on_the_run():
    """Ten trainings of a billable hour each, at the spot share of the list price."""
    run = ended(BEST).records[0]

    assert run.cost_usd == pytest.approx(10 * 0.115 * 0.4)


def test_without_a_model_the_run_fails_with_reason_and_cure():
    """And the problem is free for its next run."""
    decision = ended(None, end={"reason": "AlgorithmError: no rows"})

    (event,) = decision.events
    assert isinstance(event, TrainingFailed)
    assert event.reason == "AlgorithmError: no rows"
    assert "log" in event.cure
    assert decision.records[0].stage == "failed"
    assert decision.records[-1].active_run is None


def test_a_second_telling_changes_nothing():
    """SageMaker may say it twice, and the reconciler once more."""
    decision = ended(BEST, stage="trained")

    assert decision.records == ()
    assert decision.events == ()
