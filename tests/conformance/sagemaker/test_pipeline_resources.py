"""Pipelines as they are kept, checked and told, apart from how they run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.conformance.sagemaker.laptop import (
    BUCKET,
    ROLE,
    unique,
    until,
)
from tests.conformance.sagemaker.pipelines import (
    create,
    ended,
    fail,
    processing,
    report,
    start,
    text,
)

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

pytestmark = pytest.mark.conformance


def test_a_pipeline_is_kept_changed_and_forgotten(laptop: LocalSageMaker) -> None:
    """Versions keep every definition; a token twice is one request; running ones protect it."""
    client, name = laptop.client(), unique("flow")
    first = text(processing(laptop, "slow", "sleep", "60"))
    request = {
        "PipelineName": name,
        "PipelineDefinition": first,
        "RoleArn": ROLE,
        "ClientRequestToken": unique("token-") + "x" * 32,
        "Tags": [{"Key": "team", "Value": "risk"}],
    }
    arn = client.create_pipeline(**request)["PipelineArn"]
    assert client.create_pipeline(**request)["PipelineArn"] == arn
    with pytest.raises(ClientError, match="already exists") as caught:
        client.create_pipeline(**request | {"ClientRequestToken": "y" * 40})
    assert caught.value.response["Error"]["Code"] == "ValidationException"

    token = unique("start-") + "x" * 32
    execution = start(laptop, name, ClientRequestToken=token)
    assert start(laptop, arn, ClientRequestToken=token) == execution
    laptop.put("definitions/second.json", text(fail("end")))
    location = {"Bucket": BUCKET, "ObjectKey": "definitions/second.json"}
    changed = client.update_pipeline(PipelineName=name, PipelineDefinitionS3Location=location)
    assert changed["PipelineVersionId"] == 2
    assert client.describe_pipeline(PipelineName=name)["PipelineDefinition"] == text(fail("end"))
    old = client.describe_pipeline(PipelineName=name, PipelineVersionId=1)
    assert old["PipelineDefinition"] == first
    kept = client.describe_pipeline_definition_for_execution(PipelineExecutionArn=execution)
    assert kept["PipelineDefinition"] == first
    versions = client.list_pipeline_versions(PipelineName=name)["PipelineVersionSummaries"]
    assert [item["PipelineVersionId"] for item in versions] == [2, 1]
    listed = client.list_pipelines(PipelineNamePrefix=name)["PipelineSummaries"]
    assert [item["PipelineArn"] for item in listed] == [arn]
    assert client.list_tags(ResourceArn=arn)["Tags"] == request["Tags"]

    with pytest.raises(ClientError, match="stop them") as caught:
        client.delete_pipeline(PipelineName=name)
    assert caught.value.response["Error"]["Code"] == "ConflictException"
    client.update_pipeline_execution(
        PipelineExecutionArn=execution, PipelineExecutionDisplayName="called-so"
    )
    client.stop_pipeline_execution(PipelineExecutionArn=execution)
    assert ended(laptop, execution)["PipelineExecutionDisplayName"] == "called-so"
    client.delete_pipeline(PipelineName=name)
    with pytest.raises(ClientError, match="does not exist") as caught:
        client.describe_pipeline(PipelineName=name)
    assert caught.value.response["Error"]["Code"] == "ResourceNotFound"


def test_parameters_are_checked_and_told(laptop: LocalSageMaker) -> None:
    """Unknown, missing and mistyped ones are refused at the start; all are listed as text."""
    parameters = [
        {"Name": "Count", "Type": "Integer"},
        {"Name": "Kind", "Type": "String", "DefaultValue": "a", "EnumValues": ["a", "b"]},
        {"Name": "Quick", "Type": "Boolean", "DefaultValue": True},
    ]
    pipeline = create(laptop, fail("end"), Parameters=parameters)

    for given, told in [
        ([], "Missing required parameters.*Count"),
        ([("Count", "many")], "'many' is not Integer"),
        ([("Count", "1"), ("Kind", "c")], "none of"),
        ([("Count", "1"), ("Sort", "c")], "not found.*Sort"),
    ]:
        listed = [{"Name": name, "Value": value} for name, value in given]
        with pytest.raises(ClientError, match=told):
            start(laptop, pipeline, PipelineParameters=listed)
    arn = start(laptop, pipeline, PipelineParameters=[{"Name": "Count", "Value": "3"}])
    answer = laptop.client().list_pipeline_parameters_for_execution(PipelineExecutionArn=arn)
    assert {item["Name"]: item["Value"] for item in answer["PipelineParameters"]} == {
        "Count": "3",
        "Kind": "a",
        "Quick": "true",
    }


def test_a_definition_that_does_not_hold_together_is_refused(laptop: LocalSageMaker) -> None:
    """Every fault is named at once, when the pipeline is created."""
    step = processing(laptop, "one", "say", {"Get": "Parameters.Nobody"}, DependsOn=["nowhere"])
    other = processing(laptop, "two", "say", {"Get": "Steps.elsewhere.ModelName"})
    cycle = [
        processing(laptop, "a", DependsOn=["b"]),
        processing(laptop, "b", "say", report("a")),
    ]
    cluster = {"Name": "cluster", "Type": "EMR", "Arguments": {}}
    for steps, told in [
        ([step, other], "unknown step 'nowhere'.*'Nobody' is not defined.*'elsewhere'"),
        (cycle, "cycle"),
        ([cluster], "does not support steps of type EMR: 'cluster'"),
        ([fail("same"), fail("same")], "not unique|Not all step names are unique"),
        ([fail("end"), processing(laptop, "x", DependsOn=["end"])], "cannot depend on the Fail"),
    ]:
        with pytest.raises(ClientError, match=told):
            create(laptop, *steps)


def test_states_are_told_in_camel_case(laptop: LocalSageMaker) -> None:
    """The execution's events and each step's, in order, with times in whole seconds."""
    pipeline = create(laptop, processing(laptop, "only"))
    arn = start(laptop, pipeline, PipelineExecutionDisplayName="shown")
    ended(laptop, arn)

    def told(kind: str) -> list[dict[str, Any]]:
        name = f"SageMaker Model Building Pipeline Execution {kind}Status Change"
        details = [json.loads(e["Detail"]) for e in laptop.s3.events if e["DetailType"] == name]
        return [item for item in details if item["pipelineExecutionArn"] == arn]

    until(lambda: len(told("")) == 2, "the end is told")
    assert [item["currentPipelineExecutionStatus"] for item in told("")] == [
        "Executing",
        "Succeeded",
    ]
    last = told("")[-1]
    assert last["previousPipelineExecutionStatus"] == "Executing"
    assert last["pipelineExecutionDisplayName"] == "shown"
    assert last["executionEndTime"].endswith("Z")
    assert "." not in last["executionEndTime"]
    steps = told("Step ")
    assert [item["currentStepStatus"] for item in steps] == ["Starting", "Executing", "Succeeded"]
    assert steps[-1]["stepType"] == "Processing"
    assert steps[-1]["metadata"]["processingJob"]["arn"].startswith("arn:aws:sagemaker:")
