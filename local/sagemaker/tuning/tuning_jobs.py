"""CreateHyperParameterTuningJob and its siblings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ResourceInUse
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import operation
from local.sagemaker.assembly import at_start
from local.sagemaker.tuning.tuning_checks import REFUSED, check
from local.sagemaker.tuning.tuning_children import children, standing, summary
from local.sagemaker.tuning.tuning_definitions import definitions
from local.sagemaker.tuning.tuning_run import TuningRun
from local.sagemaker.tuning.tuning_states import ENDED, KIND, tell
from local.sagemaker.tuning.tuning_warm_start import overall_best, take_over

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]


@operation(
    "CreateHyperParameterTuningJob",
    honours={
        "HyperParameterTuningJobName",
        "HyperParameterTuningJobConfig",
        "TrainingJobDefinition",
        "TrainingJobDefinitions",
        "WarmStartConfig",
        "Tags",
    },
    refuses=REFUSED,
)
def create_hyper_parameter_tuning_job(request: Document, platform: Platform) -> Document:
    """Start a tuning job; ResourceInUse when the name is taken."""
    check(request)
    found = definitions(request)
    for definition in found.values():
        # It refuses a role that is not for us.
        platform.clients.role_environment(definition.document["RoleArn"])
    taken = take_over(request, platform)
    name, now = request["HyperParameterTuningJobName"], platform.now()
    document = {
        **request,
        **taken,
        "HyperParameterTuningJobArn": platform.arn(KIND, name),
        "HyperParameterTuningJobStatus": "InProgress",
        "CreationTime": now,
        "LastModifiedTime": now,
    }
    document |= standing([], found)
    if best := overall_best(document, None):
        document["OverallBestTrainingJob"] = best
    platform.create(KIND, name, document)
    tell(platform, document)
    TuningRun(platform, name).start()
    return {"HyperParameterTuningJobArn": document["HyperParameterTuningJobArn"]}


@operation("DescribeHyperParameterTuningJob")
def describe_hyper_parameter_tuning_job(request: Document, platform: Platform) -> Document:
    """Tell everything of a tuning job."""
    return platform.get(KIND, request["HyperParameterTuningJobName"])


@operation("ListHyperParameterTuningJobs")
def list_hyper_parameter_tuning_jobs(request: Document, platform: Platform) -> Document:
    """List tuning jobs."""
    documents = []
    for document in platform.store.list(KIND):
        config = document["HyperParameterTuningJobConfig"]
        flat = {"Strategy": config["Strategy"], "ResourceLimits": config["ResourceLimits"]}
        documents.append(document | flat)
    return page(
        request,
        documents,
        name_member="HyperParameterTuningJobName",
        answer_member="HyperParameterTuningJobSummaries",
        status_member="HyperParameterTuningJobStatus",
        default_order="Ascending",
    )


@operation("ListTrainingJobsForHyperParameterTuningJob")
def list_training_jobs_for_tuning_job(request: Document, platform: Platform) -> Document:
    """List a tuning job's training jobs; by objective, those without one are left out."""
    name = request["HyperParameterTuningJobName"]
    known = definitions(platform.get(KIND, name))
    found = [summary(child, known) for child in children(platform, name)]
    if request.get("SortBy") == "FinalObjectiveMetricValue":
        member = "FinalHyperParameterTuningJobObjectiveMetric"
        found = [item | {"_value": item[member]["Value"]} for item in found if member in item]
    return page(
        request,
        found,
        name_member="TrainingJobName",
        answer_member="TrainingJobSummaries",
        status_member="TrainingJobStatus",
        sort_members={"FinalObjectiveMetricValue": "_value"},
        default_order="Ascending",
    )


@operation("StopHyperParameterTuningJob")
def stop_hyper_parameter_tuning_job(request: Document, platform: Platform) -> Document:
    """Stop a tuning job and its running trainings; nothing happens to one that has ended."""
    name = request["HyperParameterTuningJobName"]
    platform.get(KIND, name)
    changed = False

    def change(document: Document) -> Document | None:
        nonlocal changed
        if document["HyperParameterTuningJobStatus"] != "InProgress":
            return None
        changed = True
        now = platform.now()
        return document | {"HyperParameterTuningJobStatus": "Stopping", "LastModifiedTime": now}

    document = platform.store.change(KIND, name, change)
    if changed:
        tell(platform, document)
        run = platform.active.get((KIND, name))
        if run is not None:
            run.stop()
    return {}


@operation("DeleteHyperParameterTuningJob")
def delete_hyper_parameter_tuning_job(request: Document, platform: Platform) -> Document:
    """Forget a tuning job that has ended; its training jobs stay."""
    name = request["HyperParameterTuningJobName"]
    if platform.get(KIND, name)["HyperParameterTuningJobStatus"] not in ENDED:
        raise ResourceInUse(f"Hyperparameter tuning job {name} has not ended; stop it first")
    platform.store.delete(KIND, name)
    return {}


@at_start
def resume(platform: Platform) -> None:
    """Take up the tuning jobs that ran when the process was killed.

    What was found is kept; the trainings that were cut short are replaced.
    """
    for document in platform.store.list(KIND):
        if document["HyperParameterTuningJobStatus"] not in ENDED:
            TuningRun(platform, document["HyperParameterTuningJobName"]).start()
