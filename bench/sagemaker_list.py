"""List and describe with 1,000 training jobs in the store."""

from __future__ import annotations

import json
import statistics
import time
from typing import TYPE_CHECKING, Any

from local.sagemaker.store import Store
from local.sagemaker.training_states import KIND
from tests.conformance.sagemaker.laptop import HYPERPARAMETERS, definition, unique

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.sagemaker.laptop import LocalSageMaker

JOBS = 1_000
TIMES = 60
GOAL_MILLISECONDS = 20.0


def measure(laptop: LocalSageMaker, times: int) -> dict[str, Any]:
    """Train once, store the job again under a thousand names, and look at them with boto3."""
    client, first = laptop.client(), unique("list")
    client.create_training_job(
        TrainingJobName=first, HyperParameters=HYPERPARAMETERS, **definition(laptop)
    )
    laptop.await_training(first)
    laptop.stop()
    fill(laptop, first)
    laptop.start()
    client = laptop.client()
    asked: dict[str, Callable[[], Any]] = {
        "list": client.list_training_jobs,
        "list_100_newest": lambda: client.list_training_jobs(
            MaxResults=100, SortBy="CreationTime", SortOrder="Descending"
        ),
        "list_named": lambda: client.list_training_jobs(NameContains="-0999"),
        "list_status": lambda: client.list_training_jobs(StatusEquals="Completed"),
        "describe": lambda: client.describe_training_job(TrainingJobName=first),
    }
    medians = {name: _median(call, times or TIMES) for name, call in asked.items()}
    worst = max(medians.values())
    return {
        "median_ms": medians,
        "goal_ms": GOAL_MILLISECONDS,
        "met": worst < GOAL_MILLISECONDS,
    }


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
