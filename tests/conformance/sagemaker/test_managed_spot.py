"""Managed spot training under the server's switches: waits, interruptions, limits."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.sagemaker.laptop import BUCKET, LocalSageMaker, script_job, unique, until
from tests.conformance.sagemaker.tiny_s3 import TinyS3

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.conformance

COUNTS = """
import os, time
from pathlib import Path
folder = Path(os.environ["SAGEMAKER_BASE_DIR"], "checkpoints")
done = len(list(folder.iterdir()))
print("resumed after", done, flush=True)
(folder / f"part-{done}").write_text("x")
if done < 2:
    time.sleep(60)
"""
ENDLESS = "import time\nprint('up', flush=True)\ntime.sleep(300)\n"


@contextmanager
def server(folder: Path, *options: str) -> Iterator[LocalSageMaker]:
    with TinyS3() as s3:
        found = LocalSageMaker(folder, s3, ("--grace-seconds", "1", *options))
        found.start()
        try:
            yield found
        finally:
            found.stop()


def spot(laptop: LocalSageMaker, code: str, *, runtime: int, wait: int) -> str:
    """Start a spot job that keeps checkpoints; its name."""
    name = unique("spot")
    request = script_job(
        laptop,
        code,
        EnableManagedSpotTraining=True,
        StoppingCondition={"MaxRuntimeInSeconds": runtime, "MaxWaitTimeInSeconds": wait},
        CheckpointConfig={"S3Uri": f"s3://{BUCKET}/checkpoints/{name}"},
    )
    laptop.client().create_training_job(TrainingJobName=name, **request)
    return name


def phases(job: dict[str, Any]) -> list[str]:
    return [step["Status"] for step in job["SecondaryStatusTransitions"]]


def test_a_job_survives_several_interruptions(tmp_path: Path) -> None:
    """Each time it starts anew with the checkpoints; the waits are neither trained nor billed."""
    options = ("--spot-interruption-seconds", "0.5", "--spot-interruptions", "2")
    with server(tmp_path, *options, "--spot-wait-seconds", "0.8") as laptop:
        name = spot(laptop, COUNTS, runtime=60, wait=120)
        job = laptop.await_training(name)

        once = ["Starting", "Downloading", "Training"]
        again = [*once, "Interrupted"]
        assert phases(job) == [*again, *again, *once, "Uploading", "Completed"]
        log = laptop.log("TrainingJobs", name)
        assert [f"resumed after {done}" in log for done in range(4)] == [True, True, True, False]
        whole = (job["TrainingEndTime"] - job["CreationTime"]).total_seconds()
        assert whole > 2.4
        assert 1 <= job["TrainingTimeInSeconds"] < whole - 1
        assert 1 <= job["BillableTimeInSeconds"] < job["TrainingTimeInSeconds"]


def test_a_rate_interrupts_too(tmp_path: Path) -> None:
    """So many in an hour of training, at moments that a seed fixes."""
    options = ("--spot-interruptions-per-hour", "20000", "--spot-seed", "4")
    with server(tmp_path, *options) as laptop:
        name = spot(laptop, ENDLESS, runtime=60, wait=120)

        def interrupted() -> bool:
            return phases(_describe(laptop, name)).count("Interrupted") >= 2

        until(interrupted, "it is interrupted twice")
        laptop.client().stop_training_job(TrainingJobName=name)
        assert laptop.await_training(name)["TrainingJobStatus"] == "Stopped"


@pytest.mark.parametrize(
    ("wait", "limit", "expected"),
    [
        ("60", 1, ["Starting"]),
        ("6", 10, ["Starting", "Downloading", "Training", "Interrupted", "Starting"]),
    ],
)
def test_waiting_too_long_stops_a_job(
    tmp_path: Path, wait: str, limit: int, expected: list[str]
) -> None:
    """Before the first launch, or after an interruption: nothing is left to upload."""
    options = ("--spot-interruption-seconds", "0.1", "--spot-wait-seconds", wait)
    with server(tmp_path, *options) as laptop:
        job = laptop.await_training(spot(laptop, ENDLESS, runtime=limit, wait=limit))

    assert job["TrainingJobStatus"] == "Stopped"
    assert phases(job) == [*expected, "Stopping", "MaxWaitTimeExceeded"]
    assert "ModelArtifacts" not in job
    assert (job["TrainingTimeInSeconds"] > 0) is ("Training" in expected)


def _describe(laptop: LocalSageMaker, name: str) -> dict[str, Any]:
    answer: dict[str, Any] = laptop.client().describe_training_job(TrainingJobName=name)
    return answer
