"""What IAM judged is written down, and SageMaker's requests are judged in every respect."""

import json
import uuid

import pytest
from botocore.exceptions import ClientError

from tests.integration.local.test_ministack_hooks import as_role, refusal

TAGS = [{"Key": "baton:problem", "Value": "churn"}]
SAGEMAKER = "arn:aws:sagemaker:us-east-1:000000000000:"


@pytest.fixture
def name():
    return f"t{uuid.uuid4().hex[:12]}"


def allow(action, resource):
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def recorded(laptop, role):
    lines = laptop.settings.call_file.read_text("utf-8").splitlines()
    calls = [json.loads(line) for line in lines]
    return [
        (call["action"], call["resource"], call["allowed"])
        for call in calls
        if call["role"] == role
    ]


def test_each_kind_of_call_of_a_role_is_written_once_with_its_outcome(laptop, name):
    """Allowed and refused ones; those of users are not of interest."""
    admin = laptop.client("s3")
    admin.create_bucket(Bucket=name)
    admin.put_object(Bucket=name, Key="churn/a", Body=b"1")
    arn = f"arn:aws:s3:::{name}"
    role = laptop.role(name, "sagemaker.amazonaws.com", allow("s3:GetObject", f"{arn}/churn/*"))
    client = as_role(laptop, role)("s3")

    for _ in range(2):
        client.get_object(Bucket=name, Key="churn/a")
    with pytest.raises(ClientError):
        client.get_object(Bucket=name, Key="fraud/a")

    assert recorded(laptop, name) == [
        ("s3:GetObject", f"{arn}/churn/a", True),
        ("s3:GetObject", f"{arn}/fraud/a", False),
    ]


def test_tags_in_a_request_to_sagemaker_take_their_own_right(laptop, name):
    """As AWS judges them; without it the job is refused."""
    group = {"ModelPackageGroupName": name, "Tags": TAGS}
    arn = f"{SAGEMAKER}model-package-group/{name}"
    role = laptop.role(
        name, "sagemaker.amazonaws.com", allow("sagemaker:CreateModelPackageGroup", arn)
    )
    client = as_role(laptop, role)("sagemaker")

    assert refusal(client.create_model_package_group, **group) == "AccessDeniedException"

    rights = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [allow("sagemaker:AddTags", arn)],
        }
    )
    laptop.client("iam").put_role_policy(RoleName=name, PolicyName="tags", PolicyDocument=rights)
    client.create_model_package_group(**group)
    assert ("sagemaker:AddTags", arn, True) in recorded(laptop, name)


def test_an_endpoint_takes_the_right_to_its_configuration(laptop, name):
    endpoint, config = f"{SAGEMAKER}endpoint/{name}", f"{SAGEMAKER}endpoint-config/{name}-1"
    role = laptop.role(name, "sagemaker.amazonaws.com", allow("sagemaker:CreateEndpoint", endpoint))
    client = as_role(laptop, role)("sagemaker")
    request = {"EndpointName": name, "EndpointConfigName": f"{name}-1"}

    assert refusal(client.create_endpoint, **request) == "AccessDeniedException"
    assert recorded(laptop, name)[-1] == ("sagemaker:CreateEndpoint", config, False)
