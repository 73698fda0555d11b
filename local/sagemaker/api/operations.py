"""The register of operations: one decorator adds one operation to the local SageMaker.

    @operation("DescribeTrainingJob")
    def describe_training_job(request: Document, platform: Platform) -> Document: ...

The name must exist in botocore's model; the request arrives valid; the answer is cut to its shape.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import (
    ApiError,
    NotImplementedHere,
    ResourceInUse,
    ResourceNotFound,
    ValidationException,
)
from local.sagemaker.api.service_models import (
    SAGEMAKER,
    declared_errors,
    operation_model,
    service_model,
)
from local.sagemaker.api.validation import refuse_unhonoured, validate
from local.sagemaker.quotas import room

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from local.sagemaker.platform import Platform

type Document = dict[str, Any]
type Implementation = Callable[[Document, Platform], Document]


@dataclass(frozen=True)
class Operation:
    """One registered operation."""

    service: str
    name: str
    implementation: Implementation
    honours: frozenset[str] | None = None
    refuses: frozenset[str] = frozenset()


@dataclass
class Registry:
    """All operations, by service and name."""

    operations: dict[tuple[str, str], Operation] = field(default_factory=dict)

    def add(self, added: Operation) -> None:
        """Add an operation.

        Raises:
            ValueError: When the model does not know the name, or it is there already.
        """
        if added.name not in service_model(added.service).operation_names:
            raise ValueError(f"{added.service} has no operation {added.name}")
        if (added.service, added.name) in self.operations:
            raise ValueError(f"{added.service} {added.name} is registered twice")
        self.operations[added.service, added.name] = added

    def __iter__(self) -> Iterator[Operation]:
        return iter(self.operations.values())

    def perform(self, service: str, name: str, request: Document, platform: Platform) -> Document:
        """Validate a request and perform it.

        Raises:
            ApiError: What the client is told.
        """
        if name not in service_model(service).operation_names:
            raise ApiError(
                f"{service} has no operation {name}", code="UnknownOperationException", status=404
            )
        found = self.operations.get((service, name))
        if found is None:
            raise NotImplementedHere(f"The local SageMaker does not have {service}:{name} yet")
        shape = operation_model(service, name).input_shape
        try:
            checked: Document = validate(shape, request) if shape is not None else {}
            refuse_unhonoured(checked, found.honours, found.refuses)
            with room(name, checked, platform):
                return found.implementation(checked, platform) or {}
        except ValidationException as error:
            if "ValidationError" not in declared_errors(service, name):
                raise
            # The runtime services call it so (InvokeEndpoint, PutRecord).
            raise ApiError(error.message, code="ValidationError", status=400) from error
        except (ResourceInUse, ResourceNotFound) as error:
            if error.code in declared_errors(service, name):
                raise
            # Operations that declare no such error answer ValidationException (DescribeEndpoint).
            raise ValidationException(error.message) from error


registry = Registry()


def operation(
    name: str,
    *,
    service: str = SAGEMAKER,
    honours: Collection[str] | None = None,
    refuses: Collection[str] = (),
) -> Callable[[Implementation], Implementation]:
    """Register a function as the implementation of an operation.

    Args:
        name: The operation's name in botocore's model.
        service: The service it belongs to.
        honours: Top-level members that have an effect; any other is refused. None: all have.
        refuses: Dotted paths below them that have none, and are refused by name.
    """

    def register(implementation: Implementation) -> Implementation:
        kept = None if honours is None else frozenset(honours)
        registry.add(Operation(service, name, implementation, kept, frozenset(refuses)))
        return implementation

    return register
