"""StartPipelineExecution and its siblings."""

from __future__ import annotations

import secrets
import string
import threading
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ConflictException, ResourceNotFound, ValidationException
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import operation
from local.sagemaker.assembly import after_start, at_end
from local.sagemaker.pipelines.pipeline_definition import Definition, read_definition
from local.sagemaker.pipelines.pipeline_parameters import listed, parameter_values
from local.sagemaker.pipelines.pipeline_references import ReferenceFault, Resolver
from local.sagemaker.pipelines.pipeline_resources import KIND as PIPELINE
from local.sagemaker.pipelines.pipeline_resources import (
    between,
    execution_name,
    find_pipeline,
    find_version,
)
from local.sagemaker.pipelines.pipeline_run import ExecutionRun
from local.sagemaker.pipelines.pipeline_selection import selected
from local.sagemaker.pipelines.pipeline_states import (
    ENDED,
    KIND,
    IllegalMoveError,
    move_execution,
    tell_execution,
)

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

_LETTERS = string.ascii_lowercase + string.digits
_starting = threading.Lock()


@operation(
    "StartPipelineExecution",
    honours={
        "PipelineName",
        "PipelineExecutionDisplayName",
        "PipelineParameters",
        "PipelineExecutionDescription",
        "ClientRequestToken",
        "ParallelismConfiguration",
        "SelectiveExecutionConfig",
        "PipelineVersionId",
        "RoleArn",
    },
)
def start_pipeline_execution(request: Document, platform: Platform) -> Document:
    """Start an execution; the same ClientRequestToken again gives the same execution."""
    with _starting:
        pipeline = find_pipeline(platform, request["PipelineName"])
        if earlier := _earlier(platform, pipeline, request["ClientRequestToken"]):
            return {"PipelineExecutionArn": earlier}
        version = find_version(platform, pipeline, request.get("PipelineVersionId"))
        document = _execution(request, platform, pipeline, version)
        definition = read_definition(version["PipelineDefinition"])
        earlier_values = selected(platform, document, definition)
        document["Parameters"] = parameter_values(
            definition.parameters, request.get("PipelineParameters", []), earlier_values
        )
        document |= _experiment(document, definition)
        arn = document["PipelineExecutionArn"]
        name = execution_name(arn)
        platform.store.create(KIND, name, document, arn=arn, parent=pipeline["PipelineName"])
        platform.store.update(
            PIPELINE, pipeline["PipelineName"], LastRunTime=document["CreationTime"]
        )
    tell_execution(platform, document, None)
    ExecutionRun(platform, name).start()
    return {"PipelineExecutionArn": arn}


def _earlier(platform: Platform, pipeline: Document, token: str) -> str | None:
    for document in platform.store.list(KIND, parent=pipeline["PipelineName"]):
        if document["ClientRequestToken"] == token:
            return str(document["PipelineExecutionArn"])
    return None


def _execution(
    request: Document, platform: Platform, pipeline: Document, version: Document
) -> Document:
    now = platform.now()
    identity = "".join(secrets.choice(_LETTERS) for _ in range(12))
    kept = (
        "PipelineExecutionDescription",
        "ClientRequestToken",
        "SelectiveExecutionConfig",
        "ParallelismConfiguration",
    )
    settings = {key: pipeline[key] for key in ("ParallelismConfiguration",) if key in pipeline}
    return {
        **settings,
        **{key: request[key] for key in kept if key in request},
        "PipelineName": pipeline["PipelineName"],
        "PipelineArn": pipeline["PipelineArn"],
        "PipelineExecutionArn": f"{pipeline['PipelineArn']}/execution/{identity}",
        "PipelineExecutionDisplayName": request.get(
            "PipelineExecutionDisplayName", f"execution-{int(now * 1000)}"
        ),
        "PipelineExecutionStatus": "Executing",
        "PipelineVersionId": version["PipelineVersionId"],
        "RoleArn": request.get("RoleArn", pipeline["RoleArn"]),
        "Definition": version["PipelineDefinition"],
        "DefinitionTime": version["CreationTime"],
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": {},
        "LastModifiedBy": {},
        "Steps": {},
    }


def _experiment(document: Document, definition: Definition) -> Document:
    """PipelineExperimentConfig with its references replaced; nothing when there is none."""
    config = definition.document.get("PipelineExperimentConfig")
    if not config:
        return {}
    known = {
        "PipelineName": document["PipelineName"],
        "PipelineExecutionId": document["PipelineExecutionArn"].rpartition("/")[2],
        **document["Parameters"],
    }
    resolver = Resolver(lambda reference: known[reference.name], lambda _: "", lambda *_: "")
    try:
        return {"PipelineExperimentConfig": resolver.resolve(config)}
    except (ReferenceFault, KeyError) as error:
        raise ValidationException(f"PipelineExperimentConfig: {error}") from error


@operation("DescribePipelineExecution")
def describe_pipeline_execution(request: Document, platform: Platform) -> Document:
    """An execution as it is now."""
    return find_execution(platform, request["PipelineExecutionArn"])


@operation("DescribePipelineDefinitionForExecution")
def describe_definition_for_execution(request: Document, platform: Platform) -> Document:
    """The definition that an execution began with."""
    document = find_execution(platform, request["PipelineExecutionArn"])
    return {
        "PipelineDefinition": document["Definition"],
        "CreationTime": document["DefinitionTime"],
    }


@operation("ListPipelineExecutions", refuses={"PipelineVersionAlias"})
def list_pipeline_executions(request: Document, platform: Platform) -> Document:
    """A pipeline's executions, newest first."""
    name = find_pipeline(platform, request["PipelineName"])["PipelineName"]
    found = [
        document
        | {
            "StartTime": document["CreationTime"],
            "PipelineExecutionFailureReason": document.get("FailureReason"),
        }
        for document in platform.store.list(KIND, parent=name)
    ]
    return page(
        between(request),
        found,
        name_member="PipelineExecutionArn",
        answer_member="PipelineExecutionSummaries",
        sort_members={"PipelineExecutionArn": "PipelineExecutionArn"},
    )


@operation("ListPipelineExecutionSteps")
def list_pipeline_execution_steps(request: Document, platform: Platform) -> Document:
    """The steps that have begun, the latest first; steps that never ran are not there."""
    document = find_execution(platform, request.get("PipelineExecutionArn", ""))
    steps = [
        record | {"CreationTime": record["StartTime"]} for record in document["Steps"].values()
    ]
    return page(
        request,
        sorted(steps, key=lambda record: record["StartTime"]),
        name_member="StepName",
        answer_member="PipelineExecutionSteps",
    )


@operation("ListPipelineParametersForExecution")
def list_pipeline_parameters(request: Document, platform: Platform) -> Document:
    """The parameters of an execution, defaults included, as text."""
    document = find_execution(platform, request["PipelineExecutionArn"])
    parameters = [item | {"CreationTime": 0} for item in listed(document["Parameters"])]
    return page(
        request,
        parameters,
        name_member="Name",
        answer_member="PipelineParameters",
        default_order="Ascending",
    )


@operation("UpdatePipelineExecution")
def update_pipeline_execution(request: Document, platform: Platform) -> Document:
    """Call an execution differently, or let more or fewer of its steps run side by side."""
    arn = request.pop("PipelineExecutionArn")
    find_execution(platform, arn)
    name = execution_name(arn)
    platform.store.update(KIND, name, **request, LastModifiedTime=platform.now())
    if run := platform.active.get((KIND, name)):
        run.wake()
    return {"PipelineExecutionArn": arn}


@operation("StopPipelineExecution")
def stop_pipeline_execution(request: Document, platform: Platform) -> Document:
    """End the running steps, and begin no more."""
    arn = request["PipelineExecutionArn"]
    find_execution(platform, arn)
    name = execution_name(arn)
    try:
        move_execution(platform, name, "Stopping")
    except IllegalMoveError as error:
        if str(error) == "Stopping":
            return {"PipelineExecutionArn": arn}
        raise ConflictException(
            f"Pipeline execution with ARN {arn} has already ended with status {error}."
        ) from error
    if run := platform.active.get((KIND, name)):
        run.halt()
    return {"PipelineExecutionArn": arn}


@operation("RetryPipelineExecution")
def retry_pipeline_execution(request: Document, platform: Platform) -> Document:
    """Take up an execution that failed or was stopped: what succeeded is kept."""
    arn = request["PipelineExecutionArn"]
    document = find_execution(platform, arn)
    name, status = execution_name(arn), document["PipelineExecutionStatus"]
    with _starting:
        if document.get("RetryToken") == request["ClientRequestToken"]:
            return {"PipelineExecutionArn": arn}
        if status not in ENDED or status == "Succeeded":
            raise ConflictException(
                f"Only executions that failed or were stopped can be retried; {arn} is {status}."
            )
        kept = {
            step: record
            for step, record in document["Steps"].items()
            if record["StepStatus"] == "Succeeded"
        }
        changes: Document = {"RetryToken": request["ClientRequestToken"], "FailureReason": None}
        if "ParallelismConfiguration" in request:
            changes["ParallelismConfiguration"] = request["ParallelismConfiguration"]
        move_execution(platform, name, "Executing", Steps=kept, **changes)
    ExecutionRun(platform, name).start()
    return {"PipelineExecutionArn": arn}


def find_execution(platform: Platform, arn: str) -> Document:
    """An execution's document; raises `ResourceNotFound`."""
    document = platform.store.find(KIND, execution_name(arn))
    if document is None or document["PipelineExecutionArn"] != arn:
        raise ResourceNotFound(f"Pipeline execution with ARN {arn} does not exist.")
    return document


@after_start
def resume(platform: Platform) -> None:
    """Go on with the executions that ran when the process was killed."""
    for document in platform.store.list(KIND):
        if document["PipelineExecutionStatus"] not in ENDED:
            ExecutionRun(platform, execution_name(document["PipelineExecutionArn"])).start()


@at_end
def leave(platform: Platform) -> None:
    """Let the threads of running executions go; the next start goes on with them."""
    for (kind, _), run in list(platform.active.items()):
        if kind == KIND:
            run.wake()
