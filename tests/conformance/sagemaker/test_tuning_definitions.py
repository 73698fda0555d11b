"""Tuning jobs of several definitions, and those that take over from earlier ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.conformance.sagemaker.laptop import BUCKET, definition, unique
from tests.conformance.sagemaker.test_tuning_jobs import GRID, LIMITS, request, trials

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

pytestmark = pytest.mark.conformance


def several(laptop: LocalSageMaker, name: str, **config: Any) -> dict[str, Any]:
    """A tuning job of two definitions: trees with two metrics to compare by."""
    given = request(laptop, name, ResourceLimits=LIMITS, **config)
    objective = given["HyperParameterTuningJobConfig"].pop("HyperParameterTuningJobObjective")
    ranges = given["HyperParameterTuningJobConfig"].pop("ParameterRanges")
    job = given.pop("TrainingJobDefinition")
    given["TrainingJobDefinitions"] = [
        job
        | {
            "DefinitionName": depth,
            "TuningObjective": objective,
            "HyperParameterRanges": {
                "ContinuousParameterRanges": ranges["ContinuousParameterRanges"]
            },
            "StaticHyperParameters": job["StaticHyperParameters"] | {"max_depth": depth},
        }
        for depth in ("2", "5")
    ]
    return given


def test_several_definitions_share_the_trainings(laptop: LocalSageMaker) -> None:
    """Each is tried, each training says whose it is, and the best of all is the best."""
    client, name = laptop.client(), unique("several")
    client.create_hyper_parameter_tuning_job(**several(laptop, name))
    job = laptop.await_tuning(name)

    assert job["HyperParameterTuningJobStatus"] == "Completed", job
    found = trials(laptop, name, SortBy="FinalObjectiveMetricValue", SortOrder="Descending")
    assert sorted(trial["TrainingJobDefinitionName"] for trial in found) == ["2", "2", "5", "5"]
    assert job["BestTrainingJob"]["TrainingJobName"] == found[0]["TrainingJobName"]
    for trial in found:
        child = client.describe_training_job(TrainingJobName=trial["TrainingJobName"])
        assert child["HyperParameters"]["max_depth"] == trial["TrainingJobDefinitionName"]


def heir(laptop: LocalSageMaker, kind: str, *parents: str, **config: Any) -> dict[str, Any]:
    """A tuning job that takes over from others."""
    named = [{"HyperParameterTuningJobName": name} for name in parents]
    return request(laptop, unique("heir"), ResourceLimits=LIMITS, **config) | {
        "WarmStartConfig": {"ParentHyperParameterTuningJobs": named, "WarmStartType": kind}
    }


@pytest.fixture(scope="module")
def parent(laptop: LocalSageMaker) -> str:
    """A tuning job that has ended."""
    name = unique("parent")
    laptop.client().create_hyper_parameter_tuning_job(
        **request(laptop, name, ResourceLimits=LIMITS)
    )
    assert laptop.await_tuning(name)["HyperParameterTuningJobStatus"] == "Completed"
    return name


def value(summary: dict[str, Any]) -> float:
    return float(summary["FinalHyperParameterTuningJobObjectiveMetric"]["Value"])


def test_a_warm_start_on_identical_data_names_the_best_of_both(
    laptop: LocalSageMaker, parent: str
) -> None:
    """OverallBestTrainingJob is the better of the parent's and its own, and says whose it is."""
    client, given = laptop.client(), heir(laptop, "IdenticalDataAndAlgorithm", parent)
    client.create_hyper_parameter_tuning_job(**given)
    job = laptop.await_tuning(given["HyperParameterTuningJobName"])
    before = client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=parent)

    own, old = job["BestTrainingJob"], before["BestTrainingJob"]
    assert value(job["OverallBestTrainingJob"]) == max(value(own), value(old))
    of_parent = value(old) > value(own)
    assert job["OverallBestTrainingJob"].get("TuningJobName") == (parent if of_parent else None)
    assert len(trials(laptop, given["HyperParameterTuningJobName"])) == 4
    assert job["WarmStartConfig"] == given["WarmStartConfig"]


def test_a_transfer_begins_with_the_parents_best(laptop: LocalSageMaker, parent: str) -> None:
    """Its first trainings have the best hyperparameters of the parent; no overall best is told."""
    given = heir(laptop, "TransferLearning", parent)
    laptop.client().create_hyper_parameter_tuning_job(**given)
    job = laptop.await_tuning(given["HyperParameterTuningJobName"])

    best = trials(laptop, parent, SortBy="FinalObjectiveMetricValue", SortOrder="Descending")
    own = trials(laptop, given["HyperParameterTuningJobName"], SortBy="Name")
    expected, told = best[0]["TunedHyperParameters"], own[0]["TunedHyperParameters"]
    assert {name: expected[name] for name in ("max_depth", "grow_policy")} == {
        name: told[name] for name in ("max_depth", "grow_policy")
    }
    assert float(told["eta"]) == pytest.approx(float(expected["eta"]))
    assert "OverallBestTrainingJob" not in job


def test_parents_that_do_not_fit_are_refused(laptop: LocalSageMaker, parent: str) -> None:
    """Unknown, twice the same, another objective, another number of ranges, other data."""
    client, kind = laptop.client(), "IdenticalDataAndAlgorithm"
    least = {"Type": "Minimize", "MetricName": "validation:rmse"}
    elsewhere = heir(laptop, kind, parent)
    source = elsewhere["TrainingJobDefinition"]["InputDataConfig"][0]["DataSource"]
    source["S3DataSource"]["S3Uri"] = f"s3://{BUCKET}/data/validation/"
    refused = [
        (heir(laptop, kind, "nobody"), "nobody"),
        (heir(laptop, kind, parent, parent), "different tuning jobs"),
        (heir(laptop, kind, parent, HyperParameterTuningJobObjective=least), "objective"),
        (heir(laptop, kind, parent, ParameterRanges=GRID), "number of tuned"),
        (elsewhere, "input data"),
    ]
    for given, told in refused:
        with pytest.raises(ClientError, match=told):
            client.create_hyper_parameter_tuning_job(**given)


def test_definitions_that_contradict_are_refused(laptop: LocalSageMaker) -> None:
    """Two objectives in two directions, one name twice, early stopping, nothing at all."""
    opposite, same = several(laptop, unique("x")), several(laptop, unique("x"))
    opposite["TrainingJobDefinitions"][0]["TuningObjective"] = {
        "Type": "Minimize",
        "MetricName": "validation:logloss",
    }
    same["TrainingJobDefinitions"][0]["DefinitionName"] = "5"
    early = several(laptop, unique("x"), TrainingJobEarlyStoppingType="Auto")
    both = several(laptop, unique("x")) | {"TrainingJobDefinition": definition(laptop)}
    automatic = request(laptop, unique("x")) | {"Autotune": {"Mode": "Enabled"}}
    refused = [
        (opposite, "Type of every"),
        (same, "unique"),
        (early, "TrainingJobEarlyStoppingType"),
        (both, "Either TrainingJobDefinition"),
        (automatic, "does not support: Autotune"),
    ]
    for given, told in refused:
        with pytest.raises(ClientError, match=told):
            laptop.client().create_hyper_parameter_tuning_job(**given)
