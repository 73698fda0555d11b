"""What a candidate is held against, and what the registry and everybody hear of it."""

from __future__ import annotations

from typing import Any

import pytest

from judge_candidate import decide, decide_failed, objections
from lifecycle.aws_events import JobEnded
from lifecycle.events import (
    ApprovalRequested,
    CandidateApproved,
    CandidateEvaluated,
    CandidateRejected,
    TrainingFailed,
)
from lifecycle.model_proof import Proof
from lifecycle.records import MonthRecord
from lifecycle.settings import Settings
from tests.builders import (
    PROBLEM,
    RUN,
    TIME,
    cause_of,
    envelope,
    job_record,
    prepared_run,
    problem_record,
)

SETTINGS = Settings(lake_bucket="lake", xgboost_image="image")
NAME = "baton-evaluate-churn-0123456789"


def evaluation(value: float | None = 0.85, **changes: Any) -> dict[str, Any]:
    return {
        "metric": {"name": "roc_auc", "value": value, "greater_is_better": True},
        "metrics": {"roc_auc": value, "accuracy": 0.9},
        "champion": None,
        "bias": {"violations": []},
        "model": {"sha256": "f" * 64},
    } | changes


def judged(report: dict[str, Any], extra: str = "") -> Any:
    cause = cause_of(
        envelope(
            "aws.sagemaker",
            "SageMaker Processing Job State Change",
            {"ProcessingJobName": NAME, "ProcessingJobStatus": "Completed"},
        )
    )
    return decide(
        cause,
        job=job_record("processing-job", NAME),
        run=prepared_run(extra, stage="evaluating", cost_usd=0.2),
        problem=problem_record(active_run=RUN),
        month=MonthRecord(problem=PROBLEM, month="2026-02", usd=1.0),
        evaluation=report,
        proof=Proof(report["model"]["sha256"], "mac"),
        cost=0.05,
        settings=SETTINGS,
    )


def test_a_candidate_that_nothing_speaks_against_is_approved():
    """It is registered as Approved, and the package's ARN goes wherever it is needed."""
    decision = judged(evaluation())

    assert [type(event) for event in decision.events] == [CandidateEvaluated, CandidateApproved]
    assert decision.records[0].stage == "approved"
    assert decision.calls[0].request["ModelApprovalStatus"] == "Approved"
    assert decision.calls[0].keep == {"model_package": "ModelPackageArn"}
    assert decision.events[1].model_package == "{{model_package}}"


def test_what_the_run_cost_is_added_to_the_month():
    """Training before and evaluation now."""
    decision = judged(evaluation())

    assert decision.records[2].usd == pytest.approx(1.25)


@pytest.mark.parametrize(
    ("report", "extra", "says"),
    [
        (evaluation(0.7), "metric: {name: roc_auc, approve_at: 0.8}\n", "below approve_at 0.8"),
        (evaluation(champion={"value": 0.86}), "", "worse than the champion's 0.8600"),
        (evaluation(None), "", "cannot be computed"),
        (
            evaluation(
                bias={
                    "violations": [
                        {
                            "metric": "DPL",
                            "facet": "gender",
                            "facet_value": "F",
                            "value": 0.3,
                            "limit": 0.2,
                        }
                    ]
                }
            ),
            "",
            "bias: DPL of gender=F is 0.3000, over the limit 0.2",
        ),
    ],
)
def test_each_objection_rejects_and_is_told_in_words(report, extra, says):
    """In the event, in the registry and in the history; and the run under way ends."""
    decision = judged(report, extra)

    rejected = decision.events[1]
    assert isinstance(rejected, CandidateRejected)
    assert says in rejected.reasons[0]
    assert says in decision.calls[0].request["ModelPackageDescription"]
    assert decision.calls[0].request["ModelApprovalStatus"] == "Rejected"
    assert decision.records[0].stage == "rejected"
    assert decision.records[-1].active_run is None


def test_every_objection_is_named_at_once():
    """Nobody should have to mend one to hear of the next."""
    run = prepared_run("metric: {name: roc_auc, approve_at: 0.9}\n")

    assert len(objections(run, evaluation(0.8, champion={"value": 0.85}))) == 2


def test_a_metric_that_should_fall_is_compared_the_other_way_round():
    """An error above the bar, or above the champion's, is worse."""
    metric = {"name": "rmse", "value": 2.0, "greater_is_better": False}
    run = prepared_run()

    assert objections(run, evaluation(metric=metric, champion={"value": 2.1})) == ()
    assert objections(run, evaluation(metric=metric, champion={"value": 1.9}))


def test_with_manual_approval_a_person_is_asked():
    """The package waits in the registry as PendingManualApproval."""
    decision = judged(evaluation(), "approve: manual\n")

    assert isinstance(decision.events[1], ApprovalRequested)
    assert decision.records[0].stage == "waiting_for_approval"
    assert decision.calls[0].request["ModelApprovalStatus"] == "PendingManualApproval"


def test_a_failed_evaluation_ends_the_run_with_the_reason():
    """Failure is an event, not an exception."""
    end = JobEnded(kind="processing-job", name=NAME, status="Failed", reason="out of memory")
    cause = cause_of(
        envelope(
            "aws.sagemaker",
            "SageMaker Processing Job State Change",
            {"ProcessingJobName": NAME, "ProcessingJobStatus": "Failed"},
        )
    )

    decision = decide_failed(
        cause,
        end,
        job_record("processing-job", NAME),
        prepared_run(stage="evaluating"),
        problem_record(active_run=RUN),
    )

    (event,) = decision.events
    assert isinstance(event, TrainingFailed)
    assert event.reason == "out of memory"
    assert decision.records[0].stage == "failed"
    assert decision.records[0].stage_at == TIME
