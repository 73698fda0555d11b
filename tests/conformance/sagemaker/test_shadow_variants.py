"""Shadow variants through plain boto3: copies that nobody hears of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.conformance.sagemaker.laptop import BUCKET, unique, until
from tests.conformance.sagemaker.serving import (
    greet,
    greeting_config,
    make_endpoint,
    model_archive,
    settle,
)

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker


def shadowed_config(laptop: LocalSageMaker, production: str, shadow: str, **more: Any) -> str:
    """A configuration whose production and shadow variants serve two greetings' models."""
    name = unique("shadowed")
    variants = [
        {
            "VariantName": word,
            "ModelName": model,
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 1,
        }
        for word, model in (("production", production), ("shadow", shadow))
    ]
    if more.pop("bare", False):
        del variants[1]["InstanceType"], variants[1]["InitialInstanceCount"]
    variants[1] |= more.pop("changed", {})
    laptop.client().create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=variants[:1],
        ShadowProductionVariants=variants[1:],
        **more,
    )
    return name


def captured(laptop: LocalSageMaker, prefix: str, variant: str) -> list[str]:
    """The answers that were captured of a variant."""
    lines = [
        line
        for key in laptop.s3.keys(BUCKET, prefix)
        if f"/{variant}/" in key
        for line in laptop.s3.objects[BUCKET, key].decode().splitlines()
    ]
    return [json.loads(line)["captureData"]["endpointOutput"]["data"] for line in lines]


def test_the_shadow_is_asked_and_only_captured(laptop: LocalSageMaker) -> None:
    """The caller gets production's answer, the shadow's lies beside production's."""
    models = greeting_config(laptop, "hello"), greeting_config(laptop, "moin")
    prefix = unique("captured")
    capture = {
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{BUCKET}/{prefix}",
        "CaptureOptions": [{"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/plain"]},
    }
    name = make_endpoint(laptop, shadowed_config(laptop, *models, DataCaptureConfig=capture))
    answers = [greet(laptop, name, str(number)) for number in range(4)]
    stream = laptop.client("sagemaker-runtime").invoke_endpoint_with_response_stream(
        EndpointName=name, ContentType="text/csv", Body=b"4"
    )
    answers += [piece["PayloadPart"]["Bytes"].decode() for piece in stream["Body"]]
    until(lambda: len(captured(laptop, prefix, "shadow")) == 5, "the shadow's answers are kept")
    described = settle(laptop, name)

    assert answers == [f"hello {number}" for number in range(5)]
    assert sorted(captured(laptop, prefix, "shadow")) == [f"moin {number}" for number in range(5)]
    assert described["ShadowProductionVariants"][0]["VariantName"] == "shadow"
    assert described["ShadowProductionVariants"][0]["CurrentInstanceCount"] == 1


def test_a_failing_shadow_harms_nobody(laptop: LocalSageMaker) -> None:
    """Its model fails or dies at every request; production answers them all."""
    script = {"SAGEMAKER_PROGRAM": "inference.py", "GREETING": "hello"}
    model = greeting_config(laptop, "hello")
    found = laptop.client().describe_model(ModelName=model)
    deadly = unique("deadly")
    code = b"import os\ndef model_fn(d): pass\ndef transform_fn(m, data, c, a): os._exit(9)\n"
    uri = laptop.put(f"models/{deadly}/model.tar.gz", model_archive({"code/inference.py": code}))
    laptop.client().create_model(
        ModelName=deadly,
        ExecutionRoleArn=found["ExecutionRoleArn"],
        PrimaryContainer=found["PrimaryContainer"] | {"ModelDataUrl": uri, "Environment": script},
    )
    name = make_endpoint(laptop, shadowed_config(laptop, model, deadly))

    assert {greet(laptop, name) for _ in range(20)} == {"hello you"}


def test_one_production_and_one_shadow_variant_are_the_most(laptop: LocalSageMaker) -> None:
    """And names are unique among both."""
    model = greeting_config(laptop, "hello")
    with pytest.raises(ClientError, match="must be unique"):
        shadowed_config(laptop, model, model, changed={"VariantName": "production"})
    serverless = {"MemorySizeInMB": 1024, "MaxConcurrency": 1}
    with pytest.raises(ClientError, match="instances only"):
        shadowed_config(laptop, model, model, changed={"ServerlessConfig": serverless}, bare=True)
