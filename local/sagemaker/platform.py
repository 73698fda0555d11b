"""What every operation and job works with: one object, made once at start."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ResourceInUse, ResourceNotFound
from local.sagemaker.store import AlreadyExistsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.sagemaker.clients import Clients
    from local.sagemaker.cloud_logs import CloudLogs
    from local.sagemaker.jobs.workers import WorkerPool
    from local.sagemaker.metrics import Metrics
    from local.sagemaker.objects import Objects
    from local.sagemaker.settings import Settings
    from local.sagemaker.state_events import StateEvents
    from local.sagemaker.store import Store

type Document = dict[str, Any]


@dataclass
class Platform:
    """The local SageMaker's parts.

    Attributes:
        settings: How it is set up.
        store: What it remembers.
        events: Where its state changes are told.
        objects: S3.
        logs: CloudWatch Logs.
        metrics: CloudWatch metrics.
        workers: Processes in the jobs environment.
        account: The account in ARNs.
        clients: Clients of the cloud that it belongs to.
        clock: Seconds since the epoch.
        closing: Set when everything is being ended.
        active: Whatever runs (jobs, endpoints), by kind and name; not persistent.
    """

    settings: Settings
    store: Store
    events: StateEvents
    objects: Objects
    logs: CloudLogs
    metrics: Metrics
    workers: WorkerPool
    account: str
    clients: Clients
    clock: Callable[[], float] = time.time
    closing: bool = False
    active: dict[tuple[str, str], Any] = field(default_factory=dict)

    @property
    def region(self) -> str:
        """The Region in ARNs."""
        return self.settings.region

    def arn(self, kind: str, name: str) -> str:
        """The ARN of a resource; SageMaker writes names in lower case there."""
        prefix = f"arn:{self.settings.partition}:sagemaker:{self.region}:{self.account}"
        return f"{prefix}:{kind}/{name.lower()}"

    def now(self) -> float:
        """The time, in seconds since the epoch, to the millisecond as AWS keeps it."""
        return round(self.clock(), 3)

    def create(self, kind: str, name: str, document: Document, *, parent: str = "") -> str:
        """Store a new resource and return its ARN.

        Raises:
            ResourceInUse: When the name is taken.
        """
        arn = self.arn(kind, name)
        try:
            self.store.create(kind, name, document, arn=arn, parent=parent)
        except AlreadyExistsError as error:
            raise ResourceInUse(
                f"{_words(kind)} names must be unique within an AWS account and region, and a "
                f"{_words(kind)} with this name already exists ({arn})"
            ) from error
        return arn

    def get(self, kind: str, name: str) -> Document:
        """The document of a resource.

        Raises:
            ResourceNotFound: When there is none.
        """
        document = self.store.find(kind, name)
        if document is None:
            raise ResourceNotFound(f'Could not find {_words(kind)} "{self.arn(kind, name)}".')
        return document


def _words(kind: str) -> str:
    return kind.replace("-", " ")
