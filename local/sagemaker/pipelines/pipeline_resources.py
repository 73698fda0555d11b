"""CreatePipeline and its siblings: pipelines and their versions.

Every definition that a pipeline ever had is a version of its own, so that an execution keeps the
one that it began with.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ConflictException, ResourceNotFound, ValidationException
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import operation
from local.sagemaker.objects import ObjectsError
from local.sagemaker.pipelines.pipeline_definition import read_definition
from local.sagemaker.pipelines.pipeline_states import ENDED
from local.sagemaker.pipelines.pipeline_states import KIND as EXECUTION

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

KIND = "pipeline"
VERSION = "pipeline-version"
_changing = threading.Lock()


@operation(
    "CreatePipeline",
    honours={
        "PipelineName",
        "PipelineDisplayName",
        "PipelineDefinition",
        "PipelineDefinitionS3Location",
        "PipelineDescription",
        "ClientRequestToken",
        "RoleArn",
        "Tags",
        "ParallelismConfiguration",
    },
    refuses={"PipelineDefinitionS3Location.VersionId"},
)
def create_pipeline(request: Document, platform: Platform) -> Document:
    """Keep a pipeline; the same ClientRequestToken again gives the same pipeline."""
    name, now = request["PipelineName"], platform.now()
    with _changing:
        known = platform.store.find(KIND, name)
        if known is not None:
            if known["ClientRequestToken"] == request["ClientRequestToken"]:
                return {"PipelineArn": known["PipelineArn"]}
            raise ValidationException(
                f"Pipeline names must be unique within an AWS account and region. "
                f"Pipeline with name ({name}) already exists."
            )
        text = _definition_text(request, platform)
        document = {
            **{key: value for key, value in request.items() if key not in _NOT_KEPT},
            "PipelineArn": platform.arn(KIND, name),
            "PipelineStatus": "Active",
            "CreationTime": now,
            "LastModifiedTime": now,
            "CreatedBy": {},
            "LastModifiedBy": {},
            "Version": 1,
        }
        document.setdefault("PipelineDisplayName", name)
        _keep_version(platform, document, text)
        arn = platform.create(KIND, name, document)
    return {"PipelineArn": arn}


_NOT_KEPT = frozenset({"PipelineDefinition", "PipelineDefinitionS3Location"})


@operation("DescribePipeline", refuses={"PipelineVersionAlias"})
def describe_pipeline(request: Document, platform: Platform) -> Document:
    """A pipeline with its newest definition, or the one of a version."""
    document = find_pipeline(platform, request["PipelineName"])
    version = find_version(platform, document, request.get("PipelineVersionId"))
    kept = ("PipelineVersionDisplayName", "PipelineVersionDescription", "PipelineDefinition")
    return document | {key: version[key] for key in kept if key in version}


@operation(
    "UpdatePipeline",
    refuses={"PipelineVersionAliases", "PipelineDefinitionS3Location.VersionId"},
)
def update_pipeline(request: Document, platform: Platform) -> Document:
    """Change a pipeline; executions that run keep the definition that they began with."""
    with _changing:
        document = find_pipeline(platform, request["PipelineName"])
        changes: Document = {
            key: request[key]
            for key in (
                "PipelineDisplayName",
                "PipelineDescription",
                "RoleArn",
                "ParallelismConfiguration",
            )
            if key in request
        }
        changes["LastModifiedTime"] = platform.now()
        if _NOT_KEPT & set(request):
            text = _definition_text(request, platform)
            changes["Version"] = document["Version"] + 1
            _keep_version(platform, document | changes, text)
        changed = platform.store.update(KIND, document["PipelineName"], **changes)
    return {"PipelineArn": changed["PipelineArn"], "PipelineVersionId": changed["Version"]}


@operation("DeletePipeline")
def delete_pipeline(request: Document, platform: Platform) -> Document:
    """Forget a pipeline, its versions and its executions; refused while one of them runs."""
    with _changing:
        document = find_pipeline(platform, request["PipelineName"])
        name = document["PipelineName"]
        executions = platform.store.list(EXECUTION, parent=name)
        if any(item["PipelineExecutionStatus"] not in ENDED for item in executions):
            raise ConflictException(
                f"Pipeline {name} has executions that are running; stop them before deleting it."
            )
        for item in executions:
            platform.store.delete(EXECUTION, execution_name(item["PipelineExecutionArn"]))
        for item in platform.store.list(VERSION, parent=name):
            platform.store.delete(VERSION, f"{name}/{item['PipelineVersionId']}")
        platform.store.delete(KIND, name)
    return {"PipelineArn": document["PipelineArn"]}


@operation("ListPipelines", refuses={"ManagedBy"})
def list_pipelines(request: Document, platform: Platform) -> Document:
    """All pipelines, newest first."""
    prefix = request.get("PipelineNamePrefix", "")
    found = []
    for document in platform.store.list(KIND):
        if document["PipelineName"].startswith(prefix):
            last = document.get("LastRunTime")
            found.append(document | ({"LastExecutionTime": last} if last else {}))
    return page(
        between(request),
        found,
        name_member="PipelineName",
        answer_member="PipelineSummaries",
    )


@operation("ListPipelineVersions")
def list_pipeline_versions(request: Document, platform: Platform) -> Document:
    """Every definition that a pipeline had, newest first."""
    name = find_pipeline(platform, request["PipelineName"])["PipelineName"]
    return page(
        between(request),
        platform.store.list(VERSION, parent=name),
        name_member="PipelineArn",
        answer_member="PipelineVersionSummaries",
    )


@operation("UpdatePipelineVersion", refuses={"PipelineVersionAliasOperations"})
def update_pipeline_version(request: Document, platform: Platform) -> Document:
    """Call or describe a version differently."""
    document = find_pipeline(platform, request["PipelineArn"])
    version = find_version(platform, document, request["PipelineVersionId"])
    names = ("PipelineVersionDisplayName", "PipelineVersionDescription")
    changes = {key: request[key] for key in names if key in request}
    number = version["PipelineVersionId"]
    platform.store.update(VERSION, f"{document['PipelineName']}/{number}", **changes)
    return {"PipelineArn": document["PipelineArn"], "PipelineVersionId": number}


def between(request: Document) -> Document:
    """A List request with CreatedAfter and CreatedBefore called as elsewhere."""
    words = {"CreatedAfter": "CreationTimeAfter", "CreatedBefore": "CreationTimeBefore"}
    return {words.get(key, key): value for key, value in request.items()}


def execution_name(arn: str) -> str:
    """An execution's name in the store: `<pipeline in lower case>/<id>`."""
    return arn.partition(":pipeline/")[2].replace("/execution/", "/")


def find_pipeline(platform: Platform, name_or_arn: str) -> Document:
    """A pipeline's document, by name or ARN.

    Raises:
        ResourceNotFound: When there is none.
    """
    found = platform.store.find_by_arn(name_or_arn) if name_or_arn.startswith("arn:") else None
    document = found[2] if found else platform.store.find(KIND, name_or_arn)
    if document is None:
        name = name_or_arn.rpartition("/")[2]
        raise ResourceNotFound(f"Pipeline '{platform.arn(KIND, name)}' does not exist.")
    return document


def find_version(platform: Platform, pipeline: Document, number: int | None = None) -> Document:
    """A version of a pipeline, the newest unless told; raises `ResourceNotFound`."""
    number = number or pipeline["Version"]
    document = platform.store.find(VERSION, f"{pipeline['PipelineName']}/{number}")
    if document is None:
        raise ResourceNotFound(
            f"Pipeline '{pipeline['PipelineArn']}' has no version with the id {number}."
        )
    return document


def _keep_version(platform: Platform, pipeline: Document, text: str) -> None:
    name, number = pipeline["PipelineName"], pipeline["Version"]
    document = {
        "PipelineArn": pipeline["PipelineArn"],
        "PipelineVersionId": number,
        "CreationTime": platform.now(),
        "PipelineDefinition": text,
    }
    platform.store.delete(VERSION, f"{name}/{number}")  # left by a kill between the two writes
    platform.store.create(VERSION, f"{name}/{number}", document, parent=name)


def _definition_text(request: Document, platform: Platform) -> str:
    text, location = request.get("PipelineDefinition"), request.get("PipelineDefinitionS3Location")
    if (text is None) == (location is None):
        raise ValidationException(
            "Exactly one of PipelineDefinition and PipelineDefinitionS3Location must be given."
        )
    if location is not None:
        address = f"s3://{location['Bucket']}/{location['ObjectKey']}"
        try:
            text = platform.objects.read(address, request.get("RoleArn", "")).decode()
        except (ObjectsError, UnicodeDecodeError) as error:
            raise ValidationException(f"Unable to read {address}: {error}") from error
    assert text is not None
    read_definition(text)
    return str(text)
