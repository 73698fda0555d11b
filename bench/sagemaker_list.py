"""List and describe with 1,000 training jobs in the store.

boto3 takes longer to read a hundred jobs than the server to find and write them; what it takes is
told beside.
"""

from __future__ import annotations

import http.client
import json
import statistics
import time
from typing import TYPE_CHECKING, Any

from local.sagemaker.store import Store
from local.sagemaker.training.training_states import KIND
from tests.conformance.sagemaker.laptop import HYPERPARAMETERS, definition, unique

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.sagemaker.laptop import LocalSageMaker

JOBS = 1_000
TIMES = 60
GOAL_MILLISECONDS = 20.0


def measure(laptop: LocalSageMaker, times: int) -> dict[str, Any]:
    """Train once, store the job again under a thousand names, and look at them."""
    client, first = laptop.client(), unique("list")
    client.create_training_job(
        TrainingJobName=first, HyperParameters=HYPERPARAMETERS, **definition(laptop)
    )
    laptop.await_training(first)
    laptop.stop()
    fill(laptop, first)
    laptop.start()
    client, ask = laptop.client(), asker(laptop.port)
    newest = {"MaxResults": 100, "SortBy": "CreationTime", "SortOrder": "Descending"}
    asked: dict[str, Callable[[], Any]] = {
        "list": lambda: ask("ListTrainingJobs", {}),
        "list_100_newest": lambda: ask("ListTrainingJobs", newest),
        "list_named": lambda: ask("ListTrainingJobs", {"NameContains": "-0999"}),
        "list_status": lambda: ask("ListTrainingJobs", {"StatusEquals": "Completed"}),
        "describe": lambda: ask("DescribeTrainingJob", {"TrainingJobName": first}),
    }
    medians = {name: _median(call, times or TIMES) for name, call in asked.items()}
    boto = {
        "list_100_newest": _median(lambda: client.list_training_jobs(**newest), times or TIMES),
        "describe": _median(
            lambda: client.describe_training_job(TrainingJobName=first), times or TIMES
        ),
    }
    return {
        "median_ms": medians,
        "with_boto3_ms": boto,
        "goal_ms": GOAL_MILLISECONDS,
        "met": max(medians.values()) < GOAL_MILLISECONDS,
    }


def asker(port: int) -> Callable[[str, dict[str, Any]], Any]:
    """A client with one kept connection that reads the JSON and makes nothing of it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def ask(operation: str, request: dict[str, Any]) -> Any:
        headers = {
            "X-Amz-Target": f"SageMaker.{operation}",
            "Content-Type": "application/x-amz-json-1.1",
        }
        connection.request("POST", "/", json.dumps(request), headers)
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status == 200, content
        return json.loads(content)

    return ask


def fill(laptop: LocalSageMaker, name: str) -> None:
    """Store a job again and again; the server must not run."""
    store = Store(laptop.data / "store.sqlite")
    document = store.get(KIND, name)
    for number in range(JOBS - 1):
        copy = json.loads(json.dumps(document).replace(name, f"{name}-{number:04d}"))
        copy["CreationTime"] += 0.001 * number
        store.create(KIND, f"{name}-{number:04d}", copy, arn=copy["TrainingJobArn"])
    store.close()


def _median(call: Callable[[], Any], times: int) -> float:
    taken = []
    for _ in range(times + 3):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return round(1000 * statistics.median(taken[3:]), 2)
