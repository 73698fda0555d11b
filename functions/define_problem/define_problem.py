"""A problem.yaml landed: accept it with every default resolved, or refuse it fault by fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lifecycle.decision import ApiCall, Decision
from lifecycle.errors import ProblemFaultsError
from lifecycle.events import ProblemDefined, ProblemRejected
from lifecycle.problem import parse_problem, to_yaml
from lifecycle.records import ProblemRecord
from lifecycle.requests.registry import group_request

if TYPE_CHECKING:
    from lifecycle.aws_events import ObjectCreated
    from lifecycle.cause import Cause
    from lifecycle.settings import Settings


def decide(
    cause: Cause[ObjectCreated], text: bytes, existing: ProblemRecord | None, settings: Settings
) -> Decision:
    """Define or redefine the problem; a refused text leaves the definition before it in force.

    Args:
        cause: the landed object.
        text: its bytes.
        existing: the problem as it is defined now, if it is.
        settings: the stack's resources.
    """
    name = cause.event.problem
    if existing and existing.etag == cause.event.etag:
        return Decision("The same problem.yaml landed again; nothing changed.", problem=name)
    try:
        resolved = parse_problem(text, folder=name, region=settings.region)
    except ProblemFaultsError as error:
        faults = error.faults
        return Decision(
            f"problem.yaml was refused: {len(faults)} fault(s).",
            problem=name,
            events=(ProblemRejected(problem=name, key=cause.event.key, faults=faults),),
        )
    document = resolved.document
    uri = settings.lake(name, "problem.resolved.yaml")
    previous = existing or ProblemRecord(problem=name, definition={}, definition_version=0)
    version = previous.definition_version + 1
    record = previous.model_copy(
        update={
            "definition": document,
            "definition_version": version,
            "defined_at": cause.time,
            "etag": cause.event.etag,
        }
    )
    said = ProblemDefined(
        problem=name, definition_version=version, target=document["target"], resolved_uri=uri
    )
    return Decision(
        f"The problem is defined (version {version}): predict {document['target']}.",
        problem=name,
        records=(record,),
        calls=_calls(name, document, settings),
        events=(said,),
    )


def _calls(name: str, document: dict[str, object], settings: Settings) -> tuple[ApiCall, ...]:
    group = group_request(name, str(document.get("objective") or ""))
    resolved = {
        "Bucket": settings.lake_bucket,
        "Key": f"{name}/problem.resolved.yaml",
        "Body": to_yaml(document).encode(),
        "ContentType": "application/yaml",
    }
    return (
        ApiCall("s3", "PutObject", resolved),
        ApiCall(
            "sagemaker",
            "CreateModelPackageGroup",
            group,
            unless=("DescribeModelPackageGroup", {"ModelPackageGroupName": name}),
        ),
    )
