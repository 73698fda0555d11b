"""Training jobs, as any boto3 client meets them."""

from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from tests.conformance.sagemaker.laptop import (
    BUCKET,
    HYPERPARAMETERS,
    definition,
    script_job,
    unique,
    until,
)

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

pytestmark = pytest.mark.conformance

ENDLESS = """
import signal, sys, time
from pathlib import Path
print("running", flush=True)
while True:
    time.sleep(0.05)
"""


def test_xgboost_trains_and_leaves_its_model_metrics_and_times(laptop: LocalSageMaker) -> None:
    """A job of the built-in algorithm ends Completed with the model, the metric and the phases."""
    name = unique("xgboost")
    laptop.client().create_training_job(
        TrainingJobName=name, HyperParameters=HYPERPARAMETERS, **definition(laptop)
    )
    job = laptop.await_training(name)

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Completed", "Completed")
    phases = [step["Status"] for step in job["SecondaryStatusTransitions"]]
    assert phases == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert job["CreationTime"] <= job["TrainingStartTime"] <= job["TrainingEndTime"]
    assert job["BillableTimeInSeconds"] == job["TrainingTimeInSeconds"] >= 1
    trained, metric = sorted(job["FinalMetricDataList"], key=lambda item: item["MetricName"])
    assert trained["MetricName"] == "train:auc"
    assert metric["MetricName"] == "validation:auc"
    assert metric["Value"] > 0.8
    assert (
        job["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://{BUCKET}/out/{name}/output/model.tar.gz"
    )
    packed = laptop.s3.objects[BUCKET, f"out/{name}/output/model.tar.gz"]
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        assert archive.getnames() == ["xgboost-model"]


def test_the_log_has_the_containers_lines(laptop: LocalSageMaker) -> None:
    """Each round is a line with TABs as CloudWatch shows them, train before validation."""
    name = unique("lines")
    laptop.client().create_training_job(
        TrainingJobName=name, HyperParameters=HYPERPARAMETERS, **definition(laptop)
    )
    laptop.await_training(name)

    lines = [line for line in laptop.log("TrainingJobs", name).splitlines() if line[0] == "["]
    assert len(lines) == 20
    assert lines[0].startswith("[0]#011train-auc:0.")
    assert "#011validation-auc:0." in lines[19]


def test_a_taken_name_is_refused(laptop: LocalSageMaker) -> None:
    """A second CreateTrainingJob of one name answers ResourceInUse, whatever else it says."""
    client, name = laptop.client(), unique("twice")
    request = definition(laptop)
    client.create_training_job(TrainingJobName=name, HyperParameters=HYPERPARAMETERS, **request)

    with pytest.raises(client.exceptions.ResourceInUse):
        client.create_training_job(TrainingJobName=name, **request)

    laptop.await_training(name)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"TrainingJobName": "under_score"}, "regular expression"),
        ({"VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}}, "VpcConfig"),
        ({"EnableManagedSpotTraining": True}, "MaxWaitTimeInSeconds"),
        ({"ResourceConfig": {"InstanceType": "ml.none", "InstanceCount": 1}}, "enum value set"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(
    laptop: LocalSageMaker, change: dict[str, object], told: str
) -> None:
    """Invalid and unsupported members answer ValidationException and say which."""
    request = {"TrainingJobName": unique("refused"), **definition(laptop), **change}

    with pytest.raises(ClientError, match=told) as caught:
        laptop.client().create_training_job(**request)

    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_wrong_hyperparameters_fail_the_job_with_their_name(laptop: LocalSageMaker) -> None:
    """The algorithm's own complaint becomes the FailureReason."""
    name = unique("wrong")
    hyperparameters = HYPERPARAMETERS | {"eta": "7"}
    laptop.client().create_training_job(
        TrainingJobName=name, HyperParameters=hyperparameters, **definition(laptop)
    )
    job = laptop.await_training(name)

    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: UserError: Hyperparameter eta")
    assert job["FailureReason"].endswith(", exit code: 1")


def test_an_image_that_nothing_stands_in_for_fails_the_job(laptop: LocalSageMaker) -> None:
    """The FailureReason names the image and what there is instead."""
    name = unique("image")
    specification = {"TrainingImage": "1.dkr.ecr/mine:1", "TrainingInputMode": "File"}
    laptop.client().create_training_job(
        TrainingJobName=name, **definition(laptop, AlgorithmSpecification=specification)
    )
    job = laptop.await_training(name)

    assert "CannotStartContainerError" in job["FailureReason"]
    assert "1.dkr.ecr/mine:1" in job["FailureReason"]


def test_missing_data_fails_the_job(laptop: LocalSageMaker) -> None:
    """A channel with no objects is a ClientError that names the address."""
    name, request = unique("empty"), definition(laptop)
    request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"] = f"s3://{BUCKET}/nothing/"
    laptop.client().create_training_job(
        TrainingJobName=name, HyperParameters=HYPERPARAMETERS, **request
    )

    reason = laptop.await_training(name)["FailureReason"]
    assert reason.startswith(
        f'ClientError: No S3 objects found under S3 URL "s3://{BUCKET}/nothing/"'
    )


def test_a_script_gets_the_toolkits_arguments_and_variables(laptop: LocalSageMaker) -> None:
    """Script mode: arguments sorted, SM_* set, metrics by regular expression, model packed."""
    code = """
import os, sys
from pathlib import Path
print(sys.argv[1:])
print(sorted(p.name for p in Path(os.environ["SM_CHANNEL_TRAIN"]).iterdir()))
Path(os.environ["SM_MODEL_DIR"], "weights.json").write_text("{}")
print("loss=0.5"); print("loss=0.25")
"""
    specification = {
        "MetricDefinitions": [{"Name": "loss", "Regex": "loss=([0-9.]+)"}],
        "TrainingImage": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4",
        "TrainingInputMode": "File",
    }
    request = script_job(laptop, code, HyperParameters={"rate": "0.1", "C": "3"})
    name = unique("script")
    laptop.client().create_training_job(
        TrainingJobName=name, **request | {"AlgorithmSpecification": specification}
    )
    job = laptop.await_training(name)

    assert job["TrainingJobStatus"] == "Completed", job
    assert [(item["MetricName"], item["Value"]) for item in job["FinalMetricDataList"]] == [
        ("loss", 0.25)
    ]
    assert "['-C', '3', '--rate', '0.1']" in laptop.log("TrainingJobs", name)
    assert "['train.csv']" in laptop.log("TrainingJobs", name)
    assert f"out/{name}/output/model.tar.gz" in laptop.s3.keys(BUCKET, f"out/{name}")


def test_a_script_that_raises_fails_the_job_with_its_last_lines(laptop: LocalSageMaker) -> None:
    """The FailureReason is the toolkit's: ExecuteUserScriptError, error, command, exit code."""
    name = unique("raises")
    laptop.client().create_training_job(
        TrainingJobName=name, **script_job(laptop, "raise RuntimeError('no luck')")
    )
    reason = laptop.await_training(name)["FailureReason"]

    assert reason.startswith("AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage")
    assert "RuntimeError: no luck" in reason
    assert reason.endswith('Command "/usr/bin/python3 train.py", exit code: 1')


def test_stopping_ends_a_running_job(laptop: LocalSageMaker) -> None:
    """StopTrainingJob: Stopping, SIGTERM, what was written so far uploaded, Stopped."""
    name = unique("stopped")
    laptop.client().create_training_job(TrainingJobName=name, **script_job(laptop, ENDLESS))
    until(lambda: _running(laptop, name), "the script runs")
    laptop.client().stop_training_job(TrainingJobName=name)
    job = laptop.await_training(name)

    phases = [step["Status"] for step in job["SecondaryStatusTransitions"]]
    assert phases[-4:] == ["Training", "Stopping", "Uploading", "Stopped"]
    with pytest.raises(ClientError, match="Stopped"):
        laptop.client().stop_training_job(TrainingJobName=name)


def test_a_job_that_ignores_sigterm_is_killed_after_the_grace_time(laptop: LocalSageMaker) -> None:
    """SIGKILL follows SIGTERM, as with `docker stop`."""
    name = unique("deaf")
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + ENDLESS
    laptop.client().create_training_job(TrainingJobName=name, **script_job(laptop, deaf))
    until(lambda: _running(laptop, name), "the script runs")
    laptop.client().stop_training_job(TrainingJobName=name)

    assert laptop.await_training(name)["TrainingJobStatus"] == "Stopped"


def test_a_job_over_its_time_is_stopped(laptop: LocalSageMaker) -> None:
    """MaxRuntimeInSeconds ends a job as Stopped, MaxRuntimeExceeded; not as Failed."""
    name = unique("slow")
    request = script_job(laptop, ENDLESS, StoppingCondition={"MaxRuntimeInSeconds": 1})
    laptop.client().create_training_job(TrainingJobName=name, **request)
    job = laptop.await_training(name)

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")


def test_an_interrupted_spot_job_resumes_from_its_checkpoints(laptop: LocalSageMaker) -> None:
    """Interrupted → Starting → … → Completed, the checkpoint folder restored, less time billed."""
    code = """
import os, time
from pathlib import Path
folder = Path(os.environ["SAGEMAKER_BASE_DIR"], "checkpoints")
if (folder / "half").exists():
    print("resumed from", (folder / "half").read_text())
else:
    (folder / "half").write_text("the first half")
    time.sleep(60)
"""
    name = unique("spot")
    request = script_job(
        laptop,
        code,
        EnableManagedSpotTraining=True,
        StoppingCondition={"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 120},
        CheckpointConfig={"S3Uri": f"s3://{BUCKET}/checkpoints/{name}"},
    )
    laptop.client().create_training_job(TrainingJobName=name, **request)
    job = laptop.await_training(name)

    phases = [step["Status"] for step in job["SecondaryStatusTransitions"]]
    first = ["Starting", "Downloading", "Training", "Interrupted"]
    assert phases == [*first, "Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert "resumed from the first half" in laptop.log("TrainingJobs", name)
    assert job["BillableTimeInSeconds"] < job["TrainingTimeInSeconds"]


def test_an_interrupted_xgboost_job_goes_on_where_it_was(laptop: LocalSageMaker) -> None:
    """The algorithm saves a checkpoint on SIGTERM and continues its rounds from it."""
    name = unique("spotxgb")
    request = definition(
        laptop,
        EnableManagedSpotTraining=True,
        StoppingCondition={"MaxRuntimeInSeconds": 120, "MaxWaitTimeInSeconds": 240},
        CheckpointConfig={"S3Uri": f"s3://{BUCKET}/checkpoints/{name}"},
    )
    hyperparameters = HYPERPARAMETERS | {"num_round": "3000", "max_depth": "8"}
    laptop.client().create_training_job(
        TrainingJobName=name, HyperParameters=hyperparameters, **request
    )
    job = laptop.await_training(name, 120)

    log = laptop.log("TrainingJobs", name)
    assert job["TrainingJobStatus"] == "Completed"
    assert "Checkpoint loaded from xgboost-checkpoint." in log
    assert log.count("\n[0]#011") == 1
    assert log.count("\n[2999]#011") == 1


def test_results_are_written_under_the_key_that_is_asked_for(laptop: LocalSageMaker) -> None:
    """OutputDataConfig.KmsKeyId goes to S3 with each object of the job."""
    name, key = unique("encrypted"), "arn:aws:kms:us-east-1:000000000000:key/1"
    output = {"S3OutputPath": f"s3://{BUCKET}/out", "KmsKeyId": key}
    laptop.client().create_training_job(
        TrainingJobName=name, **script_job(laptop, "", OutputDataConfig=output)
    )
    laptop.await_training(name)

    assert laptop.s3.keys_used[f"out/{name}/output/model.tar.gz"] == key


def test_jobs_are_listed_and_forgotten(laptop: LocalSageMaker) -> None:
    """ListTrainingJobs filters and pages; DeleteTrainingJob frees the name."""
    client, prefix = laptop.client(), unique("listed")
    for number in range(3):
        client.create_training_job(
            TrainingJobName=f"{prefix}-{number}",
            HyperParameters=HYPERPARAMETERS,
            **definition(laptop),
        )
    for number in range(3):
        laptop.await_training(f"{prefix}-{number}")

    first = client.list_training_jobs(NameContains=prefix, MaxResults=2, SortBy="Name")
    names = [item["TrainingJobName"] for item in first["TrainingJobSummaries"]]
    assert names == [f"{prefix}-0", f"{prefix}-1"]
    second = client.list_training_jobs(
        NameContains=prefix, MaxResults=2, SortBy="Name", NextToken=first["NextToken"]
    )
    assert [item["TrainingJobName"] for item in second["TrainingJobSummaries"]] == [f"{prefix}-2"]
    assert "NextToken" not in second
    client.delete_training_job(TrainingJobName=f"{prefix}-2")
    with pytest.raises(ClientError):
        client.describe_training_job(TrainingJobName=f"{prefix}-2")


def _running(laptop: LocalSageMaker, name: str) -> bool:
    answer = laptop.client().describe_training_job(TrainingJobName=name)
    return bool(answer["SecondaryStatus"] == "Training")


def test_a_jobs_own_use_of_the_machine_is_written_down_as_the_profiler_does(
    laptop: LocalSageMaker,
) -> None:
    """A job that computes for a second: lines of processor and memory, none of them empty."""
    name = unique("profiled")
    busy = "import time\nend = time.time() + 1.2\nwhile time.time() < end: pass\n"
    config = {"S3OutputPath": f"s3://{BUCKET}/profiles", "ProfilingIntervalInMilliseconds": 200}
    laptop.client().create_training_job(
        TrainingJobName=name, ProfilerConfig=config, **script_job(laptop, busy)
    )
    laptop.await_training(name)
    keys = laptop.s3.keys(BUCKET, f"profiles/{name}/profiler-output/system/incremental/")
    lines = [
        json.loads(line)
        for key in keys
        for line in laptop.s3.objects[BUCKET, key].split(b"\n")
        if line
    ]
    used = [line["Value"] for line in lines if line["Dimension"] == "CPUUtilization"]

    assert {line["NodeId"] for line in lines} == {"algo-1"}
    assert {line["Type"] for line in lines} == {"cpu", "memory"}
    assert max(used) > 5.0
    assert max(used) <= 100.0
