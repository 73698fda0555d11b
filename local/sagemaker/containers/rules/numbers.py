"""The few statistics that rules need, of plain sequences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def mean(values: Sequence[float]) -> float:
    """The arithmetic mean; 0 of nothing."""
    return math.fsum(values) / len(values) if values else 0.0


def mean_size(values: Sequence[float]) -> float:
    """The mean of the absolute values; 0 of nothing."""
    return math.fsum(abs(value) for value in values) / len(values) if values else 0.0


def variance(values: Sequence[float]) -> float:
    """The population variance; 0 of nothing."""
    middle = mean(values)
    return mean([(value - middle) ** 2 for value in values])


def percentile(values: Sequence[float], part: float) -> float:
    """The value below which `part` (0 to 1) of all lie, interpolated linearly."""
    ordered = sorted(values)
    place = part * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def finite(values: Sequence[float]) -> bool:
    """Tell whether no value is infinite or not a number."""
    return all(map(math.isfinite, values))
