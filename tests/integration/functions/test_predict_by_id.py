"""The front door asked by identifier alone: the stored row goes to the endpoint."""

import io
import json

import pytest

import handle_predict
from lifecycle.records import FeatureGroupRecord
from tests.builders import PROBLEM, RUN, problem_record
from tests.integration.functions.world import World

ONLINE = "columns: {id: customerID}\nfeatures: {online: true}\n"


class Endpoint:
    """Keeps what it is asked, and answers."""

    def __init__(self):
        self.asked = []

    def invoke_endpoint(self, **request):
        self.asked.append(json.loads(request["Body"])["instances"])
        return {"Body": io.BytesIO(b'{"predictions": [{"label": "Yes", "score": 0.9}]}')}


@pytest.fixture
def endpoint(prepared, monkeypatch):
    """A served model whose problem keeps one customer online."""
    row = FeatureGroupRecord(problem=PROBLEM, group="churn_2", online=True, stored_run=RUN)
    problem = problem_record(ONLINE + "deploy: {mode: serverless}\n", champion=RUN)
    world = World(problem, row)
    world.keep_prepared(prepared)
    world.api.online["churn_2", "7590"] = {
        "record_id": "7590",
        "event_time": "2026-02-03T10:11:12.000Z",
        "age": "31.0",
        "plan": "pro",
        "label": "No",
    }
    endpoint = Endpoint()
    for cached in (handle_predict._served, handle_predict._prepared):
        cached.cache_clear()
    monkeypatch.setattr(handle_predict, "_ports", lambda: world.ports)
    monkeypatch.setattr(handle_predict, "client", lambda _service: endpoint)
    endpoint.world = world
    yield endpoint
    for cached in (handle_predict._served, handle_predict._prepared):
        cached.cache_clear()


def asked_for(*rows):
    request = {
        "requestContext": {"http": {"method": "POST"}},
        "rawPath": f"/{PROBLEM}",
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"instances": list(rows)}),
    }
    reply = handle_predict.lambda_handler(request)
    return reply["statusCode"], json.loads(reply["body"])


def test_an_identifier_alone_is_answered_by_the_stored_row(endpoint):
    """The label that is kept beside it is no part of the question."""
    status, said = asked_for({"customerID": "7590"})

    assert (status, said["predictions"][0]["label"]) == (200, "Yes")
    assert endpoint.asked == [[{"customerID": "7590", "age": 31.0, "plan": "pro"}]]


def test_what_is_captured_is_the_whole_row(endpoint):
    """The watch compares traffic with training; identifiers would look like drift."""
    asked_for({"customerID": "7590"})

    (uri,) = [uri for uri in endpoint.world.objects.bodies if "/capture/" in uri]
    line = json.loads(endpoint.world.objects.read(uri))
    assert '"plan": "pro"' in line["captureData"]["endpointInput"]["data"]


def test_an_unknown_identifier_is_refused_by_name(endpoint):
    status, said = asked_for({"customerID": "7590"}, {"customerID": "nobody"})

    assert status == 404
    assert "customerID nobody" in said["error"]
    assert endpoint.asked == []


def test_a_store_that_does_not_answer_is_a_busy_one(endpoint, monkeypatch):
    failing = {"Records": [], "Errors": [{"ErrorCode": "InternalFailure"}]}
    monkeypatch.setattr(handle_predict, "_fetch", lambda _request: failing)

    assert asked_for({"customerID": "7590"})[0] == 503


def test_without_an_online_store_rows_go_as_they_are(endpoint):
    """As before there was one."""
    endpoint.world.records.rows = {}
    problem = problem_record("columns: {id: customerID}\n", champion=RUN)
    endpoint.world.records.rows[problem.key] = problem

    status, _ = asked_for({"customerID": "7590"})

    assert (status, endpoint.asked) == (200, [[{"customerID": "7590"}]])
