"""CreateTrainingJob and CreateHyperParameterTuningJob."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lifecycle.names import digest
from lifecycle.requests.encryption import output_key, volume_key
from lifecycle.requests.objectives import objective_for

if TYPE_CHECKING:
    from lifecycle.records import RunRecord
    from lifecycle.requests.objectives import Objective
    from lifecycle.settings import Settings

ROUNDS = 500
PATIENCE = 20
SEED_BOUND = 2**31

STRATEGIES = {"bayesian": "Bayesian", "random": "Random", "grid": "Grid", "hyperband": "Hyperband"}

RANGES: dict[str, list[dict[str, Any]]] = {
    "ContinuousParameterRanges": [
        {"Name": "eta", "MinValue": "0.05", "MaxValue": "0.3", "ScalingType": "Logarithmic"},
        {
            "Name": "min_child_weight",
            "MinValue": "1",
            "MaxValue": "20",
            "ScalingType": "Logarithmic",
        },
        {"Name": "subsample", "MinValue": "0.6", "MaxValue": "1.0", "ScalingType": "Linear"},
        {"Name": "colsample_bytree", "MinValue": "0.5", "MaxValue": "1.0", "ScalingType": "Linear"},
        {"Name": "lambda", "MinValue": "0.3", "MaxValue": "10", "ScalingType": "Logarithmic"},
        {"Name": "alpha", "MinValue": "0.001", "MaxValue": "1", "ScalingType": "Logarithmic"},
    ],
    "IntegerParameterRanges": [
        {"Name": "max_depth", "MinValue": "3", "MaxValue": "9", "ScalingType": "Linear"},
    ],
    "CategoricalParameterRanges": [],
}
"""What tuning searches: within the ranges of "Tune an XGBoost Model", narrowed to where tables of
up to some hundred thousand rows find their best."""

GRID: dict[str, list[dict[str, Any]]] = {
    "ContinuousParameterRanges": [],
    "IntegerParameterRanges": [],
    "CategoricalParameterRanges": [
        {"Name": "max_depth", "Values": ["3", "5", "8"]},
        {"Name": "eta", "Values": ["0.05", "0.15"]},
        {"Name": "subsample", "Values": ["0.7", "1.0"]},
    ],
}
"""Grid search takes categorical ranges only (CreateHyperParameterTuningJob); 12 combinations."""


def run_objective(run: RunRecord) -> Objective:
    """The objective of a prepared run."""
    metric = (run.definition.get("metric") or {}).get("name") or ""
    return objective_for(run.task, metric, run.classes)


def static_hyperparameters(run: RunRecord) -> dict[str, str]:
    """Hyperparameters that are not tuned; SageMaker takes text only."""
    objective = run_objective(run)
    fixed = {
        "objective": objective.objective,
        "eval_metric": objective.eval_metric,
        "num_round": str(ROUNDS),
        "early_stopping_rounds": str(PATIENCE),
        "tree_method": "hist",
        "seed": str(int(digest(run.problem, run.run, length=8), 16) % SEED_BOUND),
    }
    if objective.num_class:
        fixed["num_class"] = str(objective.num_class)
    if objective.objective == "binary:logistic":
        # XGBoost 2 and later begins at the share of positives. A rank metric can be best after a
        # few trees, whose scores then all lie on that side of a half: the model would know one
        # label alone. From the middle, SageMaker's documented default, each tree counts.
        fixed["base_score"] = "0.5"
    return fixed


def tuning_request(run: RunRecord, name: str, settings: Settings) -> dict[str, Any]:
    """Parameters of CreateHyperParameterTuningJob for a prepared run."""
    tune = run.definition["tune"]
    strategy = STRATEGIES[tune["strategy"]]
    objective = run_objective(run)
    grid = strategy == "Grid"
    limits = {"MaxParallelTrainingJobs": tune["parallel"]}
    if not grid:
        limits["MaxNumberOfTrainingJobs"] = tune["jobs"]
    config: dict[str, Any] = {
        "Strategy": strategy,
        "HyperParameterTuningJobObjective": {
            "Type": objective.direction,
            "MetricName": objective.metric_name,
        },
        "ResourceLimits": limits,
        "ParameterRanges": GRID if grid else RANGES,
        "TrainingJobEarlyStoppingType": "Off",
        "RandomSeed": int(digest(run.problem, run.run, length=6), 16),
    }
    if strategy == "Hyperband":
        config["StrategyConfig"] = {
            "HyperbandStrategyConfig": {"MinResource": 10, "MaxResource": ROUNDS}
        }
    tuned = {item["Name"] for kind in (GRID if grid else RANGES).values() for item in kind}
    fixed = {k: v for k, v in static_hyperparameters(run).items() if k not in tuned}
    definition = _job(run, settings) | {"StaticHyperParameters": fixed}
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": config,
        "TrainingJobDefinition": definition,
        "Tags": tags(run),
    }


def training_request(run: RunRecord, name: str, settings: Settings) -> dict[str, Any]:
    """Parameters of CreateTrainingJob for a prepared run that is not tuned."""
    return {
        "TrainingJobName": name,
        "HyperParameters": static_hyperparameters(run)
        | {"eta": "0.08", "max_depth": "6", "subsample": "0.85", "colsample_bytree": "0.8"},
        "Tags": tags(run),
        # SageMaker failing is no fault of the data; a tuning job replaces such trainings by itself.
        "RetryStrategy": {"MaximumRetryAttempts": RETRIES},
        **_job(run, settings),
    }


RETRIES = 3
"""How often SageMaker tries a training again that ended by InternalServerError (RetryStrategy)."""


def tags(run: RunRecord) -> list[dict[str, str]]:
    """Tags that tell, in any console or bill, whose a resource is."""
    return [
        {"Key": "baton:problem", "Value": run.problem},
        {"Key": "baton:run", "Value": run.run},
    ]


def _job(run: RunRecord, settings: Settings) -> dict[str, Any]:
    """What a single training and each training of a tuning job share."""
    train = run.definition["train"]
    seconds = int(train["max_minutes"] * 60)
    stopping = {"MaxRuntimeInSeconds": seconds}
    job: dict[str, Any] = {
        "AlgorithmSpecification": {
            "TrainingImage": settings.xgboost_image,
            "TrainingInputMode": "File",
        },
        "RoleArn": settings.job_role,
        "InputDataConfig": [
            _channel(channel, settings.run_uri(run.problem, run.run, "prepared", channel, ""))
            for channel in ("train", "validation")
        ],
        "OutputDataConfig": {
            "S3OutputPath": settings.run_uri(run.problem, run.run, "training"),
            **output_key(settings),
        },
        "ResourceConfig": {
            "InstanceType": train["instance"],
            "InstanceCount": 1,
            "VolumeSizeInGB": 30,
            **volume_key(train["instance"], settings),
        },
        "StoppingCondition": stopping,
        "EnableManagedSpotTraining": bool(train["spot"]),
        # Training reads its channels alone: with neither network nor credentials it can read
        # nothing else, whatever runs in it.
        "EnableNetworkIsolation": settings.isolate_jobs,
    }
    if train["spot"]:
        # MaxWait covers waiting for capacity and running; twice the run is what AWS's samples use.
        stopping["MaxWaitTimeInSeconds"] = 2 * seconds
        checkpoints = settings.run_uri(run.problem, run.run, "checkpoints")
        job["CheckpointConfig"] = {"S3Uri": checkpoints}
    return job


def _channel(name: str, uri: str) -> dict[str, Any]:
    return {
        "ChannelName": name,
        "ContentType": "application/x-parquet",
        "DataSource": {
            "S3DataSource": {
                "S3DataType": "S3Prefix",
                "S3Uri": uri,
                "S3DataDistributionType": "FullyReplicated",
            }
        },
    }
