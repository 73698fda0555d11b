"""What a training told of itself, step by step: the tensors that rules judge."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

KEPT = 16
"""Steps for which a tensor of more than one value is kept."""


@dataclass(frozen=True)
class Tensor:
    """One tensor at one step.

    Attributes:
        name: Its name.
        step: The step.
        values: Its values in one row.
        shape: Its dimensions; empty for a scalar.
        mode: TRAIN, EVAL, PREDICT or GLOBAL.
    """

    name: str
    step: int
    values: Sequence[float]
    shape: tuple[int, ...] = ()
    mode: str = "GLOBAL"


@dataclass
class Recording:
    """Tensors by name and step, and the collections they belong to."""

    collections: dict[str, set[str]] = field(default_factory=dict)
    _series: dict[str, dict[int, Tensor]] = field(default_factory=dict)

    def add(self, tensor: Tensor, *collections: str) -> None:
        """Take up a tensor."""
        key = tensor.name if tensor.mode == "GLOBAL" else f"{tensor.mode}:{tensor.name}"
        series = self._series.setdefault(key, {})
        series[tensor.step] = tensor
        if len(tensor.values) > 1 and len(series) > KEPT:
            del series[min(series)]
        for collection in collections:
            self.collections.setdefault(collection, set()).add(key)

    def names(self, collections: Iterable[str] = (), pattern: str = "") -> list[str]:
        """The tensors of any of some collections, or that match a pattern; all, when none is given.

        Args:
            collections: Names of collections.
            pattern: Regular expressions, separated by commas.
        """
        wanted = list(collections)
        if not wanted and not pattern:
            return sorted(self._series)
        found = {name for home in wanted for name in self.collections.get(home, ())}
        for part in filter(None, pattern.split(",")):
            found |= {name for name in self._series if re.search(part.strip(), name)}
        return sorted(found & set(self._series))

    def steps(self, name: str) -> list[int]:
        """The steps at which a tensor was recorded, in order."""
        return sorted(self._series.get(name, ()))

    def at(self, name: str, step: int) -> Tensor | None:
        """A tensor at a step."""
        return self._series.get(name, {}).get(step)

    def until(self, name: str, step: int) -> list[Tensor]:
        """A tensor at all steps up to one, in order."""
        series = self._series.get(name, {})
        return [series[number] for number in sorted(series) if number <= step]
