"""What a SageMaker request acts on."""

import json

import pytest

from local.sagemaker_requests import (
    further_rights,
    json_object,
    passed_role,
    resource_arn,
    trusts_service,
)

PREFIX = "arn:aws:sagemaker:us-east-1:000000000000:"


def arn_of(operation, path="/", **request):
    headers = {"x-amz-target": f"SageMaker.{operation}"} if operation else {}
    body = json.dumps(request).encode()
    return resource_arn(path, headers, body, "us-east-1", "000000000000")


@pytest.mark.parametrize(
    ("operation", "request_", "resource"),
    [
        ("CreateTrainingJob", {"TrainingJobName": "Churn-1"}, "training-job/churn-1"),
        (
            "CreateEndpoint",
            {"EndpointConfigName": "c", "EndpointName": "e"},
            "endpoint/e",
        ),
        (
            "CreateEndpointConfig",
            {"EndpointConfigName": "c", "ProductionVariants": [{"ModelName": "m"}]},
            "endpoint-config/c",
        ),
        (
            "CreateTransformJob",
            {"ModelName": "m", "TransformJobName": "t"},
            "transform-job/t",
        ),
        ("CreateModelPackage", {"ModelPackageGroupName": "churn"}, "model-package/churn"),
        ("DescribeModelPackageGroup", {"ModelPackageGroupName": "g"}, "model-package-group/g"),
        ("DeleteFeatureGroup", {"FeatureGroupName": "F"}, "feature-group/f"),
    ],
)
def test_a_request_acts_on_the_resource_that_its_operation_names(operation, request_, resource):
    """The operation's own resource is meant, its name in lower case as in AWS's ARNs."""
    assert PREFIX + resource == arn_of(operation, **request_)


@pytest.mark.parametrize(
    ("groups", "resource"),
    [(["Churn", "Churn"], f"{PREFIX}feature-group/churn"), (["churn", "orders"], "*"), ([], "*")],
)
def test_a_batch_of_records_acts_on_its_group(groups, resource):
    """Where it is one; several need the right to all."""
    listed = [{"FeatureGroupName": name} for name in groups]

    assert arn_of("", "/BatchGetRecord", Identifiers=listed) == resource
    assert arn_of("", "/BatchWriteRecord", Entries=listed) == resource


def test_an_arn_in_the_request_is_taken_as_it_is():
    """Model packages are named by ARN."""
    arn = f"{PREFIX}model-package/churn/3"

    assert arn == arn_of("DescribeModelPackage", ModelPackageName=arn)
    assert arn == arn_of("AddTags", ResourceArn=arn, Tags=[])


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        ("/endpoints/Churn/invocations", "endpoint/churn"),
        ("/FeatureGroup/churn", "feature-group/churn"),
    ],
)
def test_runtime_requests_act_on_what_their_path_names(path, resource):
    """The runtime APIs carry no target header and any kind of body."""
    assert PREFIX + resource == resource_arn(path, {}, b"1,2", "us-east-1", "000000000000")


@pytest.mark.parametrize(
    ("hub", "place"),
    [
        ("SageMakerPublicHub", "aws:hub-content/SageMakerPublicHub"),
        ("mine", "0" * 12 + ":hub-content/mine"),
    ],
)
def test_the_content_of_the_public_hub_is_awss_own(hub, place):
    arn = arn_of("DescribeHubContent", HubName=hub, HubContentType="Model", HubContentName="Bert")

    assert arn == f"arn:aws:sagemaker:us-east-1:{place}/Model/Bert"


def test_lists_act_on_nothing_single():
    """A list may name a filter, and still needs the right to all."""
    assert arn_of("ListTrainingJobs") == "*"
    assert arn_of("ListModelPackages", ModelPackageGroupName="churn") == "*"


@pytest.mark.parametrize("body", [b"", b"1,2,3", b"[1]", b"\xff\xfe"])
def test_a_body_that_is_no_object_counts_as_empty(body):
    """CSV rows and broken bytes name nothing."""
    assert json_object(body) == {}


@pytest.mark.parametrize(
    "request_",
    [
        {"RoleArn": "arn:role"},
        {"ExecutionRoleArn": "arn:role"},
        {"TrainingJobDefinition": {"RoleArn": "arn:role"}},
    ],
)
def test_the_role_that_a_job_gets_is_found_wherever_it_stands(request_):
    """Jobs, models and tuning jobs name their role in different places."""
    headers = {"x-amz-target": "SageMaker.CreateSomething"}

    assert passed_role(headers, json.dumps(request_).encode()) == "arn:role"


def test_no_role_is_handed_over_outside_create_operations():
    """Only what creates a resource hands a role over."""
    body = b'{"RoleArn": "arn:role"}'

    assert passed_role({"x-amz-target": "SageMaker.UpdateEndpoint"}, body) is None
    assert passed_role({}, body) is None
    assert passed_role({"x-amz-target": "SageMaker.CreateEndpoint"}, b"{}") is None


@pytest.mark.parametrize(
    ("statement", "trusted"),
    [
        ({"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}}, True),
        ({"Effect": "Allow", "Principal": {"Service": ["a", "sagemaker.amazonaws.com"]}}, True),
        ({"Effect": "Deny", "Principal": {"Service": "sagemaker.amazonaws.com"}}, False),
        ({"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}, False),
        ({"Effect": "Allow", "Principal": "*"}, False),
    ],
)
def test_a_role_trusts_only_the_service_that_its_policy_names(statement, trusted):
    """Trust is given to a service by name, in a document or in its JSON text."""
    for document in ({"Statement": statement}, json.dumps({"Statement": [statement]})):
        assert trusts_service(document, "sagemaker.amazonaws.com") is trusted


@pytest.mark.parametrize(
    ("operation", "request_", "rights"),
    [
        ("CreateModel", {"ModelName": "m"}, []),
        (
            "CreateModel",
            {"ModelName": "m", "Tags": [{"Key": "a", "Value": "b"}]},
            [("sagemaker:AddTags", f"{PREFIX}model/m")],
        ),
        (
            "UpdateEndpoint",
            {"EndpointName": "e", "EndpointConfigName": "C-2"},
            [("sagemaker:UpdateEndpoint", f"{PREFIX}endpoint-config/c-2")],
        ),
        ("DescribeEndpointConfig", {"EndpointConfigName": "c"}, []),
    ],
    ids=["plain", "tags", "configuration", "a look"],
)
def test_a_request_may_take_more_than_its_own_right(operation, request_, rights):
    """Tags are judged as if they were added, an endpoint's configuration by itself."""
    headers = {"x-amz-target": f"SageMaker.{operation}"}
    body = json.dumps(request_).encode()

    assert further_rights("/", headers, body, "us-east-1", "000000000000") == rights
