"""Rules over single tensors (pages "ExplodingTensor", "VanishingGradient", "AllZero" …)."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.sagemaker.containers.rules.numbers import finite, mean_size, percentile, variance
from local.sagemaker.containers.rules.rule import Rule, TensorRule

if TYPE_CHECKING:
    from local.sagemaker.containers.rules.recording import Recording, Tensor


@dataclass
class EachTensor(TensorRule):
    """A rule that looks at each tensor of a step by itself."""

    def judge(self, recording: Recording, step: int) -> str | None:
        """Look at every tensor in question."""
        for name in self.watched(recording):
            tensor = recording.at(name, step)
            if tensor is not None and tensor.values and (told := self.fault(tensor)):
                return f"{name} {told}"
        return None

    @abstractmethod
    def fault(self, tensor: Tensor) -> str | None:
        """What is wrong with a tensor, or None."""


@dataclass
class ExplodingTensor(EachTensor):
    """A value that is infinite or not a number; with `only_nan`, the latter alone."""

    only_nan: bool = False

    def fault(self, tensor: Tensor) -> str | None:
        """Look for such values."""
        if self.only_nan:
            return "has NaN" if any(map(math.isnan, tensor.values)) else None
        return None if finite(tensor.values) else "has values that are not finite"


@dataclass
class AllZero(EachTensor):
    """A tensor of which `threshold` percent or more are zero."""

    threshold: float = 100.0

    def fault(self, tensor: Tensor) -> str | None:
        """Count the zeros."""
        zeros = 100.0 * sum(value == 0 for value in tensor.values) / len(tensor.values)
        return f"is zero to {zeros:.4g} %" if zeros >= self.threshold else None


@dataclass
class TensorVariance(EachTensor):
    """A variance above `max_threshold` or below `min_threshold`."""

    max_threshold: float = math.inf
    min_threshold: float = -math.inf

    def fault(self, tensor: Tensor) -> str | None:
        """Compare the variance with both."""
        found = variance(tensor.values)
        beyond = found > self.max_threshold or found < self.min_threshold
        return f"has the variance {found:.4g}" if beyond else None


@dataclass
class VanishingGradient(Rule):
    """A gradient whose mean absolute value falls below `threshold`."""

    threshold: float = 1e-7

    def judge(self, recording: Recording, step: int) -> str | None:
        """Look at the gradients collection."""
        for name in recording.names(["gradients"]):
            tensor = recording.at(name, step)
            if tensor is not None and (size := mean_size(tensor.values)) < self.threshold:
                return f"{name} has the mean absolute value {size:.4g}"
        return None


@dataclass
class UnchangedTensor(TensorRule):
    """A tensor that is the same, within tolerance, for `num_steps` recorded steps in a row."""

    num_steps: int = 3
    rtol: float = 1e-5
    atol: float = 1e-8
    equal_nan: bool = False

    def judge(self, recording: Recording, step: int) -> str | None:
        """Compare with the steps before."""
        for name in self.watched(recording):
            found = recording.until(name, step)[-self.num_steps :]
            if len(found) < self.num_steps or found[-1].step != step:
                continue
            if all(self._same(found[0], other) for other in found[1:]):
                return f"{name} has not changed since step {found[0].step}"
        return None

    def _same(self, one: Tensor, other: Tensor) -> bool:
        return len(one.values) == len(other.values) and all(
            abs(a - b) <= self.atol + self.rtol * abs(b)
            or (self.equal_nan and math.isnan(a) and math.isnan(b))
            for a, b in zip(one.values, other.values, strict=True)
        )


@dataclass
class WeightUpdateRatio(Rule):
    """Weights whose mean update, in relation to their size, is too large or too small."""

    large_threshold: float = 10.0
    small_threshold: float = 1e-8
    epsilon: float = 1e-9
    num_steps: int = 1

    def judge(self, recording: Recording, step: int) -> str | None:
        """Compare the weights with those `num_steps` recorded steps before."""
        for name in recording.names(["weights"]):
            found = recording.until(name, step)
            if len(found) <= self.num_steps or found[-1].step != step:
                continue
            before, now = found[-1 - self.num_steps].values, found[-1].values
            update = mean_size([b - a for a, b in zip(before, now, strict=True)])
            ratio = update / (mean_size(before) + self.epsilon)
            if ratio > self.large_threshold or ratio < self.small_threshold:
                return f"{name} is updated by {ratio:.4g} of its size"
        return None


@dataclass
class PoorWeightInitialization(Rule):
    """Weights that were begun badly, judged in the first `steps` recorded steps.

    The largest variance of the activation inputs is more than `threshold` times the smallest; or
    the 5th and the 95th percentile of a gradient are closer than `distribution_range`; or the loss
    has not fallen for `patience` steps.
    """

    activation_inputs_regex: str = ".*relu_input"
    threshold: float = 10.0
    distribution_range: float = 0.001
    patience: int = 5
    steps: int = 10

    def judge(self, recording: Recording, step: int) -> str | None:
        """Judge one of the first steps."""
        if len([number for number in _all_steps(recording) if number <= step]) > self.steps:
            return None
        return (
            self._uneven(recording, step)
            or self._narrow(recording, step)
            or self._stuck(recording, step)
        )

    def _uneven(self, recording: Recording, step: int) -> str | None:
        names = recording.names([], self.activation_inputs_regex)
        found = [tensor for name in names if (tensor := recording.at(name, step))]
        variances = [variance(tensor.values) for tensor in found if len(tensor.values) > 1]
        if len(variances) > 1 and max(variances) > self.threshold * min(variances):
            return f"activation inputs vary from {min(variances):.4g} to {max(variances):.4g}"
        return None

    def _narrow(self, recording: Recording, step: int) -> str | None:
        for name in recording.names(["gradients"]):
            tensor = recording.at(name, step)
            if tensor is None or not tensor.values:
                continue
            width = percentile(tensor.values, 0.95) - percentile(tensor.values, 0.05)
            if width < self.distribution_range:
                return f"90 % of {name} lie within {width:.4g}"
        return None

    def _stuck(self, recording: Recording, step: int) -> str | None:
        for name in recording.names(["losses"]):
            found = [tensor.values[0] for tensor in recording.until(name, step) if tensor.values]
            if len(found) > self.patience and min(found[1:]) >= found[0]:
                return f"{name} has not fallen in {len(found) - 1} steps"
        return None


def _all_steps(recording: Recording) -> set[int]:
    return {step for name in recording.names() for step in recording.steps(name)}
