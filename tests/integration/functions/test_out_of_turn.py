"""What comes too early, too late, or concerns somebody else: each leg leaves it or waits."""

import json
from pathlib import Path

import pytest

from handle_answer_drift import lambda_handler as answer_drift
from handle_confirm_deployment import lambda_handler as confirm_deployment
from handle_deploy_model import lambda_handler as deploy_model
from handle_evaluate_candidate import lambda_handler as evaluate_candidate
from handle_finish_training import lambda_handler as finish_training
from handle_judge_candidate import lambda_handler as judge_candidate
from handle_reconcile_runs import lambda_handler as reconcile_runs
from handle_start_training import lambda_handler as start_training
from handle_take_up_approval import lambda_handler as take_up_approval
from lifecycle.errors import RecordMissingError
from predict import refusal_of
from tests.builders import (
    PROBLEM,
    RUN,
    envelope,
    job_record,
    own_event,
    prepared_run,
    problem_record,
    training_ended,
)
from tests.integration.functions.world import World

SAMPLES = Path(__file__).parents[3] / "events" / "lifecycle"
PACKAGE = f"arn:aws:sagemaker:us-east-1:123456789012:model-package/{PROBLEM}/1"


def own(name):
    """The sample of an event, said of this problem and run by a new event."""
    data = json.loads((SAMPLES / f"{name}.json").read_text())["detail"]["data"]
    return own_event(name, data | {"problem": PROBLEM, "run": RUN})


def endpoint_changed(status="IN_SERVICE"):
    detail = {"EndpointName": PROBLEM, "EndpointStatus": status, "EndpointConfigName": "c"}
    return envelope("aws.sagemaker", "SageMaker Endpoint State Change", detail)


def package_changed(approval):
    detail = {
        "ModelPackageArn": PACKAGE,
        "ModelPackageGroupName": PROBLEM,
        "ModelApprovalStatus": approval,
        "UpdatedModelPackageFields": ["ModelApprovalStatus"],
    }
    return envelope("aws.sagemaker", "SageMaker Model Package State Change", detail)


def processing_ended(name, status="Failed", **more):
    detail = {"ProcessingJobName": name, "ProcessingJobStatus": status} | more
    return envelope("aws.sagemaker", "SageMaker Processing Job State Change", detail)


@pytest.mark.parametrize(
    ("leg", "event"),
    [
        (start_training, own("DataPrepared")),
        (evaluate_candidate, own("ModelTuned")),
        (deploy_model, own("CandidateApproved")),
    ],
)
def test_a_run_that_is_past_a_step_does_not_take_it_again(leg, event):
    """Another event of the same content, after the run has ended; no archive is looked at."""
    world = World(problem_record(), prepared_run(stage="deployed"))

    assert world.deliver(leg, event) == []
    assert world.api.done == []
    assert "deployed" in world.reasons()[-1]


@pytest.mark.parametrize(
    ("leg", "event"),
    [
        (deploy_model, own("CandidateApproved")),
        (finish_training, training_ended("churn-0123456")),
        (judge_candidate, processing_ended("churn-0123456")),
    ],
)
def test_what_outran_its_record_is_tried_again(leg, event):
    """It raises, so that the queue brings it back."""
    kinds = ("training-job", "processing-job")
    rows = [job_record(kind) for kind in kinds]
    world = World(*rows, prepared_run(stage="approved"))

    with pytest.raises(RecordMissingError):
        leg.answer(event, world.ports)


def test_a_training_without_tuning_is_a_single_job():
    world = World(prepared_run("tune: {strategy: none}\n"))

    ((name, data),) = world.deliver(start_training, own("DataPrepared"))

    assert (name, world.api.operations()) == ("TrainingStarted", ["CreateTrainingJob"])
    assert data["job"]


def test_a_failed_evaluation_ends_the_run():
    """And the problem is free for the next."""
    name = "baton-evaluate-churn-0"
    world = World(
        problem_record(active_run=RUN),
        prepared_run(stage="evaluating"),
        job_record("processing-job", name),
    )

    said = world.deliver(judge_candidate, processing_ended(name, ExitMessage="no hold-out"))
    again = world.deliver(judge_candidate, processing_ended(name, ExitMessage="no hold-out"))

    assert [(event, data["reason"]) for event, data in said] == [("TrainingFailed", "no hold-out")]
    assert again == []
    assert world.records.problem(PROBLEM).active_run is None


def test_a_tuning_without_a_best_training_made_no_model():
    name = "churn-0123456"
    world = World(
        problem_record(active_run=RUN),
        prepared_run(stage="training"),
        job_record("hyper-parameter-tuning-job", name),
    )
    detail = {"HyperParameterTuningJobName": name, "HyperParameterTuningJobStatus": "Completed"}
    ended = envelope("aws.sagemaker", "SageMaker HyperParameter Tuning Job State Change", detail)

    ((said, data),) = world.deliver(finish_training, ended)

    assert (said, world.records.run(PROBLEM, RUN).stage) == ("TrainingFailed", "failed")
    assert "made no model" in data["reason"]


@pytest.mark.parametrize(
    "rows",
    [
        (),
        (problem_record(),),
        (problem_record(active_run=RUN), prepared_run(stage="training")),
    ],
)
def test_an_endpoint_that_no_run_deploys_to_is_left_alone(rows):
    world = World(*rows)

    assert world.deliver(confirm_deployment, endpoint_changed()) == []
    assert "No run deploys" in world.reasons()[-1]


def test_an_endpoint_that_outran_its_deployment_is_tried_again():
    world = World(problem_record(active_run=RUN), prepared_run(stage="approved"))

    with pytest.raises(RecordMissingError):
        confirm_deployment.answer(endpoint_changed(), world.ports)


def test_an_endpoint_that_still_moves_is_waited_for():
    run = prepared_run(stage="deploying", endpoint_config="c")
    world = World(problem_record(active_run=RUN), run, job_record("endpoint", "c"))
    status = {"EndpointStatus": "Updating", "EndpointConfigName": "c"}
    world.api.things["sagemaker", "Endpoint", PROBLEM] = status

    assert world.deliver(confirm_deployment, endpoint_changed()) == []
    assert world.records.run(PROBLEM, RUN).stage == "deploying"


@pytest.mark.parametrize(
    "rows",
    [
        (),
        (problem_record(),),
        (problem_record(active_run=RUN), prepared_run(stage="training")),
    ],
)
def test_a_package_that_no_run_waits_with_is_left_alone(rows):
    world = World(*rows)

    assert world.deliver(take_up_approval, package_changed("Approved")) == []
    assert "belongs to no run" in world.reasons()[-1]


@pytest.mark.parametrize(
    ("approval", "said", "stage"),
    [
        ("Approved", ["CandidateApproved"], "approved"),
        ("Rejected", ["CandidateRejected"], "rejected"),
        ("PendingManualApproval", [], "waiting_for_approval"),
    ],
)
def test_a_persons_word_moves_the_run_once(approval, said, stage):
    run = prepared_run(stage="waiting_for_approval", model_package=PACKAGE)
    world = World(problem_record(active_run=RUN), run)

    heard = world.deliver(take_up_approval, package_changed(approval))
    again = world.deliver(take_up_approval, package_changed(approval))

    assert ([name for name, _ in heard], again) == (said, [])
    assert world.records.run(PROBLEM, RUN).stage == stage


def test_drift_of_a_problem_that_is_gone_starts_nothing():
    assert World().deliver(answer_drift, own("DriftDetected")) == []


def test_drift_asks_for_a_run_once():
    """The second drift finds that it was asked for already."""
    world = World(problem_record(champion=RUN))

    first = world.deliver(answer_drift, own("DriftDetected"))
    second = world.deliver(answer_drift, own("QualityDropped"))

    assert [name for name, _ in first + second] == ["RetrainingStarted", "RetrainingHeldBack"]
    assert "already" in second[0][1]["reason"]


def test_ends_that_nobody_heard_are_told_by_asking():
    """Open jobs only, and none that is brand new."""
    old, new = (
        job_record("training-job", name, started_at=at)
        for name, at in (("old", "2026-02-03T10:00:00Z"), ("new", "2026-02-03T10:11:00Z"))
    )
    world = World(old, new, job_record("processing-job", "done", ended=True))
    status = {"TrainingJobStatus": "Failed", "FailureReason": "out of memory"}
    world.api.things["sagemaker", "TrainingJob", "old"] = status
    tick = envelope("aws.events", "Scheduled Event", {}, resources=["arn:aws:events:::rule/r"])

    ((name, data),) = world.deliver(reconcile_runs, tick)

    assert (name, data["name"], data["reason"]) == ("CompletionMissed", "old", "out of memory")


@pytest.mark.parametrize(
    ("code", "original", "status"),
    [
        ("ModelError", 400, 400),
        ("ModelError", 500, 502),
        ("ValidationError", None, 503),
        ("ThrottlingException", None, 503),
        ("InternalFailure", None, 502),
    ],
)
def test_an_endpoints_error_is_told_to_the_caller_as_what_it_is(code, original, status):
    assert refusal_of(code, "why", original).status == status
