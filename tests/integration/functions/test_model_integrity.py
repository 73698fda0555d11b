"""A model that is not what was made is refused and told of, and the champion goes on serving."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest

from handle_deploy_model import lambda_handler as deploy_model
from handle_evaluate_candidate import lambda_handler as evaluate_candidate
from handle_finish_training import lambda_handler as finish_training
from handle_judge_candidate import lambda_handler as judge_candidate
from handle_score_file import lambda_handler as score_file
from handle_send_alert import lambda_handler as send_alert
from lifecycle.model_proof import prove
from tests.builders import (
    PROBLEM,
    RUN,
    envelope,
    job_record,
    object_created,
    own_event,
    prepared_run,
    problem_record,
    training_ended,
)
from tests.integration.functions.world import World

TRAINED, PACKAGE, OTHER = b"what was trained", b"what serves", b"what somebody put there"
CHAMPION = "20250101T000000-aaaaaa"
JOB = "baton-evaluate-churn-0123456789"
MODEL_URI = "s3://lake/churn/trained/model.tar.gz"
PACKAGE_URI = f"s3://lake/{PROBLEM}/runs/{RUN}/model/model.tar.gz"
REPORT_URI = f"s3://lake/{PROBLEM}/runs/{RUN}/reports/evaluation.json"
MODEL_TRAINED = {
    "problem": PROBLEM,
    "run": RUN,
    "job": "j",
    "training_job": "t",
    "metric": "validation:auc",
    "score": 0.9,
    "model_uri": MODEL_URI,
}
APPROVED = {"problem": PROBLEM, "run": RUN, "model_package": "arn", "by": "rules"}


def digest(body):
    return sha256(body).hexdigest()


def run_of(stage, **changes):
    """A run with the hashes that the stack itself signed."""
    run = prepared_run(stage=stage, trained_model_uri=MODEL_URI)
    ports = World().ports
    trained = prove(run, "trained", digest(TRAINED), ports)
    package = prove(run, "package", digest(PACKAGE), ports)
    signed = {
        "trained_sha256": trained.sha256,
        "trained_mac": trained.mac,
        "model_sha256": package.sha256,
        "model_mac": package.mac,
        "manifest_sha256": "e" * 64,
    }
    return run.model_copy(update=signed | changes)


def world_of(stage, **changes):
    champion = prepared_run(run=CHAMPION, stage="deployed", model_sha256="c" * 64)
    world = World(
        problem_record(active_run=RUN, champion=CHAMPION),
        champion,
        run_of(stage, **changes),
        job_record("processing-job", JOB),
        job_record("training-job", "t"),
    )
    world.objects.write(MODEL_URI, TRAINED)
    world.objects.write(PACKAGE_URI, PACKAGE)
    report = {
        "metric": {"name": "roc_auc", "value": 0.9, "greater_is_better": True},
        "metrics": {"roc_auc": 0.9},
        "champion": None,
        "bias": {"violations": []},
        "model": {"sha256": digest(PACKAGE), "manifest_sha256": "e" * 64},
    }
    world.objects.write(REPORT_URI, json.dumps(report).encode())
    return world


def evaluation_ended(status="Completed", **more):
    detail = {"ProcessingJobName": JOB, "ProcessingJobStatus": status} | more
    return envelope("aws.sagemaker", "SageMaker Processing Job State Change", detail)


def assert_refused(world, said, before):
    """One event, one alert, an ended run, no call to SageMaker, and the champion in its place."""
    ((name, data),) = said
    assert (name, data["before"]) == ("ModelRefused", before)
    assert world.records.run(PROBLEM, RUN).stage == "failed"
    problem = world.records.problem(PROBLEM)
    assert (problem.champion, problem.active_run) == (CHAMPION, None)
    assert world.api.operations() == []
    world.deliver(send_alert, own_event("ModelRefused", data))
    ((operation, alert),) = world.api.done
    assert operation == "Publish"
    assert data["reason"] in alert["Message"]
    assert alert["MessageAttributes"]["severity"]["StringValue"] == "critical"


def test_the_hash_of_a_trained_model_is_taken_and_signed_as_soon_as_it_is_trained():
    world = world_of("training", trained_sha256=None, trained_mac=None)
    world.api.things["sagemaker", "TrainingJob", "t"] = {
        "TrainingJobName": "t",
        "TrainingJobStatus": "Completed",
        "ModelArtifacts": {"S3ModelArtifacts": MODEL_URI},
    }

    world.deliver(finish_training, training_ended("t"))

    run = world.records.run(PROBLEM, RUN)
    assert (run.trained_sha256, run.trained_mac) == prove(
        run, "trained", digest(TRAINED), world.ports
    )


def test_a_training_whose_archive_is_gone_has_failed():
    world = world_of("training")
    del world.objects.bodies[MODEL_URI]
    world.api.things["sagemaker", "TrainingJob", "t"] = {
        "TrainingJobName": "t",
        "TrainingJobStatus": "Completed",
        "ModelArtifacts": {"S3ModelArtifacts": MODEL_URI},
    }

    ((name, data),) = world.deliver(finish_training, training_ended("t"))

    assert name == "TrainingFailed"
    assert MODEL_URI in data["reason"]


def test_the_evaluation_is_told_which_models_it_must_load():
    """By the request, which SageMaker keeps, not by anything in the lake."""
    world = world_of("trained")

    world.deliver(evaluate_candidate, own_event("ModelTrained", MODEL_TRAINED))

    ((_, request),) = world.api.done
    told = request["Environment"]
    assert told["BATON_MODEL_SHA256"] == digest(TRAINED)
    assert told["BATON_CHAMPION_SHA256"] == "c" * 64


@pytest.mark.parametrize(
    "forged",
    [{"trained_sha256": digest(OTHER)}, {"trained_mac": None}, {"trained_mac": "00" * 32}],
    ids=["hash", "no mac", "other mac"],
)
def test_a_hash_that_the_stack_did_not_sign_is_refused_before_the_evaluation(forged):
    """Who can write to the record table has not the key."""
    world = world_of("trained", **forged)

    said = world.deliver(evaluate_candidate, own_event("ModelTrained", MODEL_TRAINED))

    assert_refused(world, said, "evaluation")


def test_an_evaluation_that_met_another_archive_is_told_as_a_refusal():
    """The job says so by the name of its error."""
    world = world_of("evaluating")
    ended = evaluation_ended(
        "Failed", ExitMessage="PackageMismatchError: model.tar.gz is not the one that was made"
    )

    said = world.deliver(judge_candidate, ended)

    assert_refused(world, said, "evaluation")


def test_a_package_that_was_replaced_before_it_is_registered_is_refused():
    world = world_of("evaluating")
    world.objects.write(PACKAGE_URI, OTHER)

    said = world.deliver(judge_candidate, evaluation_ended())

    assert_refused(world, said, "registration")


def test_the_package_is_signed_when_it_is_registered():
    world = world_of("evaluating", model_sha256=None, model_mac=None, manifest_sha256=None)

    world.deliver(judge_candidate, evaluation_ended())

    run = world.records.run(PROBLEM, RUN)
    assert (run.model_sha256, run.model_mac) == prove(run, "package", digest(PACKAGE), world.ports)
    assert run.manifest_sha256 == "e" * 64


def test_a_package_that_was_replaced_after_its_approval_is_refused():
    world = world_of("approved")
    world.objects.write(PACKAGE_URI, OTHER)

    said = world.deliver(deploy_model, own_event("CandidateApproved", APPROVED))

    assert_refused(world, said, "deployment")


def test_a_package_that_is_gone_is_refused():
    world = world_of("approved")
    del world.objects.bodies[PACKAGE_URI]

    said = world.deliver(deploy_model, own_event("CandidateApproved", APPROVED))

    assert_refused(world, said, "deployment")


def test_a_package_and_its_recorded_hash_replaced_together_are_refused():
    """The MAC of the hash that was is not that of the hash that is."""
    world = world_of("approved", model_sha256=digest(OTHER))
    world.objects.write(PACKAGE_URI, OTHER)

    said = world.deliver(deploy_model, own_event("CandidateApproved", APPROVED))

    assert_refused(world, said, "deployment")


def test_the_mac_of_one_run_is_none_of_another():
    """An older model, rightly signed, cannot be brought back as a new one."""
    older = run_of("deployed", run=CHAMPION)
    mac = prove(older, "package", digest(PACKAGE), World().ports).mac
    world = world_of("approved", model_mac=mac)

    said = world.deliver(deploy_model, own_event("CandidateApproved", APPROVED))

    assert_refused(world, said, "deployment")


def test_an_unchanged_package_is_deployed_and_its_endpoint_told_what_it_must_load():
    world = world_of("approved")

    ((name, _),) = world.deliver(deploy_model, own_event("CandidateApproved", APPROVED))

    assert name == "DeploymentStarted"
    (model,) = [request for operation, request in world.api.done if operation == "CreateModel"]
    assert model["PrimaryContainer"]["Environment"]["BATON_MANIFEST_SHA256"] == "e" * 64


def test_bulk_scoring_is_told_which_model_it_must_load():
    world = world_of("approved")

    world.deliver(score_file, object_created(f"{PROBLEM}/score/rows.csv"))

    ((_, request),) = world.api.done
    assert request["Environment"]["BATON_MODEL_SHA256"] == "c" * 64
