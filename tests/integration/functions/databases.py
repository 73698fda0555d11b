"""A world with databases: definitions, and what jobs and DMS leave."""

import io
import json

import duckdb
from pyarrow import parquet

from handle_fetch_tables import lambda_handler as fetch_tables
from handle_merge_tables import lambda_handler as merge_tables
from lifecycle.records import InputRecord
from lifecycle.source_records import SourceRecord, TableRecord
from tests.builders import PROBLEM, envelope, object_created, own_event
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
CHANGE = "20260203-10111200{}"
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
    return envelope("aws.glue", "Glue Job State Change", detail, id=f"end-of-{run}")


def names(said):
    return [name for name, _ in said]


def ticked(time):
    arn = "arn:aws:events:us-east-1:123456789012:rule/clock"
    return envelope("aws.events", "Scheduled Event", {}, resources=[arn], time=time)


def defined():
    data = {"problem": PROBLEM, "definition_version": 1, "target": "Churn", "resolved_uri": "s3://"}
    return own_event("ProblemDefined", data)
