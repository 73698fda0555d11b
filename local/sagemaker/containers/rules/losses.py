"""Rules over losses (pages "LossNotDecreasing", "Overfit", "Overtraining", "StalledTraining")."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local.sagemaker.containers.rules.numbers import mean
from local.sagemaker.containers.rules.rule import Rule, TensorRule

if TYPE_CHECKING:
    from local.sagemaker.containers.rules.recording import Recording

_LOSSES = "losses"
_TRAINING = re.compile(r"^(TRAIN:|train(ing)?[-_:/])")
_VALIDATION = re.compile(r"^(EVAL:|(validation|valid|val|eval|test)[-_:/])")


@dataclass
class LossNotDecreasing(TensorRule):
    """A loss that does not fall fast enough, or rises too much, or is not a number.

    Each loss is compared with itself at least `num_steps` before; one that rises by no more than
    `increase_threshold_percent` is let pass.
    """

    use_losses_collection: bool = True
    num_steps: int = 10
    diff_percent: float = 0.1
    increase_threshold_percent: float = 5.0
    mode: str = "GLOBAL"
    _compared: dict[str, int] = field(default_factory=dict, init=False)

    def judge(self, recording: Recording, step: int) -> str | None:
        """Compare the losses of a step with those before."""
        homes = [_LOSSES] if self.use_losses_collection else []
        homes += [home.strip() for home in self.collection_names.split(",") if home.strip()]
        for name in recording.names(homes, self.tensor_regex):
            if self.mode != "GLOBAL" and not name.startswith(f"{self.mode}:"):
                continue
            if told := self._compare(recording, name, step):
                return told
        return None

    def _compare(self, recording: Recording, name: str, step: int) -> str | None:
        present = recording.at(name, step)
        if present is None:
            return None
        now = mean(present.values)
        if not math.isfinite(now):
            return f"{name} is {now:g}"
        first = self._compared.setdefault(name, step)
        earlier = [tensor for tensor in recording.until(name, step) if tensor.step >= first]
        earlier = [tensor for tensor in earlier if tensor.step <= step - self.num_steps]
        if not earlier:
            return None
        self._compared[name] = step
        before = mean(earlier[-1].values)
        fall = 100.0 * (before - now) / abs(before) if before else 0.0
        if -self.increase_threshold_percent <= fall < 0.0 or fall >= self.diff_percent:
            return None
        word = "fell" if fall >= 0 else "rose"
        return f"{name} {word} by {abs(fall):.4g} % since step {earlier[-1].step}"


def loss_pairs(recording: Recording, pattern: str) -> list[tuple[str, str]]:
    """Training and validation loss of one name: `train-rmse` and `validation-rmse`, or by mode."""
    homes = [] if pattern else [_LOSSES]
    names = recording.names(homes, pattern)
    training = {_TRAINING.sub("", name): name for name in names if _TRAINING.match(name)}
    validation = {_VALIDATION.sub("", name): name for name in names if _VALIDATION.match(name)}
    return [(training[base], validation[base]) for base in sorted(training.keys() & validation)]


@dataclass
class Overfit(Rule):
    """A validation loss that is much larger than the training loss.

    (validation − training) / training above `ratio_threshold`, at `patience` steps in a row.
    """

    tensor_regex: str = ""
    start_step: int = 0
    patience: int = 1
    ratio_threshold: float = 0.1
    _in_a_row: dict[str, int] = field(default_factory=dict, init=False)

    def judge(self, recording: Recording, step: int) -> str | None:
        """Compare both losses of a step."""
        if step < self.start_step:
            return None
        for training, validation in loss_pairs(recording, self.tensor_regex):
            one, other = recording.at(training, step), recording.at(validation, step)
            if one is None or other is None:
                continue
            low, high = mean(one.values), mean(other.values)
            ratio = (high - low) / low if low > 0 else 0.0
            count = self._in_a_row.get(training, 0) + 1 if ratio > self.ratio_threshold else 0
            self._in_a_row[training] = count
            if count >= self.patience:
                return f"{validation} is {100 * ratio:.4g} % above {training}"
        return None


@dataclass
class Overtraining(Rule):
    """A loss that has stopped to improve by `delta` for as many steps as patience allows."""

    patience_train: int = 5
    patience_validation: int = 10
    delta: float = 0.01
    _best: dict[str, tuple[float, int]] = field(default_factory=dict, init=False)

    def judge(self, recording: Recording, step: int) -> str | None:
        """Take up the losses of a step."""
        for name in recording.names([_LOSSES]):
            tensor = recording.at(name, step)
            if tensor is None:
                continue
            value = mean(tensor.values)
            best, waited = self._best.get(name, (math.inf, 0))
            better = value < best - self.delta
            self._best[name] = (value, 0) if better else (best, waited + 1)
            validation = _VALIDATION.match(name)
            patience = self.patience_validation if validation else self.patience_train
            if self._best[name][1] > patience:
                return f"{name} has not improved by {self.delta:g} for {waited + 1} steps"
        return None


@dataclass
class StalledTrainingRule(Rule):
    """A training that records nothing for `threshold` seconds."""

    threshold: float = 1800.0
    stop_training_on_fire: bool = False
    training_job_name_prefix: str = ""

    def judge(self, recording: Recording, step: int) -> str | None:
        """Find nothing wrong with a step that is there."""
        del recording, step
        return None

    def judge_pause(self, seconds: float) -> str | None:
        """Compare a pause with the threshold."""
        return f"nothing was recorded for {seconds:.0f} s" if seconds > self.threshold else None
