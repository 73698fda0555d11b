"""What a tuning job does with trainings that it finds at its start."""

from local.sagemaker.training import training_states
from local.sagemaker.tuning.tuning_children import children, standing
from local.sagemaker.tuning.tuning_definitions import definitions
from local.sagemaker.tuning.tuning_run import TuningRun
from local.sagemaker.tuning.tuning_states import ENDED, KIND
from tests.unit.local.sagemaker.world import IMAGE, ROLE, unique, until


class Elsewhere:
    """A run that somebody else started; it cannot be ended in time."""


def tuning(platform):
    """A stored tuning job that is to try two trainings; it has the first, which is running."""
    name = unique("tuning")
    document = {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobArn": platform.arn(KIND, name),
        "HyperParameterTuningJobStatus": "InProgress",
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "m"},
            "ParameterRanges": {"CategoricalParameterRanges": [{"Name": "a", "Values": ["1"]}]},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1},
        },
        "TrainingJobDefinition": {
            "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            "RoleArn": ROLE,
        },
        "CreationTime": platform.now(),
    }
    platform.create(KIND, name, document | standing([], definitions(document)))
    child = f"{name}-001"
    stored = {
        "TrainingJobName": child,
        "TrainingJobArn": platform.arn(training_states.KIND, child),
        "HyperParameters": {"a": "1"},
        "CreationTime": platform.now(),
        **training_states.first_transition(platform.now()),
    }
    platform.create(training_states.KIND, child, stored, parent=name)
    return name, child


def test_a_training_that_goes_on_by_itself_is_waited_for(platform):
    """It is one of the trainings, is not started twice, and its value counts."""
    name, child = tuning(platform)
    platform.active[training_states.KIND, child] = Elsewhere()
    run = TuningRun(platform, name)
    run.start()
    until(lambda: run._running)
    found = [{"MetricName": "m", "Value": 0.5}]
    platform.store.update(
        training_states.KIND, child, TrainingJobStatus="Completed", FinalMetricDataList=found
    )
    del platform.active[training_states.KIND, child]
    until(lambda: platform.store.get(KIND, name)["HyperParameterTuningJobStatus"] in ENDED)
    ended = platform.store.get(KIND, name)

    assert ended["HyperParameterTuningJobStatus"] == "Completed", ended
    assert ended["BestTrainingJob"]["TrainingJobName"] == child
    assert len(children(platform, name)) == 1
