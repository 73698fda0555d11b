"""Processing jobs, as any boto3 client meets them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.conformance.sagemaker.laptop import BUCKET, IMAGE, ROLE, unique, until

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

pytestmark = pytest.mark.conformance

SCRIPT = """
import json, os, sys, time
from pathlib import Path
base = Path(os.environ["SAGEMAKER_BASE_DIR"])
verb, target = sys.argv[1:3]
print("verb", verb, os.environ["COLOUR"])
(base / "output" / "message").write_text("a word to the caller")
if verb == "write":
    Path(target, "deep").mkdir()
    told = (base / "config/processingjobconfig.json").read_text()
    Path(target, "deep", "report.json").write_text(told)
    Path(target, "deep", "link.json").symlink_to("report.json")
elif verb == "fail":
    (base / "output" / "failure").write_text("it broke")
    sys.exit(3)
elif verb == "garble":
    (base / "output" / "message").write_bytes(b"\\xff\\xfe")
else:
    time.sleep(60)
"""
LOCAL = "/opt/ml/processing"


def request(laptop: LocalSageMaker, name: str, verb: str, **more: Any) -> dict[str, Any]:
    laptop.put("processing/code/run.py", SCRIPT)
    entry = ["python3", f"{LOCAL}/input/code/run.py", verb, f"{LOCAL}/output/reports"]
    source = {
        "S3Uri": f"s3://{BUCKET}/processing/code/",
        "LocalPath": f"{LOCAL}/input/code",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
    }
    target = {
        "S3Uri": f"s3://{BUCKET}/reports/{name}",
        "LocalPath": f"{LOCAL}/output/reports",
        "S3UploadMode": "EndOfJob",
    }
    return {
        "ProcessingJobName": name,
        "RoleArn": ROLE,
        "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": entry},
        "Environment": {"COLOUR": "green"},
        "ProcessingInputs": [{"InputName": "code", "S3Input": source}],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "reports", "S3Output": target}]},
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceCount": 1,
                "InstanceType": "ml.m5.large",
                "VolumeSizeInGB": 1,
            }
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 30},
        **more,
    }


def test_inputs_come_in_and_outputs_go_out(laptop: LocalSageMaker) -> None:
    """The script finds its inputs; its output, links left out, is in S3; its message is told."""
    name = unique("process")
    laptop.client().create_processing_job(**request(laptop, name, "write"))
    job = laptop.await_processing(name)

    assert (job["ProcessingJobStatus"], job["ExitMessage"]) == ("Completed", "a word to the caller")
    assert job["ProcessingStartTime"] <= job["ProcessingEndTime"]
    assert laptop.s3.keys(BUCKET, f"reports/{name}") == [f"reports/{name}/deep/report.json"]
    assert (
        b'"S3DownloadMode": "StartOfJob"'
        in (laptop.s3.objects[BUCKET, f"reports/{name}/deep/report.json"])
    )
    assert "verb write green" in laptop.log("ProcessingJobs", name)


def test_a_failing_script_fails_the_job(laptop: LocalSageMaker) -> None:
    """FailureReason has what the script wrote and its exit code; the message is kept."""
    name = unique("fail")
    laptop.client().create_processing_job(**request(laptop, name, "fail"))
    job = laptop.await_processing(name)

    assert job["FailureReason"] == "AlgorithmError: it broke, exit code: 3"
    assert job["ExitMessage"] == "a word to the caller"


def test_a_message_that_is_not_text_fails_the_job(laptop: LocalSageMaker) -> None:
    """/opt/ml/output/message must be UTF-8."""
    name = unique("garble")
    laptop.client().create_processing_job(**request(laptop, name, "garble"))

    reason = laptop.await_processing(name)["FailureReason"]
    assert reason.startswith("ClientError: /opt/ml/output/message")


def test_stopping_ends_a_running_job(laptop: LocalSageMaker) -> None:
    """StopProcessingJob ends it as Stopped; a second stop is refused."""
    client, name = laptop.client(), unique("stop")
    client.create_processing_job(**request(laptop, name, "sleep"))

    def started() -> bool:
        return "ProcessingStartTime" in client.describe_processing_job(ProcessingJobName=name)

    until(started, "the script runs")
    client.stop_processing_job(ProcessingJobName=name)
    assert laptop.await_processing(name)["ProcessingJobStatus"] == "Stopped"
    with pytest.raises(ClientError, match="Stopped"):
        client.stop_processing_job(ProcessingJobName=name)


@pytest.mark.parametrize("path", ["/tmp/x", "/opt/ml/processing/../../x", "/opt/ml/model"])
def test_paths_outside_are_refused(laptop: LocalSageMaker, path: str) -> None:
    """A LocalPath must lie below /opt/ml/processing."""
    given = request(laptop, unique("paths"), "write")
    given["ProcessingInputs"][0]["S3Input"]["LocalPath"] = path

    with pytest.raises(ClientError, match="LocalPath"):
        laptop.client().create_processing_job(**given)


@pytest.mark.parametrize(
    ("change", "told"),
    [({"S3InputMode": "Pipe"}, "Pipe"), ({"S3CompressionType": "Gzip"}, "S3CompressionType")],
)
def test_streams_are_refused(laptop: LocalSageMaker, change: dict[str, str], told: str) -> None:
    """Pipe mode, and what needs it."""
    given = request(laptop, unique("stream"), "write")
    given["ProcessingInputs"][0]["S3Input"] |= change

    with pytest.raises(ClientError, match=told):
        laptop.client().create_processing_job(**given)


def test_an_input_is_downloaded_once_for_all_jobs(laptop: LocalSageMaker) -> None:
    """A second job with the same object reads it from the cache; a changed one is read anew."""
    laptop.put("processing/rows/rows.csv", "1,2\n")
    first, second, third = unique("cache"), unique("cache"), unique("cache")
    for name in (first, second):
        laptop.client().create_processing_job(**_with_rows(laptop, name))
        laptop.await_processing(name)
    assert laptop.s3.reads.count("processing/rows/rows.csv") == 1

    laptop.put("processing/rows/rows.csv", "3,4\n")
    laptop.client().create_processing_job(**_with_rows(laptop, third))
    laptop.await_processing(third)
    assert laptop.s3.reads.count("processing/rows/rows.csv") == 2


def _with_rows(laptop: LocalSageMaker, name: str) -> dict[str, Any]:
    given = request(laptop, name, "write")
    source = {
        "S3Uri": f"s3://{BUCKET}/processing/rows/",
        "LocalPath": f"{LOCAL}/input/rows",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
    }
    given["ProcessingInputs"].append({"InputName": "rows", "S3Input": source})
    return given
