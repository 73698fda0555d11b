"""CreateModelPackageGroup and CreateModelPackage: the registry's side of a candidate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lifecycle.names import digest

if TYPE_CHECKING:
    from lifecycle.records import RunRecord
    from lifecycle.settings import Settings

TYPES = ["text/csv", "application/json"]


def group_request(problem: str, objective: str) -> dict[str, Any]:
    """Parameters of CreateModelPackageGroup: one group a problem, of the same name."""
    return {
        "ModelPackageGroupName": problem,
        "ModelPackageGroupDescription": (objective or f"Models for {problem}")[:1024],
        "Tags": [{"Key": "baton:problem", "Value": problem}],
    }


def container(run: RunRecord, settings: Settings) -> dict[str, Any]:
    """The one container that serves a run's package.

    The XGBoost image serves a user's script when it is named so (SageMaker inference toolkit:
    ``SAGEMAKER_PROGRAM``, ``SAGEMAKER_SUBMIT_DIRECTORY``).
    """
    return {
        "Image": settings.xgboost_image,
        "ModelDataUrl": settings.run_uri(run.problem, run.run, "model", "model.tar.gz"),
        "Environment": {
            "SAGEMAKER_PROGRAM": "inference.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        },
    }


def package_request(
    run: RunRecord, approval: str, why: str, metrics: dict[str, str], settings: Settings
) -> dict[str, Any]:
    """Parameters of CreateModelPackage for an evaluated candidate.

    Args:
        run: the evaluated run.
        approval: ``Approved``, ``Rejected`` or ``PendingManualApproval``.
        why: a sentence for people, shown beside the approval.
        metrics: what to note on the package, name → value, at most 256 characters each.
        settings: the stack's resources.
    """
    reports = settings.run_uri(run.problem, run.run, "reports")
    prepared = settings.run_uri(run.problem, run.run, "prepared", "documents")
    return {
        "ModelPackageGroupName": run.problem,
        "ModelPackageDescription": f"Run {run.run}: {why}"[:1024],
        "ClientToken": digest(run.problem, run.run, "package", length=36),
        "ModelApprovalStatus": approval,
        "InferenceSpecification": {
            "Containers": [container(run, settings)],
            "SupportedContentTypes": TYPES,
            "SupportedResponseMIMETypes": ["application/json", "text/csv"],
            "SupportedRealtimeInferenceInstanceTypes": [run.definition["deploy"]["instance"]],
            "SupportedTransformInstanceTypes": [run.definition["train"]["instance"]],
        },
        "ModelMetrics": {
            "ModelQuality": {"Statistics": _source(f"{reports}/evaluation.json")},
            "ModelDataQuality": {
                "Statistics": _source(f"{prepared}/statistics.json"),
                "Constraints": _source(f"{prepared}/constraints.json"),
            },
            "Bias": {"Report": _source(f"{reports}/analysis.json")},
            "Explainability": {"Report": _source(f"{reports}/explanation.json")},
        },
        "CustomerMetadataProperties": {
            "run": run.run,
            **{name[:128]: value[:256] for name, value in metrics.items()},
        },
        "MetadataProperties": {"GeneratedBy": run.best_training_job or run.run},
    }


def _source(uri: str) -> dict[str, str]:
    return {"ContentType": "application/json", "S3Uri": uri}
