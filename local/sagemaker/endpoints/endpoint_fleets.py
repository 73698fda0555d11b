"""All instances that serve one endpoint configuration, and how requests are spread over them."""

from __future__ import annotations

import logging
import random
import shutil
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.sagemaker.endpoints.container_groups import (
    SINGLE,
    containers_of,
    hostname,
    make_instance,
    mode_of,
    plan_model,
)
from local.sagemaker.endpoints.endpoint_instances import (
    STOP_SECONDS,
    ContainerPlan,
    Instance,
    StartError,
)
from local.sagemaker.endpoints.endpoint_metrics import NAMESPACE

if TYPE_CHECKING:
    from pathlib import Path

    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

START_SECONDS = 240.0
"""A container must answer `/ping` within four minutes unless its variant says otherwise."""

LEAST_BUSY = "LEAST_OUTSTANDING_REQUESTS"
_LONGEST_BACKOFF = 10.0
_log = logging.getLogger(__name__)


def snapshot(platform: Platform, config: Document) -> Document:
    """An endpoint configuration together with its models, as they are now.

    An endpoint serves on, and is started again, though its configuration or model was deleted.

    Raises:
        ResourceNotFound: When a model is gone already.
    """
    names = {variant["ModelName"] for variant in entries(config)}
    return config | {"_Models": {name: platform.get("model", name) for name in names}}


def entries(config: Document) -> list[Document]:
    """A configuration's variants, its shadows among them."""
    return [*config["ProductionVariants"], *config.get("ShadowProductionVariants", [])]


@dataclass
class VariantFleet:
    """The instances of one production variant.

    Attributes:
        mode: How its model is served: Single, Serial, Direct or MultiModel.
        hostnames: Of its containers, in their order.
        last_used: When a request last left a serverless variant, by the monotonic clock.
        waiting: Requests that wait for its cold start.
        waking: Whether a cold start is under way.
        wake_error: Why the last cold start failed, until somebody was told.
    """

    name: str
    weight: float
    count: int
    model_name: str
    images: list[str]
    serverless: Document | None
    mode: str = SINGLE
    hostnames: list[str] = field(default_factory=list)
    routing: str = LEAST_BUSY
    instances: list[Instance] = field(default_factory=list)
    last_used: float = field(default_factory=time.monotonic)
    waiting: int = 0
    waking: bool = False
    wake_error: str = ""

    @property
    def sleeps(self) -> bool:
        """Whether it is serverless and has no process."""
        return self.serverless is not None and not self.instances

    @property
    def in_flight(self) -> int:
        """Requests that its instances answer now."""
        return sum(instance.in_flight for instance in self.instances)

    def next_instance(self) -> Instance | None:
        """The healthy instance that answers the next request; None when none is healthy."""
        healthy = [instance for instance in self.instances if instance.healthy]
        if self.routing == "RANDOM" and healthy:
            return random.choice(healthy)  # noqa: S311 -- spreads load, guards nothing
        return min(healthy, key=lambda instance: instance.in_flight, default=None)


class Fleet:
    """What serves one endpoint configuration."""

    def __init__(self, platform: Platform, endpoint: str, config: Document) -> None:
        """Plan a fleet; `start` starts it.

        Args:
            platform: The local SageMaker.
            endpoint: The endpoint's name.
            config: The endpoint configuration and its models, from `snapshot`.
        """
        self.endpoint = endpoint
        self.config_name: str = config["EndpointConfigName"]
        self.capture: Document | None = config.get("DataCaptureConfig")
        self.role = ""
        self.config = config
        self.variants = [self._variant(entry) for entry in config["ProductionVariants"]]
        self.shadows = [
            self._variant(entry) for entry in config.get("ShadowProductionVariants", [])
        ]
        self._platform = platform
        self._plans: dict[str, ContainerPlan] = {}
        self._stopping = threading.Event()

    def start(self) -> None:
        """Start every instance, and return when all answer `/ping`.

        Raises:
            StartError: When one does not; the others are ended then.
        """
        try:
            everything = [*self.variants, *self.shadows]
            for entry, variant in zip(entries(self.config), everything, strict=True):
                self._plans[variant.name] = self._plan(entry)
                variant.instances = [self._instance(variant) for _ in range(variant.count)]
            pairs = [
                (variant, instance) for variant in everything for instance in variant.instances
            ]
            with ThreadPoolExecutor(min(4, len(pairs))) as pool:
                list(pool.map(lambda pair: self._start(*pair), pairs))
        except StartError:
            self.stop()
            raise

    def stop(self, patience: float = STOP_SECONDS) -> None:
        """End every instance, each with so many seconds between SIGTERM and SIGKILL."""
        self._stopping.set()
        instances = self.instances
        if instances:
            with ThreadPoolExecutor(min(8, len(instances))) as pool:
                list(pool.map(lambda instance: instance.stop(patience), instances))
        shutil.rmtree(self._folder() / f"files-{id(self)}", ignore_errors=True)

    def resize(self, variant: VariantFleet, count: int) -> list[Instance]:
        """Give a variant another number of instances.

        Returns:
            The instances that are no longer part of it, to be drained and stopped.

        Raises:
            StartError: When a new one does not come up.
        """
        for _ in range(count - len(variant.instances)):
            instance = self._instance(variant)
            self._start(variant, instance)
            variant.instances = [*variant.instances, instance]
        surplus = variant.instances[count:]
        variant.instances = variant.instances[:count]
        variant.count = count
        return surplus

    def wake(self, variant: VariantFleet) -> None:
        """Begin a serverless variant's cold start, unless one is under way; returns at once."""
        if not variant.waking:
            variant.waking = True
            threading.Thread(target=self._wake, args=(variant,), daemon=True).start()

    @property
    def instances(self) -> list[Instance]:
        """All instances of all variants, shadows too."""
        everything = [*self.variants, *self.shadows]
        return [instance for variant in everything for instance in variant.instances]

    @property
    def in_flight(self) -> int:
        """Requests that its instances answer now."""
        return sum(variant.in_flight for variant in self.variants)

    def variant(self, name: str) -> VariantFleet | None:
        """A variant by name."""
        return next((variant for variant in self.variants if variant.name == name), None)

    def _variant(self, entry: Document) -> VariantFleet:
        model: Document = self.config["_Models"][entry["ModelName"]]
        self.role = self.role or model.get("ExecutionRoleArn", "")
        serverless = entry.get("ServerlessConfig")
        return VariantFleet(
            name=entry["VariantName"],
            weight=entry.get("InitialVariantWeight", 1.0),
            count=1 if serverless else entry.get("InitialInstanceCount", 1),
            model_name=entry["ModelName"],
            images=[container.get("Image", "") for container in containers_of(model)],
            mode=mode_of(model),
            hostnames=[
                hostname(container, number)
                for number, container in enumerate(containers_of(model), 1)
            ],
            serverless=serverless,
            routing=(entry.get("RoutingConfig") or {}).get("RoutingStrategy", LEAST_BUSY),
        )

    def _plan(self, entry: Document) -> ContainerPlan:
        model: Document = self.config["_Models"][entry["ModelName"]]
        patience = entry.get("ContainerStartupHealthCheckTimeoutInSeconds", START_SECONDS)
        return plan_model(self._platform, model, patience, self._files(entry))

    def _files(self, entry: Document) -> Path:
        return self._folder() / f"files-{id(self)}" / str(entry["VariantName"])

    def _instance(self, variant: VariantFleet) -> Instance:
        # As in CloudWatch Logs: <variant>/<instance>
        identity = f"i-{uuid.uuid4().hex[:17]}"
        return make_instance(
            self.config["_Models"][variant.model_name],
            name=f"{variant.name}/{identity}",
            folder=self._folder() / identity,
            log_group=f"/aws/sagemaker/Endpoints/{self.endpoint}",
        )

    def _folder(self) -> Path:
        return self._platform.settings.data / "endpoints" / self.endpoint

    def _start(self, variant: VariantFleet, instance: Instance) -> None:
        try:
            instance.start(self._platform, self._plans[variant.name])
        except StartError as error:
            raise StartError(
                f"The primary container for production variant {variant.name} did not pass the "
                f"ping health check. Please check CloudWatch logs for this endpoint. ({error})"
            ) from error
        threading.Thread(target=self._watch, args=(variant, instance), daemon=True).start()

    def _wake(self, variant: VariantFleet) -> None:
        began, instance = time.monotonic(), self._instance(variant)
        try:
            self._start(variant, instance)
        except StartError as error:
            variant.wake_error = str(error)
        else:
            variant.last_used = time.monotonic()
            variant.instances = [instance]
            self._platform.metrics.put(
                NAMESPACE,
                "ModelSetupTime",
                round((time.monotonic() - began) * 1e6),
                {"EndpointName": self.endpoint, "VariantName": variant.name},
                unit="Microseconds",
            )
        finally:
            variant.waking = False
        if self._stopping.is_set():
            instance.stop()

    def _watch(self, variant: VariantFleet, instance: Instance) -> None:
        """Start an instance's process again whenever it dies."""
        pause = 0.05
        while True:
            code = instance.wait()
            instance.healthy = False
            if instance.stopping or self._stopping.is_set():
                return
            _log.warning("instance %s ended with %s; it is started again", instance.name, code)
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_BACKOFF)
            try:
                instance.start(self._platform, self._plans[variant.name])
            except StartError as error:
                _log.warning("instance %s does not come up: %s", instance.name, error)
            if instance.stopping or self._stopping.is_set():
                instance.stop()
