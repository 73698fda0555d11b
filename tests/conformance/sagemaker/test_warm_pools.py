"""Warm pools: their states, and the cache that jobs hand on."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.conformance.sagemaker.laptop import script_job, unique, until

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

pytestmark = pytest.mark.conformance

CACHES = """
import os
from pathlib import Path
cache = Path(os.environ["SAGEMAKER_MANAGED_WARMPOOL_CACHE_DIRECTORY"])
print("found", sorted(path.name for path in cache.iterdir()))
(cache / os.environ["TRAINING_JOB_NAME"]).touch()
"""


def start(laptop: LocalSageMaker, code: str, role: str, keep: int | None = 600, **more: Any) -> str:
    """Start a job with a pool of its role's own; its name."""
    name = unique("warm")
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5}
    if keep is not None:
        resources["KeepAlivePeriodInSeconds"] = keep
    request = script_job(laptop, code, ResourceConfig=resources, RoleArn=role, **more)
    laptop.client().create_training_job(TrainingJobName=name, **request)
    return name


def pool(laptop: LocalSageMaker, name: str) -> dict[str, Any]:
    answer = laptop.client().describe_training_job(TrainingJobName=name)
    found: dict[str, Any] = answer.get("WarmPoolStatus", {})
    return found


def await_status(laptop: LocalSageMaker, name: str, status: str) -> dict[str, Any]:
    laptop.await_training(name)
    until(lambda: pool(laptop, name).get("Status") == status, f"the pool is {status}")
    return pool(laptop, name)


@pytest.fixture
def role() -> str:
    return f"arn:aws:iam::000000000000:role/{uuid.uuid4().hex}"


def test_the_next_job_like_it_gets_the_pool_and_its_cache(
    laptop: LocalSageMaker, role: str
) -> None:
    """InUse, Available, Reused by name; what lay in the cache lies there again."""
    first = start(laptop, CACHES, role)
    await_status(laptop, first, "Available")
    listed = laptop.client().list_training_jobs(
        WarmPoolStatusEquals="Available", NameContains=first
    )
    assert [item["TrainingJobName"] for item in listed["TrainingJobSummaries"]] == [first]
    second = start(laptop, CACHES, role, keep=None)
    laptop.await_training(second)

    told = pool(laptop, first)
    assert (told["Status"], told["ReusedByJob"]) == ("Reused", second)
    assert told["ResourceRetainedBillableTimeInSeconds"] >= 1
    assert f"found ['{first}']" in laptop.log("TrainingJobs", second)
    await_status(laptop, second, "Terminated")  # it asked for no pool of its own


def test_another_job_does_not_get_it(laptop: LocalSageMaker, role: str) -> None:
    """One under another role finds an empty cache."""
    first = start(laptop, CACHES, role)
    await_status(laptop, first, "Available")
    other = start(laptop, CACHES, f"{role}x")
    laptop.await_training(other)

    assert "found []" in laptop.log("TrainingJobs", other)
    assert pool(laptop, first)["Status"] == "Available"


def test_a_pool_ends_with_its_period_or_by_update(laptop: LocalSageMaker, role: str) -> None:
    """Time over, or UpdateTrainingJob with 0; neither can be changed afterwards."""
    short = start(laptop, CACHES, role, keep=1)
    await_status(laptop, short, "Terminated")
    long = start(laptop, CACHES, role)
    await_status(laptop, long, "Available")
    update = laptop.client().update_training_job
    update(TrainingJobName=long, ResourceConfig={"KeepAlivePeriodInSeconds": 700})
    assert pool(laptop, long)["Status"] == "Available"
    update(TrainingJobName=long, ResourceConfig={"KeepAlivePeriodInSeconds": 0})

    assert pool(laptop, long)["Status"] == "Terminated"
    with pytest.raises(ClientError, match="no warm pool that is Available"):
        update(TrainingJobName=long, ResourceConfig={"KeepAlivePeriodInSeconds": 60})


def test_a_pool_survives_the_jobs_own_failure(laptop: LocalSageMaker, role: str) -> None:
    """An AlgorithmError costs the job, not the pool."""
    name = start(laptop, "raise SystemExit(3)", role)

    assert await_status(laptop, name, "Available")["Status"] == "Available"
    assert laptop.await_training(name)["TrainingJobStatus"] == "Failed"


def test_spot_capacity_cannot_be_kept(laptop: LocalSageMaker, role: str) -> None:
    """As on SageMaker."""
    stopping = {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 60}
    spot = {"EnableManagedSpotTraining": True, "StoppingCondition": stopping}

    with pytest.raises(ClientError, match="KeepAlivePeriodInSeconds"):
        start(laptop, CACHES, role, **spot)
