"""SageMakerPublicHub from outside, as newer SDKs ask for JumpStart's models."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from tests.conformance.sagemaker.laptop import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conformance.sagemaker.laptop import LocalSageMaker

pytestmark = pytest.mark.conformance

HUB = "SageMakerPublicHub"
TREES = "lightgbm-classification-model"


def test_models_are_listed_page_by_page(laptop: LocalSageMaker) -> None:
    """By name, and by what their names contain."""
    asked = {"HubName": HUB, "HubContentType": "Model", "SortBy": "HubContentName"}
    first = laptop.client().list_hub_contents(**asked, SortOrder="Ascending", MaxResults=2)
    rest = laptop.client().list_hub_contents(
        **asked, SortOrder="Ascending", NextToken=first["NextToken"]
    )
    names = [
        item["HubContentName"] for part in (first, rest) for item in part["HubContentSummaries"]
    ]
    trees = laptop.client().list_hub_contents(**asked, NameContains="lightgbm")

    assert names == sorted(names)
    assert TREES in names
    assert len(trees["HubContentSummaries"]) == 2


def test_a_models_document_names_image_script_and_hyperparameters(laptop: LocalSageMaker) -> None:
    """As whole addresses, and the same through the hub's ARN."""
    arn = laptop.client().describe_hub(HubName=HUB)["HubArn"]
    asked = {"HubContentType": "Model", "HubContentName": TREES}
    told = laptop.client().describe_hub_content(HubName=HUB, **asked)
    versions = laptop.client().list_hub_content_versions(HubName=arn, **asked)
    document = json.loads(told["HubContentDocument"])
    image = document["TrainingInstanceTypeVariants"]["Variants"]["m5"]["Properties"]["ImageUri"]

    assert told["HubArn"] == arn
    assert [item["HubContentVersion"] for item in versions["HubContentSummaries"]] == ["1.0.0"]
    assert "sagemaker-scikit-learn" in image
    assert document["TrainingScriptUri"].startswith("s3://jumpstart-cache-prod-us-east-1/")
    assert {item["Name"] for item in document["Hyperparameters"]} >= {"num_leaves", "max_depth"}


def test_what_a_document_names_can_be_fetched(laptop: LocalSageMaker) -> None:
    """It is put into S3 when it is first asked for."""
    told = laptop.client().describe_hub_content(
        HubName=HUB, HubContentType="Model", HubContentName=TREES
    )
    address = json.loads(told["HubContentDocument"])["TrainingScriptUri"]
    bucket, _, key = address.removeprefix("s3://").partition("/")

    assert laptop.s3.objects[bucket, key]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"HubContentName": "meta-llama"}, f"no model meta-llama here; it has .*{TREES}"),
        ({"HubContentType": "Notebook"}, "holds models alone"),
        ({"HubName": "mine"}, "Hub mine does not exist"),
        ({"HubContentVersion": "9.9.9"}, "no version 9.9.9"),
    ],
)
def test_what_is_not_there_is_named(
    laptop: LocalSageMaker, changed: dict[str, str], told: str
) -> None:
    """With the list of what there is."""
    asked = {"HubName": HUB, "HubContentType": "Model", "HubContentName": TREES} | changed
    with pytest.raises(ClientError, match=told) as missing:
        laptop.client().describe_hub_content(**asked)

    assert missing.value.response["Error"]["Code"] == "ResourceNotFound"


def test_the_newer_sdk_takes_every_document(laptop: LocalSageMaker, tmp_path: Path) -> None:
    """SageMaker's Python SDK 3, by the model that its trainer reads documents with."""
    python = ROOT / ".venvs" / "sdk3" / "bin" / "python"
    if not python.exists():
        pytest.skip(f"SageMaker's Python SDK 3 is not at {python}")
    asked = {"HubName": HUB, "HubContentType": "Model"}
    listed = laptop.client().list_hub_contents(**asked, MaxResults=100)["HubContentSummaries"]
    documents = {
        name: laptop.client().describe_hub_content(**asked, HubContentName=name)[
            "HubContentDocument"
        ]
        for name in (item["HubContentName"] for item in listed)
    }
    (tmp_path / "documents.json").write_text(json.dumps(documents))
    program = (
        "import json, sys\n"
        "from sagemaker.core.jumpstart.models import HubContentDocument\n"
        "told = json.load(open(sys.argv[1]))\n"
        "read = {name: HubContentDocument(**json.loads(text)) for name, text in told.items()}\n"
        "print(json.dumps({name: [one.TrainingSupported, one.TrainingEcrUri]"
        " for name, one in read.items()}))\n"
    )
    done = subprocess.run(
        [str(python), "-c", program, str(tmp_path / "documents.json")],
        env={"AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    read = json.loads(done.stdout.strip().splitlines()[-1])

    assert set(read) == set(documents)
    assert read[TREES] == [True, json.loads(documents[TREES])["TrainingEcrUri"]]
