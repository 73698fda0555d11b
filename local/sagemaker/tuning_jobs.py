"""CreateHyperParameterTuningJob and its siblings."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from local.sagemaker import training_jobs
from local.sagemaker.assembly import at_start
from local.sagemaker.errors import ResourceInUse, ValidationException
from local.sagemaker.images import Runner, built_in, training_runner
from local.sagemaker.listing import page
from local.sagemaker.operations import operation
from local.sagemaker.training_checks import check
from local.sagemaker.tuning_children import child_request, children, standing, summary
from local.sagemaker.tuning_run import ENDED, KIND, TuningRun, tell
from local.sagemaker.tuning_search import flat_ranges

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

REFUSED = frozenset(
    {f"TrainingJobDefinition.{path}" for path in training_jobs.REFUSED}
    | {
        "HyperParameterTuningJobConfig.ParameterRanges.AutoParameters",
        "HyperParameterTuningJobConfig.TuningJobCompletionCriteria.ConvergenceDetected",
        "TrainingJobDefinition.HyperParameterRanges",
        "TrainingJobDefinition.HyperParameterTuningResourceConfig",
        "TrainingJobDefinition.ResourceConfig.KeepAlivePeriodInSeconds",
        "TrainingJobDefinition.RetryStrategy",
        "TrainingJobDefinition.TuningObjective",
        "TrainingJobDefinition.VpcConfig",
    }
)
MOST_TUNED = 30


@operation(
    "CreateHyperParameterTuningJob",
    honours={
        "HyperParameterTuningJobName",
        "HyperParameterTuningJobConfig",
        "TrainingJobDefinition",
        "Tags",
    },
    refuses=REFUSED,
)
def create_hyper_parameter_tuning_job(request: Document, platform: Platform) -> Document:
    """Start a tuning job; ResourceInUse when the name is taken."""
    _check(request)
    role = request["TrainingJobDefinition"]["RoleArn"]
    platform.clients.role_environment(role)  # refuses a role that is not for us
    name, now = request["HyperParameterTuningJobName"], platform.now()
    document = {
        **request,
        "HyperParameterTuningJobArn": platform.arn(KIND, name),
        "HyperParameterTuningJobStatus": "InProgress",
        "CreationTime": now,
        "LastModifiedTime": now,
    }
    document |= standing([], document)
    platform.create(KIND, name, document)
    tell(platform, document)
    TuningRun(platform, name).start()
    return {"HyperParameterTuningJobArn": document["HyperParameterTuningJobArn"]}


def _check(request: Document) -> None:
    """Refuse what the model allows and SageMaker does not; raises `ValidationException`."""
    config, definition = (
        request["HyperParameterTuningJobConfig"],
        request.get("TrainingJobDefinition"),
    )
    if definition is None or "HyperParameterTuningJobObjective" not in config:
        raise ValidationException(
            "TrainingJobDefinition and "
            "HyperParameterTuningJobConfig.HyperParameterTuningJobObjective are required"
        )
    ranges = flat_ranges(config.get("ParameterRanges", {}))
    _check_ranges(ranges, definition.get("StaticHyperParameters", {}))
    _check_limits(config, ranges)
    _check_objective(config, definition)
    check(child_request(request, "any", {}))
    early = config.get("TrainingJobEarlyStoppingType", "Off")
    if config["Strategy"] == "Hyperband" and early != "Off":
        raise ValidationException("TrainingJobEarlyStoppingType must be Off with Hyperband")


def _check_ranges(ranges: list[Document], static: dict[str, str]) -> None:
    if not ranges or len(ranges) > MOST_TUNED:
        raise ValidationException(f"ParameterRanges must name 1 to {MOST_TUNED} hyperparameters")
    names = [item["Name"] for item in ranges]
    twice = sorted({name for name in names if names.count(name) > 1 or name in static})
    if twice:
        raise ValidationException(
            f"Hyperparameters must be either static or tuned, once: {', '.join(twice)}"
        )
    for item in ranges:
        if item["kind"] != "categorical":
            _check_bounds(item)


def _check_bounds(item: Document) -> None:
    convert = int if item["kind"] == "integer" else float
    try:
        low, high = convert(item["MinValue"]), convert(item["MaxValue"])
    except ValueError as error:
        raise ValidationException(f"Range of {item['Name']}: {error}") from error
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ValidationException(f"Range of {item['Name']}: MinValue must not exceed MaxValue")
    scale = item.get("ScalingType", "Auto")
    if scale == "Logarithmic" and low <= 0:
        raise ValidationException(f"Range of {item['Name']}: Logarithmic needs values above 0")
    if scale == "ReverseLogarithmic" and not (
        item["kind"] == "continuous" and 0 <= low <= high < 1
    ):
        raise ValidationException(
            f"Range of {item['Name']}: ReverseLogarithmic needs continuous values, 0 <= x < 1"
        )


def _check_limits(config: Document, ranges: list[Document]) -> None:
    limits = config["ResourceLimits"]
    jobs = limits.get("MaxNumberOfTrainingJobs")
    if config["Strategy"] != "Grid":
        if jobs is None and "MaxRuntimeInSeconds" not in limits:
            raise ValidationException("ResourceLimits.MaxNumberOfTrainingJobs is required")
        return
    if any(item["kind"] != "categorical" for item in ranges):
        raise ValidationException("Grid search takes CategoricalParameterRanges only")
    combinations = math.prod(len(item["Values"]) for item in ranges)
    if jobs is not None and jobs != combinations:
        raise ValidationException(
            f"MaxNumberOfTrainingJobs must be left out, or be the number of combinations, "
            f"{combinations}"
        )


def _check_objective(config: Document, definition: Document) -> None:
    metric = config["HyperParameterTuningJobObjective"]["MetricName"]
    specification = definition["AlgorithmSpecification"]
    image = specification.get("TrainingImage", "")
    algorithm = built_in(image)
    runner = training_runner(image, definition.get("StaticHyperParameters", {}))
    if algorithm is not None and runner is Runner.ALGORITHM:
        known = algorithm.knows_metric(metric)
    else:
        known = metric in {item["Name"] for item in specification.get("MetricDefinitions", [])}
    if not known:
        raise ValidationException(
            f"The objective metric for the hyperparameter tuning job, [{metric}], isn't valid for "
            f"the [{image}] algorithm. Choose a valid objective metric."
        )


@operation("DescribeHyperParameterTuningJob")
def describe_hyper_parameter_tuning_job(request: Document, platform: Platform) -> Document:
    """Tell everything of a tuning job."""
    return platform.get(KIND, request["HyperParameterTuningJobName"])


@operation("ListHyperParameterTuningJobs")
def list_hyper_parameter_tuning_jobs(request: Document, platform: Platform) -> Document:
    """List tuning jobs."""
    documents = []
    for document in platform.store.list(KIND):
        config = document["HyperParameterTuningJobConfig"]
        flat = {"Strategy": config["Strategy"], "ResourceLimits": config["ResourceLimits"]}
        documents.append(document | flat)
    return page(
        request,
        documents,
        name_member="HyperParameterTuningJobName",
        answer_member="HyperParameterTuningJobSummaries",
        status_member="HyperParameterTuningJobStatus",
        default_order="Ascending",
    )


@operation("ListTrainingJobsForHyperParameterTuningJob")
def list_training_jobs_for_tuning_job(request: Document, platform: Platform) -> Document:
    """List a tuning job's training jobs; by objective, those without one are left out."""
    name = request["HyperParameterTuningJobName"]
    tuning = platform.get(KIND, name)
    found = [summary(child, tuning) for child in children(platform, name)]
    if request.get("SortBy") == "FinalObjectiveMetricValue":
        member = "FinalHyperParameterTuningJobObjectiveMetric"
        found = [item | {"_value": item[member]["Value"]} for item in found if member in item]
    return page(
        request,
        found,
        name_member="TrainingJobName",
        answer_member="TrainingJobSummaries",
        status_member="TrainingJobStatus",
        sort_members={"FinalObjectiveMetricValue": "_value"},
        default_order="Ascending",
    )


@operation("StopHyperParameterTuningJob")
def stop_hyper_parameter_tuning_job(request: Document, platform: Platform) -> Document:
    """Stop a tuning job and its running trainings; nothing happens to one that has ended."""
    name = request["HyperParameterTuningJobName"]
    platform.get(KIND, name)
    changed = False

    def change(document: Document) -> Document | None:
        nonlocal changed
        if document["HyperParameterTuningJobStatus"] != "InProgress":
            return None
        changed = True
        now = platform.now()
        return document | {"HyperParameterTuningJobStatus": "Stopping", "LastModifiedTime": now}

    document = platform.store.change(KIND, name, change)
    if changed:
        tell(platform, document)
        run = platform.active.get((KIND, name))
        if run is not None:
            run.stop()
    return {}


@operation("DeleteHyperParameterTuningJob")
def delete_hyper_parameter_tuning_job(request: Document, platform: Platform) -> Document:
    """Forget a tuning job that has ended; its training jobs stay."""
    name = request["HyperParameterTuningJobName"]
    if platform.get(KIND, name)["HyperParameterTuningJobStatus"] not in ENDED:
        raise ResourceInUse(f"Hyperparameter tuning job {name} has not ended; stop it first")
    platform.store.delete(KIND, name)
    return {}


@at_start
def resume(platform: Platform) -> None:
    """Take up the tuning jobs that ran when the process was killed.

    What was found is kept; the trainings that were cut short are replaced.
    """
    for document in platform.store.list(KIND):
        if document["HyperParameterTuningJobStatus"] not in ENDED:
            TuningRun(platform, document["HyperParameterTuningJobName"]).start()
