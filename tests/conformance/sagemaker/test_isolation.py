"""What a job's process sees of the machine: `/opt/ml`, and the network or none."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local.sagemaker.jobs.namespaces import can_leave_network
from tests.conformance.sagemaker.laptop import BUCKET, script_job, unique
from tests.conformance.sagemaker.test_processing_jobs import request
from tests.conformance.sagemaker.test_script_mode import WHEEL, source, wheel

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(
        os.geteuid() != 0 or not can_leave_network(), reason="only root may make namespaces"
    ),
]

LITERAL = """
import json, socket, sys
from pathlib import Path
config = json.loads(Path("/opt/ml/input/config/resourceconfig.json").read_text())
rows = Path("/opt/ml/input/data/train/train.csv").read_text().splitlines()
Path("/opt/ml/model/rows.json").write_text(json.dumps(len(rows)))
print("hosts", [socket.gethostbyname(name) for name in config["hosts"]])
"""
LONELY = """
import os, socket
print("keys", sorted(name for name in os.environ if name.startswith("AWS_ACCESS")))
with socket.create_server(("127.0.0.1", 0)) as own:
    socket.create_connection(own.getsockname())
    print("loopback of its own")
try:
    socket.create_connection(("127.0.0.1", %d), timeout=2)
except OSError as error:
    print("cut off", type(error).__name__)
"""


def test_a_script_may_spell_opt_ml(laptop: LocalSageMaker) -> None:
    """Paths in the code itself work, hosts have addresses, and the machine has no /opt/ml."""
    name, before = unique("literal"), Path("/opt/ml").exists()
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 5}
    laptop.client().create_training_job(
        TrainingJobName=name, **script_job(laptop, LITERAL, ResourceConfig=resources)
    )
    job = laptop.await_training(name)

    assert job["TrainingJobStatus"] == "Completed", job
    assert "hosts ['127.0.0.1', '127.0.0.1']" in laptop.log("TrainingJobs", name)
    assert Path("/opt/ml").exists() is before


RUNPROC = """#!/bin/bash
set -e
cd /opt/ml/processing/input/code/
tar -xzf sourcedir.tar.gz
if [[ -f 'requirements.txt' ]]; then pip install -r requirements.txt; fi
python evaluate.py "$@"
"""
EVALUATE = """
import sys
from pathlib import Path
import greeter
report = Path("/opt/ml/processing/output/reports/report.txt")
report.write_text(f"{greeter.GREETING} {sys.argv[1:]}")
"""


def test_a_processor_of_the_sdk_unpacks_installs_and_runs(laptop: LocalSageMaker) -> None:
    """A shell script with paths of its own, an archive, requirements, arguments."""
    name = unique("framework")
    archive = {"evaluate.py": EVALUATE, "requirements.txt": f"./{WHEEL}\n", WHEEL: wheel("hello")}
    packed = laptop.s3.objects[BUCKET, source(laptop, archive).removeprefix(f"s3://{BUCKET}/")]
    laptop.put(f"{name}/code/sourcedir.tar.gz", packed)
    laptop.put(f"{name}/entrypoint/runproc.sh", RUNPROC)
    given = request(laptop, name, "write")
    base = "/opt/ml/processing/input"
    given["ProcessingInputs"] = [
        {
            "InputName": part,
            "S3Input": {
                "S3Uri": f"s3://{BUCKET}/{name}/{part}/",
                "LocalPath": f"{base}/{part}",
                "S3DataType": "S3Prefix",
                "S3InputMode": "File",
            },
        }
        for part in ("code", "entrypoint")
    ]
    given["AppSpecification"] |= {
        "ContainerEntrypoint": ["/bin/bash", f"{base}/entrypoint/runproc.sh"],
        "ContainerArguments": ["--depth", "3"],
    }
    laptop.client().create_processing_job(**given)
    job = laptop.await_processing(name, 90)

    assert job["ProcessingJobStatus"] == "Completed", job
    assert laptop.s3.objects[BUCKET, f"reports/{name}/report.txt"] == b"hello ['--depth', '3']"


def test_an_isolated_job_has_no_network_and_no_credentials(laptop: LocalSageMaker) -> None:
    """S3 is read and written by the platform all the same."""
    name = unique("lonely")
    code = LONELY % laptop.port
    laptop.client().create_training_job(
        TrainingJobName=name, **script_job(laptop, code, EnableNetworkIsolation=True)
    )
    job = laptop.await_training(name)

    assert (job["TrainingJobStatus"], job["EnableNetworkIsolation"]) == ("Completed", True)
    log = laptop.log("TrainingJobs", name)
    assert "keys []" in log
    assert "loopback of its own" in log
    assert "cut off ConnectionRefusedError" in log


def test_processing_is_isolated_too(laptop: LocalSageMaker) -> None:
    """NetworkConfig.EnableNetworkIsolation; without it the server can be reached."""
    logs = {}
    for isolated in (True, False):
        name = unique("lonelyproc")
        given = request(laptop, name, "write")
        laptop.put(f"{name}/run.py", LONELY % laptop.port)
        given["ProcessingInputs"][0]["S3Input"]["S3Uri"] = f"s3://{BUCKET}/{name}/"
        given["NetworkConfig"] = {"EnableNetworkIsolation": isolated}
        laptop.client().create_processing_job(**given)
        assert laptop.await_processing(name)["ProcessingJobStatus"] == "Completed"
        logs[isolated] = laptop.log("ProcessingJobs", name)

    assert "cut off" in logs[True]
    assert "cut off" not in logs[False]
    assert "keys ['AWS_ACCESS_KEY_ID']" in logs[False]
