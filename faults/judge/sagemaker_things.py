"""What SageMaker has of a problem: jobs, models, packages, the endpoint and the feature group.

Whose a job is, its own request says: the addresses it writes to lie in the problem's folder of the
lake. So a job under any name is found.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

type Document = dict[str, Any]

LISTINGS = {
    "training-job": ("list_training_jobs", "TrainingJobSummaries", "TrainingJob"),
    "hyper-parameter-tuning-job": (
        "list_hyper_parameter_tuning_jobs",
        "HyperParameterTuningJobSummaries",
        "HyperParameterTuningJob",
    ),
    "processing-job": ("list_processing_jobs", "ProcessingJobSummaries", "ProcessingJob"),
}
"""For each kind of job: the listing, the list in its answer, and the noun of its names."""

MISSING = ("ValidationException", "ResourceNotFound", "ResourceNotFoundException")
PAGE = 100

_owners: dict[tuple[str, str], str] = {}
"""Whose a job is, by its ARN and the time it was made: that never changes."""


@dataclass(slots=True)
class Job:
    """One job.

    Attributes:
        kind: as the record table spells it.
        name: its name.
        status: such as ``Completed``.
        run: the run whose folder it writes to, or reads the model of.
        purpose: ``train``, ``evaluate`` or ``score``; of Glue's, ``prepare`` or ``fetch``.
        source: of a scoring, the file that it answers; of a fetch, the database and its request.
        described: what Describe answers.
    """

    kind: str
    name: str
    status: str
    run: str
    purpose: str
    source: str
    described: Document


@dataclass(slots=True)
class Things:
    """All of a problem.

    Attributes:
        jobs: training, tuning and processing jobs, and runs of Glue's; the trainings of a tuning
            job are not among them.
        trainings: every training of the problem by name, those of tuning jobs included.
        packages: its model packages, as DescribeModelPackage answers.
        endpoint: DescribeEndpoint, or None.
        served: the addresses of the models that the endpoint's configuration names.
        models: DescribeModel by name, of the models whose archive lies in the problem's folder.
        feature_group: DescribeFeatureGroup, or None.
    """

    jobs: list[Job] = field(default_factory=list)
    trainings: dict[str, Document] = field(default_factory=dict)
    packages: list[Document] = field(default_factory=list)
    endpoint: Document | None = None
    served: list[str] = field(default_factory=list)
    models: dict[str, Document] = field(default_factory=dict)
    feature_group: Document | None = None

    def job_keys(self) -> list[tuple[str, str]]:
        """Kind and name of every job, as the record table's keys have them."""
        keys = [(job.kind, job.name) for job in self.jobs]
        if self.endpoint:
            keys.append(("endpoint", self.endpoint["EndpointConfigName"]))
        if self.feature_group:
            keys.append(("feature-group", self.feature_group["FeatureGroupName"]))
        return [*keys, *(("endpoint", name) for name in self.models)]

    def job(self, name: str) -> Job | None:
        """The job of a name, of whatever kind."""
        return next((job for job in self.jobs if job.name == name), None)


def things_of(client: Any, problem: str, began: str) -> Things:
    """Ask SageMaker for all that belongs to a problem.

    Args:
        client: of SageMaker.
        problem: its name.
        began: ISO 8601; jobs that were made before are not looked at. Empty looks at all.
    """
    found = Things()
    for kind in LISTINGS:
        for described in _jobs(client, kind, problem, began):
            job = _job(kind, described)
            if kind == "training-job":
                found.trainings[job.name] = described
                if described.get("TuningJobArn"):
                    continue
            found.jobs.append(job)
    _add_served(client, problem, found)
    found.packages = list(_packages(client, problem))
    found.feature_group = _ask(client, "describe_feature_group", FeatureGroupName=problem)
    return found


def _jobs(client: Any, kind: str, problem: str, began: str) -> Iterator[Document]:
    listing, items, noun = LISTINGS[kind]
    describe = f"describe_{listing.removeprefix('list_').removesuffix('s')}"
    for summary in _listed(client, listing, items):
        if began and summary["CreationTime"].timestamp() < _moment(began):
            return
        arn = summary[f"{noun}Arn"], str(summary["CreationTime"])
        if _owners.get(arn, problem) != problem:
            continue
        described = _ask(client, describe, **{f"{noun}Name": summary[f"{noun}Name"]})
        if described is None:
            continue
        _owners[arn] = _owner(described)
        if _owners[arn] == problem:
            yield described


def _listed(client: Any, listing: str, items: str) -> Iterator[Document]:
    """Everything that a listing has, the newest first."""
    request = {"MaxResults": PAGE, "SortBy": "CreationTime", "SortOrder": "Descending"}
    while True:
        answer = getattr(client, listing)(**request)
        yield from answer[items]
        if not answer.get("NextToken"):
            return
        request["NextToken"] = answer["NextToken"]


def _moment(text: str) -> float:
    from datetime import datetime

    # Services note a job's making in whole seconds at times.
    return datetime.fromisoformat(text).timestamp() - 1


def _ask(client: Any, operation: str, **request: Any) -> Document | None:
    from botocore.exceptions import ClientError

    try:
        answer: Document = getattr(client, operation)(**request)
    except ClientError as error:
        if error.response["Error"]["Code"] in MISSING:
            return None
        raise
    return answer


def _outputs(described: Document) -> list[str]:
    """Every address that a job writes to."""
    definition = described.get("TrainingJobDefinition") or described
    single = definition.get("OutputDataConfig", {}).get("S3OutputPath")
    several = described.get("ProcessingOutputConfig", {}).get("Outputs", [])
    return [*([single] if single else []), *(item["S3Output"]["S3Uri"] for item in several)]


def _parts(uri: str) -> list[str]:
    """Bucket and folders of an address."""
    return uri.removeprefix("s3://").split("/")


def _owner(described: Document) -> str:
    """The problem in whose folder of a bucket a job writes."""
    outputs = _outputs(described)
    return _parts(outputs[0])[1] if outputs and len(_parts(outputs[0])) > 1 else ""


def _job(kind: str, described: Document) -> Job:
    noun = LISTINGS[kind][2]
    outputs = _outputs(described)
    inputs = {
        item["InputName"]: item["S3Input"]["S3Uri"]
        for item in described.get("ProcessingInputs", [])
        if "S3Input" in item
    }
    scoring = kind == "processing-job" and "rows" in inputs
    purpose = "score" if scoring else "evaluate" if kind == "processing-job" else "train"
    places = [*outputs, *inputs.values()]
    runs = [parts[3] for parts in map(_parts, places) if parts[2:3] == ["runs"] and parts[3:]]
    return Job(
        kind,
        described[f"{noun}Name"],
        described[f"{noun}Status"],
        runs[0] if runs else "",
        purpose,
        inputs.get("rows", "") if scoring else "",
        described,
    )


def _add_served(client: Any, problem: str, found: Things) -> None:
    answer = client.list_models(NameContains=problem, MaxResults=PAGE)
    for summary in answer["Models"]:
        model = _ask(client, "describe_model", ModelName=summary["ModelName"])
        if model and _parts(_data(model))[1:2] == [problem]:
            found.models[summary["ModelName"]] = model
    found.endpoint = _ask(client, "describe_endpoint", EndpointName=problem)
    if not found.endpoint:
        return
    name = found.endpoint["EndpointConfigName"]
    config = _ask(client, "describe_endpoint_config", EndpointConfigName=name) or {}
    for variant in config.get("ProductionVariants", []):
        model = _ask(client, "describe_model", ModelName=variant["ModelName"])
        found.served.append(_data(model or {}))


def _data(model: Document) -> str:
    """The address of a model's archive."""
    container = model.get("PrimaryContainer") or (model.get("Containers") or [{}])[0]
    return str(container.get("ModelDataUrl", ""))


def _packages(client: Any, problem: str) -> Iterator[Document]:
    if _ask(client, "describe_model_package_group", ModelPackageGroupName=problem) is None:
        return
    request: Document = {"ModelPackageGroupName": problem, "MaxResults": PAGE}
    while True:
        answer = client.list_model_packages(**request)
        for summary in answer["ModelPackageSummaryList"]:
            arn = summary["ModelPackageArn"]
            package = _ask(client, "describe_model_package", ModelPackageName=arn)
            if package:
                yield package
        if not answer.get("NextToken"):
            return
        request["NextToken"] = answer["NextToken"]
