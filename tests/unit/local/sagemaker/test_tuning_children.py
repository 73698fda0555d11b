"""What is told of a tuning job's trainings."""

from local.sagemaker.tuning_children import best_child, child_name, child_request, standing

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
    "Tags": [{"Key": "a", "Value": "b"}],
}


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
    request = child_request(TUNING, "t-001-x", {"eta": "1"})

    assert request["HyperParameters"] == {
        "num_round": "5",
        "eta": "1",
        "_tuning_objective_metric": "validation:rmse",
    }
    assert request["CheckpointConfig"] == {"S3Uri": "s3://lake/checkpoints/t-001-x"}
    assert request["Tags"] == TUNING["Tags"]
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
    told = standing(found, TUNING)

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
    found = [child("a", "Completed", 2.0), child("b", "Completed", 2.0)]

    assert best_child(found, OBJECTIVE)["TrainingJobName"] == "a"
    assert best_child([child("c", "Failed")], OBJECTIVE) is None
