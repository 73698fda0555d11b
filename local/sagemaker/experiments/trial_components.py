"""CreateTrialComponent and its siblings: a step with its parameters, artifacts and metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.sagemaker.api.errors import ResourceNotFound, ValidationException
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.experiments.experiments import TRIAL, find_experiment
from local.sagemaker.experiments.trial_metrics import forget_metrics, summaries
from local.sagemaker.experiments.trials import find_trial
from local.sagemaker.lineage.lineage_entities import ASSOCIATION, created_within
from local.sagemaker.lineage.lineage_entities import TRIAL_COMPONENT as KIND

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

FORGOTTEN = "forgotten-trial-component"
_MAPS = {"Parameters": 300, "InputArtifacts": 60, "OutputArtifacts": 60}
_REPLACED = ("DisplayName", "Status", "StartTime", "EndTime")


@operation("CreateTrialComponent")
def create_trial_component(request: Document, platform: Platform) -> Document:
    """Keep a trial component."""
    return {"TrialComponentArn": new_component(platform, request)}


@operation("DescribeTrialComponent")
def describe_trial_component(request: Document, platform: Platform) -> Document:
    """A trial component, by name or ARN, with what its metrics amount to."""
    found = find_component(platform, request["TrialComponentName"])
    return with_metrics(platform, found)


@operation("ListTrialComponents")
def list_trial_components(request: Document, platform: Platform) -> Document:
    """Trial components, newest first: all, an experiment's, a trial's, or those of a source."""
    given = [name for name in ("ExperimentName", "TrialName", "SourceArn") if name in request]
    if len(given) > 1:
        raise ValidationException(f"Only one of {', '.join(given)} can be given.")
    components = platform.store.list(KIND)
    if experiment := request.get("ExperimentName"):
        find_experiment(platform, experiment)
        names = {trial["TrialName"] for trial in platform.store.list(TRIAL, parent=experiment)}
        components = [item for item in components if names & {*item["_Trials"]}]
    if trial := request.get("TrialName"):
        find_trial(platform, trial)
        components = [item for item in components if trial in item["_Trials"]]
    if source := request.get("SourceArn"):
        components = [
            item for item in components if item.get("Source", {}).get("SourceArn") == source
        ]
    shown = [
        item | ({"TrialComponentSource": item["Source"]} if "Source" in item else {})
        for item in components
    ]
    return page(
        created_within(request),
        shown,
        name_member="TrialComponentName",
        answer_member="TrialComponentSummaries",
    )


@operation("UpdateTrialComponent")
def update_trial_component(request: Document, platform: Platform) -> Document:
    """Change a trial component; parameters and artifacts are added to those that are there."""
    name = find_component(platform, request["TrialComponentName"])["TrialComponentName"]

    def change(found: Document) -> Document:
        changed = found | {member: request[member] for member in _REPLACED if member in request}
        for member, most in _MAPS.items():
            kept = {**found.get(member, {}), **request.get(member, {})}
            for key in request.get(f"{member}ToRemove", []):
                kept.pop(key, None)
            if len(kept) > most:
                raise ValidationException(f"A trial component can have {most} {member} at most.")
            changed[member] = kept
        return changed | {"LastModifiedTime": platform.now(), "LastModifiedBy": {}}

    _check_parameters(request)
    return {"TrialComponentArn": platform.store.change(KIND, name, change)["TrialComponentArn"]}


@operation("DeleteTrialComponent")
def delete_trial_component(request: Document, platform: Platform) -> Document:
    """Forget a trial component that no trial has; its metrics and associations go with it."""
    found = find_component(platform, request["TrialComponentName"])
    name, arn = found["TrialComponentName"], found["TrialComponentArn"]
    if found["_Trials"]:
        raise ValidationException(
            f"Trial component {name} belongs to {', '.join(found['_Trials'])}: "
            "disassociate it first."
        )
    for edge in platform.store.list(ASSOCIATION):
        if arn in (edge["SourceArn"], edge["DestinationArn"]):
            platform.store.delete(ASSOCIATION, f"{edge['SourceArn']}\n{edge['DestinationArn']}")
    forget_metrics(platform, name)
    platform.store.delete(KIND, name)
    if "_Begun" in found:  # a job's: it is not to come back with the job's next change
        platform.store.delete(FORGOTTEN, name)
        platform.store.create(FORGOTTEN, name, {"_Begun": found["_Begun"]})
    return {"TrialComponentArn": arn}


@operation("AssociateTrialComponent")
def associate_trial_component(request: Document, platform: Platform) -> Document:
    """Make a trial component part of a trial; it can be part of many."""
    trial = find_trial(platform, request["TrialName"])
    name = find_component(platform, request["TrialComponentName"])["TrialComponentName"]
    component = add_to_trial(platform, name, trial["TrialName"])
    return {"TrialComponentArn": component["TrialComponentArn"], "TrialArn": trial["TrialArn"]}


@operation("DisassociateTrialComponent")
def disassociate_trial_component(request: Document, platform: Platform) -> Document:
    """Take a trial component out of a trial."""
    trial = find_trial(platform, request["TrialName"])
    found = find_component(platform, request["TrialComponentName"])
    if trial["TrialName"] not in found["_Trials"]:
        raise ResourceNotFound(
            f"Trial component {found['TrialComponentName']} is not associated with trial "
            f"{trial['TrialName']}."
        )

    def change(document: Document) -> Document:
        kept = [name for name in document["_Trials"] if name != trial["TrialName"]]
        return document | {"_Trials": kept}

    platform.store.change(KIND, found["TrialComponentName"], change)
    return {"TrialComponentArn": found["TrialComponentArn"], "TrialArn": trial["TrialArn"]}


def new_component(platform: Platform, request: Document) -> str:
    """Store a trial component and return its ARN."""
    _check_parameters(request)
    name, now = request["TrialComponentName"], platform.now()
    document = {
        "DisplayName": name,
        **request,
        "TrialComponentArn": platform.arn(KIND, name),
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": {},
        "LastModifiedBy": {},
        "_Trials": [],
    }
    return platform.create(KIND, name, document)


def find_component(platform: Platform, name_or_arn: str) -> Document:
    """A trial component's document; raises `ResourceNotFound`."""
    by_arn = platform.store.find_by_arn(name_or_arn) if name_or_arn.startswith("arn:") else None
    found = by_arn[2] if by_arn else platform.store.find(KIND, name_or_arn)
    if found is None:
        raise ResourceNotFound(f"Trial component '{name_or_arn}' does not exist.")
    return found


def add_to_trial(platform: Platform, component: str, trial: str) -> Document:
    """Make a component part of a trial, once; its document."""

    def change(found: Document) -> Document | None:
        if trial in found["_Trials"]:
            return None
        return found | {"_Trials": [*found["_Trials"], trial]}

    return platform.store.change(KIND, component, change)


def with_metrics(platform: Platform, component: Document) -> Document:
    """A trial component's document with the summary of each of its metrics."""
    return component | {"Metrics": summaries(platform, component)}


def _check_parameters(request: Document) -> None:
    for name, value in request.get("Parameters", {}).items():
        if len(value) != 1:
            raise ValidationException(
                f"Parameter {name} must have either a StringValue or a NumberValue."
            )
