"""Selective executions: a part of a pipeline, upon the outputs of an earlier execution.

AWS page "Selective execution of pipeline steps".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ValidationException
from local.sagemaker.pipelines.pipeline_resources import execution_name
from local.sagemaker.pipelines.pipeline_states import ENDED, KIND

if TYPE_CHECKING:
    from local.sagemaker.pipelines.pipeline_definition import Definition
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]


def selected(platform: Platform, document: Document, definition: Definition) -> Document | None:
    """Prepare a selective execution: what is chosen, and the records that are reused.

    Args:
        platform: The platform.
        document: The new execution's document; gets `SelectedSteps` and `Steps`.
        definition: The pipeline's.

    Returns:
        The parameters of the execution that it builds upon; None without one.

    Raises:
        ValidationException: When the chosen steps do not hang together, or need outputs that the
            earlier execution does not have.
    """
    config = document.get("SelectiveExecutionConfig")
    if not config:
        return None
    chosen = {item["StepName"] for item in config["SelectedSteps"]}
    if unknown := sorted(chosen - set(definition.steps)):
        raise ValidationException(f"Selected steps are not in the pipeline: {unknown}")
    between = _between(definition, chosen) - chosen
    if between:
        raise ValidationException(
            f"The steps between selected steps must be selected too: {sorted(between)}"
        )
    needed = {name for step in chosen for name in definition.upstream(step) if name not in chosen}
    document["SelectedSteps"] = sorted(chosen)
    arn = config.get("SourcePipelineExecutionArn")
    if arn is None:
        if needed:
            raise ValidationException(
                f"SourcePipelineExecutionArn is needed: selected steps use {sorted(needed)}"
            )
        return None
    source = _source(platform, document, arn)
    document["Steps"] = _reused(source, needed, arn)
    values: Document = source["Parameters"]
    return values


def _between(definition: Definition, chosen: set[str]) -> set[str]:
    """The steps that are on a path from one chosen step to another."""
    found: set[str] = set()
    for step in chosen:
        for name in definition.upstream(step):
            if definition.upstream(name) & chosen:
                found.add(name)
    return found


def _source(platform: Platform, document: Document, arn: str) -> Document:
    source = platform.store.find(KIND, execution_name(arn))
    if source is None or source["PipelineArn"] != document["PipelineArn"]:
        raise ValidationException(f"{arn} is not an execution of this pipeline")
    if source["PipelineExecutionStatus"] not in ENDED:
        raise ValidationException(f"{arn} has not ended yet")
    return source


def _reused(source: Document, needed: set[str], arn: str) -> Document:
    reused = {}
    for name in needed:
        record = source["Steps"].get(name, {})
        if record.get("StepStatus") != "Succeeded":
            raise ValidationException(f"The step {name} did not succeed in {arn}")
        reused[name] = record | {"SelectiveExecutionResult": {"SourcePipelineExecutionArn": arn}}
    return reused
