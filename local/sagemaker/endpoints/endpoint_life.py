"""An endpoint's life besides its deployments: coming up, coming back after a restart, going."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.sagemaker.assembly import at_end, at_start
from local.sagemaker.endpoints.data_capture import DataCapture, Target
from local.sagemaker.endpoints.endpoint_fleets import Fleet
from local.sagemaker.endpoints.endpoint_instances import StartError
from local.sagemaker.endpoints.endpoint_metrics import EndpointMetrics, sender
from local.sagemaker.endpoints.endpoint_state import (
    KIND,
    change_status,
    shadow_summaries,
    summaries,
)
from local.sagemaker.endpoints.endpoint_traffic import Share, Traffic
from local.sagemaker.object_writes import write_object

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

DRAIN_SECONDS = 485.0
"""Longer than an answer may take: 60 s at once, eight minutes streamed."""

_SHUTDOWN_SECONDS = 3.0
"""Of draining, and of ending processes: whoever ends the server waits 15 s for all of it."""

_PAUSES_SECONDS = (1.0, 5.0)
_log = logging.getLogger(__name__)
_guard = threading.Lock()


@dataclass
class LiveEndpoint:
    """An endpoint that serves, or will as soon as its instances are up.

    Attributes:
        traffic: Where its requests go.
        fleet: What serves; None until it is up.
        fleets: Every fleet that was begun and is not ended yet.
        halted: Set when the endpoint is deleted or the server ends.
        thread: What works on it now.
    """

    name: str
    traffic: Traffic
    fleet: Fleet | None = None
    fleets: list[Fleet] = field(default_factory=list)
    halted: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None


@dataclass(frozen=True)
class Recorders:
    """What is written down of invocations, in the background."""

    capture: DataCapture
    metrics: EndpointMetrics


def live_endpoint(platform: Platform, name: str) -> LiveEndpoint | None:
    """The endpoint, if it serves."""
    found: LiveEndpoint | None = platform.active.get((KIND, name))
    return found


def recorders(platform: Platform) -> Recorders:
    """Data capture and metrics, begun on first use."""
    found: Recorders | None = platform.active.get(("recorders", ""))
    if found is not None:
        return found
    with _guard:
        if ("recorders", "") not in platform.active:
            send = sender(lambda: platform.clients.client("cloudwatch"))
            made = Recorders(
                DataCapture(lambda uri, body, target: _keep(platform, uri, body, target)),
                EndpointMetrics(send if platform.settings.endpoint_url else lambda _: None),
            )
            platform.active["recorders", ""] = made
        ready: Recorders = platform.active["recorders", ""]
        return ready


def begin(platform: Platform, name: str) -> None:
    """Bring a new endpoint up in the background."""
    live = LiveEndpoint(name, Traffic(name))
    _in_background(live, lambda: _come_up(platform, live))


def remove(platform: Platform, name: str) -> None:
    """Take an endpoint out of service in the background, after its last answer."""
    live = platform.active.pop((KIND, name), None) or LiveEndpoint(name, Traffic(name))
    live.halted.set()
    _in_background(live, lambda: _go(platform, live))


def retire(live: LiveEndpoint, fleet: Fleet) -> None:
    """End a fleet that gets no more requests, once it has answered those it has."""
    if not live.traffic.drain(fleet.instances, DRAIN_SECONDS):
        _log.warning("a fleet of %s is ended while it still answers", live.name)
    end_fleet(live, fleet)


def begin_fleet(live: LiveEndpoint, fleet: Fleet) -> None:
    """Start a fleet; it is ended with the endpoint, whatever happens.

    Raises:
        StartError: When it does not come up.
    """
    live.fleets.append(fleet)
    fleet.start()


def end_fleet(live: LiveEndpoint, fleet: Fleet) -> None:
    """End a fleet's processes."""
    fleet.stop()
    if fleet in live.fleets:
        live.fleets.remove(fleet)


@at_start
def recover_endpoints(platform: Platform) -> None:
    """Serve again what was served, and go on with what was under way."""
    from local.sagemaker.endpoints.deployments import resume

    shutil.rmtree(platform.settings.data / "endpoints", ignore_errors=True)
    for document in platform.store.list(KIND):
        name, status = document["EndpointName"], document["EndpointStatus"]
        if status == "Deleting":
            remove(platform, name)
        elif status == "Creating":
            begin(platform, name)
        elif status not in ("Failed", "OutOfService"):
            live = LiveEndpoint(name, Traffic(name))
            # Known before it is up: requests wait for it instead of failing.
            platform.active[KIND, name] = live
            _in_background(live, lambda live=live: _come_back(platform, live, resume))


@at_end
def end_endpoints(platform: Platform) -> None:
    """Answer what is under way, write what was captured, end every process."""
    lives = [live for (kind, _), live in list(platform.active.items()) if kind == KIND]
    for live in lives:
        live.halted.set()
    deadline = time.monotonic() + _SHUTDOWN_SECONDS
    for live in lives:
        left = max(0.0, deadline - time.monotonic())
        live.traffic.drain([one for fleet in live.fleets for one in fleet.instances], left)
        live.traffic.close()
    found: Recorders | None = platform.active.pop(("recorders", ""), None)
    if (
        found is not None
    ):  # before the processes: a model that hangs must not cost what was captured
        found.capture.close()
        found.metrics.close()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(_end_at_once, lives))


def _end_at_once(live: LiveEndpoint) -> None:
    for fleet in list(live.fleets):
        fleet.stop(_SHUTDOWN_SECONDS)
    if live.thread is not None:
        live.thread.join(timeout=1.0)


def _in_background(live: LiveEndpoint, work: Any) -> None:
    live.thread = threading.Thread(target=work, name=f"endpoint-{live.name}", daemon=True)
    live.thread.start()


def _come_up(platform: Platform, live: LiveEndpoint) -> None:
    document = platform.store.find(KIND, live.name)
    if document is None or not _start_fleet(platform, live, document["_Config"]):
        return
    platform.active[KIND, live.name] = live
    assert live.fleet is not None
    change_status(
        platform,
        live.name,
        "InService",
        ProductionVariants=summaries(live.fleet),
        ShadowProductionVariants=shadow_summaries(live.fleet),
    )


def _come_back(platform: Platform, live: LiveEndpoint, resume: Any) -> None:
    document = platform.store.find(KIND, live.name)
    if document is None or not _start_again(platform, live, document["_Config"]):
        return
    if document["EndpointStatus"] != "InService":
        resume(platform, live, document)


def _start_again(platform: Platform, live: LiveEndpoint, config: Document) -> bool:
    """Start a fleet that served before; what is short of something now may not be so for long."""
    for pause in _PAUSES_SECONDS:
        fleet = Fleet(platform, live.name, config)
        try:
            begin_fleet(live, fleet)
        except StartError as error:
            _log.warning("%s does not come back yet: %s", live.name, error)
            end_fleet(live, fleet)
            if live.halted.wait(pause):
                return False
        else:
            _serve(live, fleet)
            return True
    return _start_fleet(platform, live, config)


def _serve(live: LiveEndpoint, fleet: Fleet) -> None:
    live.fleet = fleet
    live.traffic.route([Share(fleet, 1.0)])
    if live.halted.is_set():
        fleet.stop()


def _start_fleet(platform: Platform, live: LiveEndpoint, config: Document) -> bool:
    fleet = Fleet(platform, live.name, config)
    try:
        begin_fleet(live, fleet)
    except StartError as error:
        platform.active.pop((KIND, live.name), None)
        live.traffic.close()
        change_status(platform, live.name, "Failed", FailureReason=str(error)[:1024])
        return False
    _serve(live, fleet)
    return not live.halted.is_set()


def _go(platform: Platform, live: LiveEndpoint) -> None:
    live.traffic.close()
    for fleet in list(live.fleets):
        retire(live, fleet)
    document = platform.store.find(KIND, live.name)
    if document is None:
        return
    from local.sagemaker.endpoints.endpoint_state import tell

    platform.store.delete(KIND, live.name)
    tell(platform, document | {"Tags": [], "LastModifiedTime": platform.now()}, "Deleted")


def _keep(platform: Platform, uri: str, body: bytes, target: Target) -> None:
    write_object(platform, uri, body, target.role, target.kms_key, "application/jsonlines")
