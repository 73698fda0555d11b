"""The events of jobs: AWS's names, casing, times and order, and that the relay can read them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lifecycle.aws_events import JobEnded, parse_aws_event
from tests.conformance.sagemaker.laptop import HYPERPARAMETERS, definition, unique, until
from tests.conformance.sagemaker.test_processing_jobs import request as processing
from tests.conformance.sagemaker.test_tuning_jobs import request as tuning
from tests.conformance.sagemaker.test_tuning_jobs import trials

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

pytestmark = pytest.mark.conformance

LAST = {"Completed", "Failed", "Stopped"}


def told(laptop: LocalSageMaker, arn: str, status: str) -> list[dict[str, Any]]:
    """The events of one resource, once the last has come; details parsed."""

    def found() -> list[dict[str, Any]]:
        entries = [entry for entry in laptop.s3.events if entry["Resources"][0] == arn]
        return [entry | {"detail": json.loads(entry["Detail"])} for entry in entries]

    until(lambda: any(entry["detail"][status] in LAST for entry in found()), "the end is told")
    return found()


def parsed(entry: dict[str, Any]) -> object:
    """The event as the bus delivers it, read by the relay."""
    envelope = {
        "version": "0",
        "id": "1",
        "detail-type": entry["DetailType"],
        "source": entry["Source"],
        "account": "000000000000",
        "time": entry["Time"],
        "region": "us-east-1",
        "resources": entry["Resources"],
        "detail": entry["detail"],
    }
    return parse_aws_event(envelope)


def test_each_state_of_a_training_job_is_told(laptop: LocalSageMaker) -> None:
    """One event a state, in order; times in milliseconds; tags a map; unset members null."""
    name = unique("told")
    tags = [{"Key": "team", "Value": "risk"}]
    arn = laptop.client().create_training_job(
        TrainingJobName=name, HyperParameters=HYPERPARAMETERS, Tags=tags, **definition(laptop)
    )["TrainingJobArn"]
    entries = told(laptop, arn, "TrainingJobStatus")

    assert {entry["DetailType"] for entry in entries} == {"SageMaker Training Job State Change"}
    assert {entry["Source"] for entry in entries} == {"aws.sagemaker"}
    states = [entry["detail"]["SecondaryStatus"] for entry in entries]
    assert states == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    last = entries[-1]["detail"]
    assert last["Tags"] == {"team": "risk"}
    assert last["TuningJobArn"] is None
    assert last["FailureReason"] is None
    assert isinstance(last["TrainingEndTime"], int)
    assert last["TrainingEndTime"] > 1_500_000_000_000
    assert parsed(entries[-1]) == JobEnded(kind="training-job", name=name, status="Completed")


def test_a_tuning_job_and_its_children_are_told(laptop: LocalSageMaker) -> None:
    """The tuning job's end comes with its best training; each child carries its TuningJobArn."""
    name = unique("tuned")
    limits = {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 2}
    arn = laptop.client().create_hyper_parameter_tuning_job(
        **tuning(laptop, name, ResourceLimits=limits)
    )["HyperParameterTuningJobArn"]
    entries = told(laptop, arn, "HyperParameterTuningJobStatus")

    assert {entry["DetailType"] for entry in entries} == {
        "SageMaker HyperParameter Tuning Job State Change"
    }
    states = [entry["detail"]["HyperParameterTuningJobStatus"] for entry in entries]
    assert states == ["InProgress", "Completed"]
    assert entries[-1]["detail"]["BestTrainingJob"]["TrainingJobName"].startswith(name)
    for trial in trials(laptop, name):
        child = told(laptop, trial["TrainingJobArn"], "TrainingJobStatus")
        assert {entry["detail"]["TuningJobArn"] for entry in child} == {arn}
    assert isinstance(parsed(entries[-1]), JobEnded)


def test_a_processing_job_is_told_with_enums_in_capitals(laptop: LocalSageMaker) -> None:
    """Inputs and outputs spell their enums S3_PREFIX, FILE; the status keeps the API's casing."""
    name = unique("told")
    arn = laptop.client().create_processing_job(**processing(laptop, name, "write"))[
        "ProcessingJobArn"
    ]
    entries = told(laptop, arn, "ProcessingJobStatus")

    assert [entry["detail"]["ProcessingJobStatus"] for entry in entries] == [
        "InProgress",
        "Completed",
    ]
    detail = entries[-1]["detail"]
    assert detail["ProcessingInputs"][0]["S3Input"]["S3DataType"] == "S3_PREFIX"
    assert detail["ProcessingInputs"][0]["S3Input"]["S3InputMode"] == "FILE"
    assert detail["ExitMessage"] == "a word to the caller"
    assert isinstance(parsed(entries[-1]), JobEnded)
