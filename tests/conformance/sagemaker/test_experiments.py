"""Experiments, trials and trial components, by plain boto3."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.conformance.sagemaker.laptop import BUCKET, script_job, unique, until

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

pytestmark = pytest.mark.conformance

SCRIPT = """
import os, pathlib
for value in (0.5, 0.75, 0.625):
    print(f"auc={value};")
pathlib.Path(os.environ["SM_MODEL_DIR"], "model.txt").write_text("trained")
"""


def trial(laptop: LocalSageMaker) -> tuple[str, str]:
    experiment, name = unique("experiment"), unique("trial")
    laptop.client().create_experiment(ExperimentName=experiment)
    laptop.client().create_trial(TrialName=name, ExperimentName=experiment)
    return experiment, name


def code_of(call: Any, **request: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**request)
    return str(error.value.response["Error"]["Code"])


def test_a_job_becomes_a_trial_component_of_its_trial(laptop: LocalSageMaker) -> None:
    """Hyperparameters, inputs, model and the summary of its metrics are those of the job."""
    sagemaker, name = laptop.client(), unique("job")
    experiment, in_trial = trial(laptop)
    request = script_job(laptop, SCRIPT, HyperParameters={"depth": "3", "kind": "plain"})
    request["AlgorithmSpecification"] |= {
        "MetricDefinitions": [{"Name": "auc", "Regex": "auc=([0-9.]+);"}]
    }
    config = {
        "ExperimentName": experiment,
        "TrialName": in_trial,
        "TrialComponentDisplayName": "Training",
    }
    sagemaker.create_training_job(TrainingJobName=name, ExperimentConfig=config, **request)
    job = laptop.await_training(name)
    component: dict[str, Any] = {}

    def complete() -> bool:
        listed = sagemaker.list_trial_components(TrialName=in_trial)["TrialComponentSummaries"]
        if listed:
            found = listed[0]["TrialComponentName"]
            component.update(sagemaker.describe_trial_component(TrialComponentName=found))
        return bool(component and component["Status"]["PrimaryStatus"] == "Completed")

    until(complete, "the component says that its job is over")
    assert job["ExperimentConfig"] == config
    assert component["TrialComponentName"] == f"{name}-aws-training-job"
    assert component["DisplayName"] == "Training"
    assert component["Source"] == {
        "SourceArn": job["TrainingJobArn"],
        "SourceType": "SageMakerTrainingJob",
    }
    assert component["Parameters"]["depth"] == {"NumberValue": 3.0}
    assert component["Parameters"]["kind"] == {"StringValue": "plain"}
    assert component["InputArtifacts"]["train"]["Value"] == f"s3://{BUCKET}/data/train/"
    model = component["OutputArtifacts"]["SageMaker.ModelArtifact"]["Value"]
    assert model == job["ModelArtifacts"]["S3ModelArtifacts"]
    (auc,) = component["Metrics"]
    seen = {word: auc[word] for word in ("MetricName", "Min", "Max", "Last", "Count", "Avg")}
    assert seen == {
        "MetricName": "auc",
        "Min": 0.5,
        "Max": 0.75,
        "Last": 0.625,
        "Count": 3,
        "Avg": 0.625,
    }


def test_a_job_without_a_trial_gets_one(laptop: LocalSageMaker) -> None:
    """An experiment alone is enough: a trial is made in it."""
    sagemaker, experiment = laptop.client(), unique("experiment")
    sagemaker.create_experiment(ExperimentName=experiment)
    sagemaker.create_training_job(
        TrainingJobName=unique("job"),
        ExperimentConfig={"ExperimentName": experiment},
        **script_job(laptop, SCRIPT),
    )
    until(
        lambda: len(sagemaker.list_trials(ExperimentName=experiment)["TrialSummaries"]) == 1,
        "the trial is there",
    )


def test_a_job_of_an_experiment_that_is_not_there_is_refused(laptop: LocalSageMaker) -> None:
    """ResourceNotFound, and no job."""
    sagemaker, name = laptop.client(), unique("job")
    code = code_of(
        sagemaker.create_training_job,
        TrainingJobName=name,
        ExperimentConfig={"ExperimentName": "never-made"},
        **script_job(laptop, SCRIPT),
    )

    assert code == "ResourceNotFound"
    assert sagemaker.list_training_jobs(NameContains=name)["TrainingJobSummaries"] == []


def test_a_component_belongs_to_many_trials(laptop: LocalSageMaker) -> None:
    """What is in use cannot be deleted; what was taken out of all trials can."""
    sagemaker, name = laptop.client(), unique("component")
    (experiment, first), (_, second) = trial(laptop), trial(laptop)
    sagemaker.create_trial_component(
        TrialComponentName=name, Parameters={"rate": {"NumberValue": 0.1}}
    )
    for in_trial in (first, second):
        sagemaker.associate_trial_component(TrialComponentName=name, TrialName=in_trial)
    listed = sagemaker.list_trials(TrialComponentName=name)["TrialSummaries"]
    of_experiment = sagemaker.list_trial_components(ExperimentName=experiment)

    assert {item["TrialName"] for item in listed} == {first, second}
    names = [item["TrialComponentName"] for item in of_experiment["TrialComponentSummaries"]]
    assert names == [name]
    in_use = "ValidationException"
    assert code_of(sagemaker.delete_experiment, ExperimentName=experiment) == in_use
    assert code_of(sagemaker.delete_trial, TrialName=first) == in_use
    assert code_of(sagemaker.delete_trial_component, TrialComponentName=name) == in_use
    for in_trial in (first, second):
        sagemaker.disassociate_trial_component(TrialComponentName=name, TrialName=in_trial)
    sagemaker.delete_trial_component(TrialComponentName=name)
    sagemaker.delete_trial(TrialName=first)
    sagemaker.delete_experiment(ExperimentName=experiment)
    assert code_of(sagemaker.describe_experiment, ExperimentName=experiment) == "ResourceNotFound"


def test_what_is_changed_is_added_to_what_was_there(laptop: LocalSageMaker) -> None:
    """UpdateTrialComponent merges parameters and removes those named."""
    sagemaker, name = laptop.client(), unique("component")
    sagemaker.create_trial_component(
        TrialComponentName=name,
        Parameters={"a": {"NumberValue": 1}, "b": {"StringValue": "x"}},
    )
    sagemaker.update_trial_component(
        TrialComponentName=name,
        Parameters={"c": {"NumberValue": 2}},
        ParametersToRemove=["a"],
        Status={"PrimaryStatus": "Completed"},
    )
    found = sagemaker.describe_trial_component(TrialComponentName=name)

    assert found["Parameters"] == {"b": {"StringValue": "x"}, "c": {"NumberValue": 2.0}}
    assert found["Status"]["PrimaryStatus"] == "Completed"


def test_metrics_are_put_and_got_by_step_and_by_time(laptop: LocalSageMaker) -> None:
    """Statistics are taken of the points of each step or minute."""
    sagemaker, metrics, name = laptop.client(), laptop.client("sagemaker-metrics"), unique("run")
    arn = sagemaker.create_trial_component(TrialComponentName=name)["TrialComponentArn"]
    now = int(time.time()) // 60 * 60
    points = [
        {"MetricName": "loss", "Timestamp": now + offset, "Step": step, "Value": value}
        for offset, step, value in ((0, 0, 4.0), (1, 1, 2.0), (2, 1, 1.0), (61, 2, 0.5))
    ]
    metrics.batch_put_metrics(TrialComponentName=name, MetricData=points)
    query = {"MetricName": "loss", "ResourceArn": arn}
    steps = {"Period": "IterationNumber", "XAxisType": "IterationNumber"}
    minutes = {"Period": "OneMinute", "XAxisType": "Timestamp"}
    got = metrics.batch_get_metrics(
        MetricQueries=[
            {**query, **steps, "MetricStat": "Last"},
            {**query, **steps, "MetricStat": "Avg", "Start": 1, "End": 1},
            {**query, **minutes, "MetricStat": "Count"},
            {**query, **minutes, "MetricStat": "Max", "ResourceArn": arn + "x"},
        ]
    )["MetricQueryResults"]

    assert (got[0]["XAxisValues"], got[0]["MetricValues"]) == ([0, 1, 2], [4.0, 1.0, 0.5])
    assert (got[1]["XAxisValues"], got[1]["MetricValues"]) == ([1], [1.5])
    assert (got[2]["XAxisValues"], got[2]["MetricValues"]) == ([now, now + 60], [3.0, 1.0])
    assert [result["Status"] for result in got] == ["Complete"] * 3 + ["ValidationError"]
    (summary,) = sagemaker.describe_trial_component(TrialComponentName=name)["Metrics"]
    assert (summary["Count"], summary["Last"], summary["Max"]) == (4, 0.5, 4.0)
