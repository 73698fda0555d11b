"""What every rule is: parameters with AWS's names and defaults, and a judgement at each step."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from local.sagemaker.containers.rules.recording import Recording


class ParameterError(ValueError):
    """A rule does not know a parameter, or cannot read its value."""


@dataclass
class Rule(ABC):
    """A rule; its fields are its parameters."""

    @classmethod
    def read(cls, parameters: dict[str, str]) -> Self:
        """Make a rule from RuleParameters; raises `ParameterError`."""
        known = {item.name: item for item in fields(cls) if item.init}
        unknown = sorted(set(parameters) - set(known))
        if unknown:
            raise ParameterError(f"{cls.__name__} has no parameter {', '.join(unknown)}")
        return cls(
            **{name: _value(name, text, known[name].type) for name, text in parameters.items()}
        )

    @abstractmethod
    def judge(self, recording: Recording, step: int) -> str | None:
        """Judge a step whose tensors are recorded; what is wrong, or None."""

    def judge_pause(self, seconds: float) -> str | None:
        """Judge that nothing was recorded for some seconds; what is wrong, or None."""
        del seconds
        return None


@dataclass
class TensorRule(Rule):
    """A rule over any tensors.

    Attributes:
        collection_names: Collections to look at, separated by commas.
        tensor_regex: Patterns of names, separated by commas; without either, all tensors.
    """

    collection_names: str = ""
    tensor_regex: str = ""

    def watched(self, recording: Recording) -> list[str]:
        """The names of the tensors that the rule looks at."""
        homes = [home.strip() for home in self.collection_names.split(",") if home.strip()]
        return recording.names(homes, self.tensor_regex)


def _value(name: str, text: str, kind: Any) -> Any:
    try:
        if kind in ("bool", bool):
            if text.lower() not in {"true", "false"}:
                raise ValueError(text)  # noqa: TRY301 -- told below like the other kinds
            return text.lower() == "true"
        if kind in ("int", int):
            return int(text)
        if kind in ("str", str):
            return text
        number = float(text)
    except ValueError as error:
        raise ParameterError(f"{name} cannot be {text!r}") from error
    if math.isnan(number):
        raise ParameterError(f"{name} cannot be {text!r}")
    return number
