"""ExperimentConfig of a job: the experiment and trial that its trial component belongs to."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ResourceInUse, ValidationException
from local.sagemaker.experiments.experiments import find_experiment
from local.sagemaker.experiments.trial_components import add_to_trial
from local.sagemaker.experiments.trials import find_trial, new_trial
from local.sagemaker.lineage.lineage_associations import associate
from local.sagemaker.lineage.lineage_entities import TRIAL_COMPONENT

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

_LONGEST = 120


def check_experiment(platform: Platform, request: Document) -> None:
    """Hold a job's ExperimentConfig against what there is.

    Raises:
        ResourceNotFound: When its experiment or trial does not exist.
        ValidationException: When the trial is another experiment's, or a run has no experiment.
    """
    config = request.get("ExperimentConfig", {})
    experiment, trial = config.get("ExperimentName"), config.get("TrialName")
    if experiment:
        find_experiment(platform, experiment)
    if trial:
        owner = find_trial(platform, trial)["ExperimentName"]
        if experiment and owner != experiment:
            raise ValidationException(
                f"Trial {trial} belongs to experiment {owner}, not {experiment}."
            )
    if config.get("RunName") and not experiment:
        raise ValidationException("RunName of ExperimentConfig needs an ExperimentName.")


def join_experiment(platform: Platform, component: Document, config: Document) -> None:
    """Make a job's trial component part of the trial, and of the run, that its config names.

    "If not specified, a new trial is created" (ExperimentConfig.TrialName). A run is the trial
    component `<experiment>-<run>`, as the Python SDK names it.
    """
    name, experiment = component["TrialComponentName"], config.get("ExperimentName")
    trial = config.get("TrialName")
    if experiment and not trial:
        trial = f"{experiment}-{name}"[:_LONGEST].rstrip("-")
        with contextlib.suppress(ResourceInUse):  # made before the process was ended
            new_trial(platform, {"ExperimentName": experiment, "TrialName": trial})
    if trial:
        add_to_trial(platform, name, trial)
    if run := config.get("RunName"):
        found = platform.store.find(TRIAL_COMPONENT, f"{experiment}-{run}".lower())
        if found is not None:
            arns = component["TrialComponentArn"], found["TrialComponentArn"]
            associate(platform, *arns, "AssociatedWith")
