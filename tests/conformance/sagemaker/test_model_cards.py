"""Model cards and their export as PDF, by plain boto3."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.conformance.sagemaker.laptop import BUCKET, unique, until
from tests.conformance.sagemaker.serving import details

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

pytestmark = pytest.mark.conformance

CONTENT: dict[str, Any] = {
    "model_overview": {"model_id": "churn-7", "model_description": "Tells who will leave (soon)."},
    "intended_uses": {"purpose_of_model": "Keep customers", "risk_rating": "Low"},
    "evaluation_details": [
        {
            "name": "Holdout",
            "metric_groups": [
                {
                    "name": "binary",
                    "metric_data": [
                        {"name": "auc", "type": "number", "value": 0.91},
                        {"name": "confusion", "type": "matrix", "value": [[40, 3], [5, 52]]},
                    ],
                }
            ],
        }
    ],
}


def new_card(laptop: LocalSageMaker, content: dict[str, Any] = CONTENT) -> tuple[str, str]:
    name = unique("card")
    answer = laptop.client().create_model_card(
        ModelCardName=name, Content=json.dumps(content), ModelCardStatus="Draft"
    )
    return name, answer["ModelCardArn"]


def test_a_card_has_a_version_for_each_content(laptop: LocalSageMaker) -> None:
    """Old versions stay as they were; a status belongs to the newest."""
    sagemaker, (name, arn) = laptop.client(), new_card(laptop)
    other = CONTENT | {"intended_uses": {"risk_rating": "High"}}
    sagemaker.update_model_card(ModelCardName=name, Content=json.dumps(other))
    sagemaker.update_model_card(ModelCardName=arn, ModelCardStatus="Approved")
    first = sagemaker.describe_model_card(ModelCardName=name, ModelCardVersion=1)
    newest = sagemaker.describe_model_card(ModelCardName=name)
    listed = sagemaker.list_model_card_versions(ModelCardName=name)["ModelCardVersionSummaryList"]

    assert json.loads(first["Content"]) == CONTENT
    assert (newest["ModelCardVersion"], newest["ModelCardStatus"]) == (2, "Approved")
    assert [(item["ModelCardVersion"], item["ModelCardStatus"]) for item in listed] == [
        (2, "Approved"),
        (1, "Draft"),
    ]
    change = "SageMaker Model Card State Change"
    until(lambda: len(details(laptop, change, arn)) == 3, "all three changes are told")
    assert details(laptop, change, arn)[2]["ModelCardStatus"] == "Approved"
    found = sagemaker.search(
        Resource="ModelCard",
        SearchExpression={"Filters": [{"Name": "ModelCardName", "Value": name}]},
    )
    assert [item["ModelCard"]["RiskRating"] for item in found["Results"]] == ["High"]
    open_content = sagemaker.describe_model_card(ModelCardName=name, IncludedData="MetadataOnly")
    assert json.loads(open_content["Content"]) == {
        "model_overview": {"model_id": "churn-7"},
        "intended_uses": {"risk_rating": "High"},
    }


def test_content_and_status_cannot_change_together(laptop: LocalSageMaker) -> None:
    """AWS says so."""
    name, _ = new_card(laptop)
    with pytest.raises(ClientError, match="either Content or ModelCardStatus"):
        laptop.client().update_model_card(
            ModelCardName=name, Content="{}", ModelCardStatus="Approved"
        )


def test_content_that_does_not_follow_the_schema_is_refused(laptop: LocalSageMaker) -> None:
    """Every fault is named by its path."""
    wrong = {
        "intended_uses": {"risk_rating": "Enormous"},
        "training_details": {"who": "me"},
        "evaluation_details": [{}],
    }
    with pytest.raises(ClientError) as error:
        new_card(laptop, wrong)
    message = error.value.response["Error"]["Message"]

    assert "$.intended_uses.risk_rating: must be one of High, Medium, Low, Unknown" in message
    assert "$.training_details.who: is not defined" in message
    assert "$.evaluation_details[0].name: is required" in message


def test_a_card_is_exported_as_a_pdf(laptop: LocalSageMaker) -> None:
    """The file in S3 has the card's words on its pages."""
    sagemaker, (name, _) = laptop.client(), new_card(laptop)
    job = unique("export")
    arn = sagemaker.create_model_card_export_job(
        ModelCardName=name,
        ModelCardExportJobName=job,
        OutputConfig={"S3OutputPath": f"s3://{BUCKET}/cards/{name}/"},
    )["ModelCardExportJobArn"]
    described: dict[str, Any] = {}

    def ended() -> bool:
        described.update(sagemaker.describe_model_card_export_job(ModelCardExportJobArn=arn))
        return bool(described["Status"] != "InProgress")

    until(ended, "the export ends")
    uri = described["ExportArtifacts"]["S3ExportArtifacts"]
    content = laptop.s3.objects[BUCKET, uri.removeprefix(f"s3://{BUCKET}/")]
    stream = content.partition(b"stream\n")[2].partition(b"\nendstream")[0]
    page = zlib.decompress(stream).decode("latin-1")

    assert described["Status"] == "Completed"
    assert content.startswith(b"%PDF-1.4")
    assert "(Model description: Tells who will leave \\(soon\\).) Tj" in page
    assert "(0.91) Tj" in page
    jobs = sagemaker.list_model_card_export_jobs(ModelCardName=name)["ModelCardExportJobSummaries"]
    assert [item["ModelCardExportJobName"] for item in jobs] == [job]


def test_an_export_to_a_bucket_that_is_not_there_fails(laptop: LocalSageMaker) -> None:
    """With the reason."""
    sagemaker, (name, _) = laptop.client(), new_card(laptop)
    arn = sagemaker.create_model_card_export_job(
        ModelCardName=name,
        ModelCardExportJobName=unique("export"),
        OutputConfig={"S3OutputPath": "https://lake/cards"},
    )["ModelCardExportJobArn"]

    def reason() -> str:
        described = sagemaker.describe_model_card_export_job(ModelCardExportJobArn=arn)
        return str(described.get("FailureReason", ""))

    until(lambda: "is not an S3 address" in reason(), "the export fails")


def test_a_deleted_card_is_gone_with_its_versions(laptop: LocalSageMaker) -> None:
    """ResourceNotFound; its name is free again."""
    sagemaker, (name, _) = laptop.client(), new_card(laptop)
    sagemaker.delete_model_card(ModelCardName=name)
    with pytest.raises(ClientError) as error:
        sagemaker.describe_model_card(ModelCardName=name, ModelCardVersion=1)

    assert error.value.response["Error"]["Code"] == "ResourceNotFound"
    sagemaker.create_model_card(ModelCardName=name, Content="{}", ModelCardStatus="Draft")
    assert sagemaker.describe_model_card(ModelCardName=name)["ModelCardVersion"] == 1
