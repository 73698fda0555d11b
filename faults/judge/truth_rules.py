"""No event announced something that is not so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from faults.judge.evidence import was_replaced
from faults.judge.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from faults.judge.evidence import Evidence, Said
    from faults.judge.table import Row

ENDED_WITH_MODEL = frozenset({"Completed", "Stopped"})
PARTS = (
    ("train_rows", "prepared/train/"),
    ("validation_rows", "prepared/validation/"),
    ("holdout_rows", "holdout/"),
)


def judge_truth(evidence: Evidence) -> Iterator[Finding]:
    """Every finding about what was said, and about what was heard of it."""
    for said in evidence.said:
        for what in CHECKS.get(said.name, _nothing)(evidence, said):
            yield Finding("not_so", f"{said.name}: {what}", said.where)
    yield from _heard(evidence)


def _nothing(_evidence: Evidence, _said: Said) -> Iterator[str]:
    yield from ()


def _heard(evidence: Evidence) -> Iterator[Finding]:
    """What was heard is what was recorded, to the letter; and all that was recorded was heard."""
    if evidence.heard is None:
        return
    recorded = {said.id: said for said in evidence.said}
    for heard in evidence.heard:
        said = recorded.get(heard.id)
        if said is None:
            yield Finding("unrecorded_event", "heard, and no row says it", heard.where)
        elif json.loads(said.text) != json.loads(heard.text) or said.name != heard.name:
            yield Finding("unrecorded_event", "heard otherwise than it is recorded", heard.where)
    missed = recorded.keys() - {heard.id for heard in evidence.heard}
    for event_id in sorted(missed):
        yield Finding("unheard_event", "recorded, and never heard", recorded[event_id].where)


def _object(evidence: Evidence, uri: str | None) -> Iterator[str]:
    if uri and evidence.lake.key(uri) and not evidence.lake.has(uri):
        yield f"there is no object at {uri}"


def _ingested(evidence: Evidence, said: Said) -> Iterator[str]:
    uri, rows = said.data["uri"], said.data["rows"]
    if was_replaced(evidence, said):
        if evidence.lake.rows(uri) != rows:
            yield f"it says {rows} rows and the file holds {evidence.lake.rows(uri)}"
        return
    inputs = evidence.rows.get("input", [])
    row = next((r for r in inputs if r.get("uri") == uri or _became_part(r, uri)), None)
    if row is None:
        yield f"no input was taken in at {uri}"
    elif evidence.lake.rows(uri) != rows:
        yield f"it says {rows} rows and the file holds {evidence.lake.rows(uri)}"


def _became_part(row: Row, uri: str) -> bool:
    """Whether what was taken in there is part of a larger input by now; its file stays."""
    return bool(row.get("gathered")) and uri.endswith(f"/{row['digest']}.parquet")


def _rejected(evidence: Evidence, said: Said) -> Iterator[str]:
    uri = said.data.get("quarantine_uri")
    yield from _object(evidence, uri)
    if uri and evidence.lake.key(uri):
        yield from _object(evidence, f"{uri}.reason.json")


def _folder(evidence: Evidence, said: Said) -> str:
    return f"s3://{evidence.lake.bucket}/{evidence.problem}/runs/{said.data['run']}"


def _run_started(evidence: Evidence, said: Said) -> Iterator[str]:
    listing = evidence.lake.document(f"{_folder(evidence, said)}/inputs.json")
    if listing is None:
        yield "the run has no list of inputs"
        return
    if len(listing["inputs"]) != said.data["inputs"]:
        yield f"it says {said.data['inputs']} inputs and {len(listing['inputs'])} are listed"
    counts = [evidence.lake.rows(uri) for uri in listing["inputs"]]
    if None not in counts and sum(filter(None, counts)) != said.data["rows"]:
        yield f"it says {said.data['rows']} rows and the files hold {sum(filter(None, counts))}"


def _prepared(evidence: Evidence, said: Said) -> Iterator[str]:
    for name, part in PARTS:
        files = evidence.lake.below(f"{_folder(evidence, said)}/{part}", ".parquet")
        rows = sum(evidence.lake.rows(file) or 0 for file in files)
        if rows != said.data[name]:
            yield f"it says {said.data[name]} {name.replace('_', ' ')} and the files hold {rows}"
    if said.data["rows"] != sum(said.data[name] for name, _ in PARTS):
        yield f"the parts do not make {said.data['rows']} rows"


def _job_there(evidence: Evidence, said: Said) -> Iterator[str]:
    if evidence.things.job(said.data["job"]) is None:
        yield f"SageMaker knows no job {said.data['job']}"


def _trained(evidence: Evidence, said: Said) -> Iterator[str]:
    yield from _job_there(evidence, said)
    yield from _object(evidence, said.data["model_uri"])
    training = evidence.things.trainings.get(said.data["training_job"])
    if training is None or training["TrainingJobStatus"] not in ENDED_WITH_MODEL:
        yield f"the training {said.data['training_job']} made no model"
        return
    if training.get("ModelArtifacts", {}).get("S3ModelArtifacts") != said.data["model_uri"]:
        yield f"{said.data['model_uri']} is not what the training made"
    scores = {m["MetricName"]: m["Value"] for m in training.get("FinalMetricDataList") or ()}
    told, found = said.data["score"], scores.get(said.data["metric"])
    if told is not None and not _close(told, found):
        yield f"it says {said.data['metric']} {told} and the training says {found}"


def _close(one: float, other: float | None) -> bool:
    """Equal but for the narrower floats in which services keep metrics."""
    return other is not None and abs(one - other) <= 1e-5 * max(1.0, abs(one))


def _failed(evidence: Evidence, said: Said) -> Iterator[str]:
    job = evidence.things.job(said.data["job"])
    if job and job.status == "Completed" and job.purpose != "train":
        yield f"the job {job.name} completed"


def _evaluated(evidence: Evidence, said: Said) -> Iterator[str]:
    report = evidence.lake.document(f"{_folder(evidence, said)}/reports/evaluation.json")
    if report is None:
        yield "there is no evaluation"
    elif not _close(said.data["score"], report["metric"]["value"] or 0.0):
        yield f"it says {said.data['score']} and the report {report['metric']['value']}"


def _package(evidence: Evidence, said: Said) -> Iterator[str]:
    named = said.data["model_package"]
    package = next((p for p in evidence.things.packages if p["ModelPackageArn"] == named), None)
    if package is None:
        yield f"the registry has no package {named}"
    elif package.get("CustomerMetadataProperties", {}).get("run") != said.data["run"]:
        yield f"the package {named} is another run's"


def _approved(evidence: Evidence, said: Said) -> Iterator[str]:
    yield from _package(evidence, said)
    report = evidence.lake.document(f"{_folder(evidence, said)}/reports/evaluation.json") or {}
    problem = (evidence.run(said.data["run"]) or {}).get("definition", {})
    bar = (problem.get("metric") or {}).get("approve_at")
    metric = report.get("metric", {})
    if said.data["by"] != "rules" or bar is None or metric.get("value") is None:
        return
    good = metric["value"] >= bar if metric["greater_is_better"] else metric["value"] <= bar
    if not good:
        yield f"{metric['name']} {metric['value']} does not reach approve_at {bar}"


def _deployment(evidence: Evidence, said: Said) -> Iterator[str]:
    row = evidence.run(said.data["run"]) or {}
    if row.get("endpoint_config") != said.data["endpoint_config"]:
        yield f"the run deploys {row.get('endpoint_config')}"


def _deployed(evidence: Evidence, said: Said) -> Iterator[str]:
    run = said.data["run"]
    if (evidence.run(run) or {}).get("stage") != "deployed":
        yield f"run {run} is not deployed"
    last = max(evidence.said_by_name("ModelDeployed"), key=lambda each: each.at)
    if last.id != said.id:
        return
    problem = evidence.definition or {}
    if problem.get("champion") != run:
        yield f"the champion is {problem.get('champion')}"
    archive = f"{_folder(evidence, said)}/model/model.tar.gz"
    yield from _object(evidence, archive)
    if said.data["mode"] == "batch":
        if archive not in {_archive(model) for model in evidence.things.models.values()}:
            yield "SageMaker has no model of this run"
        return
    endpoint = evidence.things.endpoint or {}
    if endpoint.get("EndpointStatus") != "InService":
        yield f"the endpoint is {endpoint.get('EndpointStatus', 'not there')}"
    if evidence.things.served != [archive]:
        yield f"the endpoint serves {evidence.things.served}"


def _archive(model: dict[str, Any]) -> str:
    container = model.get("PrimaryContainer") or (model.get("Containers") or [{}])[0]
    return str(container.get("ModelDataUrl", ""))


def _ready(evidence: Evidence, said: Said) -> Iterator[str]:
    yield from _object(evidence, said.data["uri"])
    source = f"/{said.data['key']}"
    jobs = [job for job in evidence.things.jobs if job.source.endswith(source)]
    if not any(job.status == "Completed" for job in jobs):
        yield f"no scoring of {said.data['key']} completed"


def _stored(evidence: Evidence, said: Said) -> Iterator[str]:
    files = evidence.lake.below(said.data["uri"], ".parquet")
    rows = sum(evidence.lake.rows(file) or 0 for file in files)
    told = [each.data for each in evidence.said_by_name("FeaturesStored")]
    total = sum(data["rows"] for data in told if data["uri"] == said.data["uri"])
    if rows != total:  # each run adds its own
        yield f"events say {total} rows and the offline store has {rows}"
    if evidence.things.feature_group is None:
        yield "there is no feature group"


def _defined(evidence: Evidence, said: Said) -> Iterator[str]:
    yield from _object(evidence, said.data["resolved_uri"])
    version = (evidence.definition or {}).get("definition_version", 0)
    if said.data["definition_version"] > version:
        yield f"the definition in force is version {version}"


def _drifted(evidence: Evidence, said: Said) -> Iterator[str]:
    yield from _object(evidence, said.data["report_uri"])


def _truth(evidence: Evidence, said: Said) -> Iterator[str]:
    yield from _object(evidence, said.data["uri"])
    if evidence.lake.has(said.data["uri"]):
        lines = evidence.lake.read(said.data["uri"]).splitlines()
        if len(lines) != said.data["rows"]:
            yield f"it says {said.data['rows']} rows and the file holds {len(lines)}"


CHECKS: dict[str, Callable[[Evidence, Said], Iterator[str]]] = {
    "ProblemDefined": _defined,
    "DataIngested": _ingested,
    "DataRejected": _rejected,
    "RunStarted": _run_started,
    "DataPrepared": _prepared,
    "FeaturesStored": _stored,
    "TuningStarted": _job_there,
    "TrainingStarted": _job_there,
    "ModelTuned": _trained,
    "ModelTrained": _trained,
    "TrainingFailed": _failed,
    "CandidateEvaluated": _evaluated,
    "CandidateApproved": _approved,
    "CandidateRejected": _package,
    "ApprovalRequested": _package,
    "DeploymentStarted": _deployment,
    "ModelDeployed": _deployed,
    "ScoringStarted": _job_there,
    "PredictionsReady": _ready,
    "DriftDetected": _drifted,
    "GroundTruthTaken": _truth,
}
"""What is looked at for each event."""
