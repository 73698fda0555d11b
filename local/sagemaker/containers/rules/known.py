"""All rules, by AWS's names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.sagemaker.containers.rules import layers, losses, tensors
from local.sagemaker.containers.rules.rule import ParameterError, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local.sagemaker.containers.rules.recording import Recording

RULES: dict[str, type[Rule]] = {
    rule.__name__: rule
    for rule in (
        losses.LossNotDecreasing,
        losses.Overfit,
        losses.Overtraining,
        losses.StalledTrainingRule,
        tensors.AllZero,
        tensors.ExplodingTensor,
        tensors.PoorWeightInitialization,
        tensors.TensorVariance,
        tensors.UnchangedTensor,
        tensors.VanishingGradient,
        tensors.WeightUpdateRatio,
        layers.ClassImbalance,
        layers.DeadRelu,
        layers.FeatureImportanceOverweight,
        layers.SaturatedActivation,
    )
}


def read_rule(name: str, parameters: dict[str, str]) -> Rule:
    """Make a rule.

    Args:
        name: AWS's name of it (`rule_to_invoke`).
        parameters: Its parameters as texts.

    Raises:
        ParameterError: When the rule or a parameter is not known.
    """
    if name not in RULES:
        raise ParameterError(f"there is no rule {name}; there are {', '.join(sorted(RULES))}")
    return RULES[name].read(parameters)


def first_fault(rule: Rule, recording: Recording, steps: Iterable[int]) -> tuple[int, str] | None:
    """The first of some steps at which a rule finds something wrong, and what."""
    for step in steps:
        if told := rule.judge(recording, step):
            return step, told
    return None
