"""Measures variants that can scale, and scales them: Application Auto Scaling's working part."""

from __future__ import annotations

import logging
import threading
import uuid
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ApiError
from local.sagemaker.assembly import at_start
from local.sagemaker.clients import CLOUD_ERRORS
from local.sagemaker.endpoints.autoscaling import ACTIVITY, POLICY, TARGET, parts_of
from local.sagemaker.endpoints.endpoint_life import live_endpoint, recorders
from local.sagemaker.endpoints.endpoints import claim, rebalance
from local.sagemaker.endpoints.scaling_policies import IN_POINTS, Wish, chosen, cools, wished
from local.sagemaker.store import MissingError

if TYPE_CHECKING:
    from local.sagemaker.endpoints.endpoint_fleets import VariantFleet
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

_log = logging.getLogger(__name__)


class Scaler:
    """Looks at every scalable target once a period."""

    def __init__(self, platform: Platform, period: float) -> None:
        """Prepare.

        Args:
            platform: The local SageMaker.
            period: Seconds that one data point stands for.
        """
        self._platform = platform
        self._period = period
        self._points: dict[tuple[str, str], deque[float]] = {}
        self._counted: dict[str, int] = {}
        self._ended = threading.Event()

    def run(self) -> None:
        """Look for ever, until the server ends."""
        while not self._platform.closing:
            self._ended.wait(self._period)
            if not self._platform.closing:
                self.look()

    def look(self) -> None:
        """Measure each target once, and scale those that need it."""
        for target in self._platform.store.list(TARGET):
            try:
                self._look_at(target)
            except Exception:  # noqa: BLE001 -- one target must not keep the others from scaling
                _log.exception("%s could not be looked at", target["ResourceId"])

    def _look_at(self, target: Document) -> None:
        resource = target["ResourceId"]
        endpoint, name = parts_of(resource)
        live = live_endpoint(self._platform, endpoint)
        variant = live.fleet.variant(name) if live is not None and live.fleet else None
        if variant is None or variant.serverless:
            return
        policies = self._platform.store.list(POLICY, parent=resource)
        invocations = self._invocations(resource, endpoint, variant)
        wishes = []
        for policy in policies:
            points = self._points.setdefault(
                (resource, policy["PolicyARN"]), deque(maxlen=IN_POINTS)
            )
            value = self._measured(policy, invocations)
            if value is not None:
                points.append(value)
            wishes.append(wished(policy, variant.count, points))
        self._follow(target, policies, variant, chosen(wishes, variant.count))

    def _follow(
        self, target: Document, policies: list[Document], variant: VariantFleet, wish: Wish | None
    ) -> None:
        least, most = target["MinCapacity"], target["MaxCapacity"]
        current = variant.count
        if not least <= current <= most:
            bound = Wish(min(max(current, least), most), "the capacity was out of its bounds")
            self._scale(target, variant, bound)
            return
        if wish is None:
            return
        capacity = min(max(wish.capacity, least), most)
        outwards = capacity > current
        suspended = (target.get("SuspendedState") or {}).get(
            "DynamicScalingOutSuspended" if outwards else "DynamicScalingInSuspended"
        )
        if capacity == current or suspended:
            return
        if not cools(target, policies, outwards=outwards, now=self._platform.now()):
            self._scale(target, variant, Wish(capacity, wish.cause))

    def _scale(self, target: Document, variant: VariantFleet, wish: Wish) -> None:
        resource, now = target["ResourceId"], self._platform.now()
        endpoint, name = parts_of(resource)
        live = live_endpoint(self._platform, endpoint)
        if live is None:
            return
        try:
            claim(self._platform, endpoint, {})
        except (ApiError, MissingError):
            return  # it is being updated: the next look is soon
        outwards = wish.capacity > variant.count
        for key in [key for key in self._points if key[0] == resource]:
            self._points[key].clear()  # what was measured was measured of the old capacity
        rebalance(self._platform, live, {name: {"DesiredInstanceCount": wish.capacity}})
        reached = len(variant.instances) == wish.capacity
        member = "_LastOut" if outwards else "_LastIn"
        self._platform.store.update(TARGET, resource, **{member: now})
        activity = {
            "ActivityId": str(uuid.uuid4()),
            "ServiceNamespace": target["ServiceNamespace"],
            "ResourceId": resource,
            "ScalableDimension": target["ScalableDimension"],
            "Description": f"Setting desired instance count to {wish.capacity}.",
            "Cause": f"{wish.cause}; min capacity {target['MinCapacity']}, max capacity "
            f"{target['MaxCapacity']}",
            "StartTime": now,
            "EndTime": self._platform.now(),
            "StatusCode": "Successful" if reached else "Failed",
            "StatusMessage": f"Successfully set desired instance count to {wish.capacity}."
            if reached
            else f"{len(variant.instances)} of {wish.capacity} instances are in service.",
        }
        self._platform.store.create(ACTIVITY, activity["ActivityId"], activity, parent=resource)

    def _invocations(self, resource: str, endpoint: str, variant: VariantFleet) -> float | None:
        """Invocations a minute and instance since the last look; None for the first."""
        total = recorders(self._platform).metrics.invocations(endpoint, variant.name)
        last = self._counted.get(resource)
        self._counted[resource] = total
        if last is None:
            return None
        return (total - last) * 60.0 / self._period / max(1, variant.count)

    def _measured(self, policy: Document, invocations: float | None) -> float | None:
        config = policy["TargetTrackingScalingPolicyConfiguration"]
        customized = config.get("CustomizedMetricSpecification")
        return invocations if customized is None else self._from_cloud(customized)

    def _from_cloud(self, metric: Document) -> float | None:
        """A metric's newest value in CloudWatch; None when there is none of the last minutes."""
        now = self._platform.clock()
        try:
            answer = self._platform.clients.client("cloudwatch").get_metric_statistics(
                Namespace=metric["Namespace"],
                MetricName=metric["MetricName"],
                Dimensions=metric.get("Dimensions", []),
                StartTime=datetime.fromtimestamp(now - 180, UTC),
                EndTime=datetime.fromtimestamp(now + 1, UTC),
                Period=60,
                Statistics=[metric["Statistic"]],
            )
        except CLOUD_ERRORS as error:
            _log.info("%s cannot be read: %s", metric["MetricName"], error)
            return None
        points = sorted(answer.get("Datapoints", []), key=lambda point: point["Timestamp"])
        return float(points[-1][metric["Statistic"]]) if points else None


@at_start
def begin_to_scale(platform: Platform) -> None:
    """Look at scalable targets once a period."""
    scaler = Scaler(platform, platform.settings.scaling_period_seconds)
    threading.Thread(target=scaler.run, name="scaler", daemon=True).start()
