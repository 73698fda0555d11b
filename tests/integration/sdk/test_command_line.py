"""The `aws` command line, unchanged, against the local SageMaker."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.sdk.lab import ROLE, ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.sdk.lab import Lab

COMMAND = ROOT / ".venvs" / "aws" / "bin" / "aws"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1"
STEP = {"Name": "End", "Type": "Fail", "Arguments": {"ErrorMessage": {"Get": "Parameters.Why"}}}
DEFINITION = {
    "Version": "2020-12-01",
    "Parameters": [{"Name": "Why", "Type": "String"}],
    "Steps": [STEP],
}


def aws(lab: Lab, *words: str) -> dict[str, Any]:
    """Run `aws sagemaker …`; its answer."""
    environment = lab.environment | {"AWS_PAGER": "", "AWS_EC2_METADATA_DISABLED": "true"}
    done = subprocess.run(
        [str(COMMAND), "sagemaker", *words, "--output", "json"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout or "{}")
    return answer


@pytest.fixture(autouse=True)
def _the_command_is_there() -> None:
    if not COMMAND.exists():
        pytest.skip(f"the command line's environment is missing: {COMMAND}")


def test_a_job_is_made_awaited_and_described(lab: Lab, tmp_path: Path) -> None:
    """create-processing-job, its waiter, and a query of what it became."""
    lab.cloud.objects["lake", "cli/run.py"] = b"print('from the command line')"
    source = {
        "S3Uri": "s3://lake/cli/",
        "LocalPath": "/opt/ml/processing/input/code",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
    }
    entry = ["python3", "/opt/ml/processing/input/code/run.py"]
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
    request = {
        "ProcessingJobName": "cli-job",
        "RoleArn": ROLE,
        "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": entry},
        "ProcessingInputs": [{"InputName": "code", "S3Input": source}],
        "ProcessingResources": {"ClusterConfig": cluster},
    }
    file = tmp_path / "request.json"
    file.write_text(json.dumps(request))
    made = aws(lab, "create-processing-job", "--cli-input-json", f"file://{file}")
    aws(lab, "wait", "processing-job-completed-or-stopped", "--processing-job-name", "cli-job")
    listed = aws(
        lab, "list-processing-jobs", "--name-contains", "cli-", "--status-equals", "Completed"
    )

    assert made["ProcessingJobArn"].endswith(":processing-job/cli-job")
    assert [item["ProcessingJobName"] for item in listed["ProcessingJobSummaries"]] == ["cli-job"]
    log = lab.data / "logs" / "ProcessingJobs" / "cli-job.log"
    assert "from the command line" in log.read_text()


def test_a_pipeline_is_made_started_and_followed(lab: Lab) -> None:
    """Shorthand parameters, and the steps of an execution with their reasons."""
    definition = json.dumps(DEFINITION)
    made = aws(
        lab,
        *("create-pipeline", "--pipeline-name", "cli-flow", "--role-arn", ROLE),
        *("--pipeline-definition", definition),
    )
    started = aws(
        lab,
        *("start-pipeline-execution", "--pipeline-name", made["PipelineArn"]),
        *("--pipeline-parameters", "Name=Why,Value=because"),
    )
    arn = started["PipelineExecutionArn"]
    for _ in range(20):
        status = aws(lab, "describe-pipeline-execution", "--pipeline-execution-arn", arn)
        if status["PipelineExecutionStatus"] == "Failed":
            break
    steps = aws(lab, "list-pipeline-execution-steps", "--pipeline-execution-arn", arn)

    assert status["PipelineExecutionStatus"] == "Failed"
    assert steps["PipelineExecutionSteps"][0]["FailureReason"] == "because"
