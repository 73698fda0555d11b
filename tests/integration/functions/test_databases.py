"""Databases as sources: what is due is asked for, fetched, merged and joined, each of it once."""

import json

import pytest

from handle_fetch_tables import lambda_handler as fetch_tables
from handle_merge_tables import lambda_handler as merge_tables
from handle_schedule_fetches import lambda_handler as schedule_fetches
from handle_start_run import lambda_handler as start_run
from lifecycle.errors import RecordMissingError
from tests.builders import own_event, problem_record
from tests.integration.functions.databases import (
    CUSTOMERS,
    INVOICES,
    Databases,
    defined,
    definition,
    job_ended,
    requested,
    ticked,
)

# ---- what is due -----------------------------------------------------------------------------


def test_a_database_is_due_when_it_is_defined_and_then_by_its_schedule():
    world = Databases(problem_record(definition()))

    first = world.deliver(schedule_fetches, defined())
    soon = world.deliver(schedule_fetches, ticked("2026-02-03T23:00:00Z"))
    later = world.deliver(schedule_fetches, ticked("2026-02-04T10:12:00Z"))
    again = world.deliver(schedule_fetches, ticked("2026-02-04T10:13:00Z"))

    assert [data["because"] for _, data in first] == ["definition"]
    assert [data["because"] for _, data in later] == ["schedule"]
    assert soon == again == []


def test_the_same_definition_again_asks_for_nothing():
    world = Databases(problem_record(definition()))
    world.deliver(schedule_fetches, defined())

    assert world.deliver(schedule_fetches, defined()) == []


# ---- through Glue ----------------------------------------------------------------------------


def test_fetched_tables_are_joined_into_rows_that_start_a_run(tmp_path):
    world = Databases(problem_record(definition()))
    asked = world.request()

    said = world.finish(tmp_path, {"customer": CUSTOMERS, "invoice": INVOICES})

    (job,) = world.api.job_runs("") or [None]
    assert json.loads(world.objects.read(job["Arguments"]["--fetch"])) == asked
    assert asked == {
        "connection": "crm",
        "tables": [{"name": "customer", "key": []}, {"name": "invoice", "key": []}],
    }
    ((name, data),) = said
    assert (name, data["origin"], data["source"], data["rows"]) == (
        "DataIngested",
        "database",
        "crm",
        2,
    )
    assert world.rows(data["uri"]) == [("1", "Ann", "2"), ("2", "Bob", "0")]
    ((started, run),) = world.deliver(start_run, own_event(name, data))
    assert (started, run["rows"]) == ("RunStarted", 2)


def test_a_fetch_under_way_is_not_started_twice():
    world = Databases(problem_record(definition()))
    world.deliver(fetch_tables, requested())

    assert world.deliver(fetch_tables, requested()) == []
    assert world.api.operations().count("StartJobRun") == 1


def test_newer_rows_take_the_place_of_those_before(tmp_path):
    """One input a database, whatever is fetched: no row counts twice."""
    world = Databases(problem_record(definition(tables="customer", query="FROM customer")))
    world.request()
    world.finish(tmp_path, {"customer": CUSTOMERS})
    first = world.input()
    world.request()

    ((_, data),) = world.finish(tmp_path, {"customer": f"{CUSTOMERS} UNION ALL SELECT 3, 'Eva'"})

    second = world.input()
    assert (first.rows, second.rows, second.uri) == (2, 3, data["uri"])
    assert first.renewed != second.renewed


def test_the_same_rows_again_ask_for_no_run(tmp_path):
    """Whatever order a database gives them in."""
    world = Databases(problem_record(definition(tables="customer", query="FROM customer")))
    world.request()
    world.finish(tmp_path, {"customer": f"FROM ({CUSTOMERS}) ORDER BY id"})
    renewed = world.input().renewed
    world.request()

    world.finish(tmp_path, {"customer": f"FROM ({CUSTOMERS}) ORDER BY id DESC"})

    assert world.input().renewed == renewed


def test_what_is_new_is_asked_for_from_the_mark_and_merged(tmp_path):
    source = definition(
        tables="customer",
        query="FROM customer ORDER BY id",
        more="connection: crm\n      incremental: {by: watermark, column: at, overlap: 5m}",
    )
    world = Databases(problem_record(source))
    first = world.request()
    world.finish(tmp_path, {"customer": CUSTOMERS}, mark="2026-01-01")

    second = world.request()
    changed = "SELECT 2 AS id, 'Bo' AS name UNION ALL SELECT 3, 'Eva'"
    ((_, data),) = world.finish(tmp_path, {"customer": changed}, mark="2026-01-02", full=False)

    incremental = {"by": "watermark", "column": "at", "overlap": 300}
    asked = {"name": "customer", "key": [], "incremental": incremental}
    assert first["tables"] == [{**asked, "mark": None}]
    assert second["tables"] == [{**asked, "mark": "2026-01-01"}]
    assert world.rows(data["uri"]) == [("1", "Ann"), ("2", "Bo"), ("3", "Eva")]
    assert world.known("customer").mark == "2026-01-02"
    assert world.request(full=True)["tables"] == [{**asked, "mark": None}]


def test_a_type_that_changed_midway_leaves_what_was_there(tmp_path):
    source = definition(
        tables="customer",
        query="FROM customer",
        more="connection: crm\n      incremental: {by: key, column: id}",
    )
    world = Databases(problem_record(source))
    world.request()
    world.finish(tmp_path, {"customer": CUSTOMERS}, mark="2")
    world.request()

    said = world.finish(tmp_path, {"customer": "SELECT 3 AS id, 4.5 AS name"}, mark="3", full=False)

    ((name, data),) = said
    (fault,) = data["faults"]
    assert (name, fault["path"]) == ("FetchFailed", "customer")
    assert "name was text (VARCHAR) and is a number" in fault["message"]
    assert "--full" in fault["cure"]
    assert (world.known("customer").mark, world.input().rows) == ("2", 2)
    assert world.source().fetch is None


@pytest.mark.parametrize("status", ["FAILED", "TIMEOUT", "STOPPED"])
def test_a_job_that_fails_says_why_and_the_next_request_fetches_again(tmp_path, status):
    world = Databases(problem_record(definition()))
    world.request()
    row = world.source()
    told = {"path": "customer", "message": "the table is gone", "cure": "Name another."}
    uri = f"s3://landing/churn/sources/crm/fetches/{row.fetch}/failure.json"
    world.objects.write(uri, json.dumps({"faults": [told]}).encode())

    ((name, data),) = world.deliver(merge_tables, job_ended(row.job, status))

    assert (name, data["faults"][0]["message"]) == ("FetchFailed", "the table is gone")
    assert world.source().faults[0].message == "the table is gone"
    world.request()
    world.finish(tmp_path, {"customer": CUSTOMERS, "invoice": INVOICES})
    assert world.source().faults == ()


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED"])
def test_a_database_redefined_while_it_is_fetched_is_fetched_anew(tmp_path, status):
    """What comes is no longer what is asked for, and the request for that was turned away."""
    world = Databases(problem_record(definition()))
    world.request()
    row = problem_record(definition(query="FROM customer"), version=1)
    world.records.rows[row.key] = row

    said = world.finish(tmp_path, {"customer": CUSTOMERS, "invoice": INVOICES}, status)

    assert [(name, data["because"]) for name, data in said] == [("FetchRequested", "definition")]
    assert world.source().fetch is None
    assert world.request()["tables"]


def test_a_job_that_says_nothing_fails_in_glues_words():
    world = Databases(problem_record(definition()))
    world.request()

    ended = job_ended(world.source().job, "FAILED", "OutOfMemoryError: Java heap space")
    ((_, data),) = world.deliver(merge_tables, ended)

    assert data["faults"][0]["message"] == "OutOfMemoryError: Java heap space"
    assert "/aws-glue/jobs/error" in data["faults"][0]["cure"]


def test_a_query_that_cannot_be_run_keeps_the_tables_and_tells(tmp_path):
    world = Databases(problem_record(definition(query="SELECT nosuch FROM customer, invoice")))
    world.request()

    ((name, data),) = world.finish(tmp_path, {"customer": CUSTOMERS, "invoice": INVOICES})

    assert (name, data["faults"][0]["path"]) == ("FetchFailed", "data.sources.query")
    assert world.known("customer").rows == 2


def test_an_end_that_outruns_its_record_comes_again():
    world = Databases(problem_record(definition()))

    with pytest.raises(RecordMissingError):
        merge_tables.answer(job_ended("jr_1"), world.ports)
