"""Endpoint configurations."""

import pytest

from local.sagemaker.api.errors import ValidationException
from tests.unit.local.sagemaker.world import (
    add_config,
    add_model,
    call,
    plain_archive,
    told,
    unique,
    variant,
)

SERVERLESS = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
CAPTURE = {
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://lake/capture",
    "CaptureOptions": [{"CaptureMode": "Input"}],
}


@pytest.fixture(scope="module")
def model(platform):
    return add_model(platform, plain_archive())


def test_a_configuration_is_kept_with_awss_defaults(platform, model):
    """Weight 1 and 30 GB; the event carries it."""
    name = add_config(platform, variant(model), DataCaptureConfig=CAPTURE)
    found = call(platform, "DescribeEndpointConfig", EndpointConfigName=name)
    arn = found["EndpointConfigArn"]

    assert found["ProductionVariants"][0]["InitialVariantWeight"] == 1.0
    assert found["DataCaptureConfig"] == CAPTURE
    event = told(platform, "SageMaker Endpoint Config State Change", arn)[0]
    assert event["ProductionVariants"][0]["ModelName"] == model


def test_a_taken_name_is_refused_in_awss_words(platform, model):
    """As for models."""
    name = add_config(platform, variant(model))

    with pytest.raises(
        ValidationException, match=r'Cannot create already existing endpoint configuration "arn:'
    ):
        call(
            platform,
            "CreateEndpointConfig",
            EndpointConfigName=name,
            ProductionVariants=[variant(model)],
        )


def test_a_deleted_configuration_is_gone(platform, model):
    """Describe says so in AWS's words."""
    name = add_config(platform, variant(model))
    call(platform, "DeleteEndpointConfig", EndpointConfigName=name)

    with pytest.raises(ValidationException, match="Could not find endpoint configuration"):
        call(platform, "DescribeEndpointConfig", EndpointConfigName=name)


def bad(reason, capture=None, *names, **changes):
    return pytest.param((changes, names or ("primary",), capture, reason), id=reason)


@pytest.mark.parametrize(
    "fault",
    [
        bad("Could not find model", ModelName="not-there"),
        bad("must be unique", None, "a", "a"),
        bad("needs InstanceType", InstanceType=None),
        bad("service limit 'ml.m5.large for endpoint usage'", InitialInstanceCount=21),
        bad("not both", ServerlessConfig=SERVERLESS, InstanceType="ml.m5.large"),
        bad("MemorySizeInMB", ServerlessConfig=SERVERLESS | {"MemorySizeInMB": 1500}),
        bad("must not exceed", ServerlessConfig=SERVERLESS | {"ProvisionedConcurrency": 6}),
        bad("one production variant only", None, "a", "b", ServerlessConfig=SERVERLESS),
        bad("not supported for serverless", CAPTURE, ServerlessConfig=SERVERLESS),
    ],
)
def test_what_aws_refuses_is_refused(platform, model, fault):
    """With a message that names the fault."""
    changes, names, capture, reason = fault
    variants = [
        {
            member: value
            for member, value in variant(model, **{"VariantName": name, **changes}).items()
            if value is not None
        }
        for name in names
    ]
    more = {"DataCaptureConfig": capture} if capture else {}

    with pytest.raises(ValidationException, match=reason):
        call(
            platform,
            "CreateEndpointConfig",
            EndpointConfigName=unique("config"),
            ProductionVariants=variants,
            **more,
        )


def test_listing_finds_configurations_by_name(platform, model):
    """As ListEndpointConfigs filters."""
    name = add_config(platform, variant(model))
    found = call(platform, "ListEndpointConfigs", NameContains=name)

    assert [entry["EndpointConfigName"] for entry in found["EndpointConfigs"]] == [name]
