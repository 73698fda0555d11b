"""What CreateHyperParameterTuningJob refuses although the model allows it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ValidationException
from local.sagemaker.api.service_models import shape
from local.sagemaker.jobs.images import Runner, built_in, training_runner
from local.sagemaker.training import training_jobs
from local.sagemaker.training.training_checks import check as check_training
from local.sagemaker.tuning.tuning_children import child_request
from local.sagemaker.tuning.tuning_definitions import Definition, definitions

if TYPE_CHECKING:
    from botocore.model import StructureShape

type Document = dict[str, Any]

_DEFINITION: StructureShape = shape("HyperParameterTrainingJobDefinition")  # type: ignore[assignment]
#: Members that go into each training job's request as they are, and what is refused of them.
_PASSED_ON = ("EnableNetworkIsolation", "RetryStrategy", "VpcConfig")
_NOT_IN_A_DEFINITION = (
    {path for path in training_jobs.REFUSED if path.partition(".")[0] in _DEFINITION.members}
    | {member for member in _PASSED_ON if member not in training_jobs.HONOURED}
    | {"ResourceConfig.KeepAlivePeriodInSeconds"}  # trainings share their matrices, not machines
)
REFUSED = frozenset(
    {
        f"{member}.{path}"
        for member in ("TrainingJobDefinition", "TrainingJobDefinitions")
        for path in _NOT_IN_A_DEFINITION
    }
    | {
        "HyperParameterTuningJobConfig.ParameterRanges.AutoParameters",
        "TrainingJobDefinitions.HyperParameterRanges.AutoParameters",
    }
)
MOST_TUNED = 30
_CONFIG = "HyperParameterTuningJobConfig"


def check(request: Document) -> None:
    """Refuse what the model allows and SageMaker does not; raises `ValidationException`."""
    config = request[_CONFIG]
    if ("TrainingJobDefinition" in request) == ("TrainingJobDefinitions" in request):
        raise ValidationException(
            "Either TrainingJobDefinition or TrainingJobDefinitions is required"
        )
    if "TrainingJobDefinition" in request:
        _check_single(config, request["TrainingJobDefinition"])
    else:
        _check_several(config, request["TrainingJobDefinitions"])
    found = definitions(request)
    for definition in found.values():
        _check_definition(definition)
    _check_limits(config, [definition.ranges for definition in found.values()])
    _check_strategy(config)


def _check_single(config: Document, definition: Document) -> None:
    if "HyperParameterTuningJobObjective" not in config:
        raise ValidationException(f"{_CONFIG}.HyperParameterTuningJobObjective is required")
    misplaced = sorted({"TuningObjective", "HyperParameterRanges"} & set(definition))
    if misplaced:
        raise ValidationException(
            f"With one TrainingJobDefinition, {_CONFIG} has the objective and the ranges, and the "
            f"definition has no {' and no '.join(misplaced)}"
        )


def _check_several(config: Document, documents: list[Document]) -> None:
    misplaced = sorted({"HyperParameterTuningJobObjective", "ParameterRanges"} & set(config))
    if misplaced:
        raise ValidationException(
            f"With TrainingJobDefinitions, each has its TuningObjective and HyperParameterRanges, "
            f"and {_CONFIG} has no {' and no '.join(misplaced)}"
        )
    for document in documents:
        for member in ("DefinitionName", "TuningObjective", "HyperParameterRanges"):
            if member not in document:
                raise ValidationException(f"TrainingJobDefinitions: each needs a {member}")
    names = [document["DefinitionName"] for document in documents]
    if len(set(names)) != len(names):
        raise ValidationException("The DefinitionName of each definition must be unique")
    if len({document["TuningObjective"]["Type"] for document in documents}) > 1:
        raise ValidationException(
            "The local SageMaker compares the trainings of all definitions: the Type of every "
            "TuningObjective must be the same"
        )
    if config.get("TrainingJobEarlyStoppingType", "Off") != "Off":
        raise ValidationException(
            "TrainingJobEarlyStoppingType Auto is not supported with TrainingJobDefinitions"
        )


def _check_definition(definition: Definition) -> None:
    document = definition.document
    _check_ranges(definition.ranges, document.get("StaticHyperParameters", {}))
    _check_objective(definition)
    resources = document.get("HyperParameterTuningResourceConfig")
    if resources is not None:
        _check_resources(document, resources)
    check_training(child_request(definition, "any", {}, []))


def _check_resources(document: Document, resources: Document) -> None:
    if "ResourceConfig" in document:
        raise ValidationException(
            "Either ResourceConfig or HyperParameterTuningResourceConfig must be given, not both"
        )
    alone = {"InstanceType", "InstanceCount", "VolumeSizeInGB"} & set(resources)
    if "InstanceConfigs" in resources and alone:
        raise ValidationException(
            "HyperParameterTuningResourceConfig has either InstanceConfigs or "
            f"{', '.join(sorted(alone))}"
        )
    if "AllocationStrategy" in resources and "InstanceConfigs" not in resources:
        raise ValidationException("AllocationStrategy needs InstanceConfigs")


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


def _check_limits(config: Document, all_ranges: list[list[Document]]) -> None:
    limits = config["ResourceLimits"]
    jobs = limits.get("MaxNumberOfTrainingJobs")
    if config["Strategy"] != "Grid":
        if jobs is None and "MaxRuntimeInSeconds" not in limits:
            raise ValidationException("ResourceLimits.MaxNumberOfTrainingJobs is required")
        return
    if any(item["kind"] != "categorical" for ranges in all_ranges for item in ranges):
        raise ValidationException("Grid search takes CategoricalParameterRanges only")
    combinations = sum(math.prod(len(item["Values"]) for item in ranges) for ranges in all_ranges)
    if jobs is not None and jobs != combinations:
        raise ValidationException(
            f"MaxNumberOfTrainingJobs must be left out, or be the number of combinations, "
            f"{combinations}"
        )


def _check_strategy(config: Document) -> None:
    hyperband = config.get("StrategyConfig", {}).get("HyperbandStrategyConfig")
    if config["Strategy"] != "Hyperband":
        if hyperband is not None:
            raise ValidationException("HyperbandStrategyConfig needs the Strategy Hyperband")
        return
    if config.get("TrainingJobEarlyStoppingType", "Off") != "Off":
        raise ValidationException("TrainingJobEarlyStoppingType must be Off with Hyperband")
    given = hyperband or {}
    if given.get("MinResource", 1) > given.get("MaxResource", math.inf):
        raise ValidationException(
            "HyperbandStrategyConfig: MinResource must not exceed MaxResource"
        )


def _check_objective(definition: Definition) -> None:
    metric = definition.objective["MetricName"]
    specification = definition.document["AlgorithmSpecification"]
    image = specification.get("TrainingImage", "")
    algorithm = built_in(image)
    runner = training_runner(image, definition.document.get("StaticHyperParameters", {}))
    if algorithm is not None and runner is Runner.ALGORITHM:
        known = algorithm.knows_metric(metric)
    else:
        known = metric in {item["Name"] for item in specification.get("MetricDefinitions", [])}
    if not known:
        raise ValidationException(
            f"The objective metric for the hyperparameter tuning job, [{metric}], isn't valid for "
            f"the [{image}] algorithm. Choose a valid objective metric."
        )
