"""A full quota refuses what would exceed it, with AWS's words, until something has ended."""

import time

import pytest
from botocore.exceptions import ClientError

from local.sagemaker.quotas import QuotasError, parse_quotas
from tests.conformance.sagemaker.laptop import LocalSageMaker
from tests.conformance.sagemaker.tiny_s3 import TinyS3

PATIENCE_SECONDS = 120
QUOTAS = "ml.m5.large for processing job usage=1, ml.m5.large for training job usage=3"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
ROLE = "arn:aws:iam::000000000000:role/jobs"


@pytest.fixture(scope="module")
def sagemaker(tmp_path_factory):
    with TinyS3() as s3:
        server = LocalSageMaker(tmp_path_factory.mktemp("quotas"), s3, ("--quotas", QUOTAS))
        server.start()
        try:
            yield server.client("sagemaker")
        finally:
            server.stop()


def process(sagemaker, name, instance="ml.m5.large", seconds=0.0):
    cluster = {"InstanceCount": 1, "InstanceType": instance, "VolumeSizeInGB": 1}
    program = f"import time; time.sleep({seconds})"
    return sagemaker.create_processing_job(
        ProcessingJobName=name,
        RoleArn=ROLE,
        AppSpecification={"ImageUri": IMAGE, "ContainerEntrypoint": ["python3", "-c", program]},
        ProcessingResources={"ClusterConfig": cluster},
    )


def test_what_exceeds_a_quota_is_refused_until_the_first_has_ended(sagemaker):
    """The code that callers wait for; another instance type has room of its own."""
    process(sagemaker, "first", seconds=600)

    with pytest.raises(ClientError) as refused:
        process(sagemaker, "second")
    error = refused.value.response["Error"]
    assert error["Code"] == "ResourceLimitExceeded"
    assert error["Message"].startswith(
        "The account-level service limit 'ml.m5.large for processing job usage' is 1 Instances, "
        "with current utilization of 1 Instances and a request delta of 1 Instances."
    )
    process(sagemaker, "other", instance="ml.m5.xlarge")
    with pytest.raises(ClientError, match="ResourceInUse"):
        process(sagemaker, "first")

    sagemaker.stop_processing_job(ProcessingJobName="first")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while sagemaker.describe_processing_job(ProcessingJobName="first")["ProcessingJobStatus"] in {
        "InProgress",
        "Stopping",
    }:
        assert time.monotonic() < deadline
    process(sagemaker, "second")


def test_a_tuning_job_needs_room_for_all_that_it_runs_at_once(sagemaker):
    """CreateHyperParameterTuningJob is refused, and none of its training jobs is started."""
    with pytest.raises(ClientError, match="a request delta of 4 Instances"):
        sagemaker.create_hyper_parameter_tuning_job(
            HyperParameterTuningJobName="wide",
            HyperParameterTuningJobConfig={
                "Strategy": "Random",
                "HyperParameterTuningJobObjective": {
                    "Type": "Minimize",
                    "MetricName": "validation:rmse",
                },
                "ResourceLimits": {"MaxNumberOfTrainingJobs": 8, "MaxParallelTrainingJobs": 4},
                "ParameterRanges": {
                    "IntegerParameterRanges": [
                        {"Name": "max_depth", "MinValue": "1", "MaxValue": "4"}
                    ]
                },
            },
            TrainingJobDefinition={
                "AlgorithmSpecification": {
                    "TrainingImage": IMAGE.replace("scikit-learn:1.2-1-cpu-py3", "xgboost:1.7-1"),
                    "TrainingInputMode": "File",
                },
                "RoleArn": ROLE,
                "OutputDataConfig": {"S3OutputPath": "s3://bucket/output"},
                "ResourceConfig": {
                    "InstanceType": "ml.m5.large",
                    "InstanceCount": 1,
                    "VolumeSizeInGB": 1,
                },
                "StoppingCondition": {"MaxRuntimeInSeconds": 60},
                "StaticHyperParameters": {"num_round": "2"},
            },
        )

    assert sagemaker.list_training_jobs()["TrainingJobSummaries"] == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ml.m5.large for training job usage=many", "no whole number"),
        ("m5.large for training job usage=1", "quotas are called like"),
        ("ml.m5.large for fun usage=1", "`ml.m5.large for endpoint usage`"),
    ],
)
def test_a_switch_that_cannot_be_read_is_told(text, message):
    """With how quotas are called."""
    with pytest.raises(QuotasError, match=message):
        parse_quotas(text)
