"""Target tracking: how many instances keep a metric at its target.

"Target tracking scaling policies for Application Auto Scaling": capacity follows the metric in
proportion; it grows after three data points above the target, and shrinks after fifteen below nine
tenths of it, so that it does not swing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

type Document = dict[str, Any]

OUT_POINTS, IN_POINTS = 3, 15
IN_PART = 0.9
DEFAULT_COOLDOWN = 300
"""Seconds, of SageMaker variants, for both directions."""


@dataclass(frozen=True)
class Wish:
    """The capacity that a policy wants, and why.

    Attributes:
        capacity: Instances.
        cause: Fit for a scaling activity's Cause.
    """

    capacity: int
    cause: str


def wished(policy: Document, current: int, points: Sequence[float]) -> Wish | None:
    """What a policy wants of a variant; None while it has nothing to say.

    Args:
        policy: A stored scaling policy.
        current: Instances now.
        points: The metric's values, one a period, the newest last.
    """
    config = policy["TargetTrackingScalingPolicyConfiguration"]
    target, name = float(config["TargetValue"]), policy["PolicyName"]
    last = list(points)[-OUT_POINTS:]
    if len(last) == OUT_POINTS and min(last) > target:
        # The least of them: a peak of one period alone calls for nothing.
        capacity = math.ceil(current * min(last) / target - 1e-9)
        return Wish(capacity, f"the metric of policy {name} was above {target:g}")
    last = list(points)[-IN_POINTS:]
    if len(last) == IN_POINTS and max(last) < IN_PART * target:
        capacity = math.ceil(current * max(last) / target - 1e-9)
        if config.get("DisableScaleIn") or capacity >= current:
            return None
        return Wish(capacity, f"the metric of policy {name} was below {IN_PART * target:g}")
    return None


def chosen(wishes: Sequence[Wish | None], current: int) -> Wish | None:
    """What several policies come to: the largest capacity; less only if none objects."""
    said = [wish for wish in wishes if wish is not None]
    if not said:
        return None
    largest = max(said, key=lambda wish: wish.capacity)
    if largest.capacity < current and len(said) < len(wishes):
        return None
    return largest


def cools(target: Document, policies: Sequence[Document], *, outwards: bool, now: float) -> bool:
    """Whether a target must wait before it scales again.

    Growing waits for the last growth alone; shrinking waits for any change.

    Args:
        target: The scalable target.
        policies: Its policies, the longest of whose cooldowns counts.
        outwards: Whether it is to grow.
        now: Seconds since the epoch.
    """
    member = "ScaleOutCooldown" if outwards else "ScaleInCooldown"
    cooldown = max(
        (
            policy["TargetTrackingScalingPolicyConfiguration"].get(member, DEFAULT_COOLDOWN)
            for policy in policies
        ),
        default=DEFAULT_COOLDOWN,
    )
    last = target.get("_LastOut", 0.0)
    if not outwards:
        last = max(last, target.get("_LastIn", 0.0))
    return bool(now - last < cooldown)
