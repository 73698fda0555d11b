"""Tags of any resource."""

import pytest

from local.sagemaker.api.errors import ValidationException
from tests.unit.local.sagemaker.world import call, unique


@pytest.fixture
def arn(platform):
    return call(
        platform,
        "CreateModelPackageGroup",
        ModelPackageGroupName=unique("group"),
        Tags=[{"Key": "a", "Value": "1"}],
    )["ModelPackageGroupArn"]


def tags_of(platform, arn):
    found = call(platform, "ListTags", ResourceArn=arn)["Tags"]
    return {tag["Key"]: tag["Value"] for tag in found}


def test_tags_are_added_replaced_and_removed(platform, arn):
    """A known key gets the new value; an unknown one to remove does no harm."""
    call(
        platform,
        "AddTags",
        ResourceArn=arn,
        Tags=[{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "3"}],
    )
    assert tags_of(platform, arn) == {"a": "2", "b": "3"}
    call(platform, "DeleteTags", ResourceArn=arn, TagKeys=["a", "z"])
    assert tags_of(platform, arn) == {"b": "3"}


def test_more_than_fifty_are_refused(platform, arn):
    """AWS's bound."""
    many = [{"Key": str(number), "Value": "x"} for number in range(50)]

    with pytest.raises(ValidationException, match="50 tags at most"):
        call(platform, "AddTags", ResourceArn=arn, Tags=many)


def test_an_unknown_resource_has_none(platform, arn):
    """It is an error, not an empty list."""
    with pytest.raises(ValidationException, match="Could not find a resource"):
        call(platform, "ListTags", ResourceArn=f"{arn}-not")
