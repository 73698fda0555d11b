"""Hyperparameters as an algorithm declares them: name, type, range, default.

A job's hyperparameters arrive as text (`hyperparameters.json`); what is not declared is refused by
name, as SageMaker's own algorithms do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.sagemaker.containers.algorithms.xgboost.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Given by a tuning job to say which metric it looks at.
_TUNED = "_tuning_objective_metric"


@dataclass(frozen=True)
class Declared:
    """One hyperparameter.

    Attributes:
        convert: From text; raises ValueError.
        default: What it is when the job leaves it out; None with `required`.
        low: The smallest value.
        high: The largest value.
        above: What the value must exceed.
        choices: The only values; empty for any.
        required: Whether a job must give it.
    """

    convert: Callable[[str], Any]
    default: Any = None
    low: float | None = None
    high: float | None = None
    above: float | None = None
    choices: tuple[Any, ...] = ()
    required: bool = False


def boolean(text: str) -> bool:
    """Read `True`, `false`, `1`, `0`; raises ValueError for anything else."""
    lowered = text.strip().lower()
    if lowered not in {"true", "false", "1", "0"}:
        raise ValueError(text)
    return lowered in {"true", "1"}


def whole(default: int | None = None, low: int = 1, high: int | None = None) -> Declared:
    """A whole number; required when it has no default."""
    return Declared(int, default, low, high, required=default is None)


def read(given: Mapping[str, str], declared: Mapping[str, Declared]) -> dict[str, Any]:
    """Check and convert the hyperparameters of a job.

    Args:
        given: `hyperparameters.json`, all values text.
        declared: What the algorithm takes.

    Returns:
        Every declared name with its value or default.

    Raises:
        UserError: Naming the first that is wrong.
    """
    unknown = sorted(set(given) - set(declared) - {_TUNED})
    if unknown:
        raise UserError(f"Extraneous hyperparameter found: {', '.join(unknown)}")
    typed = {}
    for name, rule in declared.items():
        if name in given:
            typed[name] = _converted(name, given[name], rule)
        elif rule.required:
            raise UserError(f"Missing required hyperparameter: {name}")
        else:
            typed[name] = rule.default
    return typed


def _converted(name: str, text: str, rule: Declared) -> Any:
    try:
        value = rule.convert(text)
    except ValueError as error:
        raise UserError(f"Hyperparameter {name}: could not parse {text!r}") from error
    low, high, above = rule.low, rule.high, rule.above
    if (low is not None and value < low) or (high is not None and value > high):
        ends = f"[{'' if low is None else low}, {'' if high is None else high}]"
        raise UserError(f"Hyperparameter {name}: value {text} not in range {ends}")
    if above is not None and not value > above:
        raise UserError(f"Hyperparameter {name}: value {text} must be above {above}")
    if rule.choices and value not in rule.choices:
        raise UserError(f"Hyperparameter {name}: value {text} not in {list(rule.choices)}")
    return value
