"""Records written in batches, listed and updated; and the offline store joined as of a time."""

import duckdb
import pytest

from local.sagemaker.api.errors import ApiError
from local.sagemaker.features.offline_store import offline_store
from tests.unit.local.sagemaker.features.test_feature_groups import create
from tests.unit.local.sagemaker.features.test_feature_records import age_of, delete, get, put
from tests.unit.local.sagemaker.world import call, until

RUNTIME = "sagemaker-featurestore-runtime"
IN_MEMORY = {"EnableOnlineStore": True, "StorageType": "InMemory"}


@pytest.fixture
def group(platform):
    return create(platform, OnlineStoreConfig=IN_MEMORY)["FeatureGroupName"]


def record(identifier="a", hour=10, age="1"):
    values = {
        "record_id": identifier,
        "event_time": f"2026-01-05T{hour:02d}:00:00Z",
        "age": age,
    }
    return [{"FeatureName": name, "ValueAsString": value} for name, value in values.items()]


def write(platform, *entries, **more):
    return call(platform, "BatchWriteRecord", RUNTIME, Entries=list(entries), **more)


def identifiers(platform, group, **more):
    answer = call(platform, "ListRecords", RUNTIME, FeatureGroupName=group, **more)
    return answer["RecordIdentifiers"], answer.get("NextToken")


def update(platform, group, features, **more):
    call(
        platform,
        "UpdateRecord",
        RUNTIME,
        FeatureGroupName=group,
        RecordIdentifierValueAsString="a",
        Features=[
            {"FeatureName": name, "ValueAsString": value} for name, value in features.items()
        ],
        **more,
    )


def test_a_batch_takes_what_it_can_and_names_the_rest(platform, group):
    """One bad record does not hold back the others."""
    answer = write(
        platform,
        {"FeatureGroupName": group, "Record": record("a")},
        {"FeatureGroupName": group, "Record": record("b", age="many")},
        {"FeatureGroupName": "nowhere", "Record": record("c")},
    )

    assert [error["ErrorCode"] for error in answer["Errors"]] == ["ValidationError"] * 2
    assert answer["Errors"][0]["Entry"]["Record"] == record("b", age="many")
    assert identifiers(platform, group) == (["a"], None)


def test_a_record_with_a_ttl_in_the_past_is_not_kept_online(platform, group):
    """The entry's own TTL counts before the request's."""
    second, weeks = {"Unit": "Seconds", "Value": 1}, {"Unit": "Weeks", "Value": 5000}
    write(
        platform,
        {"FeatureGroupName": group, "Record": record("a"), "TtlDuration": weeks},
        {"FeatureGroupName": group, "Record": record("b")},
        TtlDuration=second,
    )

    assert identifiers(platform, group) == (["a"], None)


def test_identifiers_are_listed_in_pages(platform, group):
    """Soft-deleted ones only when asked for."""
    for identifier in "abc":
        put(platform, group, identifier)
    delete(platform, group, 12)
    first, token = identifiers(platform, group, MaxResults=1)

    assert (first, identifiers(platform, group, NextToken=token)) == (["b"], (["c"], None))
    assert identifiers(platform, group, IncludeSoftDeletedRecords=True)[0] == ["a", "b", "c"]


def test_an_update_leaves_other_features_and_the_event_time(platform, group):
    """A later event time moves the record on; an earlier one is a conflict."""
    put(platform, group, hour=10, age=1)
    update(platform, group, {"age": "2"})
    assert get(platform, group)["Record"] == record(hour=10, age="2")
    update(platform, group, {"age": "3", "event_time": "2026-01-05T11:00:00Z"})
    assert get(platform, group)["Record"] == record(hour=11, age="3")
    with pytest.raises(ApiError) as caught:
        update(platform, group, {"event_time": "2026-01-05T09:00:00Z"})
    assert caught.value.code == "ConflictException"


def test_what_cannot_be_updated(platform, group):
    """A record that is not there, a TTL without event time, an online store of type Standard."""
    with pytest.raises(ApiError) as missing:
        update(platform, group, {"age": "2"})
    assert missing.value.code == "ResourceNotFound"
    with pytest.raises(ApiError, match="needs an event time"):
        update(platform, group, {"age": "2"}, TtlDuration={"Unit": "Days", "Value": 1})
    standard = create(platform)["FeatureGroupName"]
    put(platform, standard)
    with pytest.raises(ApiError, match="not Standard"):
        update(platform, standard, {"age": "2"})
    assert age_of(platform, standard) == "1"


def test_features_are_joined_as_of_each_labels_time(platform, group):
    """Of an identifier's records the newest that is not newer than the label; none after a delete.

    The added columns order records of one event time (page "Create a dataset from feature groups").
    """
    put(platform, group, hour=10, age=1)
    put(platform, group, hour=12, age=2)
    before = platform.now()
    until(lambda: platform.now() > before)  # times are kept to the millisecond
    put(platform, group, hour=12, age=3)
    delete(platform, group, 14)
    offline_store(platform).flush()
    described = call(platform, "DescribeFeatureGroup", FeatureGroupName=group)
    place = described["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"]
    files = platform.objects.path(place) / "year=*/month=*/day=*/hour=*/*.parquet"
    rows = duckdb.sql(
        f"""
        with labels(id, asked) as (values ('a', '2026-01-05T09:00:00Z'),
            ('a', '2026-01-05T11:00:00Z'),
            ('a', '2026-01-05T12:00:00Z'), ('a', '2026-01-05T15:00:00Z')),
        joined as (
            select asked, age, is_deleted, row_number() over (partition by id, asked
                order by event_time desc, api_invocation_time desc, write_time desc) as place
            from labels join read_parquet('{files}', hive_partitioning = true) as features
                on id = record_id and asked >= event_time)
        select asked, age from joined where place = 1 and not is_deleted order by asked
        """
    ).fetchall()

    assert rows == [("2026-01-05T11:00:00Z", 1), ("2026-01-05T12:00:00Z", 3)]
