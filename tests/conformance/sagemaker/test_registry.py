"""The model registry and the feature store, by plain boto3."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from pyarrow import parquet

from lifecycle.aws_events import ModelPackageChanged, parse_aws_event
from tests.conformance.sagemaker.laptop import IMAGE, ROLE, unique, until
from tests.conformance.sagemaker.serving import details

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

pytestmark = pytest.mark.conformance

CHANGE = "SageMaker Model Package State Change"


def package(group: str, **more: Any) -> dict[str, Any]:
    return {
        "ModelPackageGroupName": group,
        "InferenceSpecification": {
            "Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://lake/m/model.tar.gz"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        **more,
    }


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
        OfflineStoreConfig={"S3StorageConfig": {"S3Uri": "s3://lake/features"}},
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
    prefix = place.removeprefix("s3://lake/")
    until(lambda: len(laptop.s3.keys("lake", prefix)) == 2, "both hours are in S3")
    ages = [
        row["age"]
        for key in laptop.s3.keys("lake", prefix)
        for row in parquet.read_table(io.BytesIO(laptop.s3.objects["lake", key])).to_pylist()
    ]

    assert found["Record"][2] == {"FeatureName": "age", "ValueAsString": "40"}
    assert sorted(ages) == [39, 40]
    assert "year=2026/month=01/day=05/hour=11/" in laptop.s3.keys("lake", prefix)[0]
