"""The built-in task types besides plain classes, chained jobs, and shares of a set."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.sagemaker.labeling import (
    FUNCTIONS,
    answer,
    await_job,
    make_job,
    make_team,
    manifest,
    next_task,
    say,
)
from tests.conformance.sagemaker.laptop import unique

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

pytestmark = pytest.mark.conformance
BOXES = """
<crowd-form>
  <crowd-bounding-box name="boundingBox" labels="{{ task.input.labels | to_json }}" header="Draw"
    src="{{ task.input.taskObject | grant_read_access }}"></crowd-bounding-box>
</crowd-form>
"""


def of_type(task_type: str) -> dict[str, Any]:
    """The functions of a built-in task type."""
    after = {"AnnotationConsolidationLambdaArn": f"{FUNCTIONS}:ACS-{task_type}"}
    return {
        "PreHumanTaskLambdaArn": f"{FUNCTIONS}:PRE-{task_type}",
        "AnnotationConsolidationConfig": after,
    }


def test_entities_of_a_text(laptop: LocalSageMaker) -> None:
    """The built-in page needs no template; entities come back with their offsets."""
    team, portal = make_team(laptop)
    page = "arn:aws:sagemaker:us-east-1:394669845002:human-task-ui/NamedEntityRecognition"
    human = of_type("NamedEntityRecognition") | {"UiConfig": {"HumanTaskUiArn": page}}
    name = make_job(laptop, team, ["Ann is glad"], human=human)
    task = next_task(portal, name, "ann")
    entity = {"label": "glad", "startOffset": 7, "endOffset": 11}
    said = {"crowd-entity-annotation": {"entities": [entity]}}
    say(portal, f"jobs/{name}/{task['id']}", worker="ann", answer=said)
    (line,) = manifest(laptop, await_job(laptop, name))

    assert line["mood"]["annotations"]["entities"] == [entity]
    assert line["mood-metadata"]["type"] == "groundtruth/text-span"


def test_boxes_on_a_picture(laptop: LocalSageMaker) -> None:
    """The page shows the picture from S3, and nothing else from there; boxes become a label."""
    team, portal = make_team(laptop)
    picture = laptop.put(f"{unique('pictures')}/a.png", b"\x89PNG picture")
    secret = laptop.put(f"{unique('secret')}/b.png", b"secret")
    uri = laptop.put(f"{unique('m')}.manifest", json.dumps({"source-ref": picture}))
    template = laptop.put(f"{unique('t')}.liquid", BOXES)
    name = make_job(
        laptop,
        team,
        ["x"],
        human=of_type("BoundingBox") | {"UiConfig": {"UiTemplateS3Uri": template}},
        InputConfig={"DataSource": {"S3DataSource": {"ManifestS3Uri": uri}}},
    )
    task = next_task(portal, name, "ann")
    headers = {"Cookie": "worker=ann"}
    place = f"{portal}/jobs/{name}"
    with urllib.request.urlopen(urllib.request.Request(place, headers=headers)) as got:
        page = got.read().decode()
    address = f"{place}/0/object?uri="
    assert address.partition("//")[2].partition("/")[2] in page
    with urllib.request.urlopen(urllib.request.Request(address + picture, headers=headers)) as got:
        assert got.read() == b"\x89PNG picture"
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(urllib.request.Request(address + secret, headers=headers))

    box = {"label": "cross", "left": 1, "top": 2, "width": 3, "height": 4}
    size = {"width": 20, "height": 10}
    said = {"boundingBox": {"boundingBoxes": [box], "inputImageProperties": size}}
    say(portal, f"jobs/{name}/{task['id']}", worker="ann", answer=said)
    (line,) = manifest(laptop, await_job(laptop, name))

    assert line["mood"] == {
        "image_size": [size | {"depth": 3}],
        "annotations": [{"class_id": 1, "left": 1, "top": 2, "width": 3, "height": 4}],
    }
    assert line["mood-metadata"]["class-map"] == {"1": "cross"}


def test_several_labels_of_a_text(laptop: LocalSageMaker) -> None:
    """A text can have several classes, each with its confidence."""
    team, portal = make_team(laptop)
    name = make_job(laptop, team, ["both"], human=of_type("TextMultiClassMultiLabel"))
    task = next_task(portal, name, "ann")
    said = {"topics": {"labels": ["cross", "glad"]}}
    say(portal, f"jobs/{name}/{task['id']}", worker="ann", answer=said)
    (line,) = manifest(laptop, await_job(laptop, name))

    assert sorted(line["mood"]) == [0, 1]
    assert line["mood-metadata"]["class-map"] == {"0": "glad", "1": "cross"}


def test_a_chained_job_asks_for_what_is_missing(laptop: LocalSageMaker) -> None:
    """A stopped job's manifest is another one's input: only lines without a label are shown."""
    team, portal = make_team(laptop)
    share = {"MaxPercentageOfInputDatasetLabeled": 50}
    first = make_job(laptop, team, ["one", "two"], StoppingConditions=share)
    answer(portal, first, "ann", lambda _text: "glad")
    job = await_job(laptop, first)
    assert (job["LabelingJobStatus"], job["LabelCounters"]["TotalLabeled"]) == ("Stopped", 1)

    uri = job["LabelingJobOutput"]["OutputDatasetS3Uri"]
    source = {"DataSource": {"S3DataSource": {"ManifestS3Uri": uri}}}
    second = make_job(laptop, team, ["x"], InputConfig=source)
    answer(portal, second, "ben", lambda _text: "cross")
    job = await_job(laptop, second)

    assert (job["LabelingJobStatus"], job["LabelCounters"]["TotalLabeled"]) == ("Completed", 1)
    assert [line["mood-metadata"]["class-name"] for line in manifest(laptop, job)] == [
        "glad",
        "cross",
    ]
