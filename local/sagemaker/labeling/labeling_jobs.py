"""CreateLabelingJob and its siblings."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from local.sagemaker.api.errors import ResourceNotFound, ValidationException
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.assembly import at_start
from local.sagemaker.labeling.labeling_run import LabelingRun
from local.sagemaker.labeling.labeling_states import ENDED, KIND, IllegalMoveError, move, tell
from local.sagemaker.labeling.labeling_tasks import Tasks, counters
from local.sagemaker.labeling.labeling_types import TYPES, built_in
from local.sagemaker.labeling.workteams import find_team

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

ALGORITHM = "labeling-job-algorithm-specification/"
ALGORITHMS = {"text-classification": "TextMultiClass"}
RESERVED = frozenset({"source", "source-ref"})


@operation(
    "CreateLabelingJob",
    refuses={
        "InputConfig.DataSource.SnsDataSource",
        "OutputConfig.KmsKeyId",
        "OutputConfig.SnsTopicArn",
        "HumanTaskConfig.PublicWorkforceTaskPrice",
        "LabelingJobAlgorithmsConfig.InitialActiveLearningModelArn",
        "LabelingJobAlgorithmsConfig.LabelingJobResourceConfig",
    },
)
def create_labeling_job(request: Document, platform: Platform) -> Document:
    """Start a labelling job; its tasks wait in the workteam's portal."""
    _check(request, platform)
    platform.clients.role_environment(request["RoleArn"])
    name, now = request["LabelingJobName"], platform.now()
    document = request | {
        "LabelingJobArn": platform.arn(KIND, name),
        "LabelingJobStatus": "Initializing",
        "LabelCounters": counters([]),
        "JobReferenceCode": secrets.token_hex(8),
        "CreationTime": now,
        "LastModifiedTime": now,
    }
    platform.create(KIND, name, document)
    tell(platform, document)
    LabelingRun(platform, name).start()
    return {"LabelingJobArn": document["LabelingJobArn"]}


def _check(request: Document, platform: Platform) -> None:
    """Refuse what the model allows and Ground Truth does not; raises `ValidationException`."""
    attribute, human = request["LabelAttributeName"], request["HumanTaskConfig"]
    if attribute.endswith("-metadata") or attribute in RESERVED:
        raise ValidationException(f"LabelAttributeName {attribute} is reserved")
    if "S3DataSource" not in request["InputConfig"]["DataSource"]:
        raise ValidationException("InputConfig.DataSource.S3DataSource is needed")
    if len(human["UiConfig"]) != 1:
        raise ValidationException("Give one of UiTemplateS3Uri and HumanTaskUiArn")
    consolidation = human.get("AnnotationConsolidationConfig") or {}
    arns = (
        human.get("PreHumanTaskLambdaArn", ""),
        consolidation.get("AnnotationConsolidationLambdaArn", ""),
    )
    for arn in arns:
        kind = built_in(arn)
        if kind and kind not in TYPES:
            raise ValidationException(
                f"The local SageMaker has no task type {kind}; it has {', '.join(TYPES)}"
            )
    if built_in(arns[1]) not in ("", "PassThrough") and "LabelCategoryConfigS3Uri" not in request:
        raise ValidationException("LabelCategoryConfigS3Uri is needed with this task type")
    _check_algorithm(request, built_in(arns[1]))
    try:
        find_team(platform, human["WorkteamArn"])
    except ResourceNotFound as error:
        raise ValidationException(error.message) from error
    lowered = request["LabelingJobName"].lower()
    for job in platform.store.list(KIND):
        if job["LabelingJobName"].lower() == lowered != request["LabelingJobName"]:
            raise ValidationException(f"There is a labeling job {job['LabelingJobName']} already")


def _check_algorithm(request: Document, task_type: str) -> None:
    algorithm = request.get("LabelingJobAlgorithmsConfig")
    if algorithm is None:
        return
    arn = algorithm["LabelingJobAlgorithmSpecificationArn"]
    name = arn.rpartition(ALGORITHM)[2]
    if ALGORITHMS.get(name) != task_type:
        raise ValidationException(
            f"The local SageMaker has no automated labeling by {arn} for this task type; it has "
            "text-classification for TextMultiClass"
        )


@operation("DescribeLabelingJob")
def describe_labeling_job(request: Document, platform: Platform) -> Document:
    """Tell everything of a labelling job."""
    document = platform.get(KIND, request["LabelingJobName"])
    return document | {"LabelCounters": _counters(platform, document)}


@operation("ListLabelingJobs")
def list_labeling_jobs(request: Document, platform: Platform) -> Document:
    """List labelling jobs."""
    found = []
    for document in platform.store.list(KIND):
        human = document["HumanTaskConfig"]
        found.append(
            document
            | {
                "LabelCounters": _counters(platform, document),
                "WorkteamArn": human["WorkteamArn"],
                "PreHumanTaskLambdaArn": human.get("PreHumanTaskLambdaArn"),
                "AnnotationConsolidationLambdaArn": human.get(
                    "AnnotationConsolidationConfig", {}
                ).get("AnnotationConsolidationLambdaArn"),
            }
        )
    return page(
        request,
        found,
        name_member="LabelingJobName",
        answer_member="LabelingJobSummaryList",
        status_member="LabelingJobStatus",
    )


@operation("ListLabelingJobsForWorkteam")
def list_labeling_jobs_for_workteam(request: Document, platform: Platform) -> Document:
    """The labelling jobs of a team, newest first."""
    arn = request["WorkteamArn"]
    find_team(platform, arn)
    wanted = request.get("JobReferenceCodeContains", "")
    found = []
    for document in platform.store.list(KIND):
        human, count = document["HumanTaskConfig"], _counters(platform, document)
        if human["WorkteamArn"] == arn and wanted in document["JobReferenceCode"]:
            count = {
                "HumanLabeled": count["HumanLabeled"],
                "PendingHuman": count["Unlabeled"],
                "Total": count["TotalLabeled"]
                + count["Unlabeled"]
                + count["FailedNonRetryableError"],
            }
            found.append(
                document
                | {
                    "LabelCounters": count,
                    "WorkRequesterAccountId": platform.account,
                    "NumberOfHumanWorkersPerDataObject": human["NumberOfHumanWorkersPerDataObject"],
                }
            )
    return page(
        request, found, name_member="LabelingJobName", answer_member="LabelingJobSummaryList"
    )


@operation("StopLabelingJob")
def stop_labeling_job(request: Document, platform: Platform) -> Document:
    """End a labelling job; what is labelled is kept. One that has ended is left as it is."""
    name = request["LabelingJobName"]
    if platform.get(KIND, name)["LabelingJobStatus"] in ENDED:
        return {}
    try:
        move(platform, name, "Stopping")
    except IllegalMoveError:  # it is ending, or over
        return {}
    run = platform.active.get((KIND, name))
    if run is not None:
        run.stop()
    return {}


def _counters(platform: Platform, document: Document) -> Document:
    """A job's counters as they are now, those of a running job from its tasks."""
    run = platform.active.get((KIND, document["LabelingJobName"]))
    if run is None:
        return dict(document["LabelCounters"])
    tasks: Tasks = run.tasks
    return counters(tasks.all())


@at_start
def resume(platform: Platform) -> None:
    """Go on with the jobs that ran when the process ended; their answers are kept."""
    for document in platform.store.list(KIND):
        if document["LabelingJobStatus"] not in ENDED:
            LabelingRun(platform, document["LabelingJobName"]).start()
