"""The lineage graph, by plain boto3: what users draw, and what jobs and packages leave."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.conformance.sagemaker.laptop import BUCKET, IMAGE, script_job, unique, until

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

pytestmark = pytest.mark.conformance

SCRIPT = """
import os, pathlib
print("auc=0.5;"); print("auc=0.75;")
pathlib.Path(os.environ["SM_MODEL_DIR"], "model.txt").write_text("trained")
"""


def artifact(laptop: LocalSageMaker, kind: str, **more: Any) -> str:
    uri = f"s3://{BUCKET}/{unique('artifact')}"
    answer = laptop.client().create_artifact(Source={"SourceUri": uri}, ArtifactType=kind, **more)
    return str(answer["ArtifactArn"])


def chain(laptop: LocalSageMaker, *arns: str) -> None:
    for source, destination in itertools.pairwise(arns):
        laptop.client().add_association(
            SourceArn=source, DestinationArn=destination, AssociationType="ContributedTo"
        )


def arns_of(answer: dict[str, Any]) -> set[str]:
    return {vertex["Arn"] for vertex in answer["Vertices"]}


def test_a_training_job_leaves_its_lineage(laptop: LocalSageMaker) -> None:
    """Its model's artifact is found by address; data and image are ascendants of the model."""
    sagemaker, name = laptop.client(), unique("job")
    sagemaker.create_training_job(TrainingJobName=name, **script_job(laptop, SCRIPT))
    model = laptop.await_training(name)["ModelArtifacts"]["S3ModelArtifacts"]
    listed: list[dict[str, Any]] = []

    def there() -> bool:
        listed[:] = sagemaker.list_artifacts(SourceUri=model)["ArtifactSummaries"]
        return bool(listed)

    until(there, "the model's artifact is there")
    found = sagemaker.query_lineage(
        StartArns=[listed[0]["ArtifactArn"]], Direction="Ascendants", IncludeEdges=True
    )

    assert [entry["ArtifactType"] for entry in listed] == ["Model"]
    kinds = sorted((vertex["LineageType"], vertex["Type"]) for vertex in found["Vertices"])
    assert kinds == [
        ("Artifact", "DataSet"),
        ("Artifact", "DataSet"),
        ("Artifact", "Image"),
        ("Artifact", "Model"),
        ("TrialComponent", "TrainingJob"),
    ]
    assert sorted(edge["AssociationType"] for edge in found["Edges"]) == [
        "ContributedTo",
        "ContributedTo",
        "ContributedTo",
        "Produced",
    ]


def test_a_package_leads_back_to_its_model_and_forth_to_its_group(laptop: LocalSageMaker) -> None:
    """Package, container artifacts, approval and group are drawn when a package is registered."""
    sagemaker, group = laptop.client(), unique("group")
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    uri = f"s3://{BUCKET}/{group}/model.tar.gz"
    package = sagemaker.create_model_package(
        ModelPackageGroupName=group,
        InferenceSpecification={
            "Containers": [{"Image": IMAGE, "ModelDataUrl": uri}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )["ModelPackageArn"]
    sagemaker.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")
    until(
        lambda: any(
            action["Status"] == "Completed"
            and sagemaker.describe_action(ActionName=action["ActionName"])["Properties"]
            == {"ModelApprovalStatus": "Approved"}
            for action in sagemaker.list_actions(SourceUri=package)["ActionSummaries"]
        ),
        "the approval is told",
    )
    (start,) = sagemaker.list_artifacts(SourceUri=uri)["ArtifactSummaries"]
    found = sagemaker.query_lineage(StartArns=[start["ArtifactArn"]], Direction="Descendants")

    assert {vertex["Type"] for vertex in found["Vertices"]} == {"Model", "Approval", "ModelGroup"}
    assert found["Edges"] == []


def test_a_query_goes_one_way_and_no_deeper_than_asked(laptop: LocalSageMaker) -> None:
    """Ascendants of the middle are not its descendants; MaxDepth counts associations."""
    one, two, three, four = (artifact(laptop, "DataSet") for _ in range(4))
    chain(laptop, one, two, three, four)
    query = laptop.client().query_lineage

    assert arns_of(query(StartArns=[three], Direction="Ascendants")) == {one, two, three}
    assert arns_of(query(StartArns=[three], Direction="Descendants")) == {three, four}
    assert arns_of(query(StartArns=[three], Direction="Both")) == {one, two, three, four}
    assert arns_of(query(StartArns=[one], Direction="Descendants", MaxDepth=2)) == {one, two, three}


def test_filters_choose_and_edges_bring_the_path(laptop: LocalSageMaker) -> None:
    """Only what filters name is returned; with IncludeEdges what lies between is, too."""
    data, model = (
        artifact(laptop, "DataSet", Properties={"team": "blue"}),
        artifact(laptop, "Model"),
    )
    image = artifact(laptop, "Image")
    chain(laptop, data, image, model)
    query = laptop.client().query_lineage
    plain = {"StartArns": [model], "Direction": "Ascendants"}

    assert arns_of(query(**plain, Filters={"Types": ["DataSet"]})) == {data}
    assert arns_of(query(**plain, Filters={"Properties": {"team": "blue"}})) == {data}
    assert arns_of(query(**plain, Filters={"LineageTypes": ["Action"]})) == set()
    with_path = query(**plain, Filters={"Types": ["DataSet"]}, IncludeEdges=True)
    assert arns_of(with_path) == {data, image, model}
    assert len(with_path["Edges"]) == 2


def test_a_long_answer_comes_in_pages(laptop: LocalSageMaker) -> None:
    """Following NextToken gives every vertex once."""
    start = artifact(laptop, "DataSet")
    others = {artifact(laptop, "Model") for _ in range(5)}
    for other in others:
        chain(laptop, start, other)
    request: dict[str, Any] = {"StartArns": [start], "Direction": "Descendants", "MaxResults": 4}
    seen: list[str] = []
    while True:
        answer = laptop.client().query_lineage(**request)
        seen += [vertex["Arn"] for vertex in answer["Vertices"]]
        if "NextToken" not in answer:
            break
        request["NextToken"] = answer["NextToken"]

    assert sorted(seen) == sorted({start, *others})


def test_entities_are_made_changed_and_deleted(laptop: LocalSageMaker) -> None:
    """Properties are added and removed; an entity with associations stays until they go."""
    sagemaker, name = laptop.client(), unique("entity")
    source = {"SourceUri": f"s3://{BUCKET}/{name}", "SourceType": "S3"}
    context = sagemaker.create_context(
        ContextName=name, Source=source, ContextType="Project", Properties={"a": "1", "b": "2"}
    )["ContextArn"]
    action = sagemaker.create_action(
        ActionName=name, Source=source, ActionType="Review", Status="InProgress"
    )["ActionArn"]
    sagemaker.update_context(ContextName=name, Properties={"a": "3"}, PropertiesToRemove=["b"])
    sagemaker.update_action(ActionName=name, Status="Completed")
    sagemaker.add_association(SourceArn=action, DestinationArn=context)
    with pytest.raises(ClientError, match="associations"):
        sagemaker.delete_context(ContextName=name)

    assert sagemaker.describe_context(ContextName=name)["Properties"] == {"a": "3"}
    assert sagemaker.describe_action(ActionName=name)["Status"] == "Completed"
    listed = sagemaker.list_associations(SourceArn=action)["AssociationSummaries"]
    assert [(edge["SourceType"], edge["DestinationType"]) for edge in listed] == [
        ("Review", "Project")
    ]
    assert (
        sagemaker.list_associations(SourceArn=action, DestinationType="Model")[
            "AssociationSummaries"
        ]
        == []
    )
    sagemaker.delete_association(SourceArn=action, DestinationArn=context)
    sagemaker.delete_context(ContextName=name)
    sagemaker.delete_action(ActionName=name)
    assert sagemaker.list_contexts(SourceUri=source["SourceUri"])["ContextSummaries"] == []


def test_one_address_has_one_artifact(laptop: LocalSageMaker) -> None:
    """A second artifact of the same SourceUri is refused; one that is gone is not found."""
    sagemaker, source = laptop.client(), {"SourceUri": f"s3://{BUCKET}/{unique('once')}"}
    arn = sagemaker.create_artifact(Source=source, ArtifactType="DataSet")["ArtifactArn"]
    with pytest.raises(ClientError, match="already exists"):
        sagemaker.create_artifact(Source=source, ArtifactType="DataSet")
    sagemaker.update_artifact(ArtifactArn=arn, ArtifactName="renamed")
    assert sagemaker.describe_artifact(ArtifactArn=arn)["ArtifactName"] == "renamed"
    sagemaker.delete_artifact(Source=source)
    with pytest.raises(ClientError) as error:
        sagemaker.describe_artifact(ArtifactArn=arn)
    assert error.value.response["Error"]["Code"] == "ResourceNotFound"
