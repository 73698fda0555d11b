"""A run's rows kept as features: the group made and evolved, both stores filled, once each."""

import io
import json
from pathlib import Path

import pytest
from pyarrow import parquet

import handle_store_features
from handle_store_features import lambda_handler as store_features
from lifecycle.records import FeatureGroupRecord, JobRecord
from science.feature_rows import definitions
from tests.builders import (
    PROBLEM,
    RUN,
    envelope,
    input_record,
    own_event,
    prepared_run,
    problem_record,
)
from tests.fakes.crashing import CrashError, CrashPoints, crashing
from tests.integration.functions.world import World

FOLDER = f"s3://lake/{PROBLEM}/runs/{RUN}"
GROUP = ("sagemaker", "FeatureGroup", PROBLEM)
ROOT = "s3://lake/churn/features/000/sagemaker/us-east-1/offline-store/churn-1/data"
ONLINE = "columns: {id: customerID}\nfeatures: {online: true}\n"
SAMPLES = Path(__file__).parents[3] / "events" / "lifecycle"


def was_prepared(event_id="prepared"):
    data = json.loads((SAMPLES / "DataPrepared.json").read_text())["detail"]["data"]
    return own_event("DataPrepared", data | {"problem": PROBLEM, "run": RUN}, event_id=event_id)


def group_changed(status="Created", group=PROBLEM, **detail):
    told = {"FeatureGroupName": group, "FeatureGroupStatus": status} | detail
    return envelope("aws.sagemaker", "SageMaker Feature Group State Change", told)


def put_so_far(world):
    """What the leg said last of the online store, as its own queue brings it."""
    told = world.bus.said("OnlineRecordsPut")[-1]
    return own_event("OnlineRecordsPut", told, event_id=f"put-{told['put']}")


@pytest.fixture
def world(prepared):
    return kept_rows(prepared)


@pytest.fixture
def online(prepared):
    world = kept_rows(prepared, ONLINE)
    world.api.things[GROUP] = group(prepared, online=True)
    return world


def kept_rows(prepared, extra=""):
    world = World(
        problem_record(extra, last_run=RUN),
        prepared_run(extra),
        input_record(uri="s3://lake/churn/in.parquet", at="2026-02-03T10:00:00Z"),
    )
    rows = (prepared / "rows" / "rows.parquet").read_bytes()
    world.objects.write(f"{FOLDER}/rows/rows.parquet", rows)
    world.objects.write(f"{FOLDER}/inputs.json", b'{"inputs": ["s3://lake/churn/in.parquet"]}')
    world.keep_prepared(prepared)
    return world


def group(prepared, without=0, *, online=False, **types):
    listed = dict(definitions(prepared / "rows" / "rows.parquet")) | types
    features = [{"FeatureName": name, "FeatureType": kind} for name, kind in listed.items()]
    places = {"S3Uri": "s3://lake/churn/features", "ResolvedOutputS3Uri": ROOT}
    return {
        "FeatureGroupName": PROBLEM,
        "FeatureGroupStatus": "Created",
        "RecordIdentifierFeatureName": "record_id",
        "EventTimeFeatureName": "event_time",
        "FeatureDefinitions": features[: len(features) - without],
        "OfflineStoreConfig": {"S3StorageConfig": places},
        "OnlineStoreConfig": {"EnableOnlineStore": online},
    }


def requested(world, operation):
    return [request for name, request in world.api.done if name == operation]


def stored(world):
    return world.records.get(FeatureGroupRecord(problem=PROBLEM, group=""))


def waiting(world, name=PROBLEM):
    return world.records.get(JobRecord(job_kind="feature-group", name=name, problem=PROBLEM))


def test_the_first_run_makes_the_group_and_its_readiness_fills_it(world, prepared):
    assert world.deliver(store_features, was_prepared()) == []
    assert world.api.operations() == ["CreateFeatureGroup"]
    assert "OnlineStoreConfig" not in world.api.done[0][1]
    assert not waiting(world).ended
    world.api.things[GROUP] = group(prepared)
    ((name, data),) = world.deliver(store_features, group_changed())

    assert (name, data["rows"], data["online"]) == ("FeaturesStored", 600, 0)
    assert data["uri"] == ROOT
    assert (stored(world).stored_run, stored(world).stores) == (RUN, (ROOT,))
    assert waiting(world).ended


def test_a_record_has_the_time_its_file_arrived_and_lies_in_that_hour(world, prepared):
    world.api.things[GROUP] = group(prepared)

    world.deliver(store_features, was_prepared())

    (uri,) = [uri for uri in world.objects.bodies if uri.startswith(ROOT)]
    assert uri.startswith(f"{ROOT}/year=2026/month=02/day=03/hour=10/20260203T100000Z_")
    table = parquet.read_table(io.BytesIO(world.objects.read(uri)))
    assert table.num_rows == 600
    assert set(table.column("event_time").to_pylist()) == {"2026-02-03T10:00:00.000Z"}
    assert {"write_time", "api_invocation_time", "is_deleted"} <= set(table.column_names)


def test_new_columns_widen_the_group_first(world, prepared):
    world.api.things[GROUP] = group(prepared, without=2)

    assert world.deliver(store_features, was_prepared()) == []

    ((operation, request),) = world.api.done
    assert operation == "UpdateFeatureGroup"
    assert len(request["FeatureAdditions"]) == 2


def test_a_group_on_its_way_is_waited_for_and_asked_after(world, prepared):
    for state in (
        {"FeatureGroupStatus": "Creating"},
        {"LastUpdateStatus": {"Status": "InProgress"}},
    ):
        world.api.things[GROUP] = group(prepared) | state

        assert world.deliver(store_features, was_prepared(str(state))) == []
        assert "not ready" in world.reasons()[-1]
        assert not waiting(world).ended


def test_the_reconciler_finding_the_group_ready_is_as_good_as_its_event(world, prepared):
    world.deliver(store_features, was_prepared())
    world.api.things[GROUP] = group(prepared)
    missed = {"kind": "feature-group", "name": PROBLEM, "status": "Created", "problem": PROBLEM}

    ((name, _),) = world.deliver(store_features, own_event("CompletionMissed", missed))

    assert name == "FeaturesStored"


def test_a_group_that_cannot_be_made_is_told_with_its_cure(world, prepared):
    world.deliver(store_features, was_prepared())
    world.api.things[GROUP] |= {"FeatureGroupStatus": "CreateFailed", "FailureReason": "no access"}

    ((name, data),) = world.deliver(store_features, group_changed("CreateFailed"))

    assert (name, data["reason"]) == ("FeatureStorageFailed", "no access")
    assert "delete the feature group churn" in data["cure"]
    assert waiting(world).ended
    del world.api.things[GROUP]  # as the cure says; the message, sent again, makes it anew
    world.deliver(store_features, was_prepared("again"))
    assert world.api.operations() == ["CreateFeatureGroup", "CreateFeatureGroup"]


@pytest.mark.parametrize(
    ("extra", "changes", "why"),
    [
        (ONLINE, {}, "no online store"),
        ("", {"gender": "Fractional"}, "gender is Fractional there, and String now"),
    ],
)
def test_what_aws_cannot_change_in_a_group_makes_a_new_one(prepared, extra, changes, why):
    """The rows go to the next group; the one before stays with its history."""
    world = kept_rows(prepared, extra)
    world.api.things[GROUP] = group(prepared, **changes)

    world.deliver(store_features, was_prepared())

    (request,) = requested(world, "CreateFeatureGroup")
    assert request["FeatureGroupName"] == "churn_2"
    assert why in world.reasons()[-1]
    assert stored(world).group == "churn_2"
    late = world.deliver(store_features, group_changed())
    assert (late, "churn_2 does" in world.reasons()[-1]) == ([], True)


def test_another_systems_group_of_the_problems_name_is_left_alone(world, prepared):
    theirs = group(prepared) | {"RecordIdentifierFeatureName": "customer"}
    world.api.things[GROUP] = theirs

    world.deliver(store_features, was_prepared())

    assert world.api.operations() == ["CreateFeatureGroup"]
    assert stored(world).group == "churn_2"


def test_numbers_go_into_a_feature_of_texts_as_texts(world, prepared):
    world.api.things[GROUP] = group(prepared, age="String")

    ((name, _),) = world.deliver(store_features, was_prepared())

    assert name == "FeaturesStored"
    (uri,) = [uri for uri in world.objects.bodies if uri.startswith(ROOT)]
    table = parquet.read_table(io.BytesIO(world.objects.read(uri)))
    assert str(table.schema.field("age").type) in {"string", "large_string"}


def test_more_features_than_a_group_takes_are_told_and_nothing_is_made(
    world, prepared, monkeypatch
):
    """2,500 is AWS's bound; a lower one stands for a wide table here."""
    monkeypatch.setattr("store_features.MOST_FEATURES", 5)

    ((name, data),) = world.deliver(store_features, was_prepared())

    assert name == "FeatureStorageFailed"
    assert "columns.exclude until 3 are left" in data["cure"]
    assert world.api.done == []


def test_only_the_online_store_is_put_to_and_both_counts_are_told(online):
    """PutRecord would write offline, too: there the rows lie in bulk already."""
    ((name, data),) = online.deliver(store_features, was_prepared())
    assert (name, data["online"], data["put"]) == ("OnlineRecordsPut", 600, 0)

    ((name, data),) = online.deliver(store_features, put_so_far(online))

    assert (name, data["rows"], data["online"], data["refused"]) == ("FeaturesStored", 600, 600, 0)
    puts = requested(online, "PutRecord")
    assert {tuple(request["TargetStores"]) for request in puts} == {("OnlineStore",)}
    kept = online.api.online[PROBLEM, "C7-00000"]
    assert (kept["gender"], kept["event_time"]) == ("f", "2026-02-03T10:00:00.000Z")
    assert stored(online).stored_run == RUN


def test_records_that_do_not_fit_into_one_function_are_put_by_the_next(online, monkeypatch):
    """Each message goes on where the last one stopped."""
    monkeypatch.setattr(handle_store_features, "PUT_SECONDS", 0)
    monkeypatch.setattr(handle_store_features, "AT_ONCE", 250)
    online.deliver(store_features, was_prepared())
    far = []
    while not online.bus.said("FeaturesStored"):
        ((_, data),) = online.deliver(store_features, put_so_far(online))
        far.append(data.get("put", 600))

    assert far == [250, 500, 600]
    assert len(online.api.online) == len(requested(online, "PutRecord")) == 600


def test_a_record_the_store_refuses_is_counted_and_the_others_are_kept(online, monkeypatch):
    from science.feature_rows import read_records

    def one_without_its_identifier(*arguments):
        for number, chunk in enumerate(read_records(*arguments)):
            yield [{"age": "3"}, *chunk[1:]] if number == 0 else chunk

    monkeypatch.setattr(handle_store_features, "read_records", one_without_its_identifier)
    online.deliver(store_features, was_prepared())

    ((_, data),) = online.deliver(store_features, put_so_far(online))

    assert (data["online"], data["refused"]) == (599, 1)
    assert "record_id must be given" in data["refusal"]


def test_a_crash_at_any_point_leaves_the_same_stores(prepared):
    """Repeats write the same objects under the same names, and the same records."""
    outcomes = []
    for survived in [None, *range(12)]:
        world = kept_rows(prepared, ONLINE)
        world.api.things[GROUP] = group(prepared, online=True)
        for event in (lambda _: was_prepared(), put_so_far):
            envelope_ = event(world)
            if survived is not None:
                try:
                    ports = crashing(world.ports, CrashPoints(survived))
                    store_features.answer(envelope_, ports)
                except CrashError:
                    pass
            store_features.answer(envelope_, world.ports)
        said = [item["id"] for item in world.bus.envelopes]
        outcomes.append((sorted(world.objects.bodies), sorted(world.api.online), said))

    assert outcomes == [outcomes[0]] * 13


def test_a_group_that_tells_twice_that_it_is_ready_is_filled_once(online):
    online.deliver(store_features, was_prepared())

    assert online.deliver(store_features, group_changed()) == []
    assert "kept already" in online.reasons()[-1]


def test_an_online_store_that_is_no_more_asked_for_is_left_as_it_is(prepared):
    """AWS cannot take it away; nobody looks there any more."""
    world = kept_rows(prepared)
    world.api.things[GROUP] = group(prepared, online=True)

    ((name, data),) = world.deliver(store_features, was_prepared())

    assert (name, data["online"]) == ("FeaturesStored", 0)
    assert not stored(world).online


def test_a_late_run_never_overwrites_a_newer_record(online):
    """The online store compares event times; the leg relies on it."""
    newer = {"record_id": "C7-00000", "event_time": "2026-12-31T00:00:00.000Z", "gender": "m"}
    online.api.online[PROBLEM, "C7-00000"] = newer

    online.deliver(store_features, was_prepared())
    online.deliver(store_features, put_so_far(online))

    assert online.api.online[PROBLEM, "C7-00000"] == newer


def test_features_that_are_not_wanted_are_not_kept(prepared):
    world = kept_rows(prepared, "features: {store: false}\n")

    assert world.deliver(store_features, was_prepared()) == []
    assert world.api.calls == []


def test_another_feature_group_of_the_account_is_left_alone():
    world = World()

    assert world.deliver(store_features, group_changed()) == []
    assert "no group of ours" in world.reasons()[-1]


def test_an_event_that_outruns_its_record_comes_again(prepared):
    from lifecycle.errors import RecordMissingError

    world = kept_rows(prepared)

    with pytest.raises(RecordMissingError):
        store_features.answer(group_changed(), world.ports)
