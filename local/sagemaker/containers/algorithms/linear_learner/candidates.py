"""The models that one job trains beside each other, and which of them is the best.

Page "How linear learner works": one has the given hyperparameters, the others close ones; the best
on the validation channel (the train channel, if there is none) is kept, a binary classifier by
`binary_classifier_model_selection_criteria`, others by their loss.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from local.sagemaker.containers.algorithms.common.errors import UserError
from local.sagemaker.containers.algorithms.common.hyperparameters import AUTO
from local.sagemaker.containers.algorithms.linear_learner.evaluation import choose_threshold
from local.sagemaker.containers.algorithms.linear_learner.hyperparameters import (
    BALANCED,
    BINARY,
    MULTICLASS,
)
from local.sagemaker.containers.algorithms.linear_learner.losses import Loss, link
from local.sagemaker.containers.algorithms.linear_learner.scaling import Scaling, measure
from local.sagemaker.containers.algorithms.linear_learner.solver import Problem, fit

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.sagemaker.containers.algorithms.common.rows import Rows

type Array = np.ndarray[Any, Any]
type TellEpoch = Callable[[int, str, float, float | None], None]

MODELS = 4
"""What `num_models` is under auto, outside of a tuning job; AWS does not tell its own choice."""

_LARGEST = float(np.finfo(np.float32).max)

DECAY = 1e-4
"""What `wd` is under auto in the first model; AWS does not tell its own choice."""


@dataclass(frozen=True)
class Candidate:
    """One trained model, in plain units.

    Attributes:
        parameters: What it was trained with.
        loss: In plain units.
        weights: Columns × outputs.
        bias: One an output.
        threshold: Above it a binary classifier says 1.
        quality: More is better.
    """

    parameters: dict[str, Any]
    loss: Loss
    weights: Array
    bias: Array
    threshold: float = 0.5
    quality: float = 0.0

    @property
    def finite(self) -> bool:
        """Tell whether its numbers fit into the float32 that it is kept in."""
        return bool(np.abs(np.r_[self.weights.ravel(), self.bias]).max() < _LARGEST)

    def scores(self, rows: Array) -> Array:
        """Rows × outputs, before any link function."""
        found: Array = rows.astype(np.float64) @ self.weights + self.bias
        return found

    def outputs(self, scores: Array) -> Array:
        """What a caller gets of scores."""
        return link(self.loss.name, scores)

    def objective(self, rows: Rows) -> float:
        """The mean loss of rows, in plain units."""
        assert rows.labels is not None
        labels = rows.labels.astype(float)
        return float(self.loss.values(self.scores(rows.features), labels).mean())


def settings(parameters: dict[str, Any], *, tuned: bool) -> list[dict[str, Any]]:
    """The hyperparameters of each model, the given ones first.

    Args:
        parameters: The job's; `auto` where the caller left it open.
        tuned: Whether a tuning job varies them: then one model is trained.
    """
    first = dict(parameters)
    first["l1"] = 0.0 if first["l1"] == AUTO else first["l1"]
    first["wd"] = DECAY if first["wd"] == AUTO else first["wd"]
    wanted = MODELS if parameters["num_models"] == AUTO else parameters["num_models"]
    chosen = [first]
    for number in range(1, 1 if tuned else wanted):
        power = 10.0 ** ((number + 1) // 2 * (1 if number % 2 else -1))
        near = {"wd": (first["wd"] or DECAY) * power, "l1": first["l1"] * power}
        if first["learning_rate"] != AUTO:
            near["learning_rate"] = first["learning_rate"] * power**0.5
        chosen.append(first | near)
    if parameters["positive_example_weight_mult"] == AUTO:
        weights = (1.0, BALANCED)
        chosen = [one | {"positive_example_weight_mult": how} for one in chosen for how in weights]
    return chosen


def best_of(
    chosen: list[dict[str, Any]], rows: Rows, validation: Rows | None, tell: TellEpoch
) -> Candidate:
    """Train every setting and keep the best.

    Args:
        chosen: Hyperparameters of each.
        rows: The train channel.
        validation: The validation channel, if any.
        tell: Gets epoch, name of the objective, and its value on both channels, for the first.

    Raises:
        UserError: When none of them came to a finite loss.
    """
    best: Candidate | None = None
    for number, parameters in enumerate(chosen):
        model = _train(parameters, rows, validation, tell if number == 0 else None)
        if not model.finite:
            continue
        model = _judge(model, validation or rows)
        if best is None or model.quality > best.quality:
            best = model
    if best is None:
        rate = chosen[0]["learning_rate"]
        raise UserError(
            f"The loss grew beyond all numbers: learning_rate {rate} is too much for these rows"
        )
    return best


def _train(
    parameters: dict[str, Any], rows: Rows, validation: Rows | None, tell: TellEpoch | None
) -> Candidate:
    assert rows.labels is not None
    scaling = measure(rows, parameters)
    outputs = parameters["num_classes"] if parameters["predictor_type"] == MULTICLASS else 1
    problem = Problem(
        scaling.features(rows.features),
        scaling.labels(rows.labels),
        row_weights(rows.labels.astype(float), parameters),
        outputs,
        _loss(parameters, scaling.label_spread),
        parameters,
    )
    watch = _Watch(parameters, rows, validation, scaling, tell)
    weights, bias = fit(problem, watch.goes_on)
    return watch.candidate(weights, bias)


def row_weights(labels: Array, parameters: dict[str, Any]) -> Array:
    """How much each row counts; one on average."""
    weights = np.ones(len(labels))
    if parameters["predictor_type"] == BINARY:
        positive = labels == 1
        factor = parameters["positive_example_weight_mult"]
        if factor == BALANCED:
            factor = float((~positive).sum() / positive.sum())
        weights[positive] = factor
    elif parameters["balance_multiclass_weights"] and parameters["predictor_type"] == MULTICLASS:
        counts = np.bincount(labels.astype(int))
        weights = 1.0 / counts[labels.astype(int)]
    normal: Array = weights / weights.mean()
    return normal


def _loss(parameters: dict[str, Any], spread: float) -> Loss:
    """The loss in units of which `spread` plain ones make one."""
    return Loss(
        parameters["loss"],
        quantile=parameters["quantile"],
        insensitivity=parameters["loss_insensitivity"] / spread,
        delta=parameters["huber_delta"] / spread,
        margin=parameters["margin"],
    )


def _judge(model: Candidate, rows: Rows) -> Candidate:
    """Find threshold and quality on rows that were held out, if there are any."""
    assert rows.labels is not None
    parameters = model.parameters
    quality, threshold = -model.objective(rows), 0.5
    if parameters["predictor_type"] == BINARY:
        count = parameters["num_calibration_samples"]
        some = slice(None) if count == AUTO else slice(count)
        scores = model.outputs(model.scores(rows.features[some]))[:, 0]
        usual = 0.5 if model.loss.name == "logistic" else 0.0
        threshold, reached = choose_threshold(scores, rows.labels[some], parameters, usual)
        if parameters["binary_classifier_model_selection_criteria"] != "loss_function":
            quality = reached + 1e-9 * quality  # of equally good ones the one of less loss
    return replace(model, quality=quality, threshold=threshold)


class _Watch:
    """Looks at a model after each epoch, and ends its training when it gets no better.

    What gets better is the loss, on the validation channel if there is one.
    """

    def __init__(
        self,
        parameters: dict[str, Any],
        rows: Rows,
        validation: Rows | None,
        scaling: Scaling,
        tell: TellEpoch | None,
    ) -> None:
        self._parameters, self._scaling = parameters, scaling
        self._rows, self._validation, self._tell = rows, validation, tell
        self._best, self._since = float("inf"), 0

    def candidate(self, weights: Array, bias: Array) -> Candidate:
        return Candidate(
            self._parameters, _loss(self._parameters, 1.0), *self._scaling.undo(weights, bias)
        )

    def goes_on(self, epoch: int, weights: Array, bias: Array) -> bool:
        model = self.candidate(weights, bias)
        loss = model.objective(self._rows)
        held_out = model.objective(self._validation) if self._validation else None
        if self._tell:
            self._tell(epoch, model.loss.objective, loss, held_out)
        watched = loss if held_out is None else held_out
        needed = self._parameters["early_stopping_tolerance"] * abs(self._best)
        improved = not np.isfinite(self._best) or self._best - watched > needed
        self._since = 0 if improved else self._since + 1
        self._best = min(self._best, watched)
        return bool(self._since < self._parameters["early_stopping_patience"])
