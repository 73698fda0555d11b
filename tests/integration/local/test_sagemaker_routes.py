"""What reaches the local SageMaker through the one port besides its own APIs' plain requests."""

import uuid

import pytest
from botocore.exceptions import ClientError

from local.settings import SAGEMAKER_ACCESS_KEY_ID

AUTO_SCALING = "application-autoscaling"


def test_auto_scaling_is_the_local_sagemakers(laptop, sagemaker):
    """Its requests arrive there as they were sent."""
    laptop.client(AUTO_SCALING).describe_scalable_targets(ServiceNamespace="sagemaker")

    target = sagemaker.received[-1][1]["x-amz-target"]
    assert target == "AnyScaleFrontendService.DescribeScalableTargets"


def test_auto_scaling_is_under_iam(laptop):
    """By its own actions' names: a role that may put may not describe."""
    statement = {"Effect": "Allow", "Action": f"{AUTO_SCALING}:Put*", "Resource": "*"}
    role = laptop.role(f"t{uuid.uuid4().hex[:12]}", "sagemaker.amazonaws.com", statement)
    sts = laptop.client("sts", key=SAGEMAKER_ACCESS_KEY_ID)
    given = sts.assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    keys = (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    client = laptop.client(AUTO_SCALING, *keys)
    with pytest.raises(ClientError) as refused:
        client.describe_scalable_targets(ServiceNamespace="sagemaker")

    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"


def test_a_streamed_answer_comes_piece_by_piece(laptop, sagemaker):
    """The second piece is written only after the first has come through the one port."""
    sagemaker.go_on.clear()
    answer = laptop.client("sagemaker-runtime").invoke_endpoint_with_response_stream(
        EndpointName="any", Body=b""
    )
    pieces = iter(answer["Body"])
    first = next(pieces)
    sagemaker.go_on.set()

    assert first == {"PayloadPart": {"Bytes": b"1"}}
    assert list(pieces) == [{"PayloadPart": {"Bytes": b"2"}}]
