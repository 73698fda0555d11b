"""Puts the local SageMaker together, brings back what ran before, and takes it apart."""

from __future__ import annotations

import importlib
import pkgutil
import shutil
import threading
from typing import TYPE_CHECKING

import local.sagemaker
from local.sagemaker.clients import Clients
from local.sagemaker.cloud_logs import CloudLogs
from local.sagemaker.event_faults import EventFaults
from local.sagemaker.jobs.workers import WorkerPool
from local.sagemaker.metrics import Metrics
from local.sagemaker.objects import Objects
from local.sagemaker.platform import Platform
from local.sagemaker.state_events import StateEvents
from local.sagemaker.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.sagemaker.settings import Settings

#: modules that need the jobs environment, or would start a server
_NOT_HERE = ("__main__", "containers", "jobs.fork_server", "jobs.preload")
_recoveries: list[Callable[[Platform], None]] = []
_sequels: list[Callable[[Platform], None]] = []
_endings: list[Callable[[Platform], None]] = []


def at_start(function: Callable[[Platform], None]) -> Callable[[Platform], None]:
    """Register what must be done at every start for one kind of resource, before requests come."""
    _recoveries.append(function)
    return function


def after_start(function: Callable[[Platform], None]) -> Callable[[Platform], None]:
    """Register what must be done once every kind of resource is brought back, or ended."""
    _sequels.append(function)
    return function


def at_end(function: Callable[[Platform], None]) -> Callable[[Platform], None]:
    """Register what must be done before the workers are ended."""
    _endings.append(function)
    return function


def load_operations() -> None:
    """Import every module below this package, so that its operations are registered."""
    root = local.sagemaker.__name__
    left_out = tuple(f"{root}.{name}" for name in _NOT_HERE)
    for module in pkgutil.walk_packages(local.sagemaker.__path__, f"{root}."):
        if not module.name.startswith(left_out):
            importlib.import_module(module.name)


def assemble(settings: Settings) -> Platform:
    """Make all parts; the jobs environment warms up in the background."""
    shutil.rmtree(settings.data / "jobs", ignore_errors=True)  # of a process that was killed
    for folder in ("logs", "cache"):
        (settings.data / folder).mkdir(parents=True, exist_ok=True)
    load_operations()
    workers = WorkerPool(settings.jobs_python, settings.data / "logs" / "fork_server.log")
    if settings.jobs_python.exists():
        workers.warm()
    clients = Clients(settings.endpoint_url, settings.region)
    cloud = clients if settings.endpoint_url else None
    # The first client takes a tenth of a second to make; no job should wait for it.
    threading.Thread(target=clients.client, args=("s3",), daemon=True).start()
    account = settings.account or (clients.account() if cloud else "000000000000")
    return Platform(
        settings=settings,
        store=Store(settings.data / "store.sqlite"),
        events=StateEvents(
            settings.endpoint_url, settings.region, faults=EventFaults.parse(settings.event_faults)
        ),
        objects=Objects(clients, settings.data / "cache" / "objects"),
        logs=CloudLogs(cloud),
        metrics=Metrics(cloud),
        workers=workers,
        account=account,
        clients=clients,
    )


def recover(platform: Platform) -> None:
    """Bring back, or end, what ran when the process ended."""
    for function in (*_recoveries, *_sequels):
        function(platform)


def disassemble(platform: Platform) -> None:
    """End everything that this process started."""
    platform.closing = True
    platform.clients.close()
    for function in _endings:
        function(platform)
    platform.workers.close()
    platform.events.close()
    platform.logs.close()
    platform.metrics.close()
    platform.store.close()
