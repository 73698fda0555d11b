"""Requests held against botocore's model."""

import pytest

from local.sagemaker.api.errors import ValidationException
from local.sagemaker.api.service_models import operation_model
from local.sagemaker.api.validation import refuse_unhonoured, validate

SHAPE = operation_model("sagemaker", "CreateTrainingJob").input_shape
GOOD = {
    "TrainingJobName": "job",
    "RoleArn": "arn:aws:iam::000000000000:role/jobs",
    "OutputDataConfig": {"S3OutputPath": "s3://lake/out"},
}


def faults(**changes):
    with pytest.raises(ValidationException) as caught:
        validate(SHAPE, GOOD | changes)
    return caught.value.message


def test_a_good_request_passes_unchanged():
    """What the model allows comes back as it was."""
    assert validate(SHAPE, GOOD) == GOOD


def test_every_fault_is_named_at_once():
    """One message counts and lists all faults, each with its path."""
    told = faults(TrainingJobName="a_b", OutputDataConfig={}, Nonsense=1)

    assert told.startswith("3 validation errors detected: ")
    assert "Value 'a_b' at 'trainingJobName'" in told
    assert "Value null at 'outputDataConfig.s3OutputPath'" in told
    assert "Unknown member at 'nonsense'" in told


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"TrainingJobName": "a" * 64}, "length less than or equal to 63"),
        ({"ResourceConfig": {"InstanceType": "ml.huge"}}, "enum value set"),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": 0}}, "greater than or equal to 1"),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": "9"}}, "expected a number"),
        ({"HyperParameters": {"eta": 0.1}}, "expected a string"),
        ({"Tags": {"a": "b"}}, "expected a list"),
        ({"EnableManagedSpotTraining": "yes"}, "expected a boolean"),
        ({"TrainingJobName": 5}, "expected a string"),
        ({"OutputDataConfig": "s3://lake"}, "expected an object"),
    ],
)
def test_each_kind_of_fault_is_told(changes, told):
    """Lengths, enums, bounds and types are checked, wherever they are."""
    assert told in faults(**changes)


def test_times_become_seconds():
    """A timestamp may be a number or ISO text."""
    shape = operation_model("sagemaker", "ListTrainingJobs").input_shape

    assert validate(shape, {"CreationTimeAfter": 12})["CreationTimeAfter"] == 12.0
    iso = validate(shape, {"CreationTimeAfter": "1970-01-01T00:01:00+00:00"})
    assert iso["CreationTimeAfter"] == 60.0


def test_what_has_no_effect_is_refused_by_name():
    """Members outside `honours`, and paths in `refuses`, through lists; empty ones are let pass."""
    request = {"A": 1, "B": [{"C": {"D": "x"}}, {"C": {"D": False}}], "E": None}

    refuse_unhonoured(request, {"A", "B", "E"}, {"B.C.Z"})
    with pytest.raises(ValidationException, match=r"support: A, B\.C\.D"):
        refuse_unhonoured(request, {"B", "E"}, {"B.C.D"})
