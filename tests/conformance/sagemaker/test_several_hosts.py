"""Jobs on several instances: each is a process with an `/opt/ml` of its own."""

from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.conformance.sagemaker.laptop import (
    BUCKET,
    HYPERPARAMETERS,
    IMAGE,
    ROLE,
    definition,
    script_job,
    unique,
    until,
)

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

pytestmark = pytest.mark.conformance

TELLS = """
import json, os
from pathlib import Path
host, hosts = os.environ["SM_CURRENT_HOST"], json.loads(os.environ["SM_HOSTS"])
config = json.loads(Path(os.environ["SM_INPUT_CONFIG_DIR"], "resourceconfig.json").read_text())
told = {
    "host": host,
    "hosts": hosts,
    "master": json.loads(os.environ["SM_TRAINING_ENV"])["is_master"],
    "rank": int(os.environ["SM_CURRENT_HOST_RANK"]),
    "same": (config["current_host"], config["hosts"]) == (host, hosts),
    "train": sorted(p.name for p in Path(os.environ["SM_CHANNEL_TRAIN"]).iterdir()),
    "validation": sorted(p.name for p in Path(os.environ["SM_CHANNEL_VALIDATION"]).iterdir()),
}
Path(os.environ["SM_MODEL_DIR"], f"{host}.json").write_text(json.dumps(told))
Path(os.environ["SM_MODEL_DIR"], "shared.txt").write_text(host)
print("on", host)
"""
MEETS = """
import os, socket, time
address = os.environ["SM_MASTER_ADDR"], int(os.environ["SM_MASTER_PORT"])
if os.environ["SM_CURRENT_HOST_RANK"] == "0":
    with socket.create_server(address) as server:
        guests = [server.accept()[0] for _ in range(1)]
        print("total=%d" % sum(int(guest.recv(10)) for guest in guests))
else:
    for _ in range(200):
        try:
            socket.create_connection(address).sendall(b"41")
            break
        except OSError:
            time.sleep(0.02)
"""
ONE_FAILS = """
import os, sys, time
from pathlib import Path
print("up", flush=True)
if os.environ["SM_CURRENT_HOST"] == "algo-2":
    Path(os.environ["SAGEMAKER_BASE_DIR"], "output/failure").write_text("the second broke")
    sys.exit(4)
time.sleep(120)
"""


def hosts(count: int) -> dict[str, Any]:
    return {"InstanceType": "ml.m5.large", "InstanceCount": count, "VolumeSizeInGB": 5}


def unpacked(laptop: LocalSageMaker, name: str) -> dict[str, str]:
    """The files of a job's model."""
    packed = laptop.s3.objects[BUCKET, f"out/{name}/output/model.tar.gz"]
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        return {
            item.name: archive.extractfile(item).read().decode()  # type: ignore[union-attr]
            for item in archive
        }


def test_each_host_finds_its_place_and_its_part_of_the_data(laptop: LocalSageMaker) -> None:
    """Hosts know each other; a sharded channel is dealt out; the models become one archive."""
    name, folder = unique("hosts"), unique("sharded")
    request = script_job(laptop, TELLS, ResourceConfig=hosts(2))
    for part in "abc":
        laptop.put(f"{folder}/{part}.csv", f"{part}\n")
    source = request["InputDataConfig"][0]["DataSource"]["S3DataSource"]
    source |= {"S3Uri": f"s3://{BUCKET}/{folder}/", "S3DataDistributionType": "ShardedByS3Key"}
    laptop.client().create_training_job(TrainingJobName=name, **request)
    job = laptop.await_training(name)

    assert job["TrainingJobStatus"] == "Completed", job
    files = unpacked(laptop, name)
    assert sorted(files) == ["algo-1.json", "algo-2.json", "shared.txt"]
    assert files["shared.txt"] == "algo-1"
    both = [json.loads(files[f"algo-{number}.json"]) for number in (1, 2)]
    first, second = both
    places = [(told["host"], told["rank"], told["master"], told["same"]) for told in both]
    assert places == [("algo-1", 0, True, True), ("algo-2", 1, False, True)]
    assert first["hosts"] == second["hosts"] == ["algo-1", "algo-2"]
    assert (first["train"], second["train"]) == (["a.csv", "c.csv"], ["b.csv"])
    assert first["validation"] == second["validation"] == ["validation.csv"]
    assert "on algo-1" in laptop.log("TrainingJobs", name)
    assert "on algo-2" in laptop.log("TrainingJobs", f"{name}.algo-2")


def test_hosts_can_meet_and_metrics_are_of_all_of_them(laptop: LocalSageMaker) -> None:
    """SM_MASTER_ADDR and SM_MASTER_PORT are where rank 0 can listen."""
    name = unique("meet")
    request = script_job(laptop, MEETS, ResourceConfig=hosts(2))
    request["AlgorithmSpecification"] |= {
        "MetricDefinitions": [{"Name": "total", "Regex": "total=([0-9]+)"}]
    }
    laptop.client().create_training_job(TrainingJobName=name, **request)
    job = laptop.await_training(name)

    assert [item["Value"] for item in job["FinalMetricDataList"]] == [41.0]


def test_a_job_fails_as_soon_as_one_host_fails(laptop: LocalSageMaker) -> None:
    """The reason is that host's; the other is not awaited."""
    name = unique("onefails")
    request = script_job(laptop, ONE_FAILS, ResourceConfig=hosts(2))
    laptop.client().create_training_job(TrainingJobName=name, **request)
    job = laptop.await_training(name, 30)

    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: the second broke")
    assert job["FailureReason"].endswith("exit code: 4")


def test_stopping_ends_every_host(laptop: LocalSageMaker) -> None:
    """No host of a stopped job runs on."""
    name = unique("stopall")
    code = "import os, time\nprint('pid', os.getpid(), flush=True)\ntime.sleep(120)\n"
    request = script_job(laptop, code, ResourceConfig=hosts(2))
    laptop.client().create_training_job(TrainingJobName=name, **request)
    logs = [laptop.data / "logs/TrainingJobs" / f"{name}{end}.log" for end in ("", ".algo-2")]
    until(lambda: all(log.exists() and "pid" in log.read_text() for log in logs), "both run")
    laptop.client().stop_training_job(TrainingJobName=name)
    job = laptop.await_training(name, 30)

    assert job["TrainingJobStatus"] == "Stopped"
    assert job["TrainingTimeInSeconds"] < 60


def test_what_one_machine_cannot_be_is_refused(laptop: LocalSageMaker) -> None:
    """Too many hosts exceed a limit; built-in algorithms say that they have one host."""
    client = laptop.client()
    request = script_job(laptop, "", ResourceConfig=hosts(17))
    with pytest.raises(client.exceptions.ResourceLimitExceeded, match="16 instances"):
        client.create_training_job(TrainingJobName=unique("many"), **request)

    launched = script_job(laptop, "", HyperParameters={"sagemaker_mpi_enabled": "true"})
    with pytest.raises(ClientError, match="sagemaker_mpi_enabled"):
        client.create_training_job(TrainingJobName=unique("mpi"), **launched)

    built_in = definition(laptop, HyperParameters=HYPERPARAMETERS, ResourceConfig=hosts(2))
    with pytest.raises(ClientError, match=r"ResourceConfig\.InstanceCount"):
        client.create_training_job(TrainingJobName=unique("two"), **built_in)


PROCESSES = """
import json, os, sys
from pathlib import Path
base = Path(os.environ["SAGEMAKER_BASE_DIR"])
config = json.loads((base / "config/resourceconfig.json").read_text())
rows = sorted(p.name for p in (base / "processing/input/rows").iterdir())
host = config["current_host"]
(base / f"processing/output/{host}.json").write_text(json.dumps([config["hosts"], rows]))
(base / "output/message").write_text(f"{host};")
if sys.argv[1] == host:
    sys.exit(5)
"""
BASE = "/opt/ml/processing"


@pytest.mark.parametrize(("failing", "status"), [("nobody", "Completed"), ("algo-2", "Failed")])
def test_processing_on_several_hosts(laptop: LocalSageMaker, failing: str, status: str) -> None:
    """Inputs are dealt out, outputs meet under one prefix, messages are joined."""
    name = unique("process")
    laptop.put(f"{name}/code/run.py", PROCESSES)
    for part in "abcd":
        laptop.put(f"{name}/rows/{part}.csv", part)
    inputs = [
        {
            "InputName": given,
            "S3Input": {
                "S3Uri": f"s3://{BUCKET}/{name}/{given}/",
                "LocalPath": f"{BASE}/input/{given}",
                "S3DataType": "S3Prefix",
                "S3InputMode": "File",
                "S3DataDistributionType": distribution,
            },
        }
        for given, distribution in (("code", "FullyReplicated"), ("rows", "ShardedByS3Key"))
    ]
    output = {
        "S3Uri": f"s3://{BUCKET}/{name}/out",
        "LocalPath": f"{BASE}/output",
        "S3UploadMode": "EndOfJob",
    }
    laptop.client().create_processing_job(
        ProcessingJobName=name,
        RoleArn=ROLE,
        AppSpecification={
            "ImageUri": IMAGE,
            "ContainerEntrypoint": ["python3", f"{BASE}/input/code/run.py", failing],
        },
        ProcessingInputs=inputs,
        ProcessingOutputConfig={"Outputs": [{"OutputName": "out", "S3Output": output}]},
        ProcessingResources={"ClusterConfig": hosts(2)},
    )
    job = laptop.await_processing(name)

    assert job["ProcessingJobStatus"] == status, job
    if status == "Failed":
        assert job["FailureReason"] == "AlgorithmError: , exit code: 5"
        return
    assert job["ExitMessage"] == "algo-1;algo-2;"
    both = ["algo-1", "algo-2"]
    told = {host: json.loads(laptop.s3.objects[BUCKET, f"{name}/out/{host}.json"]) for host in both}
    assert told == {
        "algo-1": [both, ["a.csv", "c.csv"]],
        "algo-2": [both, ["b.csv", "d.csv"]],
    }
