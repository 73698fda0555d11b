"""A landed SQLite database becomes rows, by the definition's query where there are more tables."""

import io
import sqlite3
from contextlib import closing

import pytest
from pyarrow import parquet

from handle_ingest_files import lambda_handler as ingest_files
from tests.builders import object_created, problem_record
from tests.integration.functions.world import World

KEY = "churn/data/shop.sqlite"
QUERY = """
data:
  sources:
    - kind: database
      through: sqlite
      query: >-
        SELECT c.id, c.name, count(i.total) AS invoices, sum(i.total) AS spent
        FROM customer c LEFT JOIN invoice i ON i.customer = c.id GROUP BY ALL ORDER BY c.id
"""


@pytest.fixture
def shop(tmp_path):
    path = tmp_path / "shop.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.executescript("""
            CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT);
            CREATE TABLE invoice (customer INTEGER, total NUMERIC(10,2));
            INSERT INTO customer VALUES (1, 'Ann'), (2, 'Bob');
            INSERT INTO invoice VALUES (1, 1.98), (1, 3.96);
        """)
    return path.read_bytes()


def rows(world, uri):
    return parquet.read_table(io.BytesIO(world.objects.read(uri))).to_pylist()


def test_the_query_makes_rows_of_several_tables(shop):
    world = World(problem_record(QUERY))
    world.land(KEY, shop)

    ((name, data),) = world.deliver(ingest_files, object_created(KEY))

    assert (name, data["rows"], data["columns"]) == ("DataIngested", 2, 4)
    assert rows(world, data["uri"]) == [
        {"id": "1", "name": "Ann", "invoices": "2", "spent": "5.94"},
        {"id": "2", "name": "Bob", "invoices": "0", "spent": None},
    ]


def test_one_named_table_needs_no_query(shop):
    source = "data: {sources: [{kind: database, through: sqlite, tables: [Customer]}]}\n"
    world = World(problem_record(source))
    world.land("churn/data/shop.db", shop)

    ((_, data),) = world.deliver(ingest_files, object_created("churn/data/shop.db"))

    assert rows(world, data["uri"])[0] == {"id": "1", "name": "Ann"}


def test_several_tables_and_no_query_are_set_aside_with_their_names(shop):
    world = World(problem_record())
    world.land(KEY, shop)

    ((name, data),) = world.deliver(ingest_files, object_created(KEY))

    (fault,) = data["faults"]
    assert name == "DataRejected"
    assert "no query that joins them: customer, invoice" in fault["message"]
    assert "write a query" in fault["cure"]
    assert world.objects.read(data["quarantine_uri"]) == shop


@pytest.mark.parametrize("body", [b"", b"no database", b"SQLite format 3\x00" + bytes(50)])
def test_a_damaged_database_is_set_aside(body):
    world = World(problem_record(QUERY))
    world.land(KEY, body)

    ((name, _),) = world.deliver(ingest_files, object_created(KEY))

    assert name == "DataRejected"
