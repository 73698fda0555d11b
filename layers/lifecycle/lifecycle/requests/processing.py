"""CreateProcessingJob: evaluating a candidate, and scoring a file in bulk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lifecycle.requests.encryption import output_key, volume_key
from lifecycle.requests.training import tags

if TYPE_CHECKING:
    from lifecycle.records import RunRecord
    from lifecycle.settings import Settings

BASE = "/opt/ml/processing"
MAX_SECONDS = 3600


def evaluation_request(
    run: RunRecord, name: str, champion_uri: str | None, settings: Settings
) -> dict[str, Any]:
    """Parameters of the job that scores a candidate, and the champion, on the hold-out.

    Args:
        run: the run whose training ended.
        name: the job's name.
        champion_uri: address of the champion's package, if there is a champion.
        settings: the stack's resources.
    """
    folder = settings.run_uri(run.problem, run.run)
    inputs = [
        _input("code", f"{folder}/code/"),
        _input("prepared", f"{folder}/prepared/documents/"),
        _input("holdout", f"{folder}/holdout/"),
        _input("model", str(run.trained_model_uri)),
    ]
    if champion_uri:
        inputs.append(_input("champion", champion_uri))
    outputs = [
        _output("reports", f"{folder}/reports"),
        _output("package", f"{folder}/model"),
    ]
    return _job(run, name, "evaluate", inputs=inputs, outputs=outputs, settings=settings)


def scoring_request(
    run: RunRecord, name: str, rows_uri: str, settings: Settings, target_prefix: str
) -> dict[str, Any]:
    """Parameters of the job that scores one landed file with a run's model.

    Args:
        run: the champion's run.
        name: the job's name.
        rows_uri: address of the landed file.
        settings: the stack's resources.
        target_prefix: address of the folder that the answer, of the same name, goes to.
    """
    folder = settings.run_uri(run.problem, run.run)
    inputs = [
        _input("code", f"{folder}/code/"),
        _input("model", f"{folder}/model/"),
        _input("rows", rows_uri),
    ]
    outputs = [_output("predictions", target_prefix)]
    return _job(run, name, "score", inputs=inputs, outputs=outputs, settings=settings)


def _job(
    run: RunRecord,
    name: str,
    job: str,
    *,
    inputs: list[dict[str, Any]],
    outputs: list[dict[str, Any]],
    settings: Settings,
) -> dict[str, Any]:
    return {
        "ProcessingJobName": name,
        "RoleArn": settings.job_role,
        "AppSpecification": {
            "ImageUri": settings.xgboost_image,
            "ContainerEntrypoint": ["python3", f"{BASE}/input/code/jobs.pyz", job],
        },
        "Environment": {"BATON_PROBLEM": run.problem, "BATON_RUN": run.run},
        "ProcessingInputs": inputs,
        "ProcessingOutputConfig": {"Outputs": outputs, **output_key(settings)},
        "NetworkConfig": {"EnableNetworkIsolation": settings.isolate_jobs},
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceCount": 1,
                "InstanceType": run.definition["train"]["instance"],
                "VolumeSizeInGB": 30,
                **volume_key(run.definition["train"]["instance"], settings),
            }
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": MAX_SECONDS},
        "Tags": tags(run),
    }


def _input(name: str, uri: str) -> dict[str, Any]:
    return {
        "InputName": name,
        "S3Input": {
            "S3Uri": uri,
            "LocalPath": f"{BASE}/input/{name}",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
            "S3DataDistributionType": "FullyReplicated",
        },
    }


def _output(name: str, uri: str) -> dict[str, Any]:
    return {
        "OutputName": name,
        "S3Output": {
            "S3Uri": uri,
            "LocalPath": f"{BASE}/output/{name}",
            "S3UploadMode": "EndOfJob",
        },
    }
