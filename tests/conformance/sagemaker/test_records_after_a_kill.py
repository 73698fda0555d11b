"""Lineage, experiments and model cards of a server that was killed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.sagemaker.laptop import BUCKET, LocalSageMaker, unique, until
from tests.conformance.sagemaker.tiny_s3 import TinyS3

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.conformance


@pytest.fixture
def killed(tmp_path: Path) -> Iterator[LocalSageMaker]:
    """A server that a test may kill."""
    with TinyS3() as s3:
        server = LocalSageMaker(tmp_path / "data", s3)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def test_what_was_acknowledged_is_still_there(killed: LocalSageMaker) -> None:
    """Trial, component, metrics, edges, card; and an export under way is finished."""
    sagemaker, name = killed.client(), unique("kept")
    sagemaker.create_experiment(ExperimentName=name)
    sagemaker.create_trial(TrialName=name, ExperimentName=name)
    component = sagemaker.create_trial_component(TrialComponentName=name)["TrialComponentArn"]
    sagemaker.associate_trial_component(TrialComponentName=name, TrialName=name)
    killed.client("sagemaker-metrics").batch_put_metrics(
        TrialComponentName=name,
        MetricData=[{"MetricName": "loss", "Timestamp": int(time.time()), "Value": 0.5}],
    )
    artifact = sagemaker.create_artifact(
        Source={"SourceUri": f"s3://{BUCKET}/{name}"}, ArtifactType="DataSet"
    )["ArtifactArn"]
    sagemaker.add_association(SourceArn=artifact, DestinationArn=component)
    sagemaker.create_model_card(ModelCardName=name, Content="{}", ModelCardStatus="Draft")
    job = sagemaker.create_model_card_export_job(
        ModelCardName=name,
        ModelCardExportJobName=name,
        OutputConfig={"S3OutputPath": f"s3://{BUCKET}/cards"},
    )["ModelCardExportJobArn"]
    killed.kill()
    killed.start()
    sagemaker = killed.client()
    export: dict[str, Any] = {}

    def exported() -> bool:
        export.update(sagemaker.describe_model_card_export_job(ModelCardExportJobArn=job))
        return bool(export["Status"] != "InProgress")

    until(exported, "the export ends")
    found = sagemaker.describe_trial_component(TrialComponentName=name)
    listed = sagemaker.list_trial_components(TrialName=name)["TrialComponentSummaries"]
    edges = sagemaker.list_associations(DestinationArn=component)["AssociationSummaries"]
    uri = export["ExportArtifacts"]["S3ExportArtifacts"]

    assert [item["TrialComponentArn"] for item in listed] == [component]
    assert [metric["Last"] for metric in found["Metrics"]] == [0.5]
    assert [edge["SourceArn"] for edge in edges] == [artifact]
    assert killed.s3.objects[BUCKET, uri.removeprefix(f"s3://{BUCKET}/")].startswith(b"%PDF")
