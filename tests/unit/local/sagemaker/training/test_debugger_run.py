"""What Debugger brings to a training job's hosts."""

import json
import shutil

import pytest

from local.sagemaker.containers.rules.reading import Reader
from local.sagemaker.jobs.container import Container
from local.sagemaker.training.debugger_config import actions
from local.sagemaker.training.debugger_files import Hook
from local.sagemaker.training.debugger_run import debugger_of, first_statuses
from tests.unit.local.sagemaker.world import IMAGE, ROLE, unique, until

HOOK = {"S3OutputPath": "s3://lake/debug"}
SCRIPT = {"sagemaker_program": "train.py"}


def job(**more):
    return {
        "TrainingJobName": unique("debug"),
        "TrainingJobArn": "arn",
        "AlgorithmSpecification": {"TrainingImage": IMAGE},
        "RoleArn": ROLE,
        **more,
    }


def test_tensors_outlive_the_host_that_wrote_them(platform, tmp_path):
    """A spot job's next host finds the same folder; what the first wrote is in it."""
    given = job(DebugHookConfig=HOOK, HyperParameters=SCRIPT)
    debugger, container = debugger_of(platform, given), Container(tmp_path / "host")
    for step in (0, 1):
        container.make()
        debugger.prepare(container)
        Hook(container.base / "output/tensors", HOOK).save(step, {"loss": 1.0}, "losses")
        shutil.rmtree(container.base)

    assert Reader(debugger.folder).poll() == [0, 1]
    debugger.finish()
    until(lambda: not debugger.folder.exists())


def test_a_host_is_told_the_configuration(platform, tmp_path):
    """As the file that Debugger's hook reads, beside a module that a script can import."""
    debugger = debugger_of(platform, job(DebugHookConfig=HOOK, HyperParameters=SCRIPT))
    container = Container(tmp_path)
    container.make()
    debugger.prepare(container)
    told = json.loads((tmp_path / "input/config/debughookconfig.json").read_text())

    assert told == HOOK
    assert (tmp_path / "code/baton_debugger.py").read_text().startswith('"""')
    debugger.finish()


def test_scalars_of_log_lines_are_losses_or_metrics(platform):
    """By their names; each counts its own steps."""
    metrics = [
        {"Name": "train:loss", "Regex": "loss=([0-9.]+)"},
        {"Name": "acc", "Regex": "acc=([0-9.]+)"},
    ]
    image = {"TrainingImage": IMAGE, "MetricDefinitions": metrics}
    given = job(DebugHookConfig=HOOK, HyperParameters=SCRIPT, AlgorithmSpecification=image)
    debugger = debugger_of(platform, given)
    for line in ("loss=3 acc=0.5", "nothing", "loss=2"):
        debugger.listen(line)
    reader = Reader(debugger.folder)
    reader.poll()
    recording = reader.recording

    assert recording.names(["losses"]) == ["train-loss"]
    assert recording.names(["metrics"]) == ["acc"]
    assert [list(item.values) for item in recording.until("train-loss", 9)] == [[3.0], [2.0]]
    debugger.finish()


def test_an_address_alone_asks_an_algorithm_for_nothing(platform):
    """The SDK sends one with every job; a script may save to it, and rules are always heeded."""
    assert debugger_of(platform, job(DebugHookConfig=HOOK)) is None
    assert debugger_of(platform, job(HyperParameters=SCRIPT)) is None
    collections = HOOK | {"CollectionConfigurations": [{"CollectionName": "losses"}]}
    asked = debugger_of(platform, job(DebugHookConfig=collections))
    assert asked is not None
    asked.finish()


def test_rules_begin_in_progress():
    """And a job without rules has no statuses."""
    rules = [{"RuleConfigurationName": "a"}]
    told = first_statuses({"DebugRuleConfigurations": rules}, 1.0)["DebugRuleEvaluationStatuses"]

    assert [status["RuleEvaluationStatus"] for status in told] == ["InProgress"]
    assert first_statuses({}, 1.0) == {}


@pytest.mark.parametrize(
    "text",
    [
        '[{"name": "stoptraining", "training_job_prefix": "a"}]',
        '{"name": "stoptraining", "training_job_prefix": "a"}',
        r"[{\"name\": \"stoptraining\", \"training_job_prefix\": \"a\"}]",
    ],
)
def test_actions_are_read_as_clients_write_them(text):
    """Plain or with the quotes escaped once more; one or several."""
    rule = {"RuleConfigurationName": "r", "RuleParameters": {"action_json": text}}

    assert actions(rule) == [{"name": "stoptraining", "training_job_prefix": "a"}]


def test_a_stalled_training_may_be_stopped_by_its_rule():
    """By parameters of the rule itself."""
    given = {"stop_training_on_fire": "True", "training_job_name_prefix": "a"}
    rule = {"RuleConfigurationName": "r", "RuleParameters": given}

    assert actions(rule) == [{"name": "stoptraining", "training_job_prefix": "a"}]
