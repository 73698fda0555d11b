"""Databases as sources: what is due is asked for, fetched, merged and joined, each of it once."""

import io
import json

import duckdb
import pytest
from pyarrow import parquet

from handle_fetch_tables import lambda_handler as fetch_tables
from handle_merge_tables import lambda_handler as merge_tables
from handle_schedule_fetches import lambda_handler as schedule_fetches
from handle_start_run import lambda_handler as start_run
from lifecycle.errors import RecordMissingError
from lifecycle.records import InputRecord, SourceRecord, TableRecord
from tests.builders import PROBLEM, envelope, object_created, own_event, problem_record
from tests.integration.functions.world import World

QUERY = (
    "SELECT c.id, c.name, count(i.id) AS bought FROM customer c "
    "LEFT JOIN invoice i ON i.customer = c.id GROUP BY ALL ORDER BY ALL"
)
SOURCE = """
data:
  minimum_rows: 1
  sources:
    - kind: database
      through: {through}
      name: crm
      {more}
      tables: [{tables}]
      query: {query}
      schedule: rate(1 day)
"""


def definition(through="glue", tables="customer, invoice", query=QUERY, more="connection: crm"):
    return SOURCE.format(through=through, more=more, tables=tables, query=query)


DMS = definition("dms", "shop.customer, shop.invoice", more="dms: {task: EXAMPLE}")
ONE = definition("dms", "shop.customer", "FROM customer", "dms: {task: EXAMPLE}")
CUSTOMERS = "SELECT 1::INT AS id, 'Ann' AS name UNION ALL SELECT 2, 'Bob'"
INVOICES = "SELECT 7::INT AS id, 1::INT AS customer UNION ALL SELECT 8, 1"


class Databases(World):
    """A world with a job that fetches, and files that DMS writes."""

    def rows(self, uri):
        return [tuple(row.values()) for row in self.table(uri)]

    def table(self, uri):
        return parquet.read_table(io.BytesIO(self.objects.read(uri))).to_pylist()

    def source(self):
        return self.records.get(SourceRecord(problem=PROBLEM, source="crm"))

    def known(self, table):
        return self.records.get(TableRecord(problem=PROBLEM, source="crm", table=table))

    def input(self):
        (row,) = [row for row in self.records.rows.values() if isinstance(row, InputRecord)]
        return row

    def put(self, uri, query, folder):
        path = folder / "made.parquet"
        duckdb.sql(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
        self.objects.write(uri, path.read_bytes())

    # ---- Glue --------------------------------------------------------------------------------

    def request(self, **more):
        """Ask for a fetch; what its job is asked for."""
        self.deliver(fetch_tables, requested(**more))
        (body,) = [
            call.request["Body"] for call in self.api.calls[-4:] if call.operation == "PutObject"
        ][-1:]
        return json.loads(body)

    def finish(self, folder, tables, status="SUCCEEDED", **told):
        """Let the newest job run end, with what it left; what was said then."""
        row = self.source()
        fetch = f"s3://landing/churn/sources/crm/fetches/{row.fetch}"
        done = []
        for name, query in tables.items():
            uri = f"{fetch}/{name}.parquet"
            self.put(uri, query, folder)
            count = duckdb.sql(query).fetchall()
            known = {"name": name, "files": [uri], "rows": len(count), "key": ["id"]}
            done.append({**known, "mark": None, "full": True, **told})
        self.objects.write(f"{fetch}/result.json", json.dumps({"tables": done}).encode())
        return self.deliver(merge_tables, job_ended(row.job, status))

    # ---- DMS ---------------------------------------------------------------------------------

    def dms(self, name, query, folder, table="customer"):
        """Land a file of DMS; what was said."""
        key = f"churn/dms/shop/{table}/{name}.parquet"
        self.put(f"s3://landing/{key}", query, folder)
        return self.deliver(merge_tables, object_created(key))


def requested(**more):
    data = {"problem": PROBLEM, "source": "crm", "through": "glue", "because": "request"}
    return own_event("FetchRequested", data | more)


def job_ended(run, status="SUCCEEDED", message=""):
    detail = {"jobName": "fetch", "jobRunId": run, "state": status, "message": message}
    return envelope("aws.glue", "Glue Job State Change", detail)


def names(said):
    return [name for name, _ in said]


def ticked(time):
    arn = "arn:aws:events:us-east-1:123456789012:rule/clock"
    return envelope("aws.events", "Scheduled Event", {}, resources=[arn], time=time)


def defined():
    data = {"problem": PROBLEM, "definition_version": 1, "target": "Churn", "resolved_uri": "s3://"}
    return own_event("ProblemDefined", data)


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


# ---- through DMS -----------------------------------------------------------------------------

CHANGE = "20260203-10111200{}"


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
