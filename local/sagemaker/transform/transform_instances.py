"""One instance of a transform job: the model server that endpoints use, asked until it answers."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from local.sagemaker.endpoints.endpoint_instances import ContainerPlan, Instance, StartError
from local.sagemaker.endpoints.model_client import (
    ModelAnswer,
    ModelTimeoutError,
    ModelUnreachableError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from concurrent.futures import Future

    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

DEFAULT_TIMEOUT_SECONDS = 600.0
DEFAULT_RETRIES = 3
"""ModelClientConfig's defaults (API ModelClientConfig)."""

_ENDING_SECONDS = 1.0
"""A process whose connections broke is ending; its end is noticed so long after at most."""

_log = logging.getLogger(__name__)


class RequestError(Exception):
    """The model did not answer a request as it should; the message is fit for the data log.

    Attributes:
        whose: `ClientError` when the request was at fault, `AlgorithmError` when the model was.
    """

    def __init__(self, whose: str, message: str) -> None:
        super().__init__(message)
        self.whose = whose


class HaltedError(Exception):
    """The job is being stopped, or the server is ending."""


class TransformInstance:
    """A model server with as many requests at once as the job allows."""

    def __init__(
        self,
        platform: Platform,
        instance: Instance,
        plan: ContainerPlan,
        client_config: Document,
        halted: threading.Event,
    ) -> None:
        """Prepare; `start` starts the process.

        Args:
            platform: The local SageMaker.
            instance: The process to be.
            plan: What it runs.
            client_config: The job's ModelClientConfig.
            halted: Set when no more requests shall be made.
        """
        self._platform = platform
        self._instance = instance
        self._plan = plan
        self._timeout = client_config.get("InvocationsTimeoutInSeconds", DEFAULT_TIMEOUT_SECONDS)
        self._retries = client_config.get("InvocationsMaxRetries", DEFAULT_RETRIES)
        self._halted = halted
        self._restarting = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None

    def start(self) -> Document:
        """Start the process; what its `/execution-parameters` says, or nothing.

        Raises:
            StartError: When it does not come up.
            HaltedError: When the job was stopped meanwhile.
        """
        self._instance.start(self._platform, self._plan)
        if self._halted.is_set():
            raise HaltedError
        return self._instance.execution_parameters()

    def allow(self, concurrency: int) -> None:
        """Say how many requests may be under way at once."""
        self._pool = ThreadPoolExecutor(concurrency, "transform")

    def ask_all(self, headers: dict[str, str], bodies: Iterable[bytes]) -> list[bytes]:
        """The model's answers to many requests, in their order.

        Raises:
            RequestError: For the first that fails; the rest are not asked any more.
            HaltedError: When the job is stopped meanwhile.
        """
        assert self._pool is not None
        asked: list[Future[bytes]] = [
            self._pool.submit(self._ask, headers, body) for body in bodies
        ]
        try:
            return [future.result() for future in asked]
        finally:
            for future in asked:
                future.cancel()

    def stop(self, patience: float) -> None:
        """End the process, with so many seconds between SIGTERM and SIGKILL."""
        self._instance.stop(patience)
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def _ask(self, headers: dict[str, str], body: bytes) -> bytes:
        failure = RequestError("AlgorithmError", "the model was not asked")
        for _ in range(self._retries + 1):
            if self._halted.is_set():
                raise HaltedError
            try:
                answer = self._instance.request(headers, body, self._timeout)
            except ModelTimeoutError as error:
                failure = RequestError("AlgorithmError", f"Model server: {error}")
            except ModelUnreachableError as error:
                failure = RequestError("AlgorithmError", f"Model server did not respond: {error}")
                self._revive()
            else:
                if answer.status < 300:
                    return answer.body
                failure = _refused(answer)
                if answer.status < 500:
                    break  # the same request would be refused again
        raise failure

    def _revive(self) -> None:
        """Start the process again when it has ended; others wait meanwhile."""
        with self._restarting:
            if self._halted.is_set():
                raise HaltedError
            if self._instance.ends_within(_ENDING_SECONDS):
                try:
                    self._instance.start(self._platform, self._plan)
                except StartError as error:
                    _log.warning("%s does not come up again: %s", self._instance.name, error)


def _refused(answer: ModelAnswer) -> RequestError:
    whose = "ClientError" if answer.status < 500 else "AlgorithmError"
    text = answer.body.decode("utf-8", "replace")
    return RequestError(
        whose, f"Bad HTTP status received from algorithm: {answer.status}\nMessage: {text}"
    )
