"""Hyperparameter tuning jobs, as any boto3 client meets them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.conformance.sagemaker.laptop import definition, unique, until

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

pytestmark = pytest.mark.conformance

RANGES: dict[str, Any] = {
    "ContinuousParameterRanges": [
        {"Name": "eta", "MinValue": "0.05", "MaxValue": "0.5", "ScalingType": "Logarithmic"},
        {
            "Name": "subsample",
            "MinValue": "0.5",
            "MaxValue": "0.99",
            "ScalingType": "ReverseLogarithmic",
        },
    ],
    "IntegerParameterRanges": [{"Name": "max_depth", "MinValue": "2", "MaxValue": "6"}],
    "CategoricalParameterRanges": [{"Name": "grow_policy", "Values": ["depthwise", "lossguide"]}],
}
GRID = {
    "CategoricalParameterRanges": [
        {"Name": "eta", "Values": ["0.1", "0.3"]},
        {"Name": "max_depth", "Values": ["2", "4"]},
    ]
}


def request(laptop: LocalSageMaker, name: str, **config: Any) -> dict[str, Any]:
    job = definition(laptop)
    job["StaticHyperParameters"] = {"objective": "binary:logistic", "num_round": "15"}
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {
                "Type": "Maximize",
                "MetricName": "validation:auc",
            },
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 5, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": RANGES,
            **config,
        },
        "TrainingJobDefinition": job,
        "Tags": [{"Key": "team", "Value": "risk"}],
    }


def trials(laptop: LocalSageMaker, name: str, **how: Any) -> list[dict[str, Any]]:
    answer = laptop.client().list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name, MaxResults=100, **how
    )
    found: list[dict[str, Any]] = answer["TrainingJobSummaries"]
    return found


def test_a_search_runs_its_trainings_and_names_the_best(laptop: LocalSageMaker) -> None:
    """Bayesian: every training within the ranges, counters exact, the best one the best."""
    name = unique("bayes")
    laptop.client().create_hyper_parameter_tuning_job(**request(laptop, name))
    job = laptop.await_tuning(name)

    assert job["HyperParameterTuningJobStatus"] == "Completed", job
    assert job["TrainingJobStatusCounters"]["Completed"] == 5
    assert job["ObjectiveStatusCounters"] == {"Succeeded": 5, "Pending": 0, "Failed": 0}
    found = trials(laptop, name, SortBy="FinalObjectiveMetricValue", SortOrder="Descending")
    assert job["BestTrainingJob"]["TrainingJobName"] == found[0]["TrainingJobName"]
    for trial in found:
        tuned = trial["TunedHyperParameters"]
        assert 0.05 <= float(tuned["eta"]) <= 0.5
        assert 0.5 <= float(tuned["subsample"]) <= 0.99
        assert int(tuned["max_depth"]) in range(2, 7)
        assert tuned["grow_policy"] in {"depthwise", "lossguide"}


def test_a_training_knows_whose_child_it_is(laptop: LocalSageMaker) -> None:
    """Its Describe has the tuning job's ARN, and static, tuned and objective together."""
    name = unique("child")
    limits = {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1}
    laptop.client().create_hyper_parameter_tuning_job(
        **request(laptop, name, ResourceLimits=limits)
    )
    tuning = laptop.await_tuning(name)
    child = laptop.client().describe_training_job(
        TrainingJobName=tuning["BestTrainingJob"]["TrainingJobName"]
    )

    assert child["TuningJobArn"] == tuning["HyperParameterTuningJobArn"]
    assert child["TrainingJobName"].startswith(f"{name}-001-")
    assert child["HyperParameters"]["_tuning_objective_metric"] == "validation:auc"
    assert child["HyperParameters"]["num_round"] == "15"
    assert "eta" in child["HyperParameters"]


def test_a_grid_tries_every_combination_once(laptop: LocalSageMaker) -> None:
    """Grid: the product of the categories, no more, no less."""
    name = unique("grid")
    limits = {"MaxParallelTrainingJobs": 2}
    laptop.client().create_hyper_parameter_tuning_job(
        **request(laptop, name, Strategy="Grid", ResourceLimits=limits, ParameterRanges=GRID)
    )
    laptop.await_tuning(name)

    tried = {tuple(sorted(trial["TunedHyperParameters"].items())) for trial in trials(laptop, name)}
    assert len(trials(laptop, name)) == len(tried) == 4


def test_the_same_seed_searches_the_same(laptop: LocalSageMaker) -> None:
    """Random with a RandomSeed draws the same hyperparameters in every job."""
    drawn = []
    for _ in range(2):
        name = unique("seed")
        limits = {"MaxNumberOfTrainingJobs": 3, "MaxParallelTrainingJobs": 1}
        laptop.client().create_hyper_parameter_tuning_job(
            **request(laptop, name, Strategy="Random", ResourceLimits=limits, RandomSeed=11)
        )
        laptop.await_tuning(name)
        drawn.append([trial["TunedHyperParameters"] for trial in trials(laptop, name)])

    assert drawn[0] == drawn[1]


@pytest.mark.parametrize(
    "more",
    [
        {
            "Strategy": "Hyperband",
            "StrategyConfig": {"HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 15}},
        },
        {"TrainingJobEarlyStoppingType": "Auto"},
    ],
)
def test_searches_that_stop_bad_trainings_early_end_well(
    laptop: LocalSageMaker, more: dict[str, Any]
) -> None:
    """Hyperband and early stopping: some trainings may be Stopped, and a best one is named."""
    name = unique("early")
    limits = {"MaxNumberOfTrainingJobs": 8, "MaxParallelTrainingJobs": 2}
    laptop.client().create_hyper_parameter_tuning_job(
        **request(laptop, name, ResourceLimits=limits, **more)
    )
    job = laptop.await_tuning(name)

    assert job["HyperParameterTuningJobStatus"] == "Completed"
    counters = job["TrainingJobStatusCounters"]
    assert counters["Completed"] + counters["Stopped"] == 8
    assert job["BestTrainingJob"]["ObjectiveStatus"] == "Succeeded"


def test_a_target_ends_the_search(laptop: LocalSageMaker) -> None:
    """TargetObjectiveMetricValue: no further training starts once it is reached."""
    name = unique("target")
    criteria = {"TargetObjectiveMetricValue": 0.6}
    limits = {"MaxNumberOfTrainingJobs": 20, "MaxParallelTrainingJobs": 1}
    laptop.client().create_hyper_parameter_tuning_job(
        **request(laptop, name, ResourceLimits=limits, TuningJobCompletionCriteria=criteria)
    )
    laptop.await_tuning(name)

    assert len(trials(laptop, name)) < 20


def test_stopping_stops_the_trainings(laptop: LocalSageMaker) -> None:
    """StopHyperParameterTuningJob ends what runs and starts no more."""
    client, name = laptop.client(), unique("stop")
    given = request(laptop, name)
    given["TrainingJobDefinition"]["StaticHyperParameters"]["num_round"] = "100000"
    client.create_hyper_parameter_tuning_job(**given)
    until(lambda: len(trials(laptop, name)) == 2, "two trainings run")
    client.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    job = laptop.await_tuning(name)

    assert job["HyperParameterTuningJobStatus"] == "Stopped"
    assert [trial["TrainingJobStatus"] for trial in trials(laptop, name)] == ["Stopped"] * 2


def test_a_search_whose_trainings_all_fail_fails(laptop: LocalSageMaker) -> None:
    """After five failures and no success nothing more is tried."""
    name, given = unique("fail"), None
    limits = {"MaxNumberOfTrainingJobs": 30, "MaxParallelTrainingJobs": 2}
    given = request(laptop, name, ResourceLimits=limits)
    given["TrainingJobDefinition"]["StaticHyperParameters"]["gamma"] = "-1"
    laptop.client().create_hyper_parameter_tuning_job(**given)
    job = laptop.await_tuning(name)

    assert job["FailureReason"].startswith("All training jobs failed.")
    assert job["TrainingJobStatusCounters"]["NonRetryableError"] in range(5, 8)


LIMITS = {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 2}


def test_the_first_of_several_instance_types_is_used(laptop: LocalSageMaker) -> None:
    """Prioritized: a training says the instance that it got."""
    name = unique("instances")
    given = request(laptop, name, ResourceLimits=LIMITS | {"MaxNumberOfTrainingJobs": 1})
    del given["TrainingJobDefinition"]["ResourceConfig"]
    config = {"InstanceCount": 1, "VolumeSizeInGB": 5}
    given["TrainingJobDefinition"]["HyperParameterTuningResourceConfig"] = {
        "InstanceConfigs": [
            config | {"InstanceType": "ml.m5.xlarge"},
            config | {"InstanceType": "ml.m5.large"},
        ],
        "AllocationStrategy": "Prioritized",
    }
    laptop.client().create_hyper_parameter_tuning_job(**given)
    job = laptop.await_tuning(name)
    child = laptop.client().describe_training_job(
        TrainingJobName=job["BestTrainingJob"]["TrainingJobName"]
    )

    assert child["ResourceConfig"] == config | {"InstanceType": "ml.m5.xlarge"}


def test_a_search_that_finds_nothing_better_ends_when_that_is_wanted(
    laptop: LocalSageMaker,
) -> None:
    """Trainings that cannot differ converge as soon as there are enough; the time is told."""
    name = unique("converged")
    criteria = {"ConvergenceDetected": {"CompleteOnConvergence": "Enabled"}}
    ranges = {"CategoricalParameterRanges": [{"Name": "eta", "Values": ["0.2"]}]}
    limits = {"MaxNumberOfTrainingJobs": 60, "MaxParallelTrainingJobs": 2}
    given = request(
        laptop,
        name,
        Strategy="Random",
        ResourceLimits=limits,
        ParameterRanges=ranges,
        TuningJobCompletionCriteria=criteria,
    )
    given["TrainingJobDefinition"]["StaticHyperParameters"]["num_round"] = "1"
    laptop.client().create_hyper_parameter_tuning_job(**given)
    job = laptop.await_tuning(name)

    details = job["TuningJobCompletionDetails"]
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["CreationTime"] < details["ConvergenceDetectedTime"]
    assert details["NumberOfTrainingJobsObjectiveNotImproving"] in range(19, 23)
    assert job["TrainingJobStatusCounters"]["Completed"] in range(20, 23)


def _range(kind: str, name: str, low: str, high: str) -> dict[str, Any]:
    item = {"Name": name, "MinValue": low, "MaxValue": high}
    return {"ParameterRanges": {f"{kind}ParameterRanges": [item]}}


@pytest.mark.parametrize(
    ("config", "told"),
    [
        (_range("Integer", "num_round", "1", "9"), "num_round"),
        (_range("Continuous", "eta", "1", "0"), "MinValue"),
        (_range("Continuous", "eta", "low", "high"), "eta"),
        ({"Strategy": "Grid"}, "CategoricalParameterRanges only"),
        (
            {"StrategyConfig": {"HyperbandStrategyConfig": {"MaxResource": 9}}},
            "needs the Strategy Hyperband",
        ),
        ({"Strategy": "Guess"}, "enum value set"),
        (
            {"HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "auc"}},
            "objective metric",
        ),
    ],
)
def test_what_cannot_be_searched_is_refused(
    laptop: LocalSageMaker, config: dict[str, Any], told: str
) -> None:
    """Contradictions answer ValidationException and say which."""
    with pytest.raises(ClientError, match=told):
        laptop.client().create_hyper_parameter_tuning_job(
            **request(laptop, unique("refused"), **config)
        )
