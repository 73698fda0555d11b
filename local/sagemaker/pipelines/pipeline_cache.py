"""Reuses what a step gave before, when its arguments are the same.

AWS pages "Caching Pipeline Steps" and "Default cache key attributes by pipeline step type".
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from local.sagemaker.pipelines.pipeline_states import KIND

if TYPE_CHECKING:
    from local.sagemaker.pipelines.pipeline_definition import Step
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

KEYS: dict[str, tuple[str, ...]] = {
    "Processing": ("AppSpecification", "Environment", "ProcessingInputs"),
    "Training": (
        "AlgorithmSpecification",
        "CheckpointConfig",
        "DebugHookConfig",
        "DebugRuleConfigurations",
        "Environment",
        "HyperParameters",
        "InputDataConfig",
    ),
    "Tuning": (
        "HyperParameterTuningJobConfig",
        "TrainingJobDefinition",
        "TrainingJobDefinitions",
    ),
    "Transform": (
        "DataProcessing",
        "Environment",
        "ModelName",
        "TransformInput",
        "TransformOutput",
        "TransformResources",
    ),
    "QualityCheck": ("AppSpecification", "Environment", "ProcessingInputs"),
    "ClarifyCheck": ("AppSpecification", "Environment", "ProcessingInputs"),
}
"""The arguments by which two runs of a step are the same."""
_TRAININGS = (
    "AlgorithmSpecification",
    "HyperParameterRanges",
    "InputDataConfig",
    "StaticHyperParameters",
    "TuningObjective",
)
_CHECKS = (
    "CheckType",
    "ModelPackageGroupName",
    "SkipCheck",
    "FailOnViolation",
    "RegisterNewBaseline",
    "SuppliedBaselineStatistics",
    "SuppliedBaselineConstraints",
)
_DURATION = re.compile(
    r"P?(?:(?P<y>\d+)y)?(?:(?P<mo>\d+)m)?(?:(?P<w>\d+)w)?(?:(?P<d>\d+)d)?"
    r"(?:T(?:(?P<h>\d+)h)?(?:(?P<mi>\d+)m)?)?",
    re.IGNORECASE,
)
_DAYS = {"y": 365.0, "mo": 30.0, "w": 7.0, "d": 1.0, "h": 1 / 24, "mi": 1 / 1440}


def seconds_of(duration: str) -> float:
    """Seconds of an ISO 8601 duration as ExpireAfter has it: `P30D`, `30d`, `T16m`, `30dT5h`.

    Raises:
        ValueError: For anything else.
    """
    found = _DURATION.fullmatch(duration)
    parts = {} if found is None else {k: int(v) for k, v in found.groupdict().items() if v}
    if not parts:
        raise ValueError(f"{duration!r} is not a duration such as P30D or PT16M")
    return sum(86_400 * _DAYS[unit] * count for unit, count in parts.items())


def cache_faults(config: Any) -> list[str]:
    """What is wrong with the CacheConfig of a step; empty when nothing is."""
    if config is None:
        return []
    if set(config) - {"Enabled", "ExpireAfter"} or not isinstance(config.get("Enabled"), bool):
        return ["CacheConfig has Enabled (true or false) and ExpireAfter"]
    if "ExpireAfter" not in config:
        return []
    try:
        seconds_of(config["ExpireAfter"])
    except (TypeError, ValueError) as error:
        return [f"CacheConfig.ExpireAfter: {error}"]
    return []


def digest(step: Step, arguments: Document, said: Document) -> str:
    """What two runs of a step have in common when one can stand for the other.

    Args:
        step: The step.
        arguments: Its arguments, resolved.
        said: Its other members, resolved.
    """
    key = {name: arguments.get(name) for name in KEYS.get(step.kind, ())}
    if training := key.get("TrainingJobDefinition"):
        key["TrainingJobDefinition"] = {name: training.get(name) for name in _TRAININGS}
    key |= {name: said.get(name) for name in _CHECKS}
    text = json.dumps([step.name, step.kind, key], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def cached(platform: Platform, pipeline: str, step: Step, wanted: str) -> Document | None:
    """The newest record of a step that ran with this digest and has not expired.

    Args:
        platform: The platform.
        pipeline: Only its own executions count.
        step: The step.
        wanted: See `digest`.

    Returns:
        The record, with `PipelineExecutionArn` of its execution; None when there is none.
    """
    config = step.document["CacheConfig"]
    limit = seconds_of(config["ExpireAfter"]) if "ExpireAfter" in config else float("inf")
    found: list[Document] = []
    for execution in platform.store.list(KIND, parent=pipeline):
        record = execution["Steps"].get(step.name, {})
        ran = "CacheHitResult" not in record and "SelectiveExecutionResult" not in record
        same = record.get("StepStatus") == "Succeeded" and record.get("Digest") == wanted
        if ran and same and platform.now() - record["EndTime"] <= limit:
            found.append(record | {"PipelineExecutionArn": execution["PipelineExecutionArn"]})
    return max(found, key=lambda record: record["EndTime"]) if found else None
