"""The endpoint's own look into the online store."""

from __future__ import annotations

import json

import pytest

import inference
import online_store
from science.lookup import Source, StoreUnavailable, UnknownRow

COLUMNS = {
    "income": {"name": "income", "type": "Fractional"},
    "gender": {"name": "gender", "type": "String"},
}
RECORD = [
    {"FeatureName": "income", "ValueAsString": "81.5"},
    {"FeatureName": "gender", "ValueAsString": "F"},
]


@pytest.fixture
def served(monkeypatch):
    """A process that serves a problem whose rows are kept in the group shop_2."""
    monkeypatch.setattr(inference, "_problem", {"inputs": ["id", "income", "gender"]})
    monkeypatch.setattr(inference, "_sources", [Source("shop_2", "id", COLUMNS, own=True)])

    def fetch(request):
        (wanted,) = request["Identifiers"]
        assert wanted["FeatureGroupName"] == "shop_2"
        known = {"7": RECORD}
        return {
            "Records": [
                {"RecordIdentifierValueAsString": each, "Record": known[each]}
                for each in wanted["RecordIdentifiersValueAsString"]
                if each in known
            ]
        }

    monkeypatch.setattr(inference, "fetch", fetch)


def test_an_identifier_alone_becomes_the_stored_row(served):
    columns = inference.input_fn(json.dumps({"instances": [{"id": "7"}]}), "application/json")

    assert {name: list(cells) for name, cells in columns.items()} == {
        "id": ["7"],
        "income": [81.5],
        "gender": ["F"],
    }


def test_an_unknown_identifier_is_refused_by_name(served):
    with pytest.raises(UnknownRow, match="id 8"):
        inference.input_fn('{"id": "8"}', "application/json")


def test_a_store_that_cannot_be_reached_is_told(served, monkeypatch):
    """No store at the end of the line."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    monkeypatch.setattr(inference, "fetch", online_store.fetch)
    online_store._client.cache_clear()
    try:
        with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1:9"):
            inference.input_fn('{"id": "7"}', "application/json")
    finally:
        online_store._client.cache_clear()


def test_the_deployment_tells_where_to_look(monkeypatch):
    monkeypatch.setenv(online_store.FEATURE_GROUPS, '{"shop":"shop_2"}')
    assert online_store.online_groups() == {"shop": "shop_2"}
    monkeypatch.delenv(online_store.FEATURE_GROUPS)
    assert online_store.online_groups() == {}
