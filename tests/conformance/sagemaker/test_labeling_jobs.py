"""Labelling jobs, as their owner meets them by boto3 and their workers by the portal."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from tests.conformance.sagemaker.labeling import (
    answer,
    await_job,
    make_job,
    make_team,
    manifest,
    next_task,
    say,
)
from tests.conformance.sagemaker.laptop import unique, until
from tests.conformance.sagemaker.serving import details

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

pytestmark = pytest.mark.conformance
EVENT = "SageMaker Ground Truth Labeling Job State Change"
TEXTS = ["thank you so much", "this is broken again", "lovely work"]


def mood(text: str) -> str:
    """How a careful reader answers."""
    return "cross" if "broken" in text else "glad"


def test_answers_become_an_augmented_manifest(laptop: LocalSageMaker) -> None:
    """Each line keeps what it had, and has its label and where that comes from."""
    team, portal = make_team(laptop)
    name = make_job(laptop, team, TEXTS)
    for _ in TEXTS:
        answer(portal, name, "ann", mood)
    job = await_job(laptop, name)

    assert job["LabelingJobStatus"] == "Completed", job
    lines = manifest(laptop, job)
    assert [line["mood"] for line in lines] == [0, 1, 0]
    assert [line["number"] for line in lines] == [0, 1, 2]
    about = lines[1]["mood-metadata"]
    assert about.pop("creation-date")
    assert about == {
        "class-name": "cross",
        "confidence": 0.0,
        "type": "groundtruth/text-classification",
        "job-name": f"labeling-job/{name}",
        "human-annotated": "yes",
    }
    assert job["LabelCounters"] == {
        "TotalLabeled": 3,
        "HumanLabeled": 3,
        "MachineLabeled": 0,
        "FailedNonRetryableError": 0,
        "Unlabeled": 0,
    }
    (key,) = laptop.s3.keys("lake", f"labels/{name}/annotations/worker-response/iteration-1/1/")
    (given,) = json.loads(laptop.s3.objects["lake", key])["answers"]
    assert given["workerId"] == "private.us-east-1.ann"
    assert given["answerContent"] == {"mood": {"label": "cross"}}
    told = details(
        laptop, "SageMaker Ground Truth Labeling Job State Change", job["LabelingJobArn"]
    )
    assert [event["LabelingJobStatus"] for event in told] == [
        "Initializing",
        "InProgress",
        "Completed",
    ]


def test_three_workers_outvote_a_careless_one(laptop: LocalSageMaker) -> None:
    """With three answers an object the label is the majority's, with a confidence."""
    team, portal = make_team(laptop)
    name = make_job(laptop, team, TEXTS, human={"NumberOfHumanWorkersPerDataObject": 3})
    for worker in ("ann", "ben"):
        for _ in TEXTS:
            answer(portal, name, worker, mood)
    for _ in TEXTS:
        answer(portal, name, "cat", lambda _text: "cross")
    lines = manifest(laptop, await_job(laptop, name))

    assert [line["mood"] for line in lines] == [0, 1, 0]
    assert all(0.5 < line["mood-metadata"]["confidence"] <= 1 for line in lines)


def test_a_worker_answers_in_the_browser(laptop: LocalSageMaker) -> None:
    """After signing in the page shows the text and the classes, and its form is an answer."""
    team, portal = make_team(laptop)
    name = make_job(laptop, team, ["all <b>good</b>"])
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    assert "Sign in" in browser.open(portal, timeout=10).read().decode()
    browser.open(f"{portal}/sign-in", b"worker=dee", timeout=10)

    def listed() -> bool:
        return name in browser.open(portal, timeout=10).read().decode()

    until(listed, "the job has tasks")
    page = browser.open(f"{portal}/jobs/{name}", timeout=10).read().decode()
    assert "all &lt;b&gt;good&lt;/b&gt;" in page
    assert page.count('name="label:mood"') == 2
    form = urllib.parse.urlencode({"label:mood": "glad"}).encode()
    browser.open(f"{portal}/jobs/{name}/0", form, timeout=10)

    (line,) = manifest(laptop, await_job(laptop, name))
    assert line["mood-metadata"]["class-name"] == "glad"


def test_stopping_keeps_what_was_labelled(laptop: LocalSageMaker) -> None:
    """A stopped job's manifest has the labels so far; the other lines are as they came."""
    team, portal = make_team(laptop)
    name = make_job(laptop, team, TEXTS)
    answer(portal, name, "ann", mood)
    client = laptop.client()

    def labelled() -> bool:
        counters = client.describe_labeling_job(LabelingJobName=name)["LabelCounters"]
        return bool(counters["TotalLabeled"] == 1)

    until(labelled, "one object is labelled")
    client.stop_labeling_job(LabelingJobName=name)
    job = await_job(laptop, name)

    assert job["LabelingJobStatus"] == "Stopped"
    assert ["mood" in line for line in manifest(laptop, job)] == [True, False, False]
    assert job["LabelCounters"]["Unlabeled"] == 2


def test_a_stopping_condition_ends_the_job(laptop: LocalSageMaker) -> None:
    """After MaxHumanLabeledObjectCount objects no further task is offered."""
    team, portal = make_team(laptop)
    name = make_job(laptop, team, TEXTS, StoppingConditions={"MaxHumanLabeledObjectCount": 2})
    for _ in range(2):
        answer(portal, name, "ann", mood)
    job = await_job(laptop, name)

    assert (job["LabelingJobStatus"], job["LabelCounters"]["HumanLabeled"]) == ("Stopped", 2)


def test_a_task_belongs_to_who_took_it(laptop: LocalSageMaker) -> None:
    """A task taken by one worker is nobody else's; an answer without a task is refused."""
    team, portal = make_team(laptop)
    name = make_job(laptop, team, ["one text"])
    task = next_task(portal, name, "ann")
    assert say(portal, f"jobs/{name}/next", worker="ben") == {"task": None}
    with pytest.raises(urllib.error.HTTPError, match="400"):
        say(portal, f"jobs/{name}/{task['id']}", worker="ben", answer={"mood": {"label": "glad"}})

    say(portal, f"jobs/{name}/{task['id']}/decline", worker="ann")
    job = await_job(laptop, name)
    assert job["LabelingJobStatus"] == "Failed"


def test_bad_input_fails_the_job(laptop: LocalSageMaker) -> None:
    """A manifest line without source is told by its number."""
    team, _ = make_team(laptop)
    name = unique("bad")
    uri = laptop.put(f"{name}.manifest", '{"source": "x"}\n{"text": "y"}\n')
    job = make_job(
        laptop, team, ["x"], InputConfig={"DataSource": {"S3DataSource": {"ManifestS3Uri": uri}}}
    )
    assert "Line 2" in await_job(laptop, job)["FailureReason"]


def test_what_ground_truth_refuses(laptop: LocalSageMaker) -> None:
    """An unknown team and an unknown task type are named."""
    team, _ = make_team(laptop)
    with pytest.raises(ClientError, match="workteam"):
        make_job(laptop, f"{team}-not", ["x"])
    arn = "arn:aws:lambda:us-east-1:432418664414:function:ACS-3DPointCloudObjectDetection"
    human = {"AnnotationConsolidationConfig": {"AnnotationConsolidationLambdaArn": arn}}
    with pytest.raises(ClientError, match="3DPointCloudObjectDetection"):
        make_job(laptop, team, ["x"], human=human)
