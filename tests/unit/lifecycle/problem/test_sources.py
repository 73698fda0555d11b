"""What `data.sources` may say, and every way in which it may be wrong."""

from __future__ import annotations

import pytest

from lifecycle.sources import fingerprint, source_called, sources_of, sqlite_source
from tests.unit.lifecycle.problem.helpers import fault_in, faults_of, resolved


def listed(*sources: str) -> str:
    return "data:\n  sources:\n" + "".join(f"    - {{{each}}}\n" for each in sources)


GLUE = "kind: database, through: glue, connection: crm, tables: [customers]"
DMS = "kind: database, through: dms, tables: [shop.customers]"
SQLITE = "kind: database, through: sqlite"
JOINED = "tables: [a, b], query: SELECT * FROM a JOIN b USING (id)"


def test_a_bare_name_is_a_table() -> None:
    """And a mapping says more of it."""
    tables = "tables: [orders, {name: public.customers, key: [id], incremental: full}]"
    document = resolved(
        listed(f"kind: database, through: glue, connection: crm, query: FROM orders, {tables}")
    )

    (source,) = sources_of(document)

    assert [table.name for table in source.tables] == ["orders", "public.customers"]
    assert (source.tables[1].key, source.tables[1].incremental) == (("id",), None)


@pytest.mark.parametrize(
    "source",
    [
        GLUE,
        f"{GLUE}, schedule: rate(1 day)",
        f"{GLUE}, incremental: {{by: watermark, column: updated_at, overlap: 5m}}",
        f"{GLUE}, incremental: full",
        f"kind: database, through: glue, connection: crm, {JOINED}",
        DMS,
        f"{DMS}, dms: {{folder: crm, timestamp_column: ts, delimiter: '|'}}",
        "kind: database, through: dms, tables: [{name: s.t, columns: [id, a], key: [id]}]",
        SQLITE,
        f"{SQLITE}, tables: [Customer]",
        f'{SQLITE}, query: "-- all of them\\n WITH a AS (SELECT 1) SELECT * FROM a"',
    ],
)
def test_every_way_to_fetch_is_accepted(source: str) -> None:
    assert resolved(listed(source))["data"]["sources"]


@pytest.mark.parametrize(
    ("source", "path", "said"),
    [
        ("kind: database", "through", "it is not said how"),
        ("kind: database, through: glue, tables: [a]", "connection", "no connection"),
        ("kind: database, through: glue, connection: crm", "tables", "no table"),
        ("kind: database, through: dms", "tables", "no table"),
        (f"{GLUE}, schedule: daily", "schedule", "'daily' is no schedule"),
        (f"{GLUE}, schedule: 'cron(0 25 * * ? *)'", "schedule", "'25' in cron is none of 0 to 23"),
        (f"{GLUE}, incremental: daily", "incremental", "no way to fetch"),
        (f"{GLUE}, incremental: {{by: time, column: a}}", "incremental.by", "not accepted"),
        (f"{GLUE}, incremental: {{by: key}}", "incremental.column", "missing"),
        (f"{GLUE}, query: DELETE FROM customers", "query", "no query that reads"),
        (f"{GLUE}, dms: {{folder: crm}}", "dms", "no meaning through glue"),
        (f"{DMS}, connection: crm", "connection", "no meaning through dms"),
        (f"{DMS}, incremental: {{by: key, column: id}}", "incremental", "no meaning through dms"),
        (f"{SQLITE}, schedule: rate(1 day)", "schedule", "no meaning through sqlite"),
        ("kind: database, through: dms, tables: [t]", "tables[0]", "the schema of t is missing"),
        (
            "kind: database, through: glue, connection: c, tables: [{name: t, columns: [a]}]",
            "tables[0].columns",
            "no meaning through glue",
        ),
        (
            "kind: database, through: glue, connection: c, query: FROM a, tables: [a, A]",
            "tables[1]",
            "named twice",
        ),
        (
            "kind: database, through: glue, connection: c, tables: [a, b]",
            "query",
            "no query joins the tables a, b",
        ),
        (
            "kind: database, through: glue, connection: c, tables: ['a b']",
            "tables[0].name",
            "no name of a table",
        ),
        (f"{GLUE}, connektion: x", "connektion", "not known here"),
    ],
)
def test_what_does_not_fit_is_told_by_its_key(source: str, path: str, said: str) -> None:
    fault = fault_in(listed(source))

    assert fault.path == f"data.sources[0].{path}"
    assert said in fault.message
    assert fault.cure or fault.accepted


def test_two_sources_of_one_name_are_refused() -> None:
    fault = fault_in(listed(GLUE, GLUE))

    assert (fault.path, fault.line) == ("data.sources[1]", 6)
    assert "called crm as well" in fault.message


def test_all_faults_are_told_at_once() -> None:
    text = "name: churn\ntarget: Churn\n" + listed("kind: database, through: glue", "kind: s3")

    paths = [fault.path for fault in faults_of(text)]

    assert paths == ["data.sources[0].connection", "data.sources[0].tables", "data.sources[1]"]


def test_a_source_is_found_by_its_name() -> None:
    """The connection's, unless it has one of its own."""
    document = resolved(listed(GLUE, f"{DMS}, name: mirror", f"{SQLITE}, query: FROM a"))

    assert [source.called for source in sources_of(document)] == ["crm", "mirror", "sqlite"]
    mirror = source_called(document, "mirror")
    assert mirror is not None
    assert mirror.through == "dms"
    assert source_called(document, "other") is None
    assert sqlite_source(document).query == "FROM a"


def test_another_schedule_is_the_same_source() -> None:
    """Nothing need be fetched anew for it; for another query, everything."""
    documents = [
        resolved(listed(f"{GLUE}{more}"))
        for more in ("", ", schedule: rate(1 day)", ", query: FROM customers")
    ]

    first, rescheduled, asked = (fingerprint(sources_of(each)[0]) for each in documents)

    assert first == rescheduled != asked
