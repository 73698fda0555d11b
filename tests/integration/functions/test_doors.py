"""The doors that people knock at: predictions and the console, over an AWS in memory."""

import base64
import json

import boto3
import pytest
import requests
from moto import mock_aws

import handle_predict
import handle_show_console
from lifecycle.adapters import ports_from_environment
from lifecycle.adapters.clients import client
from lifecycle.records import HistoryRecord
from lifecycle.settings import settings
from tests.builders import PROBLEM, RUN, prepared_run, problem_record
from tests.template import record_table_schema

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "BATON_LAKE_BUCKET": "lake",
    "BATON_RECORD_TABLE": "baton-records",
    "BATON_EVENT_BUS": "baton",
}
MOTO = "http://motoapi.amazonaws.com/moto-api"
CACHES = (
    client,
    settings,
    handle_predict._ports,
    handle_predict._served,
    handle_predict._prepared,
    handle_show_console._ports,
)


@pytest.fixture
def aws(monkeypatch):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for cached in CACHES:
        cached.cache_clear()
    with mock_aws():
        boto3.client("dynamodb").create_table(TableName="baton-records", **record_table_schema())
        boto3.client("s3").create_bucket(Bucket="lake")
        yield
    for cached in CACHES:
        cached.cache_clear()


def recorded(*rows):
    history = HistoryRecord(
        event_id="e", leg="start_run", problem=PROBLEM, heard="x", reason="It <began>.", at="2026"
    )
    ports_from_environment().records.commit(list(rows), history)


def request(body="", path=f"/{PROBLEM}", method="POST", content_type="application/json", **more):
    return {
        "requestContext": {"http": {"method": method}},
        "rawPath": path,
        "headers": {"Content-Type": content_type},
        "body": body,
        **more,
    }


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (request(method="GET"), 405),
        (request(path="/"), 404),
        (request(content_type="text/html"), 415),
        (request(), 400),
        (request("{}", path="/nobody"), 404),
    ],
)
def test_what_cannot_be_answered_is_told_why(aws, asked, status):
    recorded(problem_record())

    reply = handle_predict.lambda_handler(asked)

    assert reply["statusCode"] == status
    assert json.loads(reply["body"])["error"]


@pytest.mark.parametrize("mode", ["serverless", "realtime"])
def test_the_endpoints_answer_comes_with_an_id(aws, mode):
    """Only what a serverless endpoint is asked is captured here; others do it themselves."""
    recorded(problem_record(f"deploy: {{mode: {mode}}}\n"))
    reply = {"Body": '{"predictions": [{"label": "Yes", "score": 0.9}]}'}
    setting = {"account_id": "123456789012", "region": "us-east-1", "results": [reply]}
    requests.post(f"{MOTO}/static/sagemaker/endpoint-results", json=setting, timeout=5)
    rows = base64.b64encode(b'{"instances": [{"age": 3}]}').decode()

    reply = handle_predict.lambda_handler(request(rows, isBase64Encoded=True))

    identity = json.loads(reply["body"])["inference_id"]
    assert (reply["statusCode"], len(identity)) == (200, 36)
    assert json.loads(reply["body"])["predictions"] == [{"label": "Yes", "score": 0.9}]
    found = boto3.client("s3").list_objects_v2(Bucket="lake").get("Contents", [])
    assert [identity in item["Key"] for item in found] == ([True] if mode == "serverless" else [])
    for item in found:
        body = boto3.client("s3").get_object(Bucket="lake", Key=item["Key"])["Body"].read()
        line = json.loads(body)
        assert line["captureData"]["endpointInput"]["data"] == '{"instances": [{"age": 3}]}'
        assert line["eventMetadata"]["inferenceId"] == identity


def test_the_console_shows_problems_runs_and_history(aws):
    """Nothing that was said is taken for HTML."""
    recorded(problem_record(last_run=RUN, champion=RUN), prepared_run(score=0.91))

    reply = handle_show_console.lambda_handler({})

    assert reply["statusCode"] == 200
    assert f"newest run {RUN}: prepared, roc_auc 0.9100" in reply["body"]
    assert "It &lt;began&gt;." in reply["body"]


def test_the_console_says_that_there_is_nothing_yet(aws):
    assert "No problem is defined yet" in handle_show_console.lambda_handler({})["body"]
