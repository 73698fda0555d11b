"""Files to score in bulk: they wait for a model, are scored once, or set aside."""

import pytest

from handle_finish_scoring import lambda_handler as finish_scoring
from handle_score_file import lambda_handler as score_file
from tests.builders import (
    PROBLEM,
    RUN,
    envelope,
    object_created,
    own_event,
    prepared_run,
    problem_record,
)
from tests.integration.functions.world import World

KEY = f"{PROBLEM}/score/märz/new rows.csv"


@pytest.fixture
def world():
    world = World(problem_record(champion=RUN), prepared_run(stage="deployed"))
    world.land(KEY, b"age\n3\n")
    return world


def job(world):
    """The name of the one processing job."""
    ((_, request),) = [item for item in world.api.done if item[0] == "CreateProcessingJob"]
    return request["ProcessingJobName"]


def ended(name, status="Completed", **more):
    detail = {"ProcessingJobName": name, "ProcessingJobStatus": status} | more
    return envelope("aws.sagemaker", "SageMaker Processing Job State Change", detail)


def test_a_file_is_scored_and_its_answer_told(world):
    """Folders under score/ stay; the job's name derives from key and content."""
    ((name, data),) = world.deliver(score_file, object_created(KEY))
    ((ready, told),) = world.deliver(finish_scoring, ended(job(world)))

    assert (name, data["key"]) == ("ScoringStarted", KEY)
    assert (ready, told["key"]) == ("PredictionsReady", KEY)
    assert told["uri"] == f"s3://lake/{PROBLEM}/predictions/märz/new rows.csv"
    assert world.deliver(score_file, object_created(KEY)) == []
    assert world.deliver(finish_scoring, ended(job(world))) == []


def test_a_file_that_cannot_be_scored_is_set_aside(world):
    world.deliver(score_file, object_created(KEY))

    ((name, data),) = world.deliver(
        finish_scoring, ended(job(world), "Failed", ExitMessage="new rows.csv: it has no rows")
    )

    assert name == "DataRejected"
    assert data["faults"][0]["message"] == "new rows.csv: it has no rows"
    assert world.objects.read(data["quarantine_uri"]) == b"age\n3\n"


def test_a_file_without_a_model_waits_for_one():
    world = World(problem_record())

    assert world.deliver(score_file, object_created(KEY)) == []
    deployed = {"problem": PROBLEM, "run": RUN, "endpoint": PROBLEM, "mode": "realtime"}
    ((name, data),) = world.deliver(score_file, own_event("ModelDeployed", deployed))

    assert (name, data["key"], data["purpose"]) == ("WaitingDataReleased", KEY, "score")
    assert world.deliver(score_file, own_event("WaitingDataReleased", data)) == []


def test_a_file_without_a_problem_waits_too():
    world = World()

    assert world.deliver(score_file, object_created(KEY)) == []
    assert "waits until churn has a model" in world.reasons()[-1]


def test_a_job_whose_end_outran_its_record_is_brought_back(world):
    """The queue tries again; the record is there then."""
    from lifecycle.errors import RecordMissingError

    with pytest.raises(RecordMissingError):
        finish_scoring.answer(ended("baton-score-churn-0"), world.ports)
