"""Debugger: rules judge what a job saves while it runs, as any boto3 client meets it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from local.sagemaker.containers.rules.reading import read_event
from tests.conformance.sagemaker.laptop import (
    BUCKET,
    HYPERPARAMETERS,
    channel,
    csv_rows,
    definition,
    script_job,
    unique,
    until,
)

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

pytestmark = pytest.mark.conformance

RULES_IMAGE = "503895931360.dkr.ecr.us-east-1.amazonaws.com/sagemaker-debugger-rules:latest"
HOOK = {"S3OutputPath": f"s3://{BUCKET}/debug"}
EVERY_STEP = HOOK | {
    "CollectionConfigurations": [
        {"CollectionName": "weights", "CollectionParameters": {"save_interval": "1"}}
    ]
}
LOSS = [{"Name": "loss", "Regex": "loss=([^ ]+)"}]
EXPLODING = """
import time
for step in range(3000):
    print(f"loss={10.0 ** (40 * step)}" if step < 8 else "loss=nan", flush=True)
    time.sleep(0.02)
"""
WEIGHTS = """
import baton_debugger
hook = baton_debugger.Hook()
for step in range(6):
    hook.save(step, {"dense/weight": [[0.5, 1.5], [2.5, step * CHANGE]]}, collection="weights")
    hook.save(step, {"loss": 10.0 - step}, collection="losses")
"""


def rule(name: str, **parameters: str) -> dict[str, Any]:
    return {
        "RuleConfigurationName": name,
        "RuleEvaluatorImage": RULES_IMAGE,
        "RuleParameters": {"rule_to_invoke": name, **parameters},
    }


def judged(laptop: LocalSageMaker, name: str) -> dict[str, dict[str, Any]]:
    """The rules' statuses once none of them is in progress, by rule."""
    found: dict[str, dict[str, Any]] = {}

    def ended() -> bool:
        job = laptop.client().describe_training_job(TrainingJobName=name)
        for status in job["DebugRuleEvaluationStatuses"]:
            found[status["RuleConfigurationName"]] = status
        return all(status["RuleEvaluationStatus"] != "InProgress" for status in found.values())

    until(ended, f"the rules of {name} have judged")
    return found


def verdicts(laptop: LocalSageMaker, name: str) -> dict[str, str]:
    found = judged(laptop, name)
    return {called: status["RuleEvaluationStatus"] for called, status in found.items()}


def xgboost_job(laptop: LocalSageMaker, *rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    hyperparameters = HYPERPARAMETERS | {"eval_metric": "logloss"} | more
    job = definition(laptop, DebugHookConfig=HOOK, DebugRuleConfigurations=list(rules))
    return job | {"HyperParameters": hyperparameters}


def test_a_rule_stops_a_job_whose_loss_explodes(laptop: LocalSageMaker) -> None:
    """The script would print for a minute; the rule's action ends it, Stopped and not Failed."""
    client, name = laptop.client(), unique("explode")
    stop = json.dumps([{"name": "stoptraining", "training_job_prefix": name}])
    job = script_job(laptop, EXPLODING, DebugRuleConfigurations=[])
    job["AlgorithmSpecification"]["MetricDefinitions"] = LOSS
    job["DebugRuleConfigurations"] = [rule("ExplodingTensor", action_json=stop)]
    client.create_training_job(TrainingJobName=name, **job)
    ended = laptop.await_training(name, seconds=30)

    assert ended["TrainingJobStatus"] == "Stopped"
    status = ended["DebugRuleEvaluationStatuses"][0]
    assert status["RuleEvaluationStatus"] == "IssuesFound"
    assert status["StatusDetails"].startswith(
        "RuleEvaluationConditionMet: Evaluation of the rule ExplodingTensor at step 8 resulted in "
        "the condition being met"
    )


def test_a_rule_is_a_processing_job(laptop: LocalSageMaker) -> None:
    """It is listed, described, logged, belongs to the training, and its message is the verdict."""
    client, name = laptop.client(), unique("job")
    weights = WEIGHTS.replace("CHANGE", "0")
    rules = [rule("UnchangedTensor", collection_names="weights")]
    job = script_job(laptop, weights, DebugHookConfig=EVERY_STEP, DebugRuleConfigurations=rules)
    client.create_training_job(TrainingJobName=name, **job)
    status = judged(laptop, name)["UnchangedTensor"]
    listed = client.list_processing_jobs(NameContains=name[:26])["ProcessingJobSummaries"]
    called = listed[0]["ProcessingJobName"]
    found = client.describe_processing_job(ProcessingJobName=called)

    assert len(listed) == 1
    assert called.startswith(f"{name[:26]}-UnchangedTensor-")
    assert found["ProcessingJobArn"] == status["RuleEvaluationJobArn"]
    assert found["ProcessingJobStatus"] == "Completed"
    assert found["ExitMessage"] == status["StatusDetails"]
    assert found["TrainingJobArn"].endswith(name)
    assert found["Environment"]["rule_to_invoke"] == "UnchangedTensor"
    assert "dense/weight has not changed" in laptop.log(
        "ProcessingJobs", found["ProcessingJobName"]
    )


def test_a_script_that_learns_has_no_issues(laptop: LocalSageMaker) -> None:
    """The same script with changing weights passes, and its tensors are in S3 as Debugger's."""
    name = unique("learns")
    job = script_job(
        laptop,
        WEIGHTS.replace("CHANGE", "1"),
        DebugHookConfig=EVERY_STEP,
        DebugRuleConfigurations=[
            rule("UnchangedTensor", collection_names="weights"),
            rule("LossNotDecreasing", num_steps="2"),
        ],
    )
    laptop.client().create_training_job(TrainingJobName=name, **job)

    assert verdicts(laptop, name) == {
        "UnchangedTensor": "NoIssuesFound",
        "LossNotDecreasing": "NoIssuesFound",
    }
    root = f"debug/{name}/debug-output"
    until(lambda: f"{root}/training_job_end.ts" in laptop.s3.keys(BUCKET, root), "tensors are kept")
    at_five = f"{root}/index/000000000/000000000005_worker_0.json"
    index = json.loads(laptop.s3.objects[BUCKET, at_five])
    places = {place["tensorname"]: place for place in index["tensor_payload"]}
    start, length = (places["dense/weight"][member] for member in ("start_idx", "length"))
    events = laptop.s3.objects[BUCKET, f"{root}/{index['meta']['event_file_name']}"]
    values, shape = read_event(events[start : start + length][12:-4])
    assert (list(values), shape) == ([0.5, 1.5, 2.5, 5.0], (2, 2))


def test_a_healthy_xgboost_job_has_no_issues(laptop: LocalSageMaker) -> None:
    """Its own metrics are judged round by round, without a line of the caller's."""
    name = unique("healthy")
    rules = [rule("LossNotDecreasing"), rule("ExplodingTensor"), rule("Overfit")]
    rules[2]["RuleParameters"]["ratio_threshold"] = "3"
    laptop.client().create_training_job(TrainingJobName=name, **xgboost_job(laptop, *rules))
    job = laptop.await_training(name)

    assert job["TrainingJobStatus"] == "Completed"
    assert set(verdicts(laptop, name).values()) == {"NoIssuesFound"}


def test_an_overfitting_xgboost_job_is_found_out(laptop: LocalSageMaker) -> None:
    """Deep trees on labels of pure chance: the job completes, and the rule says what it saw."""
    name = unique("overfit")
    job = xgboost_job(laptop, rule("Overfit", patience="3"), max_depth="9", eta="0.9")
    laptop.put(f"{name}/train.csv", csv_rows(60, 1))
    job["InputDataConfig"] = [
        channel("train", f"s3://{BUCKET}/{name}/"),
        channel("validation", f"s3://{BUCKET}/data/validation/"),
    ]
    laptop.client().create_training_job(TrainingJobName=name, **job)
    ended = laptop.await_training(name)
    status = judged(laptop, name)["Overfit"]

    assert ended["TrainingJobStatus"] == "Completed"
    assert status["RuleEvaluationStatus"] == "IssuesFound"
    assert "validation-logloss" in status["StatusDetails"]


def test_the_event_is_said_again_with_the_verdict(laptop: LocalSageMaker) -> None:
    """While the job is in progress, an event carries the rule's status as soon as it changes."""
    name = unique("event")
    job = script_job(
        laptop,
        "import time\nprint('loss=nan\\nloss=nan', flush=True)\ntime.sleep(2)",
        DebugRuleConfigurations=[rule("ExplodingTensor")],
    )
    job["AlgorithmSpecification"]["MetricDefinitions"] = LOSS
    laptop.client().create_training_job(TrainingJobName=name, **job)

    def told() -> bool:
        return any(
            detail["TrainingJobName"] == name
            and detail["TrainingJobStatus"] == "InProgress"
            and detail["DebugRuleEvaluationStatuses"][0]["RuleEvaluationStatus"] == "IssuesFound"
            for event in laptop.s3.events
            if event["DetailType"] == "SageMaker Training Job State Change"
            and (detail := json.loads(event["Detail"]))["DebugRuleEvaluationStatuses"]
        )

    until(told, "the event says the verdict")


def test_features_that_outweigh_the_others_are_told(laptop: LocalSageMaker) -> None:
    """Collections that DebugHookConfig asks for are saved: feature importance, labels, guesses."""
    name = unique("collections")
    wanted = ("feature_importance", "labels", "predictions")
    job = xgboost_job(
        laptop,
        rule("FeatureImportanceOverweight", threshold="0.3", nfeatures="2"),
        rule("ClassImbalance", samples="1000"),
        rule("ClassImbalance", samples="1000", threshold_imbalance="1.00001"),
    )
    job["DebugRuleConfigurations"][2]["RuleConfigurationName"] = "Strict"
    job["DebugHookConfig"] = HOOK | {
        "CollectionConfigurations": [{"CollectionName": home} for home in wanted]
    }
    laptop.client().create_training_job(TrainingJobName=name, **job)

    assert verdicts(laptop, name) == {
        "FeatureImportanceOverweight": "IssuesFound",
        "ClassImbalance": "NoIssuesFound",
        "Strict": "IssuesFound",
    }


def _with_rule(given: dict[str, Any]) -> dict[str, Any]:
    return {"DebugRuleConfigurations": [given]}


def _with_hook(**given: Any) -> dict[str, Any]:
    return {"DebugHookConfig": HOOK | given}


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (_with_rule(rule("TreeDepth")), "no rule TreeDepth"),
        (_with_rule(rule("Overfit", patients="3")), "no parameter patients"),
        (_with_rule(rule("Overfit", patience="some")), "patience cannot be"),
        (_with_rule(rule("Overfit", action_json='[{"name": "email"}]')), "email"),
        (_with_rule(rule("Overfit", action_json="stop")), "not JSON"),
        (_with_rule(rule("Overfit") | {"S3OutputPath": f"s3://{BUCKET}/x"}), "S3OutputPath"),
        (_with_rule(rule("Overfit") | {"RuleEvaluatorImage": "mine:1"}), "built-in rules"),
        ({"DebugRuleConfigurations": [rule("Overfit")] * 2}, "a name of its own"),
        (_with_hook(LocalPath="/opt/ml/output/data"), "LocalPath"),
        (_with_hook(HookParameters={"save_interval": "0"}), "save_interval cannot be 0"),
        (_with_hook(HookParameters={"save_all": "1"}), "HookParameters.save_all"),
        (
            {"TensorBoardOutputConfig": {"S3OutputPath": f"s3://{BUCKET}/x"}},
            "does not support: TensorBoardOutputConfig",
        ),
    ],
)
def test_what_has_no_effect_is_refused(
    laptop: LocalSageMaker, more: dict[str, Any], told: str
) -> None:
    """By name."""
    job = definition(laptop, HyperParameters=HYPERPARAMETERS) | more
    with pytest.raises(ClientError, match=told):
        laptop.client().create_training_job(TrainingJobName=unique("refused"), **job)


def test_a_rule_can_be_stopped_by_itself(laptop: LocalSageMaker) -> None:
    """StopProcessingJob ends the evaluation; the training goes on to its end."""
    client, name = laptop.client(), unique("stoprule")
    job = script_job(
        laptop, "import time\ntime.sleep(2)", DebugRuleConfigurations=[rule("ExplodingTensor")]
    )
    client.create_training_job(TrainingJobName=name, **job)

    def training() -> bool:
        found = client.describe_training_job(TrainingJobName=name)
        return bool(found["SecondaryStatus"] == "Training")

    until(training, "it trains")
    listed = client.list_processing_jobs(NameContains=name[:26])["ProcessingJobSummaries"]
    client.stop_processing_job(ProcessingJobName=listed[0]["ProcessingJobName"])

    assert verdicts(laptop, name) == {"ExplodingTensor": "Stopped"}
    assert laptop.await_training(name)["TrainingJobStatus"] == "Completed"
