"""CreateExperiment and its siblings: what is tried, over many trials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.sagemaker.api.errors import ResourceNotFound, ValidationException
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.lineage.lineage_entities import created_within

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

KIND = "experiment"
TRIAL = "experiment-trial"


@operation("CreateExperiment")
def create_experiment(request: Document, platform: Platform) -> Document:
    """Begin an experiment."""
    name, now = request["ExperimentName"], platform.now()
    document = {
        "DisplayName": name,
        **request,
        "ExperimentArn": platform.arn(KIND, name),
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": {},
        "LastModifiedBy": {},
    }
    return {"ExperimentArn": platform.create(KIND, name, document)}


@operation("DescribeExperiment")
def describe_experiment(request: Document, platform: Platform) -> Document:
    """An experiment as it is now."""
    return find_experiment(platform, request["ExperimentName"])


@operation("ListExperiments")
def list_experiments(request: Document, platform: Platform) -> Document:
    """All experiments, newest first."""
    return page(
        created_within(request),
        platform.store.list(KIND),
        name_member="ExperimentName",
        answer_member="ExperimentSummaries",
    )


@operation("UpdateExperiment")
def update_experiment(request: Document, platform: Platform) -> Document:
    """Change how an experiment is shown and described."""
    name = find_experiment(platform, request["ExperimentName"])["ExperimentName"]
    given = {
        member: request[member] for member in ("DisplayName", "Description") if member in request
    }
    changed = platform.store.update(
        KIND, name, **given, LastModifiedTime=platform.now(), LastModifiedBy={}
    )
    return {"ExperimentArn": changed["ExperimentArn"]}


@operation("DeleteExperiment")
def delete_experiment(request: Document, platform: Platform) -> Document:
    """Forget an experiment; its trials must be deleted first."""
    found = find_experiment(platform, request["ExperimentName"])
    name = found["ExperimentName"]
    if platform.store.list(TRIAL, parent=name):
        raise ValidationException(f"Experiment {name} has trials: delete them first.")
    platform.store.delete(KIND, name)
    return {"ExperimentArn": found["ExperimentArn"]}


def find_experiment(platform: Platform, name: str) -> Document:
    """An experiment's document; raises `ResourceNotFound`."""
    found = platform.store.find(KIND, name)
    if found is None:
        raise ResourceNotFound(f"Experiment '{name}' does not exist.")
    return found
