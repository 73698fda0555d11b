"""Decides, for each request, which instance of an endpoint answers it.

Choosing an instance and counting the request as in flight there is one step under one lock. A fleet
that gets no more traffic is therefore ended only after its last request was answered: traffic
shifts without a failed request.
"""

from __future__ import annotations

import random
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.sagemaker.api.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from local.sagemaker.endpoints.endpoint_fleets import Fleet, VariantFleet
    from local.sagemaker.endpoints.endpoint_instances import Instance

WAIT_SECONDS = 30.0
"""How long a request waits for an instance that is being started again."""

COLD_START_SECONDS = 240.0
"""A serverless request may take four minutes when the model must come up first."""

_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Share:
    """A fleet and the part of the traffic, 0 to 1, that goes to it."""

    fleet: Fleet
    part: float


@dataclass(frozen=True)
class Lease:
    """One request's place on an instance."""

    fleet: Fleet
    variant: VariantFleet
    instance: Instance


class Traffic:
    """The routes of one endpoint."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._lock = threading.Condition()
        self._shares: tuple[Share, ...] = ()
        self._closed = False
        self._random = random.Random()  # noqa: S311 -- spreads load, guards nothing

    @property
    def fleets(self) -> tuple[Fleet, ...]:
        """The fleets that get traffic, the one with the most of it first."""
        ordered = sorted(self._shares, key=lambda share: -share.part)
        return tuple(share.fleet for share in ordered)

    def route(self, shares: Sequence[Share]) -> None:
        """Spread traffic anew, from the next request on."""
        with self._lock:
            self._shares = tuple(shares)
            self._lock.notify_all()

    def close(self) -> None:
        """Take no more requests."""
        with self._lock:
            self._closed = True
            self._shares = ()
            self._lock.notify_all()

    def drain(self, instances: Sequence[Instance], patience: float) -> bool:
        """Wait until instances answer nothing any more; tell whether that came true in time."""
        with self._lock:
            return self._lock.wait_for(
                lambda: not any(instance.in_flight for instance in instances), timeout=patience
            )

    def busy(self) -> int:
        """Requests that are being answered."""
        with self._lock:
            return sum(share.fleet.in_flight for share in self._shares)

    @contextmanager
    def lease(self, target_variant: str = "") -> Iterator[Lease]:
        """Take a place on an instance for one request.

        Args:
            target_variant: The variant that the caller insists on.

        Raises:
            ApiError: ValidationError for an unknown variant, ThrottlingException when a serverless
                variant is at its bound, ServiceUnavailable when nothing comes up in time.
        """
        lease = self._take(target_variant)
        try:
            yield lease
        finally:
            with self._lock:
                lease.instance.in_flight -= 1
                lease.variant.last_used = time.monotonic()
                self._lock.notify_all()

    @contextmanager
    def lease_shadow(self, fleet: Fleet, shadow: VariantFleet) -> Iterator[Lease | None]:
        """Take a place on a shadow's instance; None when none is healthy, without waiting."""
        with self._lock:
            instance = shadow.next_instance()
            if instance is not None:
                instance.in_flight += 1
        try:
            yield Lease(fleet, shadow, instance) if instance is not None else None
        finally:
            if instance is not None:
                with self._lock:
                    instance.in_flight -= 1
                    self._lock.notify_all()

    def take_idle(self, seconds: float) -> list[Instance]:
        """Take the instances out of serverless variants that nobody has asked for so long."""
        now, taken = time.monotonic(), []
        with self._lock:
            for share in self._shares:
                for variant in share.fleet.variants:
                    provisioned = (variant.serverless or {}).get("ProvisionedConcurrency", 0)
                    if variant.serverless is None or provisioned or variant.in_flight:
                        continue
                    if now - variant.last_used > seconds:
                        taken += variant.instances
                        variant.instances = []
        return taken

    def _take(self, target_variant: str) -> Lease:
        began = time.monotonic()
        waits_for: VariantFleet | None = None
        with self._lock:
            try:
                while True:
                    lease, variant = self._choose(target_variant, waits_for)
                    if lease is not None:
                        lease.instance.in_flight += 1
                        return lease
                    if self._closed:
                        raise _not_found(self.name)
                    if variant is not None and variant.serverless and waits_for is None:
                        waits_for = variant
                        variant.waiting += 1
                    longest = COLD_START_SECONDS if waits_for else WAIT_SECONDS
                    if time.monotonic() > began + longest:
                        raise ApiError(
                            "No instance of the endpoint is in service",
                            code="ServiceUnavailable",
                            status=503,
                        )
                    self._lock.wait(_POLL_SECONDS)
            finally:
                if waits_for is not None:
                    waits_for.waiting -= 1

    def _choose(
        self, target_variant: str, waits_for: VariantFleet | None
    ) -> tuple[Lease | None, VariantFleet | None]:
        """A place for a request, and the variant that it is for, which may have no place yet."""
        if not self._shares:
            return None, None
        parts = [share.part for share in self._shares]
        fleet = self._random.choices(self._shares, parts)[0].fleet
        variant = self._choose_variant(fleet, target_variant)
        bound = (variant.serverless or {}).get("MaxConcurrency")
        others = variant.in_flight + variant.waiting - (variant is waits_for)
        if bound is not None and others >= bound:
            raise ApiError("Rate exceeded", code="ThrottlingException", status=429)
        instance = variant.next_instance()
        if instance is not None:
            return Lease(fleet, variant, instance), variant
        if variant.sleeps:
            _wake(fleet, variant)
        return None, variant

    def _choose_variant(self, fleet: Fleet, target_variant: str) -> VariantFleet:
        if target_variant:
            found = fleet.variant(target_variant)
            if found is None:
                raise ApiError(
                    f"Variant {target_variant} is not part of endpoint {self.name}.",
                    code="ValidationError",
                    status=400,
                )
            return found
        if len(fleet.variants) == 1:
            return fleet.variants[0]
        weights = [variant.weight for variant in fleet.variants]
        if not sum(weights):
            raise ApiError(
                f"No variant of endpoint {self.name} takes traffic: all weights are 0.",
                code="ValidationError",
                status=400,
            )
        return self._random.choices(fleet.variants, weights)[0]


def _wake(fleet: Fleet, variant: VariantFleet) -> None:
    """Begin a cold start; one that has just failed is told to whoever waits for it."""
    reason, variant.wake_error = variant.wake_error, ""
    if reason:
        error = ApiError(reason, code="ModelError", status=424)
        error.members = {"OriginalStatusCode": 500, "OriginalMessage": reason}
        raise error
    fleet.wake(variant)


def _not_found(name: str) -> ApiError:
    return ApiError(f"Endpoint {name} not found.", code="ValidationError", status=400)
