"""The model registry and the feature store, by plain boto3."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from pyarrow import parquet

from lifecycle.aws_events import ModelPackageChanged, parse_aws_event
from tests.conformance.sagemaker.laptop import BUCKET, IMAGE, ROLE, unique, until
from tests.conformance.sagemaker.serving import details, make_endpoint
from tests.unit.local.sagemaker.world import plain_archive

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

pytestmark = pytest.mark.conformance

CHANGE = "SageMaker Model Package State Change"
REPORT = {"ContentType": "application/json", "S3Uri": f"s3://{BUCKET}/report.json"}
PAIR = {"Statistics": REPORT, "Constraints": REPORT}
BIAS = {"Report": REPORT, "PreTrainingReport": REPORT, "PostTrainingReport": REPORT}
MEMBERS: dict[str, Any] = {
    "ModelMetrics": {
        "ModelQuality": PAIR,
        "ModelDataQuality": PAIR,
        "Bias": BIAS,
        "Explainability": {"Report": REPORT},
    },
    "DriftCheckBaselines": {
        "ModelQuality": PAIR,
        "ModelDataQuality": PAIR,
        "Bias": {"ConfigFile": REPORT, "PreTrainingConstraints": REPORT},
        "Explainability": {"Constraints": REPORT},
    },
    "ModelLifeCycle": {"Stage": "Staging", "StageStatus": "Pending"},
    "CustomerMetadataProperties": {"team": "blue"},
    "MetadataProperties": {"CommitId": "abc"},
    "SkipModelValidation": "All",
    "ModelCard": {
        "ModelCardContent": '{"intended_uses": {"risk_rating": "Low"}}',
        "ModelCardStatus": "Draft",
    },
    "SecurityConfig": {"KmsKeyId": "alias/cards"},
}


def package(group: str, **more: Any) -> dict[str, Any]:
    return {
        "ModelPackageGroupName": group,
        "InferenceSpecification": {
            "Containers": [{"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/m/model.tar.gz"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        **more,
    }


def serve(laptop: LocalSageMaker, model: str) -> str:
    """Make an endpoint of a model and wait until it serves; its name."""
    sagemaker = laptop.client()
    variant = {
        "VariantName": "all",
        "ModelName": model,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    sagemaker.create_endpoint_config(EndpointConfigName=model, ProductionVariants=[variant])
    return make_endpoint(laptop, model)


def test_a_candidate_is_registered_once_and_approved(laptop: LocalSageMaker) -> None:
    """The same token gives the same version; the approval's event can be read by the relay."""
    sagemaker, group = laptop.client(), unique("group")
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    request = package(group, ClientToken=unique("token"))
    arns = {sagemaker.create_model_package(**request)["ModelPackageArn"] for _ in range(2)}
    (arn,) = arns
    sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    until(lambda: len(details(laptop, CHANGE, arn)) >= 2, "both events came")
    envelope = {
        "source": "aws.sagemaker",
        "detail-type": CHANGE,
        "resources": [arn],
        "detail": details(laptop, CHANGE, arn)[1],
    }
    read = parse_aws_event(envelope)

    assert isinstance(read, ModelPackageChanged)
    assert (read.group, read.approval, read.updated) == (
        group,
        "Approved",
        ("ModelApprovalStatus",),
    )
    listed = sagemaker.list_model_packages(ModelPackageGroupName=group)
    assert [entry["ModelPackageArn"] for entry in listed["ModelPackageSummaryList"]] == [arn]


def test_every_member_of_a_package_is_kept(laptop: LocalSageMaker) -> None:
    """Metrics, baselines, life cycle, properties and card come back as they were given."""
    sagemaker, group = laptop.client(), unique("group")
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    arn = sagemaker.create_model_package(**package(group, **MEMBERS))["ModelPackageArn"]
    more = {**package(group)["InferenceSpecification"], "Name": "other"}
    sagemaker.update_model_package(
        ModelPackageArn=arn,
        SourceUri=f"s3://{BUCKET}/source",
        AdditionalInferenceSpecificationsToAdd=[more],
        CustomerMetadataProperties={"stage": "2"},
        CustomerMetadataPropertiesToRemove=["team"],
    )
    found = sagemaker.describe_model_package(ModelPackageName=arn)

    assert {name: found[name] for name in MEMBERS} == MEMBERS | {
        "CustomerMetadataProperties": {"stage": "2"}
    }
    assert found["AdditionalInferenceSpecifications"] == [more]
    until(lambda: len(details(laptop, CHANGE, arn)) >= 2, "the change is told")
    assert set(details(laptop, CHANGE, arn)[1]["UpdatedModelPackageFields"]) == {
        "sourceUri",
        "AdditionalInferenceSpecifications",
        "CustomerMetadataProperties",
    }


def test_a_package_can_be_cloned_and_its_numbers_begin_anew(laptop: LocalSageMaker) -> None:
    """SourceUri names the original; a group that was deleted and made again begins at 1."""
    sagemaker, group = laptop.client(), unique("group")
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    first = sagemaker.create_model_package(**package(group))["ModelPackageArn"]
    clone = sagemaker.create_model_package(ModelPackageGroupName=group, SourceUri=first)
    cloned = sagemaker.describe_model_package(ModelPackageName=clone["ModelPackageArn"])
    original = sagemaker.describe_model_package(ModelPackageName=first)

    assert cloned["InferenceSpecification"] == original["InferenceSpecification"]
    assert cloned["ModelPackageVersion"] == 2
    for arn in (first, clone["ModelPackageArn"]):
        sagemaker.delete_model_package(ModelPackageName=arn)
    sagemaker.delete_model_package_group(ModelPackageGroupName=group)
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    again = sagemaker.create_model_package(**package(group))["ModelPackageArn"]
    assert again == first


def test_a_card_of_a_package_follows_the_smaller_schema(laptop: LocalSageMaker) -> None:
    """A package's card has no model_id."""
    sagemaker, group = laptop.client(), unique("group")
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    content = '{"model_overview": {"model_id": "x"}}'
    card = {"ModelCardContent": content, "ModelCardStatus": "Draft"}
    with pytest.raises(ClientError, match="model_id: is not defined"):
        sagemaker.create_model_package(**package(group, ModelCard=card))


def test_a_groups_policy_is_put_got_and_deleted(laptop: LocalSageMaker) -> None:
    """There is none before and after."""
    sagemaker, group = laptop.client(), unique("group")
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    policy = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]}'
    sagemaker.put_model_package_group_policy(ModelPackageGroupName=group, ResourcePolicy=policy)

    got = sagemaker.get_model_package_group_policy(ModelPackageGroupName=group)
    assert got["ResourcePolicy"] == policy
    sagemaker.delete_model_package_group_policy(ModelPackageGroupName=group)
    with pytest.raises(ClientError, match="Cannot find resource policy"):
        sagemaker.get_model_package_group_policy(ModelPackageGroupName=group)


def test_an_approved_package_is_served_and_its_lineage_leads_to_the_endpoint(
    laptop: LocalSageMaker,
) -> None:
    """CreateModel by ModelPackageName; the archive's descendants name package and endpoint."""
    sagemaker, group = laptop.client(), unique("group")
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    uri = laptop.put(f"models/{group}/model.tar.gz", plain_archive())
    request = package(group)
    request["InferenceSpecification"]["Containers"][0]["ModelDataUrl"] = uri
    arn = sagemaker.create_model_package(**request)["ModelPackageArn"]
    container = {"ModelPackageName": arn}
    model = {"ModelName": group, "PrimaryContainer": container, "ExecutionRoleArn": ROLE}
    with pytest.raises(ClientError, match="is not approved"):
        sagemaker.create_model(**model)
    sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    sagemaker.create_model(**model)
    endpoint = serve(laptop, group)
    answer = laptop.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint, ContentType="text/csv", Body=b"1,2,3"
    )
    (start,) = sagemaker.list_artifacts(SourceUri=uri)["ArtifactSummaries"]

    def descendants() -> set[str]:
        found = sagemaker.query_lineage(StartArns=[start["ArtifactArn"]], Direction="Descendants")
        return {vertex["Type"] for vertex in found["Vertices"]}

    assert 0 < float(answer["Body"].read()) < 1
    until(
        lambda: descendants() == {"Model", "Approval", "ModelGroup", "ModelDeployment", "Endpoint"},
        "the endpoint's lineage is there",
    )


def test_what_is_not_there_is_said_in_awss_code(laptop: LocalSageMaker) -> None:
    """Every Describe of these declares ValidationException only."""
    sagemaker = laptop.client()
    calls = {
        "describe_model": "ModelName",
        "describe_endpoint": "EndpointName",
        "describe_endpoint_config": "EndpointConfigName",
        "describe_model_package": "ModelPackageName",
        "describe_model_package_group": "ModelPackageGroupName",
    }
    codes = []
    for call, member in calls.items():
        with pytest.raises(ClientError) as error:
            getattr(sagemaker, call)(**{member: "not-there"})
        codes.append(error.value.response["Error"]["Code"])

    assert codes == ["ValidationException"] * len(calls)


def test_records_are_online_at_once_and_offline_soon(laptop: LocalSageMaker) -> None:
    """The newest by event time online, all of them as Parquet in S3."""
    sagemaker, runtime = laptop.client(), laptop.client("sagemaker-featurestore-runtime")
    group = unique("features")
    names = {"record_id": "String", "event_time": "String", "age": "Integral"}
    sagemaker.create_feature_group(
        FeatureGroupName=group,
        RecordIdentifierFeatureName="record_id",
        EventTimeFeatureName="event_time",
        FeatureDefinitions=[
            {"FeatureName": name, "FeatureType": kind} for name, kind in names.items()
        ],
        OnlineStoreConfig={"EnableOnlineStore": True},
        OfflineStoreConfig={"S3StorageConfig": {"S3Uri": f"s3://{BUCKET}/features"}},
        RoleArn=ROLE,
    )
    described: dict[str, Any] = {}

    def created() -> bool:
        described.update(sagemaker.describe_feature_group(FeatureGroupName=group))
        return bool(described["FeatureGroupStatus"] == "Created")

    until(created, "the group is Created")
    for hour, age in ((12, "40"), (11, "39")):
        values = {"record_id": "a", "event_time": f"2026-01-05T{hour}:00:00Z", "age": age}
        runtime.put_record(
            FeatureGroupName=group,
            Record=[
                {"FeatureName": name, "ValueAsString": value} for name, value in values.items()
            ],
        )
    found = runtime.get_record(FeatureGroupName=group, RecordIdentifierValueAsString="a")
    place = described["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"]
    prefix = place.removeprefix(f"s3://{BUCKET}/")
    until(lambda: len(laptop.s3.keys(BUCKET, prefix)) == 2, "both hours are in S3")
    ages = [
        row["age"]
        for key in laptop.s3.keys(BUCKET, prefix)
        for row in parquet.read_table(io.BytesIO(laptop.s3.objects[BUCKET, key])).to_pylist()
    ]

    assert found["Record"][2] == {"FeatureName": "age", "ValueAsString": "40"}
    assert sorted(ages) == [39, 40]
    assert "year=2026/month=01/day=05/hour=11/" in laptop.s3.keys(BUCKET, prefix)[0]
