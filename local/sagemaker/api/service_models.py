"""botocore's own description of SageMaker's services: operations, shapes, constraints."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import botocore.session
from botocore.model import ServiceModel

if TYPE_CHECKING:
    from botocore.model import OperationModel, Shape

SAGEMAKER = "sagemaker"
RUNTIME = "sagemaker-runtime"
FEATURE_STORE_RUNTIME = "sagemaker-featurestore-runtime"
METRICS = "sagemaker-metrics"
AUTO_SCALING = "application-autoscaling"
SERVICES = (SAGEMAKER, RUNTIME, FEATURE_STORE_RUNTIME, METRICS, AUTO_SCALING)


@cache
def service_model(service: str) -> ServiceModel:
    """The model of one service, read once."""
    loader = botocore.session.get_session().get_component("data_loader")
    return ServiceModel(loader.load_service_model(service, "service-2"), service)


@cache
def service_of_target(prefix: str) -> str:
    """The service of an `X-Amz-Target`'s first part, `SageMaker` or `AnyScaleFrontendService`."""
    for service in (AUTO_SCALING,):
        if service_model(service).metadata["targetPrefix"] == prefix:
            return service
    return SAGEMAKER


@cache
def operation_model(service: str, name: str) -> OperationModel:
    """The model of one operation; raises `OperationNotFoundError` for an unknown name."""
    return service_model(service).operation_model(name)


@cache
def shape(name: str, service: str = SAGEMAKER) -> Shape:
    """A shape by name, for example `DescribeTrainingJobResponse`."""
    return service_model(service).shape_for(name)


@cache
def declared_errors(service: str, name: str) -> frozenset[str]:
    """The error codes that an operation declares."""
    return frozenset(
        error.metadata.get("error", {}).get("code", error.name)
        for error in operation_model(service, name).error_shapes
    )
