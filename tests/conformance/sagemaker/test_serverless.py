"""Serverless endpoints through plain boto3: cold starts, idle ends, concurrency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.conformance.sagemaker.laptop import LocalSageMaker, unique, until
from tests.conformance.sagemaker.serving import greet, greeting_config, make_endpoint, settle
from tests.conformance.sagemaker.tiny_s3 import TinyS3

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSageMaker]:
    """A local SageMaker that ends idle serverless processes after a second and a half."""
    data = tmp_path_factory.mktemp("serverless")
    with TinyS3() as s3:
        server = LocalSageMaker(data, s3, ("--serverless-idle-seconds", "1.5"))
        server.start()
        try:
            yield server
        finally:
            server.stop()


def serverless(laptop: LocalSageMaker, **more: Any) -> str:
    """A serverless endpoint that greets."""
    model = greeting_config(laptop, "hello")
    config = unique("serverless")
    wanted = {"MemorySizeInMB": 2048, "MaxConcurrency": 2, **more}
    variant = {"VariantName": "primary", "ModelName": model, "ServerlessConfig": wanted}
    laptop.client().create_endpoint_config(EndpointConfigName=config, ProductionVariants=[variant])
    return make_endpoint(laptop, config)


def processes(laptop: LocalSageMaker, name: str) -> int:
    """The model servers of an endpoint that are up: each has a port beside its model."""
    return len(list((laptop.data / "endpoints" / name).glob("*/port")))


def test_an_idle_process_ends_and_the_next_request_starts_one(laptop: LocalSageMaker) -> None:
    """Nothing runs in between, and the caller sees an answer and no error."""
    name = serverless(laptop)
    until(lambda: processes(laptop, name) == 0, "the idle process is ended")

    assert greet(laptop, name) == "hello you"
    assert processes(laptop, name) == 1
    until(lambda: processes(laptop, name) == 0, "it is ended again")


def test_provisioned_concurrency_keeps_the_process(laptop: LocalSageMaker) -> None:
    """While one without it, begun later, has ended; it can be taken away at run time."""
    kept = serverless(laptop, ProvisionedConcurrency=1)
    other = serverless(laptop)
    until(lambda: processes(laptop, other) == 0, "the other is ended")

    assert processes(laptop, kept) == 1
    shown = settle(laptop, kept)["ProductionVariants"][0]["CurrentServerlessConfig"]
    assert shown == {"MemorySizeInMB": 2048, "MaxConcurrency": 2, "ProvisionedConcurrency": 1}
    laptop.client().update_endpoint_weights_and_capacities(
        EndpointName=kept,
        DesiredWeightsAndCapacities=[
            {"VariantName": "primary", "ServerlessUpdateConfig": {"MaxConcurrency": 3}}
        ],
    )
    shown = settle(laptop, kept)["ProductionVariants"][0]["CurrentServerlessConfig"]
    assert shown["MaxConcurrency"] == 3


def test_what_does_not_fit_the_variant_is_refused(laptop: LocalSageMaker) -> None:
    """An instance count for a serverless variant, more provisioned than the most."""
    name = serverless(laptop)
    changes: list[dict[str, Any]] = [
        {"DesiredInstanceCount": 2},
        {"ServerlessUpdateConfig": {"ProvisionedConcurrency": 3}},
    ]
    for change in changes:
        with pytest.raises(ClientError) as refused:
            laptop.client().update_endpoint_weights_and_capacities(
                EndpointName=name,
                DesiredWeightsAndCapacities=[{"VariantName": "primary", **change}],
            )

        assert refused.value.response["Error"]["Code"] == "ValidationException"
