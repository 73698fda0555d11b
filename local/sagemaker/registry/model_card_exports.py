"""CreateModelCardExportJob and its siblings: a version of a card as a PDF in S3."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from local.sagemaker.api.errors import ConflictException, ResourceInUse, ResourceNotFound
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.api.service_models import shape
from local.sagemaker.api.shaping import iso_time, to_event
from local.sagemaker.assembly import at_start
from local.sagemaker.objects import ObjectsError
from local.sagemaker.registry.model_card_pdf import card_pdf
from local.sagemaker.registry.model_cards import EXPORT as KIND
from local.sagemaker.registry.model_cards import KIND as CARD
from local.sagemaker.registry.model_cards import find_card, find_version
from local.sagemaker.store import AlreadyExistsError, MissingError

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform


@operation("CreateModelCardExportJob")
def create_model_card_export_job(request: Document, platform: Platform) -> Document:
    """Begin to write a version of a card as a PDF to S3."""
    version = find_version(platform, request["ModelCardName"], request.get("ModelCardVersion"))
    card, name, now = version["ModelCardName"], request["ModelCardExportJobName"], platform.now()
    arn = f"{platform.arn(CARD, card)}/export-job/{name.lower()}"
    document = request | {
        "ModelCardName": card,
        "ModelCardVersion": version["ModelCardVersion"],
        "ModelCardExportJobArn": arn,
        "Status": "InProgress",
        "CreatedAt": now,
        "LastModifiedAt": now,
        "CreationTime": now,
    }
    try:
        platform.store.create(KIND, f"{card}/{name}", document, arn=arn, parent=card)
    except (AlreadyExistsError, ResourceInUse) as error:
        raise ConflictException(f"Model card export job {name} already exists.") from error
    _tell(platform, document)
    threading.Thread(target=_export, args=(platform, f"{card}/{name}"), daemon=True).start()
    return {"ModelCardExportJobArn": arn}


@operation("DescribeModelCardExportJob")
def describe_model_card_export_job(request: Document, platform: Platform) -> Document:
    """An export job, by ARN."""
    found = platform.store.find_by_arn(request["ModelCardExportJobArn"])
    if found is None or found[0] != KIND:
        raise ResourceNotFound(
            f"Model card export job {request['ModelCardExportJobArn']} does not exist."
        )
    return found[2]


@operation("ListModelCardExportJobs")
def list_model_card_export_jobs(request: Document, platform: Platform) -> Document:
    """The export jobs of a card, newest first."""
    card = find_card(platform, request["ModelCardName"])["ModelCardName"]
    version = request.get("ModelCardVersion")
    part = request.get("ModelCardExportJobNameContains")
    asked = request | ({"NameContains": part} if part else {})
    jobs = platform.store.list(KIND, parent=card)
    return page(
        asked,
        [job for job in jobs if version in (None, job["ModelCardVersion"])],
        name_member="ModelCardExportJobName",
        answer_member="ModelCardExportJobSummaries",
        status_member="Status",
    )


@at_start
def resume_exports(platform: Platform) -> None:
    """Write what was being written when the process ended."""
    for job in platform.store.list(KIND):
        if job["Status"] == "InProgress":
            key = f"{job['ModelCardName']}/{job['ModelCardExportJobName']}"
            threading.Thread(target=_export, args=(platform, key), daemon=True).start()


def _export(platform: Platform, key: str) -> None:
    try:
        job = platform.store.get(KIND, key)
        card = find_version(platform, job["ModelCardName"], job["ModelCardVersion"])
        uri = _address(job)
        folder = platform.settings.data / "model-cards"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{key.replace('/', '.')}.pdf"
        path.write_bytes(card_pdf(card))
        platform.objects.upload(path, uri)
        path.unlink()
        changes: Document = {
            "Status": "Completed",
            "ExportArtifacts": {"S3ExportArtifacts": uri},
        }
    except (MissingError, ResourceNotFound):
        return  # the card was deleted in the meantime
    except (ObjectsError, OSError) as error:
        changes = {"Status": "Failed", "FailureReason": f"ClientError: {error}"[:1024]}
    try:
        job = platform.store.update(KIND, key, LastModifiedAt=platform.now(), **changes)
    except MissingError:
        return
    _tell(platform, job)


def _address(job: Document) -> str:
    prefix = job["OutputConfig"]["S3OutputPath"].rstrip("/")
    name = f"{job['ModelCardName']}-v{job['ModelCardVersion']}-{job['ModelCardExportJobName']}"
    return f"{prefix}/{name}.pdf"


def _tell(platform: Platform, job: Document) -> None:
    detail: Document = to_event(shape("DescribeModelCardExportJobResponse"), job)
    for member in ("CreatedAt", "LastModifiedAt"):
        detail[member] = iso_time(job[member])
    arn = job["ModelCardExportJobArn"]
    platform.events.emit("SageMaker Model Card Export Job State Change", arn, detail)
