"""Databases as sources, on the whole laptop cloud: real servers, the real job, DMS's files."""

import csv
import io
import sqlite3
from contextlib import closing

import pytest

from local.settings import ROOT
from tests.database_servers import CHINOOK

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        not (ROOT / ".venvs/glue/bin/python").exists(), reason="`make setup` makes .venvs/glue"
    ),
]
QUERY = """
    SELECT il.invoice_line_id, t.milliseconds, t.bytes, t.genre_id, g.name AS genre,
           il.unit_price, i.billing_country, i.total
    FROM invoice_line il
    JOIN track t USING (track_id) JOIN genre g USING (genre_id) JOIN invoice i USING (invoice_id)
"""
TABLES = ["invoice_line", "track", "genre", "invoice"]
SHOP = "dms-shop"


def source(connection, **more):
    document = {"kind": "database", "through": "glue", "connection": connection}
    return document | {"tables": TABLES, "query": QUERY} | more


def connect(cloud, server, name, **changes):
    properties = {
        "JDBC_CONNECTION_URL": server.url,
        "USERNAME": server.user,
        "PASSWORD": server.password,
    }
    given = {"Name": name, "ConnectionType": "JDBC", "ConnectionProperties": properties | changes}
    cloud.client("glue").create_connection(ConnectionInput=given)


def test_a_database_becomes_rows_and_a_run(cloud, postgres):
    """From problem.yaml alone: the definition has the tables fetched, joined and learned from."""
    connect(cloud, postgres, "chinook")

    cloud.define("tracks", "unit_price", metric="rmse", data={"sources": [source("chinook")]})

    taken = cloud.event("tracks", "DataIngested")
    assert (taken["origin"], taken["source"], taken["rows"]) == ("database", "chinook", 2240)
    prepared = cloud.event("tracks", "DataPrepared")
    assert prepared["rows"] == 2240


def test_a_wrong_password_is_told_and_mended_by_asking_again(cloud, postgres):
    """Nothing else stops; `baton fetch` sends this event, `baton redrive` as well."""
    connect(cloud, postgres, "locked", PASSWORD="wrong")
    cloud.define(
        "locked",
        "unit_price",
        metric="rmse",
        data={"minimum_rows": 10**6, "sources": [source("locked")]},
    )
    failed = cloud.event("locked", "FetchFailed")
    alert = cloud.alert("locked", "FetchFailed", "refused the user or the password")
    assert failed["faults"][0]["message"] == "the database refused the user or the password"
    assert postgres.password not in alert["Message"]

    cloud.client("glue").delete_connection(ConnectionName="locked")
    connect(cloud, postgres, "locked")
    data = {"problem": "locked", "source": "locked", "through": "glue", "because": "request"}
    metadata = dict.fromkeys(("event_id", "correlation_id", "causation_id"), "mended-by-hand")
    metadata |= {"version": 1, "occurred_at": "2026-02-03T10:11:12Z"}
    cloud.say("FetchRequested", {"data": data, "metadata": metadata})

    assert cloud.event("locked", "DataIngested")["rows"] == 2240


def chinook(query):
    path = CHINOOK / "Chinook_Sqlite.sqlite"
    if not path.exists():
        pytest.skip(f"{path} is missing")
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
        found = database.execute(query)
        return [column[0] for column in found.description], found.fetchall()


def as_csv(header, rows):
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([["NULL" if cell is None else cell for cell in row] for row in rows])
    return text.getvalue()


def test_what_dms_writes_becomes_rows_in_whatever_order_it_lands(cloud):
    """Changes before their load, and both before the problem."""
    header, rows = chinook("SELECT InvoiceId, CustomerId, BillingCountry, Total FROM Invoice")
    change = [["U", *rows[0][:3], "99.5"], ["D", *rows[1]], ["I", 9001, 1, "Malta", "1.5"]]
    folder = f"{SHOP}/dms/shop/Invoice"
    cloud.put(f"{folder}/20260203-101112010.csv", as_csv(["Op", *header], change))
    cloud.put(f"{folder}/LOAD00000001.csv", as_csv(header, rows))

    listed = {"kind": "database", "through": "dms", "name": "shop", "tables": ["shop.Invoice"]}
    query = "SELECT InvoiceId, BillingCountry, Total FROM Invoice ORDER BY InvoiceId"
    data = {"minimum_rows": 10**6, "sources": [listed | {"query": query}]}
    cloud.define(SHOP, "Total", metric="rmse", data=data)
    cloud.event(SHOP, "DataIngested", rows=412)
    cloud.put(f"{folder}/20260203-101112020.csv", as_csv(["Op", *header], [["D", *rows[2]]]))

    assert cloud.event(SHOP, "DataIngested", rows=411)["source"] == "shop"
