"""Jobs whose processes are lost by no fault of their own: retried, or failed with the reason."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.sagemaker.laptop import BUCKET, LocalSageMaker, script_job, unique, until
from tests.conformance.sagemaker.test_warm_pools import CACHES, pool
from tests.conformance.sagemaker.test_warm_pools import start as pooled
from tests.conformance.sagemaker.tiny_s3 import TinyS3

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.conformance

SECOND_TIME = """
import os, time
from pathlib import Path
folder = Path(os.environ["SAGEMAKER_BASE_DIR"], "checkpoints")
if not (folder / "seen").exists():
    (folder / "seen").touch()
    print("first time", flush=True)
    time.sleep(300)
print("second time")
"""


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[LocalSageMaker]:
    """A local SageMaker of this test alone, to be harmed."""
    with TinyS3() as s3:
        server = LocalSageMaker(tmp_path, s3)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def start(laptop: LocalSageMaker, **more: Any) -> str:
    name = unique("retried")
    checkpoints = {"S3Uri": f"s3://{BUCKET}/checkpoints/{name}"}
    request = script_job(laptop, SECOND_TIME, CheckpointConfig=checkpoints, **more)
    laptop.client().create_training_job(TrainingJobName=name, **request)
    key = f"checkpoints/{name}/seen"
    until(lambda: key in laptop.s3.keys(BUCKET, "checkpoints/"), "its checkpoint is kept")
    return name


def keeper(laptop: LocalSageMaker) -> int:
    """The process that starts and keeps the server's jobs."""
    assert laptop.process is not None
    children = Path(f"/proc/{laptop.process.pid}/task").glob("*/children")
    for pid in " ".join(path.read_text() for path in children).split():
        if b"local.sagemaker.jobs.fork_server" in Path(f"/proc/{pid}/cmdline").read_bytes():
            return int(pid)
    raise AssertionError("there is none")


def test_a_lost_job_is_tried_again(mortal: LocalSageMaker) -> None:
    """Training → Restarting → Starting → …: with its checkpoints, in a new process."""
    name = start(mortal, RetryStrategy={"MaximumRetryAttempts": 2})
    os.kill(keeper(mortal), signal.SIGKILL)
    job = mortal.await_training(name)

    assert job["TrainingJobStatus"] == "Completed", job
    phases = [step["Status"] for step in job["SecondaryStatusTransitions"]]
    again = ["Starting", "Downloading", "Training"]
    assert phases == [*again, "Restarting", *again, "Uploading", "Completed"]
    assert "second time" in mortal.log("TrainingJobs", name)
    assert job["RetryStrategy"] == {"MaximumRetryAttempts": 2}


def test_without_a_strategy_a_lost_job_fails(mortal: LocalSageMaker) -> None:
    """InternalServerError, and the next job runs."""
    name = start(mortal)
    os.kill(keeper(mortal), signal.SIGKILL)

    assert mortal.await_training(name)["FailureReason"].startswith("InternalServerError: ")
    after = unique("after")
    mortal.client().create_training_job(TrainingJobName=after, **script_job(mortal, "print(1)"))
    assert mortal.await_training(after)["TrainingJobStatus"] == "Completed"


def test_a_pool_is_there_after_a_kill_and_ends_in_time(mortal: LocalSageMaker) -> None:
    """A warm pool outlives the server; its period goes on meanwhile."""
    role = "arn:aws:iam::000000000000:role/warm"
    long = pooled(mortal, CACHES, role, keep=600)
    short = pooled(mortal, CACHES, f"{role}x", keep=3)
    for name in (long, short):
        mortal.await_training(name)
    mortal.kill()
    mortal.start()

    until(lambda: pool(mortal, short)["Status"] == "Terminated", "its time is over")
    after = pooled(mortal, CACHES, role)
    mortal.await_training(after)
    assert pool(mortal, long)["ReusedByJob"] == after
    assert f"'{long}'" in mortal.log("TrainingJobs", after)


def test_a_killed_server_tries_its_job_again(mortal: LocalSageMaker) -> None:
    """After SIGKILL and a restart, as after any other InternalServerError."""
    name = start(mortal, RetryStrategy={"MaximumRetryAttempts": 1})
    mortal.kill()
    mortal.start()
    job = mortal.await_training(name)

    assert job["TrainingJobStatus"] == "Completed", job
    assert "Restarting" in [step["Status"] for step in job["SecondaryStatusTransitions"]]
