"""Pipelines for tests: definitions by hand, with steps that are tiny processing jobs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.conformance.sagemaker.laptop import BUCKET, IMAGE, ROLE, unique, until

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

LOCAL = "/opt/ml/processing"
SCRIPT = """
import json, os, sys, time
from pathlib import Path
base = Path(os.environ["SAGEMAKER_BASE_DIR"])
verb, said = sys.argv[1], sys.argv[2]
if verb == "fail":
    (base / "output").mkdir(exist_ok=True)
    (base / "output" / "failure").write_text("it broke")
    sys.exit(3)
if verb == "sleep":
    time.sleep(float(said))
document = {"said": said, "metrics": {"f1": {"value": 0.75}}}
(base / "processing" / "output" / "report" / "report.json").write_text(json.dumps(document))
"""


def processing(laptop: LocalSageMaker, name: str, *words: Any, **more: Any) -> dict[str, Any]:
    """A processing step that says something in `report.json`, sleeps, or fails."""
    laptop.put("pipelines/code/run.py", SCRIPT)
    verb, said = words or ("say", name)
    source = {
        "S3Uri": f"s3://{BUCKET}/pipelines/code/",
        "LocalPath": f"{LOCAL}/input/code",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
    }
    target = {
        "S3Uri": {
            "Std:Join": {
                "On": "/",
                "Values": [
                    f"s3://{BUCKET}/reports",
                    {"Get": "Execution.PipelineExecutionId"},
                    name,
                ],
            }
        },
        "LocalPath": f"{LOCAL}/output/report",
        "S3UploadMode": "EndOfJob",
    }
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
    arguments = {
        "RoleArn": ROLE,
        "AppSpecification": {
            "ImageUri": IMAGE,
            "ContainerEntrypoint": ["python3", f"{LOCAL}/input/code/run.py"],
            "ContainerArguments": [verb, said],
        },
        "ProcessingInputs": [{"InputName": "code", "S3Input": source}],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "report", "S3Output": target}]},
        "ProcessingResources": {"ClusterConfig": cluster},
    }
    files = [{"PropertyFileName": "Report", "OutputName": "report", "FilePath": "report.json"}]
    return {
        "Name": name,
        "Type": "Processing",
        "Arguments": arguments,
        "PropertyFiles": files,
        **more,
    }


def report(name: str) -> dict[str, Any]:
    """Where a processing step wrote to, as a reference."""
    return {"Get": f"Steps.{name}.ProcessingOutputConfig.Outputs['report'].S3Output.S3Uri"}


def f1(name: str) -> dict[str, Any]:
    """The metric in a processing step's report, as an expression."""
    file = {"Get": f"Steps.{name}.PropertyFiles.Report"}
    return {"Std:JsonGet": {"PropertyFile": file, "Path": "metrics.f1.value"}}


def fail(name: str, message: Any = "too weak") -> dict[str, Any]:
    """A Fail step."""
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": message}}


def text(*steps: dict[str, Any], **more: Any) -> str:
    """A definition as JSON."""
    return json.dumps({"Version": "2020-12-01", "Steps": list(steps), **more})


def create(laptop: LocalSageMaker, *steps: dict[str, Any], **more: Any) -> str:
    """Create a pipeline of these steps; its name."""
    name = unique("flow")
    laptop.client().create_pipeline(
        PipelineName=name, PipelineDefinition=text(*steps, **more), RoleArn=ROLE
    )
    return name


def start(laptop: LocalSageMaker, name: str, **more: Any) -> str:
    """Start an execution; its ARN."""
    answer = laptop.client().start_pipeline_execution(PipelineName=name, **more)
    return str(answer["PipelineExecutionArn"])


def ended(laptop: LocalSageMaker, arn: str, seconds: float = 60) -> dict[str, Any]:
    """An execution once it has ended."""
    found: dict[str, Any] = {}

    def over() -> bool:
        found.update(laptop.client().describe_pipeline_execution(PipelineExecutionArn=arn))
        return found["PipelineExecutionStatus"] in {"Succeeded", "Failed", "Stopped"}

    until(over, f"{arn} ends", seconds=seconds)
    return found


def steps_of(laptop: LocalSageMaker, arn: str) -> dict[str, dict[str, Any]]:
    """The steps that have begun, by name."""
    answer = laptop.client().list_pipeline_execution_steps(PipelineExecutionArn=arn, MaxResults=100)
    return {step["StepName"]: step for step in answer["PipelineExecutionSteps"]}


def statuses(laptop: LocalSageMaker, arn: str) -> dict[str, str]:
    """The status of each step that has begun."""
    return {name: step["StepStatus"] for name, step in steps_of(laptop, arn).items()}


def said(laptop: LocalSageMaker, arn: str, name: str) -> str:
    """What a processing step wrote into its report."""
    key = f"reports/{arn.rpartition('/')[2]}/{name}/report.json"
    return str(json.loads(laptop.s3.objects[BUCKET, key])["said"])


def reasons(laptop: LocalSageMaker, arn: str) -> dict[str, str | None]:
    """Why steps failed."""
    return {name: step.get("FailureReason") for name, step in steps_of(laptop, arn).items()}
