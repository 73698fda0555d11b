"""What drift, alerts, lost events and manual approvals lead to."""

from __future__ import annotations

import pytest

from answer_drift import decide as answer
from lifecycle.events import (
    CATALOGUE,
    CandidateApproved,
    CandidateRejected,
    CompletionMissed,
    RetrainingHeldBack,
    RetrainingStarted,
)
from lifecycle.records import MonthRecord
from lifecycle.settings import Settings
from reconcile_runs import decide as reconcile
from reconcile_runs import due, question
from send_alert import SUBJECTS
from send_alert import decide as alert
from take_up_approval import decide as take_up
from tests.builders import (
    PROBLEM,
    RUN,
    cause_of,
    envelope,
    job_record,
    own_event,
    prepared_run,
    problem_record,
    run_record,
)

MONTH = MonthRecord(problem=PROBLEM, month="2026-02")
DRIFT = {
    "problem": PROBLEM,
    "run": RUN,
    "rows": 900,
    "columns": [{"column": "age", "statistic": "psi", "value": 0.4, "threshold": 0.2}],
    "report_uri": "s3://lake/drift.html",
}


def drifted():
    return cause_of(own_event("DriftDetected", DRIFT))


def test_drift_asks_for_a_new_run():
    """The problem remembers why, so that the run that follows can tell."""
    decision = answer(drifted(), problem_record(champion=RUN), MONTH)

    assert decision.events == (RetrainingStarted(problem=PROBLEM, because="drift"),)
    assert decision.records[0].retrain_because == "drift"


@pytest.mark.parametrize(
    ("extra", "changes", "spent", "says"),
    [
        ("retrain: {on: [quality]}\n", {}, 0, "does not name drift"),
        ("", {"active_run": "r1"}, 0, "under way"),
        ("", {"retrain_because": "drift"}, 0, "asked for already"),
        ("", {"retrained_at": "2026-02-03T00:00:00Z"}, 0, "cooldown is 24h"),
        ("budget: {usd_per_month: 10}\n", {}, 9.9, "budget is 10"),
    ],
)
def test_each_brake_is_told(extra, changes, spent, says):
    """Nothing is recorded, and people hear why nothing happens."""
    month = MONTH.model_copy(update={"usd": spent})

    decision = answer(drifted(), problem_record(extra, **changes), month)

    (event,) = decision.events
    assert isinstance(event, RetrainingHeldBack)
    assert says in event.reason
    assert decision.records == ()


def test_the_cooldown_ends():
    """A day after the last retraining, drift counts again."""
    problem = problem_record(retrained_at="2026-02-02T10:11:12Z")

    assert isinstance(answer(drifted(), problem, MONTH).events[0], RetrainingStarted)


def test_every_event_with_a_severity_has_a_subject_of_its_own():
    """Nobody should read a class name in their mail."""
    told = {name for name, event in CATALOGUE.items() if event.severity}

    assert set(SUBJECTS) == told


def test_an_alert_says_what_happened_in_words_and_attributes():
    """So that people can read and subscribers can filter."""
    (call,) = alert(drifted(), Settings(alert_topic="arn")).calls

    request = call.request
    assert request["Subject"] == "churn: the traffic has drifted"
    assert "column age, statistic psi, value 0.4, threshold 0.2" in request["Message"]
    assert request["MessageAttributes"]["severity"]["StringValue"] == "warning"


def ticked():
    event = envelope("aws.events", "Scheduled Event", {}, resources=["arn:x:rule/reconcile"])
    return cause_of(event)


def test_an_end_that_nobody_heard_is_told():
    """With SageMaker's own status and reason; open jobs are left alone."""
    ended, running = job_record(name="ended"), job_record(name="running")
    answers = [
        (ended, {"TrainingJobStatus": "Failed", "FailureReason": "AlgorithmError: x"}),
        (running, {"TrainingJobStatus": "InProgress"}),
    ]

    (event,) = reconcile(ticked(), answers, []).events

    assert isinstance(event, CompletionMissed)
    assert (event.name, event.status, event.reason) == ("ended", "Failed", "AlgorithmError: x")


def test_a_job_that_sagemaker_knows_no_more_counts_as_failed():
    """Otherwise its run would wait for ever."""
    (event,) = reconcile(ticked(), [(job_record(), None)], []).events

    assert event.status == "Failed"


def test_a_persons_word_that_nobody_heard_is_told():
    """As the registry has it; a package that still waits, or is gone, is left alone."""
    run = run_record(stage="waiting_for_approval", model_package="arn:package/3")
    packages = [
        (run, {"ModelApprovalStatus": "Approved"}),
        (run, {"ModelApprovalStatus": "PendingManualApproval"}),
        (run, None),
    ]

    (event,) = reconcile(ticked(), [], packages).events

    assert (event.kind, event.name, event.status) == ("model-package", "arn:package/3", "Approved")
    assert (event.problem, event.run) == (run.problem, run.run)


def test_a_deployment_is_asked_after_by_its_endpoint():
    """Its row is named after the endpoint configuration."""
    job = job_record("endpoint", "churn-config")

    assert question(job) == ("sagemaker", "DescribeEndpoint", {"EndpointName": PROBLEM})


def test_a_brand_new_job_is_not_asked_after():
    """Its own event is likely on its way."""
    job = job_record(started_at="2026-02-03T10:11:00Z")

    assert not due(job, "2026-02-03T10:11:12Z")
    assert due(job, "2026-02-03T10:12:12Z")


def edited(approval: str):
    detail = {
        "ModelPackageArn": "arn",
        "ModelPackageGroupName": PROBLEM,
        "ModelApprovalStatus": approval,
        "UpdatedModelPackageFields": ["ModelApprovalStatus"],
    }
    return cause_of(envelope("aws.sagemaker", "SageMaker Model Package State Change", detail))


@pytest.mark.parametrize(
    ("approval", "event", "stage"),
    [("Approved", CandidateApproved, "approved"), ("Rejected", CandidateRejected, "rejected")],
)
def test_a_persons_word_in_the_registry_moves_the_waiting_run(approval, event, stage):
    """Approved deploys, Rejected ends the run."""
    run = prepared_run(stage="waiting_for_approval", model_package="arn")

    decision = take_up(edited(approval), problem_record(active_run=RUN), run)

    assert isinstance(decision.events[0], event)
    assert decision.records[0].stage == stage


def test_our_own_registration_is_no_persons_word():
    """Any edit repeats the approval a package has; only a waiting run listens."""
    run = prepared_run(stage="deploying", model_package="arn")

    assert take_up(edited("Approved"), problem_record(active_run=RUN), run).events == ()
