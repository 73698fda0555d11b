"""Reads a pipeline definition, finds every fault in it, and tells who waits for whom.

Definition schema 2020-12-01. What the local SageMaker cannot do is refused here by its name.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ValidationException
from local.sagemaker.api.service_models import SAGEMAKER, operation_model
from local.sagemaker.pipelines.pipeline_cache import cache_faults
from local.sagemaker.pipelines.pipeline_conditions import condition_faults
from local.sagemaker.pipelines.pipeline_parameters import parameter_faults
from local.sagemaker.pipelines.pipeline_references import Reference, ReferenceFault, references
from local.sagemaker.pipelines.pipeline_retries import policy_faults

if TYPE_CHECKING:
    from collections.abc import Iterator

type Document = dict[str, Any]

VERSIONS = ("2020-12-01",)
EXECUTION_VARIABLES = frozenset(
    {
        "StartDateTime",
        "CurrentDateTime",
        "PipelineName",
        "PipelineArn",
        "PipelineExecutionId",
        "PipelineExecutionArn",
        "TrainingJobName",
        "ProcessingJobName",
    }
)
CREATORS = {
    "Processing": "CreateProcessingJob",
    "Training": "CreateTrainingJob",
    "Tuning": "CreateHyperParameterTuningJob",
    "Transform": "CreateTransformJob",
    "Model": "CreateModel",
    "RegisterModel": "CreateModelPackage",
    "QualityCheck": "CreateProcessingJob",
    "ClarifyCheck": "CreateProcessingJob",
}
"""The operation whose request the Arguments of a step are."""
REFUSED = frozenset({"MlflowConfig"})
"""Members of a definition that SageMaker has and the local one refuses."""
_COMMON = frozenset({"Name", "Type", "Arguments", "DependsOn", "DisplayName", "Description"})
_CHECK = frozenset(
    {
        "CheckType",
        "ModelPackageGroupName",
        "SkipCheck",
        "FailOnViolation",
        "RegisterNewBaseline",
        "SuppliedBaselineConstraints",
        "CacheConfig",
    }
)
MEMBERS: dict[str, frozenset[str]] = {
    "Processing": frozenset({"PropertyFiles", "CacheConfig", "RetryPolicies"}),
    "Training": frozenset({"CacheConfig", "RetryPolicies"}),
    "Tuning": frozenset({"CacheConfig", "RetryPolicies"}),
    "Transform": frozenset({"CacheConfig", "RetryPolicies"}),
    "Model": frozenset({"RetryPolicies"}),
    "RegisterModel": frozenset({"RetryPolicies"}),
    "Condition": frozenset(),
    "Lambda": frozenset({"FunctionArn", "OutputParameters", "CacheConfig"}),
    "Callback": frozenset({"SqsQueueUrl", "OutputParameters", "CacheConfig"}),
    "Fail": frozenset(),
    "QualityCheck": _CHECK | {"SuppliedBaselineStatistics"},
    "ClarifyCheck": _CHECK | {"ModelName"},
}
"""What a step of each type may say besides the members that all have."""
ELSEWHERE = frozenset(
    {
        "Athena",
        "Cleanup",
        "EMR",
        "EMRServerless",
        "ForEach",
        "HubContent",
        "Job",
        "AutoML",
        "Endpoint",
        "EndpointConfig",
        "InferenceComponent",
        "Lineage",
        "BedrockCustomModel",
        "BedrockCustomModelDeployment",
        "BedrockModelImport",
        "BedrockProvisionedModelThroughput",
    }
)
"""Types of steps that SageMaker has and the local one refuses."""


@dataclass(frozen=True)
class Step:
    """One step of a pipeline.

    Attributes:
        name: Unique within the pipeline, those inside conditions included.
        kind: Its Type.
        document: Itself as the definition has it.
        waits_for: Names of the steps that must have succeeded before it.
        gate: The condition step that it stands in, or empty.
        outcome: The outcome of the gate with which it runs.
    """

    name: str
    kind: str
    document: Document
    waits_for: frozenset[str] = frozenset()
    gate: str = ""
    outcome: bool = True


@dataclass
class Definition:
    """A pipeline definition that holds together: every step by name, in a possible order."""

    document: Document
    steps: dict[str, Step] = field(default_factory=dict)

    @property
    def parameters(self) -> list[Document]:
        """The parameters as the definition has them."""
        found: list[Document] = self.document.get("Parameters") or []
        return found

    def upstream(self, name: str) -> set[str]:
        """All steps that a step waits for, directly or not."""
        found: set[str] = set()
        ahead = [name]
        while ahead:
            for step in self.steps[ahead.pop()].waits_for - found:
                found.add(step)
                ahead.append(step)
        return found


def read_definition(text: str) -> Definition:
    """Read a definition.

    Raises:
        ValidationException: Naming every fault.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise _refused([f"It is not JSON: {error}"]) from error
    if not isinstance(document, dict):
        raise _refused(["It must be an object"])
    faults = _top_faults(document)
    found = list(_walk(document.get("Steps"), "", outcome=True, faults=faults))
    names = [step.name for step in found]
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        faults.append(f"Not all step names are unique: {twice}")
    if faults:
        raise _refused(faults)
    steps = {step.name: step for step in found}
    reader = _Reader(document, steps)
    wired = {step.name: reader.wire(step) for step in found}
    if reader.faults:
        raise _refused(reader.faults)
    return Definition(document, {name: wired[name] for name in _ordered(wired)})


def _top_faults(document: Document) -> list[str]:
    known = {"Version", "Metadata", "Parameters", "PipelineExperimentConfig", "Steps"}
    # The SDK 3 writes null for what is not set.
    given = {name for name, value in document.items() if value is not None}
    faults = [
        f"The local SageMaker does not support '{name}'"
        if name in REFUSED
        else f"Unknown member '{name}'"
        for name in sorted(given - known)
    ]
    if document.get("Version") not in VERSIONS:
        faults.append(f"Version must be one of {list(VERSIONS)}, not {document.get('Version')!r}")
    if not document.get("Steps"):
        faults.append("A pipeline needs at least one step")
    return faults + parameter_faults(document.get("Parameters") or [])


def _walk(steps: Any, gate: str, *, outcome: bool, faults: list[str]) -> Iterator[Step]:
    if not isinstance(steps, list):
        faults.append("Steps must be a list")
        return
    for document in steps:
        name = document.get("Name") if isinstance(document, dict) else None
        if not isinstance(name, str) or not name or len(name) > 64:
            faults.append(f"A step has a Name of 1 to 64 characters: {document!r:.200}")
            continue
        step = Step(name, str(document.get("Type")), document, gate=gate, outcome=outcome)
        faults += _step_faults(step)
        yield step
        if step.kind == "Condition":
            arguments = document.get("Arguments", {})
            for member, taken in (("IfSteps", True), ("ElseSteps", False)):
                below = arguments.get(member) or []
                yield from _walk(below, name, outcome=taken, faults=faults)


def _step_faults(step: Step) -> list[str]:
    if step.kind in ELSEWHERE:
        return [f"The local SageMaker does not support steps of type {step.kind}: '{step.name}'"]
    if step.kind not in MEMBERS:
        return [f"Step '{step.name}' is of unknown type '{step.kind}'"]
    given = {name for name, value in step.document.items() if value is not None}
    faults = [
        f"Step '{step.name}' of type {step.kind} cannot have '{member}'"
        for member in sorted(given - _COMMON - MEMBERS[step.kind])
    ]
    arguments = step.document.get("Arguments")
    if not isinstance(arguments, dict):
        return [*faults, f"Step '{step.name}' needs Arguments"]
    return faults + [f"Step '{step.name}': {fault}" for fault in _argument_faults(step, arguments)]


def _argument_faults(step: Step, arguments: Document) -> list[str]:
    document = step.document
    faults = cache_faults(document.get("CacheConfig"))
    faults += policy_faults(document.get("RetryPolicies"))
    if creator := CREATORS.get(step.kind):
        shape = operation_model(SAGEMAKER, creator).input_shape
        members = shape.members if shape is not None else {}
        unknown = [name for name in arguments if name not in members]
        return faults + [f"Unknown member '{name}' of {creator}" for name in unknown]
    if (document.get("CacheConfig") or {}).get("Enabled"):
        faults.append(f"The local SageMaker does not cache steps of type {step.kind}")
    needed = {"Lambda": "FunctionArn", "Callback": "SqsQueueUrl"}.get(step.kind)
    if needed and not document.get(needed):
        faults.append(f"'{needed}' is needed")
    if step.kind == "Condition":
        conditions = arguments.get("Conditions")
        if not isinstance(conditions, list) or not conditions:
            return [*faults, "Conditions must be a list that is not empty"]
        faults += [fault for condition in conditions for fault in condition_faults(condition)]
    return faults


class _Reader:
    """Finds what each step refers to, and the references that lead nowhere."""

    def __init__(self, document: Document, steps: dict[str, Step]) -> None:
        self._parameters = {parameter["Name"] for parameter in document.get("Parameters") or []}
        self._steps = steps
        self.faults: list[str] = []

    def wire(self, step: Step) -> Step:
        """The step with the names of those that it waits for."""
        waits = {step.gate} if step.gate else set()
        for name in step.document.get("DependsOn") or []:
            if name not in self._steps:
                self.faults.append(f"Step '{step.name}' depends on unknown step '{name}'")
            waits.add(name)
        for reference in self._references(step):
            if reference.root == "Steps":
                waits.add(reference.name)
            if fault := self._fault(reference):
                self.faults.append(f"Step '{step.name}': {fault}")
        for name in sorted(waits & set(self._steps)):
            if self._steps[name].kind == "Fail":
                self.faults.append(f"Step '{step.name}' cannot depend on the Fail step '{name}'")
        return Step(step.name, step.kind, step.document, frozenset(waits), step.gate, step.outcome)

    def _references(self, step: Step) -> list[Reference]:
        document = dict(step.document)
        if step.kind == "Condition":
            document["Arguments"] = {"Conditions": document["Arguments"]["Conditions"]}
        try:
            return list(references(document))
        except ReferenceFault as fault:
            self.faults.append(f"Step '{step.name}': {fault}")
            return []

    def _fault(self, reference: Reference) -> str:
        name = reference.name
        if reference.root == "Parameters" and name not in self._parameters:
            return f"Parameter '{name}' is not defined"
        if reference.root == "Execution" and name not in EXECUTION_VARIABLES:
            return f"Execution variable '{name}' does not exist"
        if reference.root != "Steps":
            return ""
        if name not in self._steps:
            return f"Step '{name}' is referenced, but not defined"
        if reference.path[:1] == ("PropertyFiles",):
            files = self._steps[name].document.get("PropertyFiles") or []
            wanted = ".".join(str(piece) for piece in reference.path[1:])
            if wanted not in {item.get("PropertyFileName") for item in files}:
                return f"Step '{name}' has no property file '{wanted}'"
        return ""


def _ordered(steps: dict[str, Step]) -> list[str]:
    try:
        return list(
            TopologicalSorter({name: step.waits_for for name, step in steps.items()}).static_order()
        )
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise _refused([f"Steps depend on each other in a cycle: {circle}"]) from error


def _refused(faults: list[str]) -> ValidationException:
    return ValidationException("Unable to parse pipeline definition. " + "; ".join(faults))
