"""WarmStartConfig: what a tuning job takes over from those before it.

Page "Run a Warm Start Hyperparameter Tuning Job". IdenticalDataAndAlgorithm: the parents' trainings
are part of the search as if they were its own, and OverallBestTrainingJob may be one of them.
TransferLearning: values on other data do not compare, so the search begins with each parent's best
hyperparameters instead (Feurer, Springenberg & Hutter, 2015, "Initializing Bayesian Hyperparameter
Optimization via Meta-Learning"). Only the parents' own trainings count, not what these took over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ResourceNotFound, ValidationException
from local.sagemaker.tuning.tuning_children import best_first, children, objective_value, summary
from local.sagemaker.tuning.tuning_definitions import Definition, definitions
from local.sagemaker.tuning.tuning_states import ENDED, KIND

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

MEMBER = "WarmStartTrials"
"""The member of a tuning job's document that keeps the parents' trainings, best ones first."""

IDENTICAL = "IdenticalDataAndAlgorithm"
MOST_CHANGES = 10
STARTS_OF_A_PARENT = 3


def take_over(request: Document, platform: Platform) -> Document:
    """Check a request's WarmStartConfig, and read its parents' trainings.

    Args:
        request: A CreateHyperParameterTuningJob request that is valid otherwise.
        platform: The local SageMaker.

    Returns:
        Members for the tuning job's document; empty without a WarmStartConfig.

    Raises:
        ValidationException: When the parents do not allow it; ResourceNotFound for unknown ones.
    """
    config = request.get("WarmStartConfig")
    if config is None:
        return {}
    if "TrainingJobDefinitions" in request:
        raise ValidationException("WarmStartConfig is not supported with TrainingJobDefinitions")
    if request["HyperParameterTuningJobConfig"]["Strategy"] == "Grid":
        raise ValidationException(
            "A Grid search tries every combination: it has no WarmStartConfig"
        )
    names = [item.get("HyperParameterTuningJobName", "") for item in _parents(config)]
    if "" in names or len(set(names)) != len(names):
        raise ValidationException("ParentHyperParameterTuningJobs must name different tuning jobs")
    own = next(iter(definitions(request).values()))
    taken = []
    for name in names:
        parent = platform.store.find(KIND, name)
        if parent is None:
            raise ResourceNotFound(f"Could not find the parent hyper parameter tuning job {name}.")
        _check_parent(own, parent, identical=config["WarmStartType"] == IDENTICAL)
        taken += _trials(platform, parent)
    return {MEMBER: taken}


def parents_trials(tuning: Document) -> list[Document]:
    """The parents' trainings that are part of the search: {parameters, value}."""
    if tuning.get("WarmStartConfig", {}).get("WarmStartType") != IDENTICAL:
        return []
    return [{name: trial[name] for name in ("parameters", "value")} for trial in tuning[MEMBER]]


def starts(tuning: Document) -> list[dict[str, str]]:
    """The hyperparameters that a search by TransferLearning begins with: the parents' best."""
    if tuning.get("WarmStartConfig", {}).get("WarmStartType") != "TransferLearning":
        return []
    chosen, seen = [], dict[str, int]()
    for trial in tuning[MEMBER]:
        parent = trial["summary"]["TuningJobName"]
        seen[parent] = seen.get(parent, 0) + 1
        if seen[parent] <= STARTS_OF_A_PARENT:
            chosen.append(trial["parameters"])
    return chosen


def overall_best(tuning: Document, best: Document | None) -> Document | None:
    """OverallBestTrainingJob: the best of this job's and, on identical data, its parents'.

    Args:
        tuning: The tuning job's document.
        best: The summary of its own best training, if there is one.
    """
    if tuning.get("WarmStartConfig", {}).get("WarmStartType") != IDENTICAL:
        return None
    metric = "FinalHyperParameterTuningJobObjectiveMetric"
    found = [best] if best else []
    found += [trial["summary"] for trial in tuning[MEMBER]]
    if not found:
        return None
    objective = tuning["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
    sign = -1.0 if objective["Type"] == "Maximize" else 1.0
    return min(found, key=lambda item: sign * item[metric]["Value"])


def _parents(config: Document) -> list[Document]:
    parents: list[Document] = config["ParentHyperParameterTuningJobs"]
    return parents


def _check_parent(own: Definition, parent: Document, *, identical: bool) -> None:
    name = parent["HyperParameterTuningJobName"]
    if parent["HyperParameterTuningJobStatus"] not in ENDED:
        raise ValidationException(f"The parent tuning job {name} has not ended")
    if "TrainingJobDefinitions" in parent:
        raise ValidationException(f"The parent tuning job {name} has several definitions")
    other = next(iter(definitions(parent).values()))
    if own.objective != other.objective:
        raise ValidationException(f"The objective metric must be that of the parent {name}")
    if len(own.tuned) != len(other.tuned):
        raise ValidationException(
            f"The number of tuned hyperparameters must be that of the parent {name}, "
            f"{len(other.tuned)}"
        )
    if len(set(own.tuned) ^ set(other.tuned)) > MOST_CHANGES:
        raise ValidationException(
            f"No more than {MOST_CHANGES} hyperparameters may change between static and tuned "
            f"since the parent {name}"
        )
    if not identical:
        return
    if _image(own) != _image(other):
        raise ValidationException(
            f"With {IDENTICAL} the training image must be that of the parent {name}"
        )
    if own.document.get("InputDataConfig", []) != other.document.get("InputDataConfig", []):
        raise ValidationException(
            f"With {IDENTICAL} the input data must be that of the parent {name}"
        )


def _image(definition: Definition) -> str:
    return str(definition.document["AlgorithmSpecification"].get("TrainingImage"))


def _trials(platform: Platform, parent: Document) -> list[Document]:
    """A parent's trainings that have a value, best first."""
    found, name = definitions(parent), parent["HyperParameterTuningJobName"]
    return [
        {
            "parameters": child["HyperParameters"],
            "value": objective_value(child, next(iter(found.values())).objective["MetricName"]),
            "summary": summary(child, found) | {"TuningJobName": name},
        }
        for child in best_first(children(platform, name), found)
    ]
