"""RollingUpdatePolicy: instances are replaced batch by batch, each baked before the next.

"Use rolling deployments": a batch of the new fleet comes up and gets its part of the traffic, it
bakes while alarms are watched, then as much of the old fleet is ended. A rollback brings the old
instances back in batches of RollbackMaximumBatchSize, by default all at once.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from local.sagemaker.endpoints.deployments import Deployment
from local.sagemaker.endpoints.endpoint_life import DRAIN_SECONDS, begin_fleet
from local.sagemaker.endpoints.endpoint_traffic import Share

if TYPE_CHECKING:
    from local.sagemaker.endpoints.endpoint_fleets import Fleet

type Document = dict[str, Any]

ALL: Document = {"Type": "CAPACITY_PERCENT", "Value": 100}


class RollingDeployment(Deployment):
    """An update that never runs more than both fleets' instances of one batch at once."""

    old_count: int = 0

    def shift(self) -> None:
        """Replace batch after batch; raises what `Deployment.shift` does."""
        policy = self.plan["RollingUpdatePolicy"]
        new, old = self.green.variants[0], self.blue.variants[0]
        total, self.old_count = new.count, old.count
        size = batch(policy["MaximumBatchSize"], total)
        self.check_alarms()
        self.tell("Creating")
        new.count = min(size, total)
        begin_fleet(self.live, self.green)
        while True:
            part = new.count / total
            self._route(part)
            self.tell("Baking", part)
            self.bake(policy["WaitIntervalInSeconds"])
            if new.count >= total:
                self.tell("ActivatingTraffic", 1.0)
                return
            self._resize(self.blue, max(1, math.ceil(self.old_count * (1 - part))))
            self._resize(self.green, min(total, new.count + size))

    def give_back(self) -> None:
        """Bring the old instances back, then all traffic; raises `StartError`."""
        policy = self.plan["RollingUpdatePolicy"]
        old = self.blue.variants[0]
        size = batch(policy.get("RollbackMaximumBatchSize") or ALL, self.old_count or old.count)
        while old.count < self.old_count:
            self._resize(self.blue, min(self.old_count, old.count + size))
            self._route(1 - old.count / self.old_count)
        super().give_back()

    def _route(self, part: float) -> None:
        shares = [Share(self.green, part), Share(self.blue, 1.0 - part)]
        self.live.traffic.route([share for share in shares if share.part > 0])

    def _resize(self, fleet: Fleet, count: int) -> None:
        surplus = fleet.resize(fleet.variants[0], count)
        self.live.traffic.drain(surplus, DRAIN_SECONDS)
        for instance in surplus:
            instance.stop()


def batch(size: Document, instances: int) -> int:
    """Instances of one batch, at least one.

    Args:
        size: A CapacitySize: INSTANCE_COUNT, or CAPACITY_PERCENT.
        instances: Of the whole variant.
    """
    if size["Type"] == "INSTANCE_COUNT":
        return max(1, min(instances, int(size["Value"])))
    return max(1, instances * int(size["Value"]) // 100)
