"""Any AWS API, called as a decision says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lifecycle.adapters.clients import ATTEMPTS, client
from lifecycle.errors import QuotaReachedError

if TYPE_CHECKING:
    from lifecycle.decision import ApiCall

MISSING = frozenset(
    {
        "404",
        "EntityNotFoundException",
        "KMSInvalidMacException",
        "NoSuchLifecycleConfiguration",
        "ResourceNotFound",
        "ResourceNotFoundException",
        "ValidationException",
    }
)
"""Codes by which Describe operations say that there is no such thing. SageMaker answers
ValidationException for models, endpoint configurations and endpoints; the parameters come from us
and are checked by the contract tests, so that it cannot mean anything else here. KMS's VerifyMac
says by its exception that there is no such MAC."""

QUOTAS = frozenset(
    {
        "ConcurrentRunsExceededException",
        "ResourceLimitExceeded",
        "ResourceNumberLimitExceededException",
    }
)
"""Codes of SageMaker's and Glue's Create and Start operations for a quota that is used up."""


class AwsApi:
    """Carries out calls with the function's own role."""

    def call(self, call: ApiCall) -> dict[str, Any]:
        """Carry out a call, once: what an earlier delivery did is not done again.

        Returns:
            The kept answers by placeholder name; empty when the thing was there already.

        Raises:
            QuotaReachedError: a quota is used up for now.
        """
        from botocore.exceptions import ClientError

        if self._is_there(call):
            return {}
        if (found := self._found(call)) is not None:
            return found
        try:
            answer = self._invoke(
                call.service, call.operation, call.request, 1 if call.alone else ATTEMPTS
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in call.exists or self._is_there(call):
                # In the latter case another delivery made it since it was asked after.
                return {}
            if error.response["Error"]["Code"] in QUOTAS:
                raise QuotaReachedError(
                    call.operation, error.response["Error"]["Message"]
                ) from error
            raise
        return {name: answer[key] for name, key in call.keep.items()}

    def _is_there(self, call: ApiCall) -> bool:
        """Whether there is what the call would make."""
        return bool(call.unless and self.describe(call.service, *call.unless) is not None)

    def _found(self, call: ApiCall) -> dict[str, Any] | None:
        """The kept answers of what an earlier delivery started."""
        search = call.search
        if search is None:
            return None
        return search.kept(self.describe(call.service, search.operation, search.request))

    def describe(
        self, service: str, operation: str, request: dict[str, Any]
    ) -> dict[str, Any] | None:
        """Ask, without changing anything; None when there is no such thing."""
        from botocore.exceptions import ClientError

        try:
            return self._invoke(service, operation, request)
        except ClientError as error:
            if error.response["Error"]["Code"] in MISSING:
                return None
            raise

    def _invoke(
        self, service: str, operation: str, request: dict[str, Any], attempts: int = ATTEMPTS
    ) -> dict[str, Any]:
        from botocore import xform_name

        answer: dict[str, Any] = getattr(client(service, attempts), xform_name(operation))(
            **request
        )
        return answer
