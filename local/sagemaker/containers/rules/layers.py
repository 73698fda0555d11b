"""Rules over activations, classes and features (pages "DeadRelu", "ClassImbalance" …)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local.sagemaker.containers.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.sagemaker.containers.rules.recording import Recording, Tensor


def inactive_percent(tensor: Tensor, threshold: float, active: Callable[[float], bool]) -> float:
    """The percentage of a layer's units that are active for less than `threshold` % of the rows.

    Args:
        tensor: Rows × units; a tensor of one dimension is one row.
        threshold: In percent.
        active: Tells whether a unit with this value is active.
    """
    rows = tensor.shape[0] if len(tensor.shape) > 1 else 1
    units = len(tensor.values) // max(1, rows)
    if not units:
        return 0.0
    dead = 0
    for unit in range(units):
        alive = sum(active(tensor.values[row * units + unit]) for row in range(rows))
        dead += 100.0 * alive / rows < threshold
    return 100.0 * dead / units


@dataclass
class DeadRelu(Rule):
    """A layer of which more than `threshold_layer` percent of the rectifiers are dead."""

    tensor_regex: str = ".*relu_output"
    threshold_inactivity: float = 1.0
    threshold_layer: float = 50.0

    def judge(self, recording: Recording, step: int) -> str | None:
        """Count the dead ones."""
        for name in recording.names([], self.tensor_regex):
            tensor = recording.at(name, step)
            if tensor is None:
                continue
            dead = inactive_percent(tensor, self.threshold_inactivity, lambda value: value > 0)
            if dead > self.threshold_layer:
                return f"{dead:.4g} % of {name} are dead"
        return None


@dataclass
class SaturatedActivation(Rule):
    """A layer of which more than `threshold_layer` percent of the units are saturated."""

    tensor_regex: str = ".*tanh_input,.*sigmoid_input"
    threshold_tanh_min: float = -9.4999
    threshold_tanh_max: float = 9.4999
    threshold_sigmoid_min: float = -23.0
    threshold_sigmoid_max: float = 16.99999
    threshold_inactivity: float = 1.0
    threshold_layer: float = 50.0

    def judge(self, recording: Recording, step: int) -> str | None:
        """Count the saturated ones."""
        for name in recording.names([], self.tensor_regex):
            tensor = recording.at(name, step)
            if tensor is None:
                continue
            low, high = (
                (self.threshold_sigmoid_min, self.threshold_sigmoid_max)
                if "sigmoid" in name
                else (self.threshold_tanh_min, self.threshold_tanh_max)
            )
            share = inactive_percent(tensor, self.threshold_inactivity, _within(low, high))
            if share > self.threshold_layer:
                return f"{share:.4g} % of {name} are saturated"
        return None


def _within(low: float, high: float) -> Callable[[float], bool]:
    return lambda value: low < value < high


@dataclass
class ClassImbalance(Rule):
    """A class that is too rare, or of which too many are predicted wrongly.

    Judged once `samples` labels were seen: the largest class is more than `threshold_imbalance`
    times the smallest; or of one class more than `threshold_misprediction` (0 to 1) are wrong.
    """

    threshold_imbalance: float = 10.0
    threshold_misprediction: float = 0.7
    samples: int = 500
    argmax: bool = False
    labels_regex: str = ".*labels"
    predictions_regex: str = ".*predictions"
    _seen: Counter[float] = field(default_factory=Counter, init=False)
    _wrong: Counter[float] = field(default_factory=Counter, init=False)

    def judge(self, recording: Recording, step: int) -> str | None:
        """Count labels and wrong predictions."""
        labels = self._find(recording, self.labels_regex, step)
        if labels is None:
            return None
        self._seen.update(labels.values)
        predictions = self._find(recording, self.predictions_regex, step)
        if predictions is not None:
            told = zip(labels.values, self._classes(predictions, len(labels.values)), strict=False)
            self._wrong.update(label for label, guess in told if label != guess)
        if self._seen.total() < self.samples:
            return None
        most, least = max(self._seen.values()), min(self._seen.values())
        if most > self.threshold_imbalance * least:
            return f"the largest class has {most} labels, the smallest {least}"
        for label, count in sorted(self._seen.items()):
            if self._wrong[label] > self.threshold_misprediction * count:
                return f"of class {label:g}, {self._wrong[label]} of {count} are predicted wrongly"
        return None

    def _find(self, recording: Recording, pattern: str, step: int) -> Tensor | None:
        found = (recording.at(name, step) for name in recording.names([], pattern))
        return next((tensor for tensor in found if tensor is not None), None)

    def _classes(self, predictions: Tensor, rows: int) -> list[float]:
        wide = len(predictions.values) // max(1, rows)
        if self.argmax or wide > 1:
            parts = [predictions.values[row * wide : (row + 1) * wide] for row in range(rows)]
            return [float(max(range(wide), key=part.__getitem__)) for part in parts]
        return [float(round(value)) for value in predictions.values]


@dataclass
class FeatureImportanceOverweight(Rule):
    """A few features that have nearly all of the importance: `nfeatures` above `threshold`."""

    threshold: float = 0.8
    nfeatures: int = 3
    tensor_regex: str = ".*feature_importance/weight"

    def judge(self, recording: Recording, step: int) -> str | None:
        """Add up the most important ones."""
        names = recording.names([], self.tensor_regex)
        found = [sum(tensor.values) for name in names if (tensor := recording.at(name, step))]
        total = sum(found)
        if total <= 0 or len(found) <= self.nfeatures:
            return None
        share = sum(sorted(found)[-self.nfeatures :]) / total
        if share <= self.threshold:
            return None
        return f"{self.nfeatures} features have {100 * share:.4g} % of the importance"
