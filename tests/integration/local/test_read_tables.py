"""The fetching job against real servers: PostgreSQL and MariaDB hold the same Chinook as SQLite."""

import json
from datetime import date, datetime
from decimal import Decimal

import duckdb
import pytest

from science.databases.change_files import Layout
from science.databases.join import Table, join
from science.databases.merge import Incoming, merge
from science.databases.sqlite_file import read_tables
from tests.database_servers import CHINOOK
from tests.integration.local.fetching import PYTHON, Fetching

pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="`make setup` makes .venvs/glue")

QUERY = """
    SELECT c.{c}, c.country, count(i.{i}) AS invoices, sum(i.total) AS spent,
           max(i.{d}) AS newest
    FROM customer c LEFT JOIN invoice i ON i.{c} = c.{c}
    GROUP BY ALL ORDER BY 1
"""
UNDERSCORED = QUERY.format(c="customer_id", i="invoice_id", d="invoice_date")
JOINED = QUERY.format(c="CustomerId", i="InvoiceId", d="InvoiceDate")


@pytest.fixture(scope="module")
def fetching(laptop):
    found = Fetching(laptop)
    yield found
    found.close()


@pytest.fixture(params=["postgres", "mariadb"])
def server(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def orders(server):
    """A table of our own, dropped with the test."""
    kind = "TIMESTAMP" if server.kind == "postgresql" else "DATETIME(6)"
    server.run(
        f"CREATE TABLE orders (id INT PRIMARY KEY, note VARCHAR(40), updated_at {kind});"
        "INSERT INTO orders VALUES (1, 'first', '2026-01-01 10:00:00.000001'),"
        "(2, 'second', '2026-01-02 10:00:00'), (3, NULL, NULL);"
    )
    yield "orders"
    server.run("DROP TABLE IF EXISTS orders;")


def by_watermark(mark=None, **more):
    incremental = {"by": "watermark", "column": "updated_at", **more}
    return {"name": "orders", "incremental": incremental, "mark": mark}


def ids(rows):
    return sorted(row["id"] for row in rows)


def test_a_whole_table_comes_with_its_types_and_its_key(fetching, server):
    name = "Invoice" if server.kind == "mysql" else "invoice"

    tables, faults = fetching.fetch(fetching.connection(server), name)

    table = tables[name]
    assert faults == []
    assert (table["rows"], table["full"], table["mark"]) == (412, True, None)
    assert [each.lower().replace("_", "") for each in table["key"]] == ["invoiceid"]
    first = min(fetching.rows(table), key=lambda row: next(iter(row.values())))
    assert list(first.values())[:3] == [1, 2, datetime(2021, 1, 1)]  # noqa: DTZ001  as written
    assert list(first.values())[-1] == Decimal("1.98")


def test_a_key_of_two_columns_is_found_in_order(fetching, server):
    name = "PlaylistTrack" if server.kind == "mysql" else "playlist_track"

    tables, _ = fetching.fetch(fetching.connection(server), name)

    key = [each.lower().replace("_", "") for each in tables[name]["key"]]
    assert (tables[name]["rows"], key) == (8715, ["playlistid", "trackid"])


def test_the_same_rows_come_of_every_database(fetching, postgres, mariadb, tmp_path):
    """Customers with what they bought, joined by one query over each of the three."""
    made = {}
    for server, names, query in (
        (postgres, ("customer", "invoice"), UNDERSCORED),
        (mariadb, ("Customer", "Invoice"), JOINED),
    ):
        tables, faults = fetching.fetch(fetching.connection(server), *names)
        assert faults == []
        folder = tmp_path / server.kind
        folder.mkdir()
        files = {each: Table(fetching.download(tables[each], folder)) for each in names}
        join(files, query, tmp_path / f"{server.kind}.parquet")
        made[server.kind] = rows_of(tmp_path / f"{server.kind}.parquet")
    sqlite = read_tables(CHINOOK / "Chinook_Sqlite.sqlite", tmp_path, ["Customer", "Invoice"])
    files = {name: Table([path]) for name, path in sqlite.items()}
    join(files, JOINED, tmp_path / "sqlite.parquet")

    assert len(made["mysql"]) == 59
    assert made["postgresql"] == made["mysql"] == rows_of(tmp_path / "sqlite.parquet")


def rows_of(path):
    return duckdb.sql(f"FROM read_parquet('{path}')").fetchall()


def test_only_what_was_written_since_the_watermark_comes_again(fetching, server, orders):
    connection = fetching.connection(server)
    first = fetching.fetch(connection, by_watermark())[0]["orders"]
    server.run(
        "UPDATE orders SET note = 'changed', updated_at = '2026-01-03 10:00:00' WHERE id = 1;"
        "INSERT INTO orders VALUES (4, 'fourth', '2026-01-02 10:00:00');"
    )

    second = fetching.fetch(connection, by_watermark(first["mark"]))[0]["orders"]

    assert (ids(fetching.rows(first)), first["full"]) == ([1, 2, 3], True)
    assert (ids(fetching.rows(second)), second["full"]) == ([1, 2, 4], False)
    assert second["mark"].startswith("2026-01-03 10:00:00")
    third = fetching.fetch(connection, by_watermark(second["mark"]))[0]["orders"]
    assert ids(fetching.rows(third)) == [1]


def test_an_overlap_fetches_again_what_may_have_been_committed_late(fetching, server, orders):
    mark = "2026-01-02 10:00:00"

    tables, _ = fetching.fetch(fetching.connection(server), by_watermark(mark, overlap=90_000))

    assert ids(fetching.rows(tables["orders"])) == [1, 2]


def test_only_higher_keys_come_again(fetching, server, orders):
    connection = fetching.connection(server)
    asked = {"name": "orders", "incremental": {"by": "key", "column": "id"}, "mark": None}
    first = fetching.fetch(connection, asked)[0]["orders"]
    server.run("INSERT INTO orders VALUES (9, 'ninth', NULL);")

    second = fetching.fetch(connection, {**asked, "mark": first["mark"]})[0]["orders"]

    assert (first["mark"], second["mark"]) == ("3", "9")
    assert ids(fetching.rows(second)) == [9]


def test_nothing_new_is_no_rows_and_the_same_mark(fetching, server, orders):
    asked = {"name": "orders", "incremental": {"by": "key", "column": "id"}, "mark": "3"}

    table = fetching.fetch(fetching.connection(server), asked)[0]["orders"]

    assert (table["rows"], table["mark"], fetching.rows(table)) == (0, "3", [])


def test_what_comes_new_is_merged_into_what_was_there(fetching, server, orders, tmp_path):
    """Fetched twice over, no row is lost and none is double."""
    connection = fetching.connection(server)
    first = fetching.fetch(connection, by_watermark())[0]["orders"]
    server.run("UPDATE orders SET note = 'changed', updated_at = '2026-01-03' WHERE id = 1;")
    second = fetching.fetch(connection, by_watermark(first["mark"]))[0]["orders"]
    parts = fetching.download(second, tmp_path) * 2
    (state,) = fetching.download({**first, "name": "before"}, tmp_path)

    merged = merge(
        tmp_path / "out.parquet",
        state=[state],
        changes=[Incoming(path, path.name) for path in parts],
        key=second["key"],
        layout=Layout(plain=True),
    )

    found = duckdb.sql(f"SELECT id, note FROM '{tmp_path / 'out.parquet'}' ORDER BY id").fetchall()
    assert found == [(1, "changed"), (2, "second"), (3, None)]
    assert merged.doubts == ()


def test_a_large_table_is_parted_by_its_key_and_whole(fetching, server):
    """Several connections read it, and no row comes twice."""
    many = (
        "SELECT g, md5(g::text) FROM generate_series(1, 600000) g"
        if server.kind == "postgresql"
        else "SELECT seq, md5(seq) FROM seq_1_to_600000"
    )
    server.run(f"CREATE TABLE many (id INT PRIMARY KEY, h CHAR(32)); INSERT INTO many {many};")
    try:
        table = fetching.fetch(fetching.connection(server), "many")[0]["many"]
    finally:
        server.run("DROP TABLE many;")

    assert (table["rows"], len(table["files"])) == (600_000, 3)


def test_every_kind_of_column_comes_through(fetching, server):
    if server.kind == "postgresql":
        columns = "id INT PRIMARY KEY, b BOOLEAN, d DATE, n NUMERIC(12,3), f FLOAT8, z TIMESTAMPTZ"
        values = "1, true, '2026-01-02', 12.5, 0.1, '2026-01-02 03:04:05+02'"
    else:
        columns = "id INT PRIMARY KEY, b BOOLEAN, d DATE, n NUMERIC(12,3), f DOUBLE, z TIMESTAMP"
        values = "1, true, '2026-01-02', 12.5, 0.1, '2026-01-02 01:04:05'"
    server.run(f"CREATE TABLE kinds ({columns}); INSERT INTO kinds VALUES ({values});")
    try:
        table = fetching.fetch(fetching.connection(server), "kinds")[0]["kinds"]
    finally:
        server.run("DROP TABLE kinds;")

    (row,) = fetching.rows(table)
    assert (row["b"], row["d"], row["n"], row["f"]) == (
        True,
        date(2026, 1, 2),
        Decimal("12.500"),
        0.1,
    )
    assert row["z"].strftime("%H:%M:%S") == "01:04:05"


def test_a_wrong_password_is_told_and_not_shown(fetching, server):
    connection = fetching.connection(server, PASSWORD="not the right one")

    _, ((path, message, cure),) = fetching.fetch(connection, "invoice")

    assert (path, message) == ("invoice", "the database refused the user or the password")
    assert "Glue connection" in cure
    assert "not the right one" not in message + cure


def test_a_database_that_is_away_is_told(fetching, server):
    url = f"jdbc:{server.kind}://127.0.0.1:1/{server.database}"
    connection = fetching.connection(server, JDBC_CONNECTION_URL=url)

    _, ((_, message, _),) = fetching.fetch(connection, "invoice")

    assert message == "the database cannot be reached"


def test_tables_that_are_gone_are_told_one_by_one(fetching, server):
    connection = fetching.connection(server)
    there = "Album" if server.kind == "mysql" else "album"

    tables, faults = fetching.fetch(connection, "gone", there, "lost")

    assert tables == {}
    assert [fault[:2] for fault in faults] == [
        ["gone", "the table is gone"],
        ["lost", "the table is gone"],
    ]


def test_a_column_that_tells_nothing_new_is_told(fetching, server, orders):
    incremental = {"by": "watermark", "column": "nosuch"}

    _, ((_, message, cure),) = fetching.fetch(
        fetching.connection(server), {"name": "orders", "incremental": incremental}
    )

    assert message == "it has no column nosuch to tell what is new"
    assert "updated_at" in cure


def test_a_table_that_may_not_be_read_is_told(fetching, postgres):
    postgres.run("CREATE TABLE secrets (id INT); REVOKE ALL ON secrets FROM reader;")

    _, ((_, message, cure),) = fetching.fetch(fetching.connection(postgres), "secrets")

    assert message == "the user may not read the table"
    assert "SELECT" in cure


def test_the_password_may_lie_in_a_secret(fetching, postgres, laptop):
    body = json.dumps({"username": postgres.user, "password": postgres.password})
    secret = laptop.client("secretsmanager").create_secret(Name="crm", SecretString=body)
    connection = fetching.connection(
        postgres, USERNAME=None, PASSWORD=None, SECRET_ID=secret["ARN"]
    )

    tables, faults = fetching.fetch(connection, "album")

    assert (faults, tables["album"]["rows"]) == ([], 347)


def test_a_connection_that_is_not_there_is_told(fetching):
    _, ((path, message, _),) = fetching.fetch("nosuch", "invoice")

    assert (path, message) == (
        "nosuch",
        "the connection cannot be read (EntityNotFoundException)",
    )


def test_another_kind_of_database_is_refused(fetching, postgres):
    connection = fetching.connection(postgres, JDBC_CONNECTION_URL="jdbc:oracle:thin:@//x/y")

    _, ((_, message, cure),) = fetching.fetch(connection, "invoice")

    assert message == "the connection is of another kind of database"
    assert "jdbc:postgresql" in cure
