"""The errors that SageMaker's APIs answer with.

ApiError
├── ValidationException       the request is wrong, or names something that is not there
├── ResourceInUse             the name is taken, or the resource is busy
├── ResourceNotFound          nothing has this name
├── ResourceLimitExceeded     a quota
├── ConflictException         somebody else changed it first
└── NotImplementedHere        SageMaker has the operation, this local one does not
"""

from __future__ import annotations


class ApiError(Exception):
    """An answer other than success, with AWS's code for it.

    Attributes:
        code: What clients see as `Error.Code`.
        status: The HTTP status.
        members: What the error says besides its message (ModelError's OriginalStatusCode …).
    """

    code = "InternalFailure"
    status = 500

    def __init__(self, message: str, *, code: str | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.status = status or type(self).status
        self.members: dict[str, object] = {}


class ValidationException(ApiError):  # noqa: N818 -- AWS's own name, which clients see
    """The request is not acceptable; the message says why."""

    code = "ValidationException"
    status = 400


class ResourceInUse(ApiError):  # noqa: N818
    """The name is taken, or the resource is in a state that does not allow the operation."""

    code = "ResourceInUse"
    status = 400


class ResourceNotFound(ApiError):  # noqa: N818
    """Nothing has this name."""

    code = "ResourceNotFound"
    status = 400


class ResourceLimitExceeded(ApiError):  # noqa: N818
    """A quota would be exceeded."""

    code = "ResourceLimitExceeded"
    status = 400


class ConflictException(ApiError):  # noqa: N818
    """The resource was changed by somebody else in the meantime."""

    code = "ConflictException"
    status = 409


class NotImplementedHere(ApiError):  # noqa: N818
    """SageMaker has this operation, the local one does not (yet)."""

    code = "NotImplementedException"
    status = 501
