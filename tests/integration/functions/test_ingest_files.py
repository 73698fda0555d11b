"""A landed file becomes Parquet, once, or goes to quarantine with its reason."""

import io
import json

import pytest
from pyarrow import parquet

from handle_ingest_files import lambda_handler as ingest_files
from tests.builders import object_created, own_event, problem_record
from tests.integration.functions.world import World

CSV = b"age,Churn\n30,Yes\n41,No\n"
KEY = "churn/data/a file.csv"


@pytest.fixture
def world():
    found = World(problem_record())
    found.land(KEY, CSV)
    return found


def released(key, etag="first"):
    data = {"problem": "churn", "purpose": "data", "bucket": "landing", "key": key, "etag": etag}
    return own_event("WaitingDataReleased", data)


def defined():
    data = {"problem": "churn", "definition_version": 1, "target": "Churn", "resolved_uri": "s3://"}
    return own_event("ProblemDefined", data)


def test_rows_are_taken_in_as_parquet(world):
    ((name, data),) = world.deliver(ingest_files, object_created(KEY))

    assert (name, data["source"], data["rows"], data["columns"]) == ("DataIngested", KEY, 2, 2)
    table = parquet.read_table(io.BytesIO(world.objects.read(data["uri"])))
    assert table.to_pylist() == [{"age": "30", "Churn": "Yes"}, {"age": "41", "Churn": "No"}]


def test_the_same_object_again_counts_once(world):
    """Another event, the same key and content."""
    world.deliver(ingest_files, object_created(KEY))

    assert world.deliver(ingest_files, object_created(KEY)) == []
    assert "counts once" in world.reasons()[-1]


def test_the_same_key_with_other_content_is_another_file(world):
    world.deliver(ingest_files, object_created(KEY))

    ((name, _),) = world.deliver(ingest_files, object_created(KEY, etag="second"))

    assert name == "DataIngested"


def test_a_file_without_a_problem_waits_and_is_released_by_its_definition():
    world = World()
    world.land(KEY, CSV)

    assert world.deliver(ingest_files, object_created(KEY)) == []
    assert world.deliver(ingest_files, object_created(KEY)) == []
    world.records.commit([problem_record()], _history())
    ((name, data),) = world.deliver(ingest_files, defined())
    ((taken, _),) = world.deliver(ingest_files, released(data["key"], data["etag"]))

    assert (name, data["key"], taken) == ("WaitingDataReleased", KEY, "DataIngested")
    assert world.deliver(ingest_files, defined()) == []


def _history():
    from lifecycle.records import HistoryRecord

    return HistoryRecord(event_id="x", leg="define_problem", heard="x", reason="", at="2026")


def test_a_file_that_cannot_be_read_is_set_aside_unchanged(world):
    """And a second look at it changes nothing."""
    world.land("churn/data/empty.csv", b"")

    ((name, data),) = world.deliver(ingest_files, object_created("churn/data/empty.csv"))

    aside = "s3://lake/churn/quarantine/churn/data/empty.csv"
    assert (name, data["quarantine_uri"]) == ("DataRejected", aside)
    assert world.objects.read(aside) == b""
    reason = json.loads(world.objects.read(f"{aside}.reason.json"))
    assert reason["faults"][0]["message"] == data["faults"][0]["message"]
    assert world.deliver(ingest_files, object_created("churn/data/empty.csv")) == []


def test_a_refused_file_that_is_dropped_again_is_looked_at_again(world):
    """Its cause may have been mended elsewhere; the same event in a second copy is not a drop."""
    world.land("churn/data/table.csv", b"a,b\n1\n")
    world.deliver(ingest_files, object_created("churn/data/table.csv"))
    again = object_created("churn/data/table.csv")
    again["detail"]["object"]["sequencer"] = "0055AED6DCD90281E6"

    world.land("churn/data/table.csv", b"a,b\n1,2\n")
    ((name, data),) = world.deliver(ingest_files, again)

    assert (name, data["rows"]) == ("DataIngested", 1)


def test_a_file_that_changes_while_it_is_read_is_left_to_the_event_of_the_new_one(world):
    """The first event finds another object; the second finds its own."""
    old, new = object_created(KEY), object_created(KEY, etag="second")
    world.objects.etags[f"s3://landing/{KEY}"] = "second"
    ingest_files.answer(old, world.ports)

    assert "replaced before it was read" in world.reasons()[-1]
    assert [name for name, _ in world.deliver(ingest_files, new)] == ["DataIngested"]


def test_a_file_that_was_removed_before_it_was_read_is_no_fault(world):
    """And dropped again it is taken in, also when it waited for its problem before."""
    waiting = World()
    waiting.land(KEY, CSV)
    waiting.deliver(ingest_files, object_created(KEY))
    waiting.records.commit([problem_record()], _history())
    del waiting.objects.bodies[f"s3://landing/{KEY}"]

    assert waiting.deliver(ingest_files, released(KEY)) == []
    assert "removed" in waiting.reasons()[-1]

    waiting.land(KEY, CSV)
    ((name, _),) = waiting.deliver(ingest_files, object_created(KEY))
    assert name == "DataIngested"


def dropped(world, name, text):
    key = f"churn/data/{name}.csv"
    world.land(key, text.encode())
    return world.deliver(ingest_files, object_created(key))


def test_changed_columns_are_told_with_the_file(world):
    """And kept, so that the next file is held against all before it."""
    dropped(world, "one", "age,Churn\n30,Yes\n")

    ((_, second),) = dropped(world, "two", "AGE,Churn,region\n30.5,Yes,north\n")
    ((_, third),) = dropped(world, "three", "AGE,Churn,region\n30.5,Yes,north\n")

    assert second["changes"] == [
        "region is new (text); rows before lack it.",
        "age is spelled AGE now; both are one column.",
        "age was integer and holds decimal now; all of it is read as decimal.",
    ]
    assert third["changes"] == ["age is spelled AGE now; both are one column."]


def test_a_file_that_lost_the_target_waits_for_the_definition_to_change(world):
    """It lies in quarantine, and comes out when problem.yaml names the target as it is now."""
    dropped(world, "one", "age,Churn\n30,Yes\n")

    ((name, data),) = dropped(world, "two", "age,churned\n30,Yes\n")

    assert (name, data["faults"][0]["message"][:24]) == ("DataRejected", "The target Churn is miss")
    again = object_created("churn/data/two.csv")
    assert world.deliver(ingest_files, again) == []

    renamed = problem_record().model_copy(update={"version": 1})
    renamed.definition["target"] = "churned"
    world.records.rows[renamed.key] = renamed
    ((_, waiting),) = world.deliver(ingest_files, defined())
    ((name, data),) = world.deliver(ingest_files, released(waiting["key"], waiting["etag"]))

    assert (name, data["rows"]) == ("DataIngested", 1)
    assert world.deliver(ingest_files, defined()) == []
