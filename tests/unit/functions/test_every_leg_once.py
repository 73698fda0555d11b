"""The control legs in a row, each killed at every point and delivered again: it all happens once.

What data legs and SageMaker do in between is put in place by hand; the legs, their decisions and
``advance`` are the real ones.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from handle_confirm_deployment import lambda_handler as confirm_deployment
from handle_define_problem import lambda_handler as define_problem
from handle_deploy_model import lambda_handler as deploy_model
from handle_evaluate_candidate import lambda_handler as evaluate_candidate
from handle_finish_training import lambda_handler as finish_training
from handle_judge_candidate import lambda_handler as judge_candidate
from handle_send_alert import lambda_handler as send_alert
from handle_start_run import lambda_handler as start_run
from handle_start_training import lambda_handler as start_training
from tests.builders import PROBLEM, TIME, envelope, input_record, object_created, own_event
from tests.fakes import FakeApi, FakeBus, FakeObjects, FakeRecords, fake_ports
from tests.fakes.crashing import CrashError, CrashPoints, crashing

if TYPE_CHECKING:
    from lifecycle.leg import Leg
    from lifecycle.records import RunRecord

MOST_POINTS = 12  # deploy_model has the most: before and after four calls, a transaction, events
LEFT_OUT = {"at", "stage_at", "deployed_at", "started_at", "announced", "calls"}
"""Times of our own clock, and the calls in a history row: a redelivery may find less to do."""

EVALUATION = {
    "metric": {"name": "roc_auc", "value": 0.91, "greater_is_better": True},
    "metrics": {"roc_auc": 0.91, "f1": 0.8},
    "champion": None,
    "bias": {"violations": []},
    "model": {"sha256": "f" * 64},
    "rows": 150,
}


class World:
    """All doors in memory; every first delivery of an event ends after so many steps."""

    def __init__(self, survives: int | None) -> None:
        self.survives = survives
        self.crashes = 0
        self.objects = FakeObjects()
        self.records = FakeRecords(input_record())
        self.api = FakeApi(self.objects)
        self.bus = FakeBus()
        self.ports = fake_ports(self.records, self.objects, self.api, self.bus)

    def deliver(self, leg: Leg, event: dict[str, Any]) -> None:
        """Deliver an event to a leg: to one that ends early, then again, and once too often."""
        if self.survives is not None:
            points = CrashPoints(self.survives)
            try:
                leg.answer(event, crashing(self.ports, points))
            except CrashError:
                self.crashes += 1
            leg.answer(event, self.ports)
        leg.answer(event, self.ports)

    def heard(self, detail_type: str) -> dict[str, Any]:
        """The newest event of a name."""
        return [item for item in self.bus.envelopes if item["detail-type"] == detail_type][-1]

    def run(self) -> RunRecord:
        problem = self.records.problem(PROBLEM)
        assert problem is not None
        return self.records.run(PROBLEM, str(problem.last_run))

    def job(self, noun: str) -> str:
        """The name of the one job of a kind."""
        (name,) = [key[2] for key in self.api.things if key[1] == noun]
        return name

    def outcome(self) -> dict[str, Any]:
        """What the world has come to, without the times of our own clock."""
        rows = [row.model_dump(mode="json", exclude=LEFT_OUT) for row in self.records.rows.values()]
        return {
            "rows": sorted(rows, key=str),
            "things": sorted(self.api.things),
            "events": sorted((item["id"], item["detail-type"]) for item in self.bus.envelopes),
            "objects": sorted(self.objects.bodies),
        }


def relay(survives: int | None) -> World:
    """From a landed definition to a served model."""
    world = World(survives)
    world.objects.write("s3://landing/churn/problem.yaml", b"name: churn\ntarget: Churn\n")
    world.deliver(define_problem, object_created("churn/problem.yaml") | {"id": "landed"})
    ingested = {"problem": PROBLEM, "origin": "file", "source": "a", "uri": "s3://lake/churn/a"}
    numbers = {"rows": 1000, "columns": 8}
    world.deliver(start_run, own_event("DataIngested", ingested | numbers, event_id="ingested"))
    _prepare(world)
    _train(world)
    _evaluate(world)
    _deploy(world)
    return world


def _prepare(world: World) -> None:
    run = world.run()
    prepared = run.moved("prepared", TIME, task="binary_classification", classes=2, features=12)
    world.records.rows[run.key] = prepared.model_copy(update={"version": run.version + 1})
    data = {
        "problem": PROBLEM,
        "run": run.run,
        "task": "binary_classification",
        "prepared_uri": "s3://lake/churn/prepared",
        **dict.fromkeys(("rows", "train_rows", "validation_rows", "holdout_rows"), 100),
        **dict.fromkeys(("columns", "features", "classes"), 2),
    }
    world.deliver(start_training, own_event("DataPrepared", data, event_id="prepared"))


def _train(world: World) -> None:
    tuning = world.job("HyperParameterTuningJob")
    best = {"TrainingJobName": "best-007"}
    key = ("sagemaker", "HyperParameterTuningJob", tuning)
    world.api.things[key] |= {"BestTrainingJob": best}
    world.api.things["sagemaker", "TrainingJob", "best-007"] = best | {
        "TrainingJobStatus": "Completed",
        "ModelArtifacts": {"S3ModelArtifacts": "s3://lake/churn/model.tar.gz"},
        "BillableTimeInSeconds": 60,
        "FinalMetricDataList": [{"MetricName": "validation:auc", "Value": 0.9}],
    }
    detail = {"HyperParameterTuningJobName": tuning, "HyperParameterTuningJobStatus": "Completed"}
    name = "SageMaker HyperParameter Tuning Job State Change"
    world.deliver(finish_training, envelope("aws.sagemaker", name, detail, id="tuned"))
    world.deliver(evaluate_candidate, world.heard("ModelTuned"))


def _evaluate(world: World) -> None:
    job = world.job("ProcessingJob")
    report = world.ports.settings.run_uri(PROBLEM, world.run().run, "reports", "evaluation.json")
    world.objects.write(report, json.dumps(EVALUATION).encode())
    detail = {"ProcessingJobName": job, "ProcessingJobStatus": "Completed"}
    name = "SageMaker Processing Job State Change"
    world.deliver(judge_candidate, envelope("aws.sagemaker", name, detail, id="evaluated"))


def _deploy(world: World) -> None:
    world.deliver(deploy_model, world.heard("CandidateApproved"))
    world.api.things["sagemaker", "Endpoint", PROBLEM] |= {"EndpointStatus": "InService"}
    detail = {"EndpointName": PROBLEM, "EndpointStatus": "IN_SERVICE"}
    name = "SageMaker Endpoint State Change"
    world.deliver(confirm_deployment, envelope("aws.sagemaker", name, detail, id="settled"))
    world.deliver(send_alert, world.heard("ModelDeployed"))


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, Any]:
    return relay(None).outcome()


def test_the_relay_ends_with_a_served_model() -> None:
    """What all the other tests here are held against."""
    world = relay(None)
    problem = world.records.problem(PROBLEM)
    assert problem is not None
    assert (world.run().stage, problem.champion, problem.active_run) == (
        "deployed",
        world.run().run,
        None,
    )
    assert world.api.operations().count("CreateModelPackage") == 1
    assert [item["detail-type"] for item in world.bus.envelopes] == [
        "ProblemDefined",
        "RunStarted",
        "TuningStarted",
        "ModelTuned",
        "CandidateEvaluated",
        "CandidateApproved",
        "DeploymentStarted",
        "ModelDeployed",
    ]


@pytest.mark.parametrize("survived", range(MOST_POINTS + 1))
def test_killed_anywhere_and_delivered_again_it_comes_to_the_same(
    survived: int, undisturbed: dict[str, Any]
) -> None:
    """Every leg of the relay ends after so many steps, hears the event again, and once more."""
    world = relay(survived)
    assert world.outcome() == undisturbed
    assert (world.crashes > 0) == (survived < MOST_POINTS)


def test_no_model_package_endpoint_or_job_is_made_twice() -> None:
    """Also where the crash came between making it and recording it."""
    for survived in range(MOST_POINTS):
        operations = relay(survived).api.operations()
        made = [name for name in operations if name.startswith("Create")]
        assert len(made) == len(set(made)), survived
