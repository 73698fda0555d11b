"""Records: the newest online, every one offline."""

import pytest
from pyarrow import parquet

from local.sagemaker.api.errors import ApiError
from local.sagemaker.features.feature_records import parse_time
from local.sagemaker.features.offline_store import OfflineStore, file_name, offline_store, partition
from tests.unit.local.sagemaker.features.test_feature_groups import create
from tests.unit.local.sagemaker.world import call, until

RUNTIME = "sagemaker-featurestore-runtime"
DAY = 86_400


@pytest.fixture
def group(platform):
    return create(platform)["FeatureGroupName"]


def put(platform, group, identifier="a", hour=10, age=1, **more):
    record = [
        {"FeatureName": "record_id", "ValueAsString": identifier},
        {"FeatureName": "event_time", "ValueAsString": f"2026-01-05T{hour:02d}:00:00Z"},
        {"FeatureName": "age", "ValueAsString": str(age)},
    ]
    call(platform, "PutRecord", RUNTIME, FeatureGroupName=group, Record=record, **more)


def get(platform, group, identifier="a", **more):
    asked = {"FeatureGroupName": group, "RecordIdentifierValueAsString": identifier, **more}
    return call(platform, "GetRecord", RUNTIME, **asked)


def delete(platform, group, hour, **more):
    call(
        platform,
        "DeleteRecord",
        RUNTIME,
        FeatureGroupName=group,
        RecordIdentifierValueAsString="a",
        EventTime=f"2026-01-05T{hour:02d}:00:00Z",
        **more,
    )


def age_of(platform, group, identifier="a"):
    found = get(platform, group, identifier)
    values = {item["FeatureName"]: item["ValueAsString"] for item in found.get("Record", [])}
    return values.get("age")


def refused(function, *arguments, **more):
    with pytest.raises(ApiError) as caught:
        function(*arguments, **more)
    return caught.value


def test_the_latest_event_time_wins_online(platform, group):
    """Whatever order the records come in; an equal time does not overwrite."""
    for hour, age in ((10, 1), (12, 2), (11, 3), (12, 4)):
        put(platform, group, hour=hour, age=age)

    assert age_of(platform, group) == "2"


def test_only_the_asked_features_are_returned(platform, group):
    """And an unknown one is refused."""
    put(platform, group)

    assert get(platform, group, FeatureNames=["age"]) == {
        "Record": [{"FeatureName": "age", "ValueAsString": "1"}]
    }
    assert "Unknown feature" in refused(get, platform, group, FeatureNames=["nose"]).message


def test_what_is_not_there_is_empty_not_an_error(platform, group):
    """A missing group is one, though."""
    assert get(platform, group, "nobody") == {}
    assert refused(get, platform, "no-group").code == "ResourceNotFound"
    assert refused(put, platform, "no-group").code == "ValidationError"


def test_a_soft_deleted_record_is_gone_until_a_later_one(platform, group):
    """An older delete leaves the record; an older put does not bring it back."""
    put(platform, group, hour=10)
    delete(platform, group, 9)
    assert age_of(platform, group) == "1"
    delete(platform, group, 12)
    assert get(platform, group) == {}
    put(platform, group, hour=11)
    assert get(platform, group) == {}
    put(platform, group, hour=13, age=5)
    assert age_of(platform, group) == "5"


def test_a_hard_delete_needs_a_later_time(platform, group):
    """Then nothing is remembered, so that an older record may come again."""
    put(platform, group, hour=10)
    error = refused(delete, platform, group, 10, DeletionMode="HardDelete")
    delete(platform, group, 11, DeletionMode="HardDelete")
    put(platform, group, hour=9, age=7)

    assert error.code == "ValidationError"
    assert age_of(platform, group) == "7"


def test_records_expire(platform, group):
    """ExpiresAt = event time + TTL; what is over is not there."""
    put(platform, group, TtlDuration={"Unit": "Weeks", "Value": 5000})
    put(platform, group, "old", TtlDuration={"Unit": "Seconds", "Value": 1})
    found = get(platform, group, ExpirationTimeResponse="Enabled")

    assert found["ExpiresAt"].startswith("2121-")
    assert get(platform, group, "old") == {}


def test_many_are_read_at_once(platform, group):
    """Errors are told apart from what is just not there."""
    put(platform, group)
    found = call(
        platform,
        "BatchGetRecord",
        RUNTIME,
        Identifiers=[
            {"FeatureGroupName": group, "RecordIdentifiersValueAsString": ["a", "nobody"]},
            {"FeatureGroupName": "no-group", "RecordIdentifiersValueAsString": ["a"]},
        ],
    )

    assert [record["RecordIdentifierValueAsString"] for record in found["Records"]] == ["a"]
    assert [error["ErrorCode"] for error in found["Errors"]] == ["ResourceNotFound"]
    assert found["UnprocessedIdentifiers"] == []


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({"FeatureName": "nose", "ValueAsString": "1"}, "unknown feature nose"),
        ({"FeatureName": "age", "ValueAsString": "old"}, "age is no Integral"),
        ({"FeatureName": "age", "ValueAsStringList": ["1"]}, "age is no Integral"),
    ],
)
def test_a_record_that_does_not_fit_is_refused(platform, group, item, reason):
    """Naming every fault, the missing event time among them."""
    record = [{"FeatureName": "record_id", "ValueAsString": "a"}, item]
    error = refused(call, platform, "PutRecord", RUNTIME, FeatureGroupName=group, Record=record)

    assert error.code == "ValidationError"
    assert reason in error.message
    assert "event_time must be given" in error.message


def test_event_times_are_iso_or_seconds():
    """Nothing else."""
    assert parse_time("2026-01-05T12:00:00Z") == 1_767_614_400.0
    assert parse_time("2026-01-05T12:00:00.250Z") == 1_767_614_400.25
    assert parse_time("1767614400.5") == 1_767_614_400.5
    assert "neither" in refused(parse_time, "yesterday").message


def rows_of(platform, group):
    document = platform.store.get("feature-group", group)
    folder = platform.objects.path(
        document["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"]
    )
    return [
        row | {"_file": file.relative_to(folder).as_posix()}
        for file in sorted(folder.rglob("*.parquet"))
        for row in parquet.ParquetFile(file).read().to_pylist()
    ]


def test_every_record_reaches_the_offline_store(platform, group):
    """By hour of event time, typed, with when it came and whether it was deleted."""
    put(platform, group, hour=12, age=2)
    put(platform, group, hour=10, age=1)
    delete(platform, group, 13)
    offline_store(platform).flush()
    rows = rows_of(platform, group)

    assert [(row["age"], row["is_deleted"]) for row in rows] == [
        (1, False),
        (2, False),
        (None, True),
    ]
    assert rows[0]["_file"].startswith("year=2026/month=01/day=05/hour=10/20260105T100000Z_")
    assert rows[0]["api_invocation_time"] <= rows[0]["write_time"]


def test_rows_wait_for_an_s3_that_is_away(platform, group):
    """None is lost, none comes twice."""
    platform.objects.away = True
    try:
        put(platform, group)
        offline_store(platform).flush()
    finally:
        platform.objects.away = False
    until(lambda: rows_of(platform, group))
    offline_store(platform).flush()

    assert len(rows_of(platform, group)) == 1


def test_rows_that_a_killed_process_left_are_written(platform, group):
    """The journal on disk outlives the process that wrote it."""
    store = offline_store(platform)
    store.close()
    put(platform, group)
    assert rows_of(platform, group) == []
    platform.active["offline-store", ""] = OfflineStore(platform, every=0.05)

    until(lambda: rows_of(platform, group))


def test_targets_can_be_chosen(platform, group):
    """Offline alone leaves the online store as it is."""
    put(platform, group, TargetStores=["OfflineStore"])

    assert get(platform, group) == {}


def test_files_are_named_as_aws_names_them():
    """Partition by hour; the latest event time and sixteen letters and digits."""
    noon = 1_767_614_400.0

    assert partition(noon) == "year=2026/month=01/day=05/hour=12"
    assert len(file_name(noon)) == len("20260105T120000Z_") + 16 + len(".parquet")
