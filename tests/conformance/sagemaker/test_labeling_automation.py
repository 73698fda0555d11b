"""Automated data labelling, and what survives a killed server."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.sagemaker.labeling import (
    answer,
    answer_all,
    await_job,
    ended,
    make_job,
    make_team,
    manifest,
)
from tests.conformance.sagemaker.laptop import LocalSageMaker, unique
from tests.conformance.sagemaker.serving import make_endpoint
from tests.conformance.sagemaker.tiny_s3 import TinyS3

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.conformance
ALGORITHM = (
    "arn:aws:sagemaker:us-east-1:027400017018:labeling-job-algorithm-specification/"
    "text-classification"
)
GLAD = ["lovely", "thank you", "great work", "so happy", "wonderful"]
CROSS = ["broken", "never again", "so late", "awful", "refund please"]
THINGS = ["parcel", "lamp", "chair", "kettle", "jacket", "book", "phone", "rug"]


@pytest.fixture
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSageMaker]:
    """A local SageMaker that labels sets of fifty objects automatically, and may be killed."""
    data = tmp_path_factory.mktemp("labels")
    with TinyS3() as s3:
        server = LocalSageMaker(data, s3, ("--labeling-least-objects", "50"))
        server.start()
        try:
            yield server
        finally:
            server.stop()


def texts(count: int) -> list[str]:
    """Messages whose mood a reader can tell."""
    chance = random.Random(1)
    return [
        f"{chance.choice(GLAD if at % 2 else CROSS)}, the {chance.choice(THINGS)} number {at}"
        for at in range(count)
    ]


def mood(text: str) -> str:
    """The mood of one of `texts`."""
    return "glad" if text.partition(",")[0] in GLAD else "cross"


def test_a_model_labels_what_it_is_sure_of(laptop: LocalSageMaker) -> None:
    """People label a sample; the model labels the rest rightly, says so, and can be served.

    Which sample is drawn by the job's name, so that it is the same one every time.
    """
    team, portal = make_team(laptop)
    name = make_job(
        laptop,
        team,
        texts(120),
        name="mood-of-one-sample",
        LabelingJobAlgorithmsConfig={"LabelingJobAlgorithmSpecificationArn": ALGORITHM},
    )
    answered = answer_all(portal, name, "ann", mood, lambda: ended(laptop, name))
    job = await_job(laptop, name)

    assert job["LabelingJobStatus"] == "Completed", job
    assert job["LabelCounters"]["HumanLabeled"] == answered
    assert job["LabelCounters"]["MachineLabeled"] == 120 - answered >= 30
    lines = manifest(laptop, job)
    by_machine = [x for x in lines if x["mood-metadata"]["human-annotated"] == "no"]
    assert len(by_machine) == 120 - answered
    right = sum(line["mood-metadata"]["class-name"] == mood(line["source"]) for line in by_machine)
    assert right >= 0.9 * len(by_machine)

    model = job["LabelingJobOutput"]["FinalActiveLearningModelArn"].rpartition("/")[2]
    config = unique("labels")
    variant: dict[str, Any] = {"VariantName": "primary", "ModelName": model}
    variant["InitialInstanceCount"] = 1
    variant["InstanceType"] = "ml.m5.large"
    laptop.client().create_endpoint_config(EndpointConfigName=config, ProductionVariants=[variant])
    endpoint = make_endpoint(laptop, config)
    said = laptop.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint, ContentType="text/plain", Body=b"awful, the lamp number 7"
    )
    assert '"label": "cross"' in said["Body"].read().decode()


def test_answers_survive_a_killed_server(laptop: LocalSageMaker) -> None:
    """After SIGKILL and a restart the job goes on; what was answered is not asked again."""
    arn, portal = make_team(laptop)
    name = make_job(laptop, arn, texts(3))
    answer(portal, name, "ann", mood)
    laptop.kill()
    laptop.start()
    team = laptop.client().list_workteams()["Workteams"][0]
    portal = f"http://{team['SubDomain']}"
    for _ in range(2):
        answer(portal, name, "ann", mood)
    job = await_job(laptop, name)

    assert job["LabelCounters"]["HumanLabeled"] == 3
    assert [line["mood-metadata"]["class-name"] for line in manifest(laptop, job)] == [
        mood(text) for text in texts(3)
    ]
