"""Models, and what they take over from the registry."""

import pytest

from local.sagemaker.api.errors import ValidationException
from tests.unit.local.sagemaker.world import IMAGE, ROLE, call, told, unique

CONTAINER = {"Image": IMAGE, "ModelDataUrl": "s3://lake/m/model.tar.gz"}


def test_a_model_is_kept_as_it_was_created(platform):
    """Described with its ARN and time; the event tells of it."""
    name = unique("model")
    tags = [{"Key": "team", "Value": "risk"}]
    arn = call(
        platform,
        "CreateModel",
        ModelName=name,
        PrimaryContainer=CONTAINER,
        ExecutionRoleArn=ROLE,
        Tags=tags,
    )["ModelArn"]
    found = call(platform, "DescribeModel", ModelName=name)

    assert found["PrimaryContainer"] == CONTAINER
    assert found["EnableNetworkIsolation"] is False
    assert arn == found["ModelArn"] == f"arn:aws:sagemaker:us-east-1:000000000000:model/{name}"
    assert told(platform, "SageMaker Model State Change", arn)[0]["Tags"] == {"team": "risk"}


def test_a_taken_name_is_refused_in_awss_words(platform):
    """Callers tell "already there" from other faults by this message."""
    name = unique("model")
    call(platform, "CreateModel", ModelName=name, PrimaryContainer=CONTAINER)

    with pytest.raises(ValidationException, match=r'Cannot create already existing model "arn:'):
        call(platform, "CreateModel", ModelName=name, PrimaryContainer=CONTAINER)


def test_a_deleted_model_is_gone(platform):
    """Describe says so in AWS's words."""
    name = unique("model")
    call(platform, "CreateModel", ModelName=name, PrimaryContainer=CONTAINER)
    call(platform, "DeleteModel", ModelName=name)

    with pytest.raises(ValidationException, match=r'Could not find model "arn:'):
        call(platform, "DescribeModel", ModelName=name)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({}, "Either PrimaryContainer or Containers"),
        ({"PrimaryContainer": CONTAINER, "Containers": [CONTAINER]}, "not both"),
        ({"Containers": [CONTAINER | {"ContainerHostname": "a"}] * 2}, "must be unique"),
        ({"Containers": [CONTAINER | {"Mode": "MultiModel"}, CONTAINER]}, "MultiModel"),
        ({"PrimaryContainer": {"ModelDataUrl": "s3://b/k"}}, "Either Image or ModelPackageName"),
        (
            {
                "PrimaryContainer": CONTAINER,
                "VpcConfig": {"Subnets": ["s"], "SecurityGroupIds": ["g"]},
            },
            "VpcConfig",
        ),
    ],
)
def test_what_cannot_be_served_here_is_refused_by_name(platform, members, reason):
    """Nothing is dropped without a word."""
    with pytest.raises(ValidationException, match=reason):
        call(platform, "CreateModel", ModelName=unique("model"), **members)


def test_an_approved_package_gives_its_container(platform):
    """And one that is not approved is refused."""
    group = unique("group")
    call(platform, "CreateModelPackageGroup", ModelPackageGroupName=group)
    specification = {"Containers": [CONTAINER | {"Environment": {"A": "1", "B": "1"}}]}
    arn = call(
        platform,
        "CreateModelPackage",
        ModelPackageGroupName=group,
        InferenceSpecification=specification,
    )["ModelPackageArn"]
    name = unique("model")
    container = {"ModelPackageName": arn, "Environment": {"B": "2"}}
    with pytest.raises(ValidationException, match="is not approved"):
        call(platform, "CreateModel", ModelName=name, PrimaryContainer=container)
    call(platform, "UpdateModelPackage", ModelPackageArn=arn, ModelApprovalStatus="Approved")
    call(platform, "CreateModel", ModelName=name, PrimaryContainer=container)
    found = call(platform, "DescribeModel", ModelName=name)["PrimaryContainer"]

    assert found["ModelDataUrl"] == CONTAINER["ModelDataUrl"]
    assert found["Environment"] == {"A": "1", "B": "2"}


def test_listing_shows_the_newest_first(platform):
    """Page by page."""
    word = unique("listed")
    for number in range(3):
        call(platform, "CreateModel", ModelName=f"{word}-{number}", PrimaryContainer=CONTAINER)
    first = call(platform, "ListModels", NameContains=word, MaxResults=2)
    rest = call(platform, "ListModels", NameContains=word, NextToken=first["NextToken"])

    assert [model["ModelName"][-1] for model in first["Models"]] == ["2", "1"]
    assert [model["ModelName"][-1] for model in rest["Models"]] == ["0"]
