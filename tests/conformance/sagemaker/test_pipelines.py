"""Pipelines, as any boto3 client meets them: definitions by hand, jobs that really run."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.conformance.sagemaker.laptop import (
    BUCKET,
    HYPERPARAMETERS,
    IMAGE,
    ROLE,
    definition,
    unique,
    until,
)
from tests.conformance.sagemaker.pipelines import (
    create,
    ended,
    f1,
    fail,
    processing,
    reasons,
    report,
    said,
    start,
    statuses,
    steps_of,
)

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

pytestmark = pytest.mark.conformance

GATE = {"Name": "Bar", "Type": "Float", "DefaultValue": 0.5}


def gate(*conditions: dict[str, Any], then: Any = (), otherwise: Any = ()) -> dict[str, Any]:
    arguments = {
        "Conditions": list(conditions),
        "IfSteps": list(then),
        "ElseSteps": list(otherwise),
    }
    return {"Name": "Gate", "Type": "Condition", "Arguments": arguments}


def above(left: Any, right: Any) -> dict[str, Any]:
    return {"Type": "GreaterThanOrEqualTo", "LeftValue": left, "RightValue": right}


def test_a_diamond_runs_in_order_and_hands_values_on(laptop: LocalSageMaker) -> None:
    """Both sides wait for the top, the bottom for both; references carry what was written."""
    joined = {"Std:Join": {"On": "+", "Values": [report("left"), f1("right"), 7]}}
    steps = [
        processing(laptop, "bottom", "say", joined),
        processing(laptop, "left", "say", {"Get": "Parameters.Word"}, DependsOn=["top"]),
        processing(laptop, "right", "say", report("top")),
        processing(laptop, "top"),
    ]
    parameters = [{"Name": "Word", "Type": "String", "DefaultValue": "default"}]
    pipeline = create(laptop, *steps, Parameters=parameters)
    arn = start(laptop, pipeline, PipelineParameters=[{"Name": "Word", "Value": "given"}])
    execution = ended(laptop, arn)

    assert execution["PipelineExecutionStatus"] == "Succeeded", reasons(laptop, arn)
    identity = arn.rpartition("/")[2]
    assert said(laptop, arn, "left") == "given"
    assert said(laptop, arn, "right") == f"s3://{BUCKET}/reports/{identity}/top"
    assert said(laptop, arn, "bottom") == f"s3://{BUCKET}/reports/{identity}/left+0.75+7"
    found = steps_of(laptop, arn)
    assert found["top"]["EndTime"] <= found["left"]["StartTime"]
    assert (
        max(found[name]["EndTime"] for name in ("left", "right")) <= (found["bottom"]["StartTime"])
    )
    assert list(found) == sorted(found, key=lambda name: found[name]["StartTime"], reverse=True)
    job = found["left"]["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]
    assert job.startswith(f"pipelines-{identity}-left-")


@pytest.mark.parametrize(
    ("bar", "taken", "left_out"), [("0.5", "good", "bad"), ("0.9", "bad", "good")]
)
def test_a_condition_takes_one_branch(
    laptop: LocalSageMaker, bar: str, taken: str, left_out: str
) -> None:
    """The steps of the other branch, and whoever waits for them, never begin."""
    condition = above(f1("top"), {"Get": "Parameters.Bar"})
    branches = gate(
        condition, then=[processing(laptop, "good")], otherwise=[processing(laptop, "bad")]
    )
    after = processing(laptop, "after", DependsOn=["good"])
    pipeline = create(laptop, branches, processing(laptop, "top"), after, Parameters=[GATE])
    arn = start(laptop, pipeline, PipelineParameters=[{"Name": "Bar", "Value": bar}])

    assert ended(laptop, arn)["PipelineExecutionStatus"] == "Succeeded"
    found = steps_of(laptop, arn)
    assert found["Gate"]["Metadata"] == {"Condition": {"Outcome": str(taken == "good")}}
    assert taken in found
    assert left_out not in found
    assert ("after" in found) == (taken == "good")


def test_a_fail_step_fails_with_its_message(laptop: LocalSageMaker) -> None:
    """The message may hold values; what runs beside it is stopped."""
    message = {"Std:Join": {"On": " ", "Values": ["f1 below", {"Get": "Parameters.Bar"}]}}
    branches = gate(above(f1("top"), 0.9), otherwise=[fail("TooWeak", message)])
    slow = processing(laptop, "slow", "sleep", "60")
    pipeline = create(laptop, processing(laptop, "top"), branches, slow, Parameters=[GATE])
    arn = start(laptop, pipeline)
    execution = ended(laptop, arn)

    assert execution["PipelineExecutionStatus"] == "Failed"
    assert execution["FailureReason"] == "Step failure: One or multiple steps failed."
    found = steps_of(laptop, arn)
    assert found["TooWeak"]["FailureReason"] == "f1 below 0.5"
    assert found["slow"]["StepStatus"] == "Stopped"


def test_a_failed_step_stops_those_that_wait_for_it_alone(laptop: LocalSageMaker) -> None:
    """Its reason is the job's; an independent branch goes on to its end."""
    steps = [
        processing(laptop, "broken", "fail", "now"),
        processing(laptop, "never", DependsOn=["broken"]),
        processing(laptop, "first"),
        processing(laptop, "second", DependsOn=["first"]),
    ]
    arn = start(laptop, create(laptop, *steps))

    assert ended(laptop, arn)["PipelineExecutionStatus"] == "Failed"
    assert statuses(laptop, arn) == {
        "broken": "Failed",
        "first": "Succeeded",
        "second": "Succeeded",
    }
    reason = steps_of(laptop, arn)["broken"]["FailureReason"]
    assert reason == "AlgorithmError: it broke, exit code: 3"


def test_training_to_registration(laptop: LocalSageMaker) -> None:
    """A model trained in one step is made and registered in others, with its own metric."""
    training = definition(laptop, HyperParameters=HYPERPARAMETERS | {"num_round": "3"})
    rounds = {"Std:Join": {"On": "", "Values": [{"Get": "Parameters.Rounds"}]}}
    training["HyperParameters"]["num_round"] = rounds
    artifact = {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}
    container = {"Image": IMAGE, "ModelDataUrl": artifact}
    group = unique("group")
    registration = {
        "ModelPackageGroupName": group,
        "ModelApprovalStatus": "PendingManualApproval",
        "InferenceSpecification": {
            "Containers": [container],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        "CustomerMetadataProperties": {
            "auc": {"Get": "Steps.Train.FinalMetricDataList['validation:auc'].Value"}
        },
    }
    steps = [
        {"Name": "Train", "Type": "Training", "Arguments": training},
        {
            "Name": "Make",
            "Type": "Model",
            "Arguments": {"PrimaryContainer": container, "ExecutionRoleArn": ROLE},
        },
        {
            "Name": "Register",
            "Type": "RegisterModel",
            "Arguments": registration,
            "DependsOn": ["Make"],
        },
    ]
    rounds_parameter = {"Name": "Rounds", "Type": "Integer", "DefaultValue": 3}
    arn = start(laptop, create(laptop, *steps, Parameters=[rounds_parameter]))

    assert ended(laptop, arn)["PipelineExecutionStatus"] == "Succeeded", reasons(laptop, arn)
    found = steps_of(laptop, arn)
    job = laptop.client().describe_training_job(
        TrainingJobName=found["Train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    )
    assert job["HyperParameters"]["num_round"] == "3"
    package = laptop.client().describe_model_package(
        ModelPackageName=found["Register"]["Metadata"]["RegisterModel"]["Arn"]
    )
    assert package["ModelPackageGroupName"] == group
    assert (
        package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
        == (job["ModelArtifacts"]["S3ModelArtifacts"])
    )
    assert float(package["CustomerMetadataProperties"]["auc"]) > 0.5
    name = found["Make"]["Metadata"]["Model"]["Arn"].rpartition("/")[2]
    assert name.startswith(f"pipelines-{arn.rpartition('/')[2]}-make-")


def test_what_was_done_is_not_done_again(laptop: LocalSageMaker) -> None:
    """A step with the same arguments is reused; one with others runs."""
    cached = {"CacheConfig": {"Enabled": True, "ExpireAfter": "P1D"}}
    steps = [
        processing(laptop, "first", "say", {"Get": "Parameters.Word"}, **cached),
        processing(laptop, "second", "say", report("first")),
    ]
    parameters = [{"Name": "Word", "Type": "String", "DefaultValue": "one"}]
    pipeline = create(laptop, *steps, Parameters=parameters)
    once = start(laptop, pipeline)
    ended(laptop, once)
    twice = start(laptop, pipeline)
    ended(laptop, twice)
    other = start(laptop, pipeline, PipelineParameters=[{"Name": "Word", "Value": "two"}])
    ended(laptop, other)

    reused = steps_of(laptop, twice)["first"]
    assert reused["CacheHitResult"] == {"SourcePipelineExecutionArn": once}
    assert reused["Metadata"] == steps_of(laptop, once)["first"]["Metadata"]
    assert said(laptop, twice, "second") == f"s3://{BUCKET}/reports/{once.rpartition('/')[2]}/first"
    assert "CacheHitResult" not in steps_of(laptop, other)["first"]
    assert said(laptop, other, "first") == "two"


def test_stopping_ends_the_jobs_and_retrying_goes_on(laptop: LocalSageMaker) -> None:
    """A stop reaches the running job; a retry keeps what succeeded and does the rest."""
    steps = [
        processing(laptop, "quick"),
        processing(laptop, "slow", "sleep", "60", DependsOn=["quick"]),
        processing(laptop, "last", DependsOn=["slow"]),
    ]
    arn = start(laptop, create(laptop, *steps))
    until(lambda: statuses(laptop, arn).get("slow") == "Executing", "the slow step runs")
    until(lambda: "Metadata" in steps_of(laptop, arn)["slow"], "its job is created")
    laptop.client().stop_pipeline_execution(PipelineExecutionArn=arn)
    execution = ended(laptop, arn)
    first = steps_of(laptop, arn)

    assert execution["PipelineExecutionStatus"] == "Stopped"
    assert {name: step["StepStatus"] for name, step in first.items()} == {
        "quick": "Succeeded",
        "slow": "Stopped",
    }
    job = first["slow"]["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]
    assert laptop.await_processing(job)["ProcessingJobStatus"] == "Stopped"
    with pytest.raises(ClientError, match="already ended"):
        laptop.client().stop_pipeline_execution(PipelineExecutionArn=arn)

    laptop.client().retry_pipeline_execution(PipelineExecutionArn=arn)
    until(lambda: "Metadata" in steps_of(laptop, arn).get("slow", {}), "it is taken up")
    again = steps_of(laptop, arn)
    laptop.client().stop_pipeline_execution(PipelineExecutionArn=arn)
    assert again["quick"] == first["quick"]
    assert again["slow"]["Metadata"] != first["slow"]["Metadata"]
    assert ended(laptop, arn)["PipelineExecutionStatus"] == "Stopped"


def test_no_more_steps_run_side_by_side_than_allowed(laptop: LocalSageMaker) -> None:
    """With MaxParallelExecutionSteps 1, no two steps overlap."""
    steps = [processing(laptop, name) for name in ("one", "two", "three")]
    one = {"MaxParallelExecutionSteps": 1}
    arn = start(laptop, create(laptop, *steps), ParallelismConfiguration=one)

    assert ended(laptop, arn)["ParallelismConfiguration"] == one
    times = sorted((s["StartTime"], s["EndTime"]) for s in steps_of(laptop, arn).values())
    assert all(before[1] <= after[0] for before, after in pairwise(times))


def test_a_part_of_a_pipeline_runs_upon_an_earlier_execution(laptop: LocalSageMaker) -> None:
    """Only the selected step runs; it reads what the earlier one wrote."""
    steps = [
        processing(laptop, "top", "say", {"Get": "Parameters.Word"}),
        processing(laptop, "middle", "say", report("top")),
        processing(laptop, "bottom", "say", report("middle")),
    ]
    parameters = [{"Name": "Word", "Type": "String"}]
    pipeline = create(laptop, *steps, Parameters=parameters)
    whole = start(laptop, pipeline, PipelineParameters=[{"Name": "Word", "Value": "given"}])
    ended(laptop, whole)
    selection: dict[str, Any] = {
        "SourcePipelineExecutionArn": whole,
        "SelectedSteps": [{"StepName": "middle"}],
    }
    part = start(laptop, pipeline, SelectiveExecutionConfig=selection)

    assert ended(laptop, part)["PipelineExecutionStatus"] == "Succeeded"
    found = steps_of(laptop, part)
    assert set(found) == {"top", "middle"}
    assert found["top"]["SelectiveExecutionResult"] == {"SourcePipelineExecutionArn": whole}
    assert said(laptop, part, "middle") == f"s3://{BUCKET}/reports/{whole.rpartition('/')[2]}/top"
    selection["SelectedSteps"] = [{"StepName": "top"}, {"StepName": "bottom"}]
    with pytest.raises(ClientError, match=r"between selected steps.*middle"):
        start(laptop, pipeline, SelectiveExecutionConfig=selection)


def test_a_tuned_model_transforms(laptop: LocalSageMaker) -> None:
    """The best training of a tuning step becomes a model, which a transform step applies."""
    laptop.put("transform/rows.csv", "0.5,1,2,3,4,5\n-0.5,1,2,3,4,5\n")
    ranges = {"ContinuousParameterRanges": [{"Name": "eta", "MinValue": "0.1", "MaxValue": "0.5"}]}
    static = {"objective": "binary:logistic", "num_round": "3"}
    tuning = {
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {
                "Type": "Maximize",
                "MetricName": "validation:auc",
            },
            "ResourceLimits": {
                "MaxNumberOfTrainingJobs": {"Get": "Parameters.Jobs"},
                "MaxParallelTrainingJobs": 2,
            },
            "ParameterRanges": ranges,
        },
        "TrainingJobDefinition": definition(laptop, StaticHyperParameters=static),
    }
    best = {"Get": "Steps.Tune.TrainingJobSummaries[0].TrainingJobName"}
    artifact = [f"s3://{BUCKET}/out", best, "output/model.tar.gz"]
    container = {"Image": IMAGE, "ModelDataUrl": {"Std:Join": {"On": "/", "Values": artifact}}}
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/transform/"}
    transform = {
        "ModelName": {"Get": "Steps.Make.ModelName"},
        "TransformInput": {
            "DataSource": {"S3DataSource": source},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        "TransformOutput": {"S3OutputPath": f"s3://{BUCKET}/transformed", "AssembleWith": "Line"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    steps = [
        {"Name": "Tune", "Type": "Tuning", "Arguments": tuning},
        {
            "Name": "Make",
            "Type": "Model",
            "Arguments": {"PrimaryContainer": container, "ExecutionRoleArn": ROLE},
        },
        {"Name": "Apply", "Type": "Transform", "Arguments": transform},
    ]
    jobs = {"Name": "Jobs", "Type": "Integer", "DefaultValue": 2}
    arn = start(laptop, create(laptop, *steps, Parameters=[jobs]))

    assert ended(laptop, arn)["PipelineExecutionStatus"] == "Succeeded", reasons(laptop, arn)
    found = steps_of(laptop, arn)
    name = found["Tune"]["Metadata"]["TuningJob"]["Arn"].rpartition("/")[2]
    assert name.startswith(f"{arn.rpartition('/')[2]}-tune-")
    job = laptop.client().describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    model = laptop.client().describe_model(
        ModelName=found["Make"]["Metadata"]["Model"]["Arn"].rpartition("/")[2]
    )
    assert job["BestTrainingJob"]["TrainingJobName"] in model["PrimaryContainer"]["ModelDataUrl"]
    assert "TransformJob" in found["Apply"]["Metadata"]
    scores = laptop.s3.objects[BUCKET, "transformed/rows.csv.out"].decode().split()
    assert len(scores) == 2
