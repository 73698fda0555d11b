"""Shadow variants: a copy of a share of the requests, whose answers nobody gets.

"Shadow tests" and CreateEndpointConfig: the copy goes its way beside the caller's request. What the
shadow says is counted and captured under its own name; what goes wrong with it concerns nobody.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.sagemaker.assembly import at_end
from local.sagemaker.endpoints.model_client import ModelTimeoutError, ModelUnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.sagemaker.endpoints.endpoint_fleets import Fleet, VariantFleet
    from local.sagemaker.endpoints.endpoint_life import LiveEndpoint
    from local.sagemaker.endpoints.endpoint_traffic import Lease
    from local.sagemaker.endpoints.model_client import ModelAnswer
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]
type Told = Callable[[Lease, ModelAnswer | None, float], None]
"""Hears of a copy's end: who was asked, what was answered, in how many seconds."""

MOST_WAITING = 1_000
"""Copies that wait for a shadow slower than the traffic; more are left out."""

_KIND = ("shadow-copies", "")
_log = logging.getLogger(__name__)
_guard = threading.Lock()


@dataclass(frozen=True)
class Copy:
    """A request as its shadow gets it, and who hears of the end."""

    headers: dict[str, str]
    body: bytes
    timeout: float
    told: Told


class ShadowCopies:
    """Sends copies in the background."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(8, "shadow")
        self._waiting = 0
        self._lock = threading.Lock()
        self._random = random.Random()  # noqa: S311 -- sampling

    def send(self, live: LiveEndpoint, fleet: Fleet, copy: Copy) -> None:
        """Copy a request to each shadow of a fleet that its share falls on; returns at once."""
        for shadow in fleet.shadows:
            if self._random.random() >= share(fleet.variants[0], shadow):
                continue
            with self._lock:
                if self._waiting >= MOST_WAITING:
                    continue
                self._waiting += 1
            try:
                self._pool.submit(self._ask, live, fleet, shadow, copy)
            except RuntimeError:
                return  # the server is ending

    def close(self) -> None:
        """Send no more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _ask(self, live: LiveEndpoint, fleet: Fleet, shadow: VariantFleet, copy: Copy) -> None:
        try:
            with live.traffic.lease_shadow(fleet, shadow) as lease:
                if lease is None:
                    return
                began = time.perf_counter()
                answer = None
                try:
                    answer = lease.instance.request(copy.headers, copy.body, copy.timeout)
                except (ModelTimeoutError, ModelUnreachableError) as error:
                    _log.info("the shadow %s does not answer: %s", shadow.name, error)
                copy.told(lease, answer, time.perf_counter() - began)
        except Exception:  # noqa: BLE001 -- whatever breaks a copy concerns nobody but the log
            _log.exception("a copy to the shadow %s broke", shadow.name)
        finally:
            with self._lock:
                self._waiting -= 1


def share(production: VariantFleet, shadow: VariantFleet) -> float:
    """The part of the production variant's requests, 0 to 1, that a shadow gets.

    The weights' ratio: with equal weights every request is copied.
    """
    return min(1.0, shadow.weight / production.weight) if production.weight else 0.0


def shadow_copies(platform: Platform) -> ShadowCopies:
    """What sends copies, begun on first use."""
    with _guard:
        found: ShadowCopies | None = platform.active.get(_KIND)
        if found is None:
            found = platform.active[_KIND] = ShadowCopies()
        return found


@at_end
def end_copies(platform: Platform) -> None:
    """Send no more copies."""
    found: ShadowCopies | None = platform.active.pop(_KIND, None)
    if found is not None:
        found.close()
