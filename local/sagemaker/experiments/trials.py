"""CreateTrial and its siblings: one attempt of an experiment, made of trial components."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.sagemaker.api.errors import ResourceNotFound, ValidationException
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.experiments.experiments import TRIAL as KIND
from local.sagemaker.experiments.experiments import find_experiment
from local.sagemaker.lineage.lineage_entities import TRIAL_COMPONENT, created_within

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform


@operation("CreateTrial")
def create_trial(request: Document, platform: Platform) -> Document:
    """Begin a trial of an experiment that is there."""
    return {"TrialArn": new_trial(platform, request)}


@operation("DescribeTrial")
def describe_trial(request: Document, platform: Platform) -> Document:
    """A trial as it is now."""
    return find_trial(platform, request["TrialName"])


@operation("ListTrials")
def list_trials(request: Document, platform: Platform) -> Document:
    """Trials, newest first: all, an experiment's, or those with a trial component."""
    experiment = request.get("ExperimentName")
    if experiment:
        find_experiment(platform, experiment)
    trials = platform.store.list(KIND, parent=experiment)
    if component := request.get("TrialComponentName"):
        found = platform.store.find(TRIAL_COMPONENT, component)
        if found is None:
            raise ResourceNotFound(f"Trial component '{component}' does not exist.")
        trials = [trial for trial in trials if trial["TrialName"] in found["_Trials"]]
    return page(
        created_within(request), trials, name_member="TrialName", answer_member="TrialSummaries"
    )


@operation("UpdateTrial")
def update_trial(request: Document, platform: Platform) -> Document:
    """Change how a trial is shown."""
    name = find_trial(platform, request["TrialName"])["TrialName"]
    given = {"DisplayName": request["DisplayName"]} if "DisplayName" in request else {}
    changed = platform.store.update(
        KIND, name, **given, LastModifiedTime=platform.now(), LastModifiedBy={}
    )
    return {"TrialArn": changed["TrialArn"]}


@operation("DeleteTrial")
def delete_trial(request: Document, platform: Platform) -> Document:
    """Forget a trial; its components must be disassociated first."""
    found = find_trial(platform, request["TrialName"])
    name = found["TrialName"]
    if any(name in item["_Trials"] for item in platform.store.list(TRIAL_COMPONENT)):
        raise ValidationException(f"Trial {name} has trial components: disassociate them first.")
    platform.store.delete(KIND, name)
    return {"TrialArn": found["TrialArn"]}


def new_trial(platform: Platform, request: Document) -> str:
    """Store a trial and return its ARN; raises `ResourceNotFound` without its experiment."""
    experiment, name = request["ExperimentName"], request["TrialName"]
    find_experiment(platform, experiment)
    now = platform.now()
    document = {
        "DisplayName": name,
        **request,
        "TrialArn": platform.arn(KIND, name),
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": {},
        "LastModifiedBy": {},
    }
    return platform.create(KIND, name, document, parent=experiment)


def find_trial(platform: Platform, name: str) -> Document:
    """A trial's document; raises `ResourceNotFound`."""
    found = platform.store.find(KIND, name)
    if found is None:
        raise ResourceNotFound(f"Trial '{name}' does not exist.")
    return found
