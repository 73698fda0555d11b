"""What can go wrong on the way to the cloud, told in one sentence with what to do about it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from botocore import exceptions as aws

if TYPE_CHECKING:
    from collections.abc import Iterable

_CREDENTIALS = (
    aws.NoCredentialsError,
    aws.PartialCredentialsError,
    aws.CredentialRetrievalError,
    aws.ProfileNotFound,
    aws.SSOError,
    aws.TokenRetrievalError,
)
_UNREACHABLE = (aws.EndpointConnectionError, aws.ConnectTimeoutError, aws.ConnectionClosedError)
_REFUSED = ("AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation")
_EXPIRED = (
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
)


class CliError(Exception):
    """Something the user can mend; ``cure`` says how."""

    code = "Error"

    def __init__(self, message: str, cure: str = "") -> None:
        super().__init__(message)
        self.cure = cure


class StackMissingError(CliError):
    """The stack is not deployed where the command looks."""

    code = "StackMissing"


class UnknownProblemError(CliError):
    """No problem of this name is defined, and nothing was ever heard of one."""

    code = "UnknownProblem"

    def __init__(self, name: str, known: Iterable[str]) -> None:
        names = ", ".join(sorted(known))
        super().__init__(
            f"There is no problem named {name}.",
            f"Known problems: {names}."
            if names
            else "None is defined yet: `baton init` begins one.",
        )


class NotReachedError(CliError):
    """AWS, or the laptop cloud, cannot be reached or does not let the caller in."""

    code = "NotReached"


class RefusedError(CliError):
    """AWS understood a request and refused it."""

    code = "Refused"


def translate(error: Exception) -> CliError | None:
    """Put an error of boto3 in words that say what to do; None for one that is not boto3's."""
    if isinstance(error, _CREDENTIALS):
        return NotReachedError(
            f"There are no usable AWS credentials: {error}",
            "Log in to AWS (`aws configure`, `aws sso login`), or start the laptop cloud "
            "(`make up`) in this folder.",
        )
    if isinstance(error, aws.NoRegionError):
        return NotReachedError(
            "No AWS Region is chosen.", "Set AWS_REGION, or start the laptop cloud: `make up`."
        )
    if isinstance(error, _UNREACHABLE):
        return _unreachable(error)
    if isinstance(error, aws.ClientError):
        return _refused(error)
    if isinstance(error, aws.BotoCoreError):
        return NotReachedError(str(error))
    return None


def _unreachable(error: Exception) -> CliError:
    address = os.environ.get("AWS_ENDPOINT_URL")
    if address:
        return NotReachedError(
            f"Nothing answers at {address}.",
            "Start the laptop cloud with `make up`; to talk to AWS instead, unset "
            "AWS_ENDPOINT_URL and set BATON_ENV=none.",
        )
    return NotReachedError(f"AWS cannot be reached: {error}", "Look at the network and the Region.")


def _refused(error: aws.ClientError) -> CliError:
    detail = error.response.get("Error", {})
    code, message = detail.get("Code", ""), detail.get("Message", str(error))
    if code in _EXPIRED:
        return NotReachedError(
            f"The AWS credentials are not accepted: {message}", "Log in again, then repeat."
        )
    if code in _REFUSED:
        return RefusedError(
            f"{error.operation_name} is not allowed: {message}",
            "Ask for this right, or use a role that has it.",
        )
    return RefusedError(f"{error.operation_name} was refused: {message} ({code})")
