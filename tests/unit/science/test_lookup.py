"""Rows by their identifier alone: stored values fill what the caller leaves out."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from science.lookup import Source, StoreUnavailable, UnknownRow, complete_body, hash_of, sources

COLUMNS = {
    "age": {"name": "age", "type": "Fractional"},
    "Plan (now)": {"name": "Plan_now", "type": "String"},
}
OWN = Source("churn_2", "customerID", COLUMNS, own=True)
ORDERS = Source(
    "orders", "customerID", {"orders.total": {"name": "total", "type": "Fractional"}}, within=3600.0
)
NOW = 1_770_113_472.0
STORED = {
    ("churn_2", "7590"): {
        "age": "31.0",
        "Plan_now": "pro",
        "event_time": "2026-02-03T10:11:12.000Z",
    },
    ("churn_2", hash_of("8000")): {"age": "5", "event_time": "2026-02-03T10:11:12.000Z"},
    ("orders", "7590"): {"total": "9.5", "event_time": "2026-02-03T09:30:00Z"},
    ("orders", "old"): {"total": "1", "event_time": "1770000000"},
}


class Store:
    """Answers as BatchGetRecord, and keeps what it was asked."""

    def __init__(self):
        self.asked = []

    def __call__(self, request):
        self.asked.append(request)
        found = []
        for wanted in request["Identifiers"]:
            assert len(wanted["RecordIdentifiersValueAsString"]) <= 100
            for identifier in wanted["RecordIdentifiersValueAsString"]:
                values = STORED.get((wanted["FeatureGroupName"], identifier))
                if values:
                    record = [
                        {"FeatureName": name, "ValueAsString": text}
                        for name, text in values.items()
                        if name in wanted["FeatureNames"]
                    ]
                    found.append({"RecordIdentifierValueAsString": identifier, "Record": record})
        return {"Records": found, "Errors": [], "UnprocessedIdentifiers": []}


def completed(rows, *known, store=None):
    body = json.dumps({"instances": rows}).encode()
    said = complete_body(body, "application/json", known or (OWN,), store or Store(), NOW)
    return json.loads(said)["instances"]


def test_an_identifier_alone_becomes_the_whole_row():
    """Numbers as numbers, each under its own column's name."""
    assert completed([{"customerID": "7590"}]) == [
        {"customerID": "7590", "age": 31.0, "Plan (now)": "pro"}
    ]


@pytest.mark.parametrize("identifier", [7590, 7590.0, " 7590 "])
def test_an_identifier_may_be_written_as_a_number(identifier):
    assert completed([{"customerID": identifier}])[0]["age"] == 31.0


def test_given_values_win_over_stored_ones_even_when_they_are_null():
    row = {"customerID": "7590", "age": 40, "Plan (now)": None}

    assert completed([row]) == [row]
    assert completed([{"customerID": "7590", "age": None}])[0]["age"] is None
    assert completed([{"customerID": "7590", "age": 40}])[0] == {
        "customerID": "7590",
        "age": 40,
        "Plan (now)": "pro",
    }


def test_an_unknown_identifier_alone_is_named():
    with pytest.raises(UnknownRow, match="customerID 1, 2: send the whole row"):
        completed([{"customerID": "7590"}, {"customerID": "1"}, {"customerID": "2"}])


def test_a_row_with_values_of_its_own_needs_nothing_stored():
    """A new customer is answered by what is given, as without a store."""
    rows = [{"customerID": "new", "age": 40}]

    assert completed(rows) == rows


def test_whole_rows_cost_no_look():
    store = Store()
    rows = [{"customerID": "7590", "age": 40, "Plan (now)": "x"}, {"age": 3}, [1, 2], "odd"]

    assert completed(rows, store=store) == rows
    assert store.asked == []


def test_many_identifiers_are_asked_for_a_hundred_at_a_time():
    store = Store()
    rows = [{"customerID": str(number), "age": 1} for number in range(250)]

    completed(rows, store=store)

    sizes = [len(each["Identifiers"][0]["RecordIdentifiersValueAsString"]) for each in store.asked]
    assert sizes == [100, 100, 50]


def test_features_of_another_problem_are_looked_up_there():
    """Those older than the definition allows count as missing."""
    rows = [{"customerID": "7590", "age": 1, "Plan (now)": "x"}, {"customerID": "old", "age": 2}]

    first, second = completed(rows, OWN, ORDERS)

    assert first["orders.total"] == 9.5
    assert "orders.total" not in second


def test_a_hashed_group_is_asked_by_the_hash():
    hashed = Source("churn_2", "customerID", COLUMNS, own=True, hashed=True)

    assert completed([{"customerID": "8000"}], hashed) == [{"customerID": "8000", "age": 5.0}]


@settings(deadline=None)
@given(st.text(min_size=1, max_size=20))
def test_the_hash_is_the_databases_own(text):
    import duckdb

    with duckdb.connect() as connection:
        ((mark,),) = connection.execute("SELECT md5_number_lower(?)::VARCHAR", [text]).fetchall()

    assert hash_of(text) == mark


def test_lines_stay_lines_and_other_bodies_stay_as_they_are():
    lines = b'{"customerID": "7590"}\n{"age": 3}\n'
    said = complete_body(lines, "application/jsonlines; charset=utf-8", [OWN], Store(), NOW)

    assert [json.loads(line)["age"] for line in said.decode().splitlines()] == [31.0, 3]
    for body, kind in [(b"7590,1", "text/csv"), (b"{no json", "application/json"), (b"3", "")]:
        assert complete_body(body, kind, [OWN], Store(), NOW) == body


def test_a_store_that_does_not_answer_is_no_empty_store():
    def failing(request):
        return {"Records": [], "Errors": [{"ErrorCode": "InternalFailure"}]}

    with pytest.raises(StoreUnavailable, match="1 rows are unanswered"):
        completed([{"customerID": "7590"}], store=failing)


def test_where_to_look_follows_from_the_model_and_the_groups_that_are_online():
    problem = {
        "name": "churn",
        "feature_store": {"identifier": "customerID", "hashed": False, "features": COLUMNS},
        "joined": [
            {"problem": "orders", "on": "customerID", "within": 3600.0, "columns": ORDERS.columns}
        ],
    }

    assert sources(problem, {"churn": "churn_2", "orders": "orders"}) == [OWN, ORDERS]
    assert sources(problem, {"orders": "orders"}) == [ORDERS]
    assert sources({"name": "churn", "feature_store": None}, {"churn": "churn"}) == []
