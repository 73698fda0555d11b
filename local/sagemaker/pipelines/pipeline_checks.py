"""QualityCheck and ClarifyCheck: a processing job computes a baseline and compares it with another.

AWS page "Baseline calculation, drift detection and lifecycle with ClarifyCheck and QualityCheck
steps". The job's image is whatever CreateProcessingJob runs; the baseline to compare with is given
to it as monitoring jobs are given theirs: as the inputs and variables `baseline_statistics` and
`baseline_constraints`. Whether there were violations is read from `constraint_violations.json`.
"""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ApiError
from local.sagemaker.objects import ObjectsError
from local.sagemaker.pipelines.pipeline_jobs import JOBS, job_to_its_end, perform
from local.sagemaker.pipelines.pipeline_step import StepFailed, handles

if TYPE_CHECKING:
    from local.sagemaker.pipelines.pipeline_step import StepRun

type Document = dict[str, Any]

BASE = "/opt/ml/processing/baseline"
STATISTICS, CONSTRAINTS = "Statistics", "Constraints"
SHELVES: dict[str, dict[str, tuple[str, str]]] = {
    "DATA_QUALITY": {
        STATISTICS: ("ModelDataQuality", "Statistics"),
        CONSTRAINTS: ("ModelDataQuality", "Constraints"),
    },
    "MODEL_QUALITY": {
        STATISTICS: ("ModelQuality", "Statistics"),
        CONSTRAINTS: ("ModelQuality", "Constraints"),
    },
    "DATA_BIAS": {CONSTRAINTS: ("Bias", "PreTrainingConstraints")},
    "MODEL_BIAS": {CONSTRAINTS: ("Bias", "PostTrainingConstraints")},
    "MODEL_EXPLAINABILITY": {CONSTRAINTS: ("Explainability", "Constraints")},
}
"""Where a model package keeps the baseline of each check, within its DriftCheckBaselines."""
_FILES = {STATISTICS: "statistics.json", CONSTRAINTS: "constraints.json"}


@handles("QualityCheck", "ClarifyCheck")
def check(run: StepRun) -> Document:
    """Compute a new baseline, compare, and fail the step when there are violations.

    Returns:
        CalculatedBaseline… and BaselineUsedForDriftCheck…, addresses in S3.
    """
    kind = run.said("CheckType")
    if kind not in SHELVES:
        raise StepFailed(f"ClientError: CheckType must be one of {', '.join(SHELVES)}")
    skip, register = run.said("SkipCheck", False), run.said("RegisterNewBaseline", False)
    known = _known_baseline(run, kind)
    if not skip and CONSTRAINTS not in known:
        raise StepFailed(
            "ClientError: there is no baseline to compare with: supply one, or name a model "
            "package group whose latest approved package has it, or set SkipCheck"
        )
    calculated: Document = {}
    report = ""
    if register or not skip:
        arguments = _arguments(run, {} if skip else known)
        described = job_to_its_end(run, JOBS["Processing"], arguments)
        outputs = described["ProcessingOutputConfig"]["Outputs"]
        folder = outputs[0]["S3Output"]["S3Uri"].rstrip("/")
        calculated = {part: f"{folder}/{_FILES[part]}" for part in SHELVES[kind]}
        report = "" if skip else f"{folder}/constraint_violations.json"
    used = calculated if register else known
    properties = {
        **{f"CalculatedBaseline{part}": uri for part, uri in calculated.items()},
        **{f"BaselineUsedForDriftCheck{part}": uri for part, uri in used.items()},
    }
    _conclude(run, kind, properties, report)
    return properties


def _conclude(run: StepRun, kind: str, properties: Document, report: str) -> None:
    violations = _violations(run, report) if report else []
    metadata = {
        "CheckType": kind,
        **properties,
        "SkipCheck": run.said("SkipCheck", False),
        "RegisterNewBaseline": run.said("RegisterNewBaseline", False),
    }
    if group := run.said("ModelPackageGroupName"):
        metadata["ModelPackageGroupName"] = group
    if violations:
        metadata["ViolationReport"] = report
    if job := run.record.get("Metadata", {}).get("ProcessingJob"):
        metadata["CheckJobArn"] = job["Arn"]
    run.note(Metadata={run.step.kind: metadata})
    if violations and run.said("FailOnViolation", True):
        raise StepFailed(f"ClientError: {len(violations)} violations were found, see {report}")


def _violations(run: StepRun, report: str) -> list[Document]:
    try:
        document = json.loads(run.platform.objects.read(report, run.role))
    except ObjectsError:
        return []  # an analyzer that found none may write none
    found: list[Document] = document.get("violations", [])
    return found


def _known_baseline(run: StepRun, kind: str) -> Document:
    """What is supplied, else what the group's latest approved package has registered."""
    supplied = {part: run.said(f"SuppliedBaseline{part}") for part in SHELVES[kind]}
    found = {part: uri for part, uri in supplied.items() if uri}
    group = run.said("ModelPackageGroupName")
    if CONSTRAINTS in found or not group:
        return found
    package = _latest_approved(run, group).get("DriftCheckBaselines", {})
    for part, (shelf, member) in SHELVES[kind].items():
        if uri := package.get(shelf, {}).get(member, {}).get("S3Uri"):
            found.setdefault(part, uri)
    return found


def _latest_approved(run: StepRun, group: str) -> Document:
    try:
        packages = perform(
            run,
            "ListModelPackages",
            ModelPackageGroupName=group,
            ModelApprovalStatus="Approved",
            SortBy="CreationTime",
            SortOrder="Descending",
            MaxResults=1,
        )["ModelPackageSummaryList"]
        arn = packages[0]["ModelPackageArn"] if packages else None
        return perform(run, "DescribeModelPackage", ModelPackageName=arn) if arn else {}
    except ApiError:
        return {}  # there is no such group yet


def _arguments(run: StepRun, baseline: Document) -> Document:
    """The job's request, with the baseline to compare with and the model to ask."""
    arguments: Document = copy.deepcopy(run.step.document["Arguments"])
    for part, uri in baseline.items():
        name = part.lower()
        source = {
            "S3Uri": uri,
            "LocalPath": f"{BASE}/{name}",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
        }
        given = {"InputName": f"baseline_{name}", "S3Input": source}
        arguments.setdefault("ProcessingInputs", []).append(given)
        path = f"{BASE}/{name}/{uri.rpartition('/')[2]}"
        arguments.setdefault("Environment", {})[f"baseline_{name}"] = path
    if model := run.said("ModelName"):
        _name_model(run, arguments, model)
    return arguments


def _name_model(run: StepRun, arguments: Document, model: str) -> None:
    """Write the analysis configuration anew with the model, whose name is known only now."""
    for given in arguments.get("ProcessingInputs", []):
        if given["InputName"] != "analysis_config":
            continue
        address = str(run.resolve(given["S3Input"]["S3Uri"]))
        config = json.loads(run.platform.objects.read(address, run.role))
        config.setdefault("predictor", {})["model_name"] = model
        target = f"{address.rpartition('/')[0]}/{run.run.name}/analysis_config.json"
        bucket, _, key = target.removeprefix("s3://").partition("/")
        run.platform.clients.client("s3", run.role).put_object(
            Bucket=bucket, Key=key, Body=json.dumps(config).encode()
        )
        given["S3Input"]["S3Uri"] = target
