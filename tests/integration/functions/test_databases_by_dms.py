"""Databases that AWS DMS brings: its files merged and joined, each change once."""

from handle_merge_tables import lambda_handler as merge_tables
from handle_schedule_fetches import lambda_handler as schedule_fetches
from tests.builders import envelope, object_created, own_event, problem_record
from tests.integration.functions.databases import (
    CHANGE,
    CUSTOMERS,
    DMS,
    INVOICES,
    ONE,
    Databases,
    defined,
    names,
    requested,
)


def test_files_of_dms_become_rows_once_every_table_is_loaded(tmp_path):
    world = Databases(problem_record(DMS))

    first = world.dms("LOAD00000001", CUSTOMERS, tmp_path)
    second = world.dms("LOAD00000001", INVOICES, tmp_path, "invoice")

    assert first == []
    ((name, data),) = second
    assert (name, world.rows(data["uri"])) == (
        "DataIngested",
        [("1", "Ann", "2"), ("2", "Bob", "0")],
    )


def test_changes_are_merged_as_they_come(tmp_path):
    """They renew the rows; the run that learns from them waits for the schedule."""
    world = Databases(problem_record(ONE))
    world.dms("LOAD00000001", CUSTOMERS, tmp_path)
    before = world.input().renewed

    ((_, data),) = world.dms(CHANGE.format(1), "SELECT 'D' AS Op, 1 AS id, 'Ann' AS name", tmp_path)

    assert world.rows(data["uri"]) == [("2", "Bob")]
    assert world.input().renewed == before
    world.deliver(merge_tables, requested(through="dms"))
    assert world.input().renewed != before


def test_a_file_that_is_told_of_twice_is_merged_once(tmp_path):
    world = Databases(problem_record(ONE))
    world.dms("LOAD00000001", CUSTOMERS, tmp_path)

    key = "churn/dms/shop/customer/LOAD00000001.parquet"
    assert world.deliver(merge_tables, object_created(key)) == []


def test_changes_before_their_load_wait_and_are_not_lost(tmp_path):
    world = Databases(problem_record(ONE))

    said = world.dms(CHANGE.format(1), "SELECT 'U' AS Op, 2 AS id, 'Bo' AS name", tmp_path)
    again = world.dms(CHANGE.format(2), "SELECT 'I' AS Op, 3 AS id, 'Eva' AS name", tmp_path)
    ((_, data),) = world.dms("LOAD00000001", CUSTOMERS, tmp_path)

    assert names(said) == ["ChangesDoubted"]
    assert "wait for the full load" in said[0][1]["faults"][0]["message"]
    assert again == []
    assert sorted(world.rows(data["uri"])) == [("1", "Ann"), ("2", "Bo"), ("3", "Eva")]


def test_changes_that_come_out_of_order_are_merged_in_order(tmp_path):
    """The late one makes the table be merged again from its load."""
    world = Databases(problem_record(ONE))
    world.dms("LOAD00000001", CUSTOMERS, tmp_path)
    world.dms(CHANGE.format(2), "SELECT 'U' AS Op, 2 AS id, 'last' AS name", tmp_path)

    ((_, data),) = world.dms(
        CHANGE.format(1), "SELECT 'U' AS Op, 2 AS id, 'first' AS name", tmp_path
    )

    assert ("2", "last") in world.rows(data["uri"])


def test_a_half_written_file_stops_its_table_until_it_is_whole(tmp_path):
    """Other tables go on; the file's next version is taken up by itself."""
    world = Databases(problem_record(DMS))
    world.dms("LOAD00000001", CUSTOMERS, tmp_path)
    world.dms("LOAD00000001", INVOICES, tmp_path, "invoice")
    key = f"churn/dms/shop/customer/{CHANGE.format(1)}.parquet"
    world.land(key, b"PAR1 and no more")

    said = world.deliver(merge_tables, object_created(key))
    behind = world.dms(CHANGE.format(2), "SELECT 'I' AS Op, 4 AS id, 'Dan' AS name", tmp_path)
    other = world.dms(
        CHANGE.format(1), "SELECT 'D' AS Op, 7 AS id, 1 AS customer", tmp_path, "invoice"
    )
    mended = world.dms(CHANGE.format(1), "SELECT 'I' AS Op, 3 AS id, 'Eva' AS name", tmp_path)

    assert names(said) == ["DataRejected"]
    assert said[0][1]["source"] == key
    assert "damaged or cut off" in said[0][1]["faults"][0]["message"]
    assert behind == []
    assert names(other) == ["DataIngested"]
    ((_, data),) = mended
    assert [row[1] for row in world.rows(data["uri"])] == ["Ann", "Bob", "Eva", "Dan"]


def test_a_stopped_table_is_told_again_to_who_asks(tmp_path):
    """`baton redrive` asks for it."""
    world = Databases(problem_record(ONE))
    world.dms("LOAD00000001", CUSTOMERS, tmp_path)
    world.dms(CHANGE.format(1), "SELECT 'I' AS Op, 'x' AS id, 'Eva' AS name", tmp_path)

    said = world.deliver(merge_tables, requested(through="dms"))

    assert "DataRejected" in names(said)
    assert "id was a number" in said[0][1]["faults"][0]["message"]


def test_a_load_that_comes_anew_replaces_the_table(tmp_path):
    """Changes that landed before it are in it, also those that could not be merged."""
    world = Databases(problem_record(ONE))
    world.dms("LOAD00000001", CUSTOMERS, tmp_path)
    world.dms(CHANGE.format(1), "SELECT 'U' AS Op, 2 AS id, 'Bo' AS name", tmp_path)
    world.dms(CHANGE.format(2), "SELECT 'I' AS Op, 3 AS id, 4.5 AS name", tmp_path)

    reload = "SELECT 2 AS id, 'Bob anew' AS name UNION ALL SELECT 9, 'Ida'"
    ((_, data),) = world.dms("LOAD00000001", reload, tmp_path)
    ((_, newer),) = world.dms(CHANGE.format(3), "SELECT 'D' AS Op, 9 AS id, '' AS name", tmp_path)

    assert world.rows(data["uri"]) == [("2", "Bob anew"), ("9", "Ida")]
    assert world.rows(newer["uri"]) == [("2", "Bob anew")]


def test_doubtful_changes_are_made_the_best_of_and_told(tmp_path):
    world = Databases(problem_record(ONE))
    world.dms("LOAD00000001", CUSTOMERS, tmp_path)

    change = "SELECT 'U' AS Op, 9 AS id, 'Ida' AS name UNION ALL SELECT 'D', 77, 'Zoe'"
    said = world.dms(CHANGE.format(1), change, tmp_path)

    assert names(said) == ["ChangesDoubted", "DataIngested"]
    assert [fault["message"].split(" ", 1)[1][:30] for fault in said[0][1]["faults"]] == [
        "updates of rows that were neve",
        "deletes of rows that are not t",
    ]


def test_files_wait_for_their_problem(tmp_path):
    world = Databases()
    assert world.dms("LOAD00000001", CUSTOMERS, tmp_path) == []
    row = problem_record(ONE)
    world.records.rows[row.key] = row.model_copy(update={"version": 1})

    ((name, request),) = world.deliver(schedule_fetches, defined())
    ((taken, _),) = world.deliver(merge_tables, own_event(name, request))

    assert (request["through"], taken) == ("dms", "DataIngested")


def test_a_file_of_a_table_that_nobody_named_is_left_alone(tmp_path):
    world = Databases(problem_record(ONE))

    assert world.dms("LOAD00000001", CUSTOMERS, tmp_path, "awsdms_apply_exceptions") == []
    assert "no table that the problem names" in world.reasons()[-1]


def test_a_task_of_dms_that_fails_is_told_to_who_lives_by_it():
    world = Databases(problem_record(ONE))
    arn = "arn:aws:dms:us-east-1:123456789012:task:{}"
    detail = {"eventType": "REPLICATION_TASK_FAILED", "detailMessage": "Replication task failed."}
    failed = [
        envelope(
            "aws.dms", "DMS Replication Task State Change", detail, resources=[arn.format(task)]
        )
        for task in ("EXAMPLE", "OTHER")
    ]

    ((name, data),) = world.deliver(merge_tables, failed[0])

    assert (name, data["source"]) == ("FetchFailed", "crm")
    assert data["faults"][0]["message"] == "Replication task failed."
    assert world.deliver(merge_tables, failed[1]) == []
