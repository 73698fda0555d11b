"""Search and GetSearchSuggestions: whatever the store knows of a kind, by its properties."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ValidationException
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import operation
from local.sagemaker.api.search_expressions import check, check_name, matches, sort_key, values_at
from local.sagemaker.api.service_models import shape
from local.sagemaker.experiments.trial_components import with_metrics
from local.sagemaker.features.feature_groups import feature_metadata, features_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botocore.model import Shape

    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

_MEMBERS = {"ExperimentTrial": "Trial", "ExperimentTrialComponent": "TrialComponent"}
_KINDS = {"FeatureMetadata": "feature-group"}
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")
_TRIAL_COMPONENT = "experiment-trial-component"
MOST_SUGGESTIONS = 100
_DEEPEST = 4


@operation("Search")
def search(request: Document, platform: Platform) -> Document:
    """Resources of a kind that satisfy an expression, sorted by any property; newest first."""
    resource = request["Resource"]
    known = _properties(resource)
    expression = request.get("SearchExpression")
    if expression is not None:
        check(expression, known)
    by = request.get("SortBy", "LastModifiedTime")
    if "SortBy" in request:
        check_name(by, known)
    found = [
        document
        for document in _documents(platform, resource)
        if (expression is None or matches(expression, document)) and _visible(request, document)
    ]
    found.sort(
        key=lambda document: sort_key(document, by),
        reverse=request.get("SortOrder", "Descending") == "Descending",
    )
    if request.get("CrossAccountFilterOption") == "CrossAccount":
        found = []  # no other account shares anything with this one
    names = ("MaxResults", "NextToken")
    asked: Document = {name: request[name] for name in names if name in request}
    member = record_member(resource)
    records = [{member: document} for document in found]
    answer = page(
        asked, records, name_member=member, answer_member="Results", default_order="Ascending"
    )
    return answer | {"TotalHits": {"Value": len(found), "Relation": "EqualTo"}}


@operation("GetSearchSuggestions")
def get_search_suggestions(request: Document, platform: Platform) -> Document:
    """Property names that begin with a hint, those of tags and hyperparameters in use too."""
    query = request.get("SuggestionQuery", {}).get("PropertyNameQuery", {})
    hint = query.get("PropertyNameHint", "").lower()
    resource = request["Resource"]
    names = set(_paths(_record_shape(resource), "", _DEEPEST))
    for document in _documents(platform, resource):
        names |= {*_keys_in_use(document)}
    chosen = sorted(name for name in names if name.lower().startswith(hint))
    return {
        "PropertyNameSuggestions": [{"PropertyName": name} for name in chosen[:MOST_SUGGESTIONS]]
    }


def _documents(platform: Platform, resource: str) -> list[Document]:
    """Every resource of a kind, with what search knows besides its own document."""
    enrich = _ENRICHED.get(resource)
    documents = platform.store.list(_kind(resource))
    if enrich is None:
        return [
            {"LastModifiedTime": document.get("CreationTime"), **document} for document in documents
        ]
    return [found for document in documents for found in enrich(platform, document)]


def record_member(resource: str) -> str:
    """The member of SearchRecord that holds a resource."""
    return _MEMBERS.get(resource, resource)


def _kind(resource: str) -> str:
    """The kind of a resource's documents: HyperParameterTuningJob → hyper-parameter-tuning-job."""
    return _KINDS.get(resource, _WORD.sub("-", resource).lower())


def _visible(request: Document, document: Document) -> bool:
    """Hold VisibilityConditions: of each tag that they name, one of the values."""
    wanted: dict[str, set[str]] = {}
    for condition in request.get("VisibilityConditions", []):
        wanted.setdefault(condition.get("Key", ""), set()).add(condition.get("Value", ""))
    return all(values & {*values_at(document, key)} for key, values in wanted.items())


def _trial(platform: Platform, trial: Document) -> list[Document]:
    parts = [
        item | {"TrialComponentSource": item.get("Source")}
        for item in platform.store.list(_TRIAL_COMPONENT)
        if trial["TrialName"] in item["_Trials"]
    ]
    return [trial | {"TrialComponentSummaries": parts}]


def _trial_component(platform: Platform, component: Document) -> list[Document]:
    parents = []
    for name in component["_Trials"]:
        trial = platform.store.find("experiment-trial", name) or {}
        parents.append({"TrialName": name, "ExperimentName": trial.get("ExperimentName")})
    found = with_metrics(platform, component) | {"Parents": parents}
    source = component.get("Source", {})
    job = platform.store.find_by_arn(source["SourceArn"]) if source else None
    if job:
        member = source["SourceType"].removeprefix("SageMaker")
        found["SourceDetail"] = {"SourceArn": source["SourceArn"], member: job[2]}
    return [found]


def _training_job(_platform: Platform, job: Document) -> list[Document]:
    # The page on Search sorts training jobs by `Metrics.<name>`, which the record does not show.
    return [job | {"Metrics": job.get("FinalMetricDataList", [])}]


def _feature_metadata(_platform: Platform, group: Document) -> list[Document]:
    return [feature_metadata(group, name) for name in features_of(group)]


def _model(platform: Platform, model: Document) -> list[Document]:
    """A model as the model dashboard shows it, with the endpoints that serve it."""
    configs = {
        config["EndpointConfigName"]
        for config in platform.store.list("endpoint-config")
        if any(
            variant.get("ModelName") == model["ModelName"]
            for variant in config["ProductionVariants"]
        )
    }
    endpoints = [
        endpoint
        for endpoint in platform.store.list("endpoint")
        if endpoint.get("EndpointConfigName") in configs
    ]
    inner = {"LastModifiedTime": model["CreationTime"], **model}
    return [inner | {"Model": model, "Endpoints": endpoints}]


_ENRICHED: dict[str, Callable[[Platform, Document], list[Document]]] = {
    "ExperimentTrial": _trial,
    "ExperimentTrialComponent": _trial_component,
    "TrainingJob": _training_job,
    "FeatureMetadata": _feature_metadata,
    "Model": _model,
}


def _record_shape(resource: str) -> Shape:
    members = shape("SearchRecord").members  # type: ignore[attr-defined]
    record: Shape | None = members.get(record_member(resource))
    if record is None:  # SearchRecord has no member for it: nothing could be answered
        raise ValidationException(f"The local SageMaker does not support: Resource {resource}")
    return record


def _properties(resource: str) -> set[str]:
    """The names that a path may begin with."""
    names = {*_record_shape(resource).members}  # type: ignore[attr-defined]
    if resource == "Model":
        names |= {*shape("Model").members}  # type: ignore[attr-defined]
    return names | {"Metrics", "Tags"}


def _paths(record: Shape, prefix: str, depth: int) -> Iterator[str]:
    for name, below in getattr(record, "members", {}).items():
        path = f"{prefix}{name}"
        yield path
        inner = below.member if below.type_name == "list" else below
        if depth > 1 and inner.type_name == "structure":
            yield from _paths(inner, f"{path}.", depth - 1)


def _keys_in_use(document: Document) -> Iterator[str]:
    for member in ("HyperParameters", "Parameters", "InputArtifacts", "OutputArtifacts"):
        held = document.get(member)
        if isinstance(held, dict):
            yield from (f"{member}.{key}" for key in held)
    yield from (f"Tags.{tag['Key']}" for tag in document.get("Tags") or [])
    yield from (f"Metrics.{metric['MetricName']}" for metric in document.get("Metrics") or [])
