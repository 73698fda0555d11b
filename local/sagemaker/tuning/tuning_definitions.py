"""What a tuning job tunes: one training job definition, or up to ten with an objective each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

type Document = dict[str, Any]

MEMBER = "TrainingJobDefinitionName"
"""The member of a training job's document that says which definition it was made from."""

_KINDS = {
    "IntegerParameterRanges": "integer",
    "ContinuousParameterRanges": "continuous",
    "CategoricalParameterRanges": "categorical",
}


@dataclass(frozen=True)
class Definition:
    """One training job definition.

    Attributes:
        name: Its DefinitionName; may be empty when it is the only one.
        document: HyperParameterTrainingJobDefinition.
        objective: What is to be made larger or smaller: {Type, MetricName}.
        ranges: The tuned hyperparameters, each with its kind.
    """

    name: str
    document: Document
    objective: Document
    ranges: list[Document]

    @property
    def tuned(self) -> list[str]:
        """The names of the tuned hyperparameters."""
        return [item["Name"] for item in self.ranges]

    @property
    def maximizes(self) -> bool:
        """Tell whether larger values of the objective are better."""
        return bool(self.objective["Type"] == "Maximize")


def flat_ranges(ranges: Document) -> list[Document]:
    """ParameterRanges as one list, each with its kind."""
    return [
        {**item, "kind": kind} for member, kind in _KINDS.items() for item in ranges.get(member, [])
    ]


def definitions(tuning: Document) -> dict[str, Definition]:
    """The definitions of a valid tuning job, by name, in the order of the request."""
    config = tuning["HyperParameterTuningJobConfig"]
    if "TrainingJobDefinitions" not in tuning:
        only = tuning["TrainingJobDefinition"]
        objective = config["HyperParameterTuningJobObjective"]
        ranges = flat_ranges(config.get("ParameterRanges", {}))
        name = only.get("DefinitionName", "")
        return {name: Definition(name, only, objective, ranges)}
    return {
        document["DefinitionName"]: Definition(
            document["DefinitionName"],
            document,
            document["TuningObjective"],
            flat_ranges(document["HyperParameterRanges"]),
        )
        for document in tuning["TrainingJobDefinitions"]
    }


def definition_of(child: Document, found: dict[str, Definition]) -> Definition:
    """The definition that a training job was made from."""
    return found[child.get(MEMBER, "")]
