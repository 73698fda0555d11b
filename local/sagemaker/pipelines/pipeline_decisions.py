"""Steps that decide, or end a pipeline: Condition and Fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.sagemaker.pipelines.pipeline_conditions import holds
from local.sagemaker.pipelines.pipeline_references import as_text
from local.sagemaker.pipelines.pipeline_step import StepFailed, handles

if TYPE_CHECKING:
    from local.sagemaker.pipelines.pipeline_step import StepRun

type Document = dict[str, Any]


@handles("Condition")
def decide(run: StepRun) -> Document:
    """Evaluate the conditions, all of which must hold; the steps of one branch are never begun."""
    conditions = run.step.document["Arguments"]["Conditions"]
    outcome = str(all(holds(condition, run.resolve) for condition in conditions))
    run.note(Metadata={"Condition": {"Outcome": outcome}})
    return {"Outcome": outcome}


@handles("Fail")
def fail(run: StepRun) -> Document:
    """Fail the execution with a message."""
    message = as_text(run.resolve(run.step.document["Arguments"].get("ErrorMessage", "")))
    run.note(Metadata={"Fail": {"ErrorMessage": message}})
    raise StepFailed(message)
