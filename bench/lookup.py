"""What an identifier alone costs: a row looked up online beside the same row given whole.

One problem with an online store is carried to a served model; then, in turns, the endpoint and the
front door are asked for one row by both ways, and the online store is asked alone.

Run: .venv/bin/python -m bench.lookup [--times 200] [--rows 1000]
"""

from __future__ import annotations

import argparse
import importlib
import json
import statistics
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from bench.relay import Relay
from bench.waiting import await_answer
from local.running import running_cloud

if TYPE_CHECKING:
    from collections.abc import Callable

PROBLEM = "lookup"
EXTRA = (
    "columns: {id: customerID}\nfeatures: {online: true}\ntune: {strategy: none}\n"
    "deploy: {shift: {type: all_at_once, bake_minutes: 0}}\nretrain: {on: []}\n"
)
WARM_UP = 10
tables: Any = importlib.import_module("tests.tables")  # the tests carry no types


def asking(relay: Relay, customers: list[dict[str, str]]) -> dict[str, Callable[[int], Any]]:
    """Each way to ask, by the number of the question."""
    runtime, online = (
        boto3.client("sagemaker-runtime"),
        boto3.client("sagemaker-featurestore-runtime"),
    )
    whole = tables.questions(customers, "Churn")
    names = [{"customerID": row["customerID"]} for row in customers]
    door = relay.outputs["PredictUrl"].rstrip("/")

    def endpoint(rows: list[dict[str, str]]) -> Callable[[int], Any]:
        return lambda number: runtime.invoke_endpoint(
            EndpointName=PROBLEM,
            ContentType="application/json",
            Body=json.dumps({"instances": [rows[number % len(rows)]]}),
        )["Body"].read()

    def front(rows: list[dict[str, str]]) -> Callable[[int], Any]:
        return lambda number: knock(f"{door}/{PROBLEM}", rows[number % len(rows)])

    def store(size: int) -> Callable[[int], Any]:
        return lambda _number: online.batch_get_record(
            Identifiers=[
                {
                    "FeatureGroupName": PROBLEM,
                    "RecordIdentifiersValueAsString": [
                        row["customerID"] for row in customers[:size]
                    ],
                }
            ]
        )

    return {
        "endpoint, whole row": endpoint(whole),
        "endpoint, identifier": endpoint(names),
        "front door, whole row": front(whole),
        "front door, identifier": front(names),
        "store alone, 1 identifier": store(1),
        "store alone, 100 identifiers": store(100),
    }


def knock(url: str, row: dict[str, str]) -> bytes:
    """Ask the front door for one row."""
    body = json.dumps({"instances": [row]}).encode()
    request = AWSRequest("POST", url, data=body, headers={"Content-Type": "application/json"})
    credentials: Any = boto3.Session().get_credentials()
    SigV4Auth(credentials, "lambda", "us-east-1").add_auth(request)
    sent = urllib.request.Request(url, data=body, headers=dict(request.headers.items()))
    with urllib.request.urlopen(sent, timeout=60) as answer:
        said: bytes = answer.read()
    return said


def measure(ways: dict[str, Callable[[int], Any]], times: int) -> dict[str, dict[str, float]]:
    """Median and 95th percentile of each way, asked in turns, in milliseconds."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(times + WARM_UP):
        for name, ask in ways.items():
            began = time.perf_counter()
            ask(number)
            taken[name].append(1000 * (time.perf_counter() - began))
    return {
        name: {
            "median_ms": round(statistics.median(values[WARM_UP:]), 1),
            "p95_ms": round(statistics.quantiles(values[WARM_UP:], n=20)[-1], 1),
        }
        for name, values in taken.items()
    }


def main() -> None:
    """Measure, and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--rows", type=int, default=1000)
    arguments = parser.parse_args()
    customers = tables.customers(arguments.rows)
    with tempfile.TemporaryDirectory() as folder, running_cloud(Path(folder, "state")) as found:
        relay = Relay(found)
        relay.define(PROBLEM, "Churn", EXTRA)
        _, run = relay.carry(PROBLEM, tables.to_csv(customers).encode())
        if run.get("stage") != "deployed":
            raise SystemExit(f"the model was not deployed: {run.get('reason')}")
        await_answer(
            lambda: relay.row(PROBLEM, "features").get("stored_run"),
            "the features are stored",
            pause=0.1,
        )
        print(json.dumps(measure(asking(relay, customers), arguments.times)))


if __name__ == "__main__":
    main()
