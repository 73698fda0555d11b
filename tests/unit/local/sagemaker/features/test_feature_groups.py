"""Feature groups."""

import pytest

from local.sagemaker.api.errors import ResourceInUse, ResourceNotFound, ValidationException
from tests.unit.local.sagemaker.world import ROLE, call, told, unique, until

DEFINITIONS = [
    {"FeatureName": "record_id", "FeatureType": "String"},
    {"FeatureName": "event_time", "FeatureType": "String"},
    {"FeatureName": "age", "FeatureType": "Integral"},
]

CATALOG = {"TableName": "table", "Catalog": "AwsDataCatalog", "Database": "features"}


def request(**changes):
    made = {
        "FeatureGroupName": unique("group"),
        "RecordIdentifierFeatureName": "record_id",
        "EventTimeFeatureName": "event_time",
        "FeatureDefinitions": DEFINITIONS,
        "OnlineStoreConfig": {"EnableOnlineStore": True},
        "OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": "s3://lake/features/"}},
        "RoleArn": ROLE,
        **changes,
    }
    return {member: value for member, value in made.items() if value is not None}


def create(platform, **changes):
    asked = request(**changes)
    call(platform, "CreateFeatureGroup", **asked)
    return until(lambda: created(platform, asked["FeatureGroupName"]))


def created(platform, name):
    found = call(platform, "DescribeFeatureGroup", FeatureGroupName=name)
    return found if found["FeatureGroupStatus"] == "Created" else None


def test_a_group_becomes_created_and_tells_so(platform):
    """Creating, then Created, with the place of its offline store."""
    found = create(platform)
    name = found["FeatureGroupName"]
    events = told(platform, "SageMaker Feature Group State Change", found["FeatureGroupArn"])
    place = found["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"]

    assert [event["FeatureGroupStatus"] for event in events] == ["Creating", "Created"]
    assert place == (
        "s3://lake/features/000000000000/sagemaker/us-east-1/offline-store/"
        f"{name}-{int(found['CreationTime'])}/data"
    )
    assert found["OfflineStoreStatus"] == {"Status": "Active"}


def test_a_taken_name_is_in_use(platform):
    """This operation declares ResourceInUse."""
    asked = request()
    call(platform, "CreateFeatureGroup", **asked)

    with pytest.raises(ResourceInUse):
        call(platform, "CreateFeatureGroup", **asked)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"RecordIdentifierFeatureName": "none"}, "none is not among"),
        ({"EventTimeFeatureName": "age"}, "String or Fractional"),
        ({"RoleArn": None}, "RoleArn is required"),
        ({"OnlineStoreConfig": None, "OfflineStoreConfig": None}, "at least one of"),
        (
            {
                "FeatureDefinitions": [
                    *DEFINITIONS,
                    {"FeatureName": "write_time", "FeatureType": "String"},
                    {"FeatureName": "age", "FeatureType": "String"},
                ]
            },
            "write_time are reserved; feature names must be unique",
        ),
        (
            {
                "OfflineStoreConfig": {
                    "S3StorageConfig": {"S3Uri": "s3://lake/f"},
                    "TableFormat": "Iceberg",
                }
            },
            "TableFormat",
        ),
        (
            {
                "OfflineStoreConfig": {
                    "S3StorageConfig": {"S3Uri": "s3://lake/f"},
                    "DataCatalogConfig": CATALOG,
                }
            },
            "DataCatalogConfig needs DisableGlueTableCreation",
        ),
    ],
)
def test_what_aws_refuses_is_refused(platform, changes, reason):
    """Every fault at once."""
    with pytest.raises(ValidationException, match=reason):
        call(platform, "CreateFeatureGroup", **request(**changes))


def test_a_table_of_ones_own_is_kept(platform):
    """With DisableGlueTableCreation its names are described; nothing is made."""
    offline = {
        "S3StorageConfig": {"S3Uri": "s3://lake/f"},
        "DisableGlueTableCreation": True,
        "DataCatalogConfig": CATALOG,
        "TableFormat": "Glue",
    }
    found = create(platform, OfflineStoreConfig=offline)["OfflineStoreConfig"]

    assert found["DataCatalogConfig"] == CATALOG
    assert found["DisableGlueTableCreation"] is True


def test_features_can_be_added(platform):
    """Not twice, and not reserved ones."""
    name = create(platform)["FeatureGroupName"]
    added = [{"FeatureName": "income", "FeatureType": "Fractional"}]
    call(platform, "UpdateFeatureGroup", FeatureGroupName=name, FeatureAdditions=added)
    found = call(platform, "DescribeFeatureGroup", FeatureGroupName=name)

    assert found["FeatureDefinitions"][-1] == added[0]
    assert found["LastUpdateStatus"] == {"Status": "Successful"}
    with pytest.raises(ValidationException, match="income"):
        call(platform, "UpdateFeatureGroup", FeatureGroupName=name, FeatureAdditions=added)


def test_a_deleted_group_is_gone(platform):
    """ResourceNotFound, as DescribeFeatureGroup declares."""
    name = create(platform)["FeatureGroupName"]
    call(platform, "DeleteFeatureGroup", FeatureGroupName=name)
    until(lambda: platform.store.find("feature-group", name) is None)

    with pytest.raises(ResourceNotFound):
        call(platform, "DescribeFeatureGroup", FeatureGroupName=name)


def test_a_feature_carries_notes(platform):
    """Description and parameters, added and removed."""
    name = create(platform)["FeatureGroupName"]
    feature = {"FeatureGroupName": name, "FeatureName": "age"}
    added = [{"Key": "unit", "Value": "years"}, {"Key": "owner", "Value": "risk"}]
    call(platform, "UpdateFeatureMetadata", **feature, Description="old", ParameterAdditions=added)
    call(platform, "UpdateFeatureMetadata", **feature, ParameterRemovals=["owner"])
    found = call(platform, "DescribeFeatureMetadata", **feature)

    assert found["Description"] == "old"
    assert found["Parameters"] == [{"Key": "unit", "Value": "years"}]


def test_listing_filters_by_status(platform):
    """And by name."""
    name = create(platform)["FeatureGroupName"]
    asked = {"NameContains": name, "FeatureGroupStatusEquals": "Created"}
    found = call(platform, "ListFeatureGroups", **asked)["FeatureGroupSummaries"]

    assert [entry["FeatureGroupName"] for entry in found] == [name]
    assert not call(
        platform, "ListFeatureGroups", **(asked | {"FeatureGroupStatusEquals": "Deleting"})
    )["FeatureGroupSummaries"]
