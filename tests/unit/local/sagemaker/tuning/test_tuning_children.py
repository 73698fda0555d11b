"""What is told of a tuning job's trainings."""

from local.sagemaker.tuning.tuning_children import (
    best_first,
    child_name,
    child_request,
    child_resources,
    standing,
)
from local.sagemaker.tuning.tuning_definitions import definitions

OBJECTIVE = {"Type": "Minimize", "MetricName": "validation:rmse"}
TUNING = {
    "HyperParameterTuningJobConfig": {
        "HyperParameterTuningJobObjective": OBJECTIVE,
        "ParameterRanges": {"CategoricalParameterRanges": [{"Name": "eta", "Values": ["1"]}]},
    },
    "TrainingJobDefinition": {
        "StaticHyperParameters": {"num_round": "5"},
        "CheckpointConfig": {"S3Uri": "s3://lake/checkpoints/"},
        "RoleArn": "role",
    },
}
FOUND = definitions(TUNING)
TAGS = [{"Key": "a", "Value": "b"}]


def child(name, status, value=None, **more):
    metrics = [] if value is None else [{"MetricName": "validation:rmse", "Value": value}]
    return {
        "TrainingJobName": name,
        "TrainingJobArn": name,
        "CreationTime": 1.0,
        "TrainingJobStatus": status,
        "HyperParameters": {"eta": "1"},
        "FinalMetricDataList": metrics,
        **more,
    }


def test_names_are_the_same_whenever_they_are_asked():
    """Number and digest follow from the tuning job alone, within 63 characters."""
    assert child_name("t", 7) == child_name("t", 7)
    assert child_name("t", 7).startswith("t-007-")
    assert len(child_name("t" * 32, 750)) <= 63


def test_a_childs_request_joins_static_tuned_and_objective():
    """Checkpoints go to a folder of the child's own; tags are inherited."""
    request = child_request(FOUND[""], "t-001-x", {"eta": "1"}, TAGS)

    assert request["HyperParameters"] == {
        "num_round": "5",
        "eta": "1",
        "_tuning_objective_metric": "validation:rmse",
    }
    assert request["CheckpointConfig"] == {"S3Uri": "s3://lake/checkpoints/t-001-x"}
    assert request["Tags"] == TAGS
    assert "StaticHyperParameters" not in request


def test_counters_and_the_best_follow_from_the_children():
    """Stopped ones count with their last value, failed and nameless values never win."""
    found = [
        child("a", "Completed", 2.0),
        child("b", "Stopped", 1.0),
        child("c", "Failed", 0.1, FailureReason="AlgorithmError: x"),
        child("d", "Completed"),
        child("e", "InProgress"),
        child("f", "Failed", FailureReason="InternalServerError: x"),
        child("g", "Completed", float("nan")),
    ]
    told = standing(found, FOUND)

    assert told["BestTrainingJob"]["TrainingJobName"] == "b"
    assert told["TrainingJobStatusCounters"] == {
        "Completed": 3,
        "InProgress": 1,
        "RetryableError": 1,
        "NonRetryableError": 1,
        "Stopped": 1,
    }
    assert told["ObjectiveStatusCounters"] == {"Succeeded": 2, "Pending": 1, "Failed": 4}


def test_the_earlier_of_equals_is_the_best():
    """And without any value there is none."""
    found = [child("a", "Completed", 2.0), child("b", "Completed", 2.0), child("c", "Stopped", 1)]

    assert [item["TrainingJobName"] for item in best_first(found, FOUND)] == ["c", "a", "b"]
    assert best_first([child("c", "Failed")], FOUND) == []


def test_the_first_instance_of_a_prioritized_list_is_taken():
    """And without a list, what stands in its place."""
    first = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5}
    second = first | {"InstanceType": "ml.m5.xlarge"}
    listed = {"InstanceConfigs": [first, second], "AllocationStrategy": "Prioritized"}

    assert child_resources(listed) == first
    assert child_resources(second) == second


def test_each_definition_has_its_own_objective():
    """The best of two is told with its definition's name and metric."""
    both = {
        "HyperParameterTuningJobConfig": {},
        "TrainingJobDefinitions": [
            {
                "DefinitionName": name,
                "TuningObjective": {"Type": "Minimize", "MetricName": metric},
                "HyperParameterRanges": {
                    "CategoricalParameterRanges": [{"Name": "eta", "Values": ["1"]}]
                },
            }
            for name, metric in (("trees", "validation:rmse"), ("lines", "validation:mae"))
        ],
    }
    one = child("a", "Completed", 2.0, TrainingJobDefinitionName="trees")
    two = child("b", "Completed", TrainingJobDefinitionName="lines") | {
        "FinalMetricDataList": [{"MetricName": "validation:mae", "Value": 1.0}]
    }
    told = standing([one, two], definitions(both))["BestTrainingJob"]

    assert (told["TrainingJobName"], told["TrainingJobDefinitionName"]) == ("b", "lines")
    assert told["FinalHyperParameterTuningJobObjectiveMetric"]["MetricName"] == "validation:mae"
