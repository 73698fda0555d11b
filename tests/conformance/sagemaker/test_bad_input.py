"""What goes wrong with jobs in the world, and that each is told by name and harms nobody else."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.conformance.sagemaker.laptop import (
    BUCKET,
    HYPERPARAMETERS,
    LocalSageMaker,
    archive,
    definition,
    script_job,
    unique,
    until,
)
from tests.conformance.sagemaker.tiny_s3 import TinyS3

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.conformance


def failure(laptop: LocalSageMaker, seconds: float = 60, **request: Any) -> str:
    """Start a job that fails; why it did."""
    name = unique("bad")
    laptop.client().create_training_job(TrainingJobName=name, **request)
    job = laptop.await_training(name, seconds)
    assert job["TrainingJobStatus"] == "Failed"
    assert job["SecondaryStatusTransitions"][-1]["StatusMessage"] == job["FailureReason"]
    return str(job["FailureReason"])


def test_a_role_that_cannot_be_assumed_is_refused_at_once(laptop: LocalSageMaker) -> None:
    """CreateTrainingJob answers ValidationException and no job is made."""
    name, role = unique("role"), f"arn:aws:iam::000000000000:role/{unique('nobody')}"
    laptop.s3.refused_roles.add(role)
    request = definition(laptop, HyperParameters=HYPERPARAMETERS) | {"RoleArn": role}

    with pytest.raises(ClientError, match="Could not assume role") as caught:
        laptop.client().create_training_job(TrainingJobName=name, **request)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    with pytest.raises(ClientError):
        laptop.client().describe_training_job(TrainingJobName=name)


def test_a_missing_bucket_fails_the_job(laptop: LocalSageMaker) -> None:
    """ClientError, S3's own error and the address."""
    request = definition(laptop, HyperParameters=HYPERPARAMETERS)
    source = request["InputDataConfig"][0]["DataSource"]["S3DataSource"]
    source["S3Uri"] = "s3://no-such-bucket/train/"

    reason = failure(laptop, **request)
    assert reason.startswith("ClientError: Data download failed")
    assert "s3://no-such-bucket/train/" in reason
    assert "NoSuchBucket" in reason


@pytest.mark.parametrize("manifest", ["", "{}", '[{"no": "prefix"}, "a"]', "not json"])
def test_a_bad_manifest_fails_the_job(laptop: LocalSageMaker, manifest: str) -> None:
    """ClientError that names the manifest."""
    uri = laptop.put(f"{unique('manifests')}/list", manifest)
    request = definition(laptop, HyperParameters=HYPERPARAMETERS)
    source = request["InputDataConfig"][0]["DataSource"]["S3DataSource"]
    source |= {"S3Uri": uri, "S3DataType": "ManifestFile"}

    reason = failure(laptop, **request)
    assert reason.startswith("ClientError: ")
    assert uri in reason


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (archive({"train.py": "1" * 9000})[:60], "not a readable archive"),
        (archive({"../train.py": "1"}), "outside the destination"),
        (b"", "not a readable archive"),
    ],
    ids=["cut", "traversal", "empty"],
)
def test_a_bad_source_archive_fails_the_job(
    laptop: LocalSageMaker, content: bytes, told: str
) -> None:
    """Damaged, or meaning harm: ClientError with the archive's address."""
    uri = laptop.put(f"{unique('code')}/sourcedir.tar.gz", content)
    request = script_job(laptop, "")
    request["HyperParameters"]["sagemaker_submit_directory"] = json.dumps(uri)

    reason = failure(laptop, **request)
    assert reason.startswith(f"ClientError: {uri}")
    assert told in reason


def test_a_missing_archive_or_program_is_told(laptop: LocalSageMaker) -> None:
    """Which object, which file."""
    request = script_job(laptop, "")
    good = dict(request["HyperParameters"])
    request["HyperParameters"] = good | {
        "sagemaker_submit_directory": f'"s3://{BUCKET}/none.tar.gz"'
    }
    assert f"s3://{BUCKET}/none.tar.gz" in failure(laptop, **request)

    request["HyperParameters"] = good | {"sagemaker_program": '"other.py"'}
    assert "other.py is not in the archive" in failure(laptop, **request)


def test_a_killed_job_says_the_shells_exit_code(laptop: LocalSageMaker) -> None:
    """SIGKILL, as the kernel sends it when memory is short, is 137; what it left is gone."""
    code = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"

    assert failure(laptop, **script_job(laptop, code)) == "AlgorithmError: , exit code: 137"


def test_an_entry_point_that_is_not_there_fails_the_job(laptop: LocalSageMaker) -> None:
    """The log says what could not be started."""
    request = script_job(laptop, "")
    request["AlgorithmSpecification"] |= {"ContainerEntrypoint": ["/no/such/program"]}

    assert failure(laptop, **request).startswith("AlgorithmError: ")


PRINTS = """
import sys
block = ("x" * 1000 + "\\n") * 1000
for _ in range(70):
    sys.stdout.write(block)
sys.stdout.write("y" * 30_000_000 + "\\n")
print("loss=0.5")
print("the last word")
"""


def test_a_job_that_prints_100_mb_is_bounded(laptop: LocalSageMaker) -> None:
    """It completes, its metric is read, its log has head and end, the server stays small."""
    name = unique("prints")
    request = script_job(laptop, PRINTS)
    request["AlgorithmSpecification"] |= {
        "MetricDefinitions": [{"Name": "loss", "Regex": "loss=([0-9.]+)"}]
    }
    before = _memory(laptop)
    laptop.client().create_training_job(TrainingJobName=name, **request)
    job = laptop.await_training(name)

    assert job["TrainingJobStatus"] == "Completed"
    assert [item["Value"] for item in job["FinalMetricDataList"]] == [0.5]
    log = laptop.data / "logs/TrainingJobs" / f"{name}.log"
    assert log.stat().st_size < 40_000_000
    assert log.read_text().endswith("the last word\n")
    assert _memory(laptop) - before < 60_000_000
    assert laptop.client().list_training_jobs(MaxResults=1)["TrainingJobSummaries"]


def _memory(laptop: LocalSageMaker) -> int:
    """The most memory that the server ever had, in bytes."""
    assert laptop.process is not None
    status = Path(f"/proc/{laptop.process.pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[LocalSageMaker]:
    """A local SageMaker whose data folder is a disk of 12 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a disk")
    try:
        with TinyS3() as s3:
            server = LocalSageMaker(disk, s3)
            server.start()
            try:
                yield server
            finally:
                server.stop()
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


FILLS = """
import os
from pathlib import Path
Path(os.environ["SM_MODEL_DIR"], "weights").write_bytes(os.urandom(%d))
"""


def test_a_full_disk_fails_the_job_and_no_other(tiny_disk: LocalSageMaker) -> None:
    """While the script writes, while results are packed, while inputs come: then there is space."""
    request = script_job(tiny_disk, FILLS % 20_000_000)
    reason = failure(tiny_disk, **request)
    assert reason.startswith("AlgorithmError: ")

    request = script_job(tiny_disk, FILLS % 7_000_000)
    assert failure(tiny_disk, **request).startswith("ClientError: No space left on device")

    tiny_disk.put("large/rows.csv", b"1,2\n" * 5_000_000)
    request = script_job(tiny_disk, "")
    source = request["InputDataConfig"][0]["DataSource"]["S3DataSource"]
    source["S3Uri"] = f"s3://{BUCKET}/large/"
    assert failure(tiny_disk, **request).startswith("ClientError: No space left on device")

    name = unique("after")
    tiny_disk.client().create_training_job(
        TrainingJobName=name, **script_job(tiny_disk, FILLS % 1000)
    )
    assert tiny_disk.await_training(name)["TrainingJobStatus"] == "Completed"


def test_stopping_reaches_a_deaf_process_and_its_children(laptop: LocalSageMaker) -> None:
    """SIGTERM is ignored by both; SIGKILL ends both."""
    code = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "300"])
print("pids", os.getpid(), child.pid, flush=True)
time.sleep(300)
"""
    name = unique("deaf")
    laptop.client().create_training_job(TrainingJobName=name, **script_job(laptop, code))
    log = laptop.data / "logs/TrainingJobs" / f"{name}.log"
    until(lambda: log.exists() and "pids" in log.read_text(), "the script runs")
    pids = [int(word) for word in log.read_text().split()[1:3]]
    laptop.client().stop_training_job(TrainingJobName=name)

    assert laptop.await_training(name, 20)["TrainingJobStatus"] == "Stopped"
    until(lambda: not any(Path(f"/proc/{pid}/cmdline").exists() for pid in pids), "both are gone")
