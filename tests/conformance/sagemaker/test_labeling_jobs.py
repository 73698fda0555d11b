"""Labelling jobs, as their owner meets them by boto3 and their workers by the portal."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING, Any

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
from tests.conformance.sagemaker.laptop import BUCKET, ROLE, unique, until
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
    (key,) = laptop.s3.keys(BUCKET, f"labels/{name}/annotations/worker-response/iteration-1/1/")
    (given,) = json.loads(laptop.s3.objects[BUCKET, key])["answers"]
    assert given["workerId"] == "private.us-east-1.ann"
    assert given["answerContent"] == {"mood": {"label": "cross"}}
    kind, states = "SageMaker Ground Truth Labeling Job State Change", "LabelingJobStatus"

    def told() -> list[str]:
        return [event[states] for event in details(laptop, kind, job["LabelingJobArn"])]

    until(lambda: told()[-1:] == ["Completed"], "the last event comes")
    assert told() == ["Initializing", "InProgress", "Completed"]


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


def test_functions_of_the_callers_prepare_and_consolidate(laptop: LocalSageMaker) -> None:
    """The functions get AWS's requests; one object needs nobody, the others get their label."""
    team, portal = make_team(laptop)
    before, after = unique("before"), unique("after")
    seen = []

    def prepare(request: dict[str, Any]) -> dict[str, Any]:
        seen.append(request)
        line = request["dataObject"]
        needed = "broken" not in line["source"]
        return {
            "taskInput": {"taskObject": line["source"].upper(), "labels": ["glad", "cross"]},
            "isHumanAnnotationRequired": needed,
        }

    def consolidate(request: dict[str, Any]) -> list[dict[str, Any]]:
        seen.append(request)
        key = request["payload"]["s3Uri"].removeprefix(f"s3://{BUCKET}/")
        found = []
        for item in json.loads(laptop.s3.objects[BUCKET, key]):
            said = json.loads(item["annotations"][0]["annotationData"]["content"])
            label = {"text": item["dataObject"]["content"], "said": said["mood"]["label"]}
            content = {request["labelAttributeName"]: label}
            found.append(
                {
                    "datasetObjectId": item["datasetObjectId"],
                    "consolidatedAnnotation": {"content": content},
                }
            )
        return found

    laptop.s3.functions |= {before: prepare, after: consolidate}
    prefix = "arn:aws:lambda:us-east-1:000000000000:function"
    name = make_job(
        laptop,
        team,
        TEXTS,
        human={
            "PreHumanTaskLambdaArn": f"{prefix}:{before}",
            "AnnotationConsolidationConfig": {
                "AnnotationConsolidationLambdaArn": f"{prefix}:{after}"
            },
        },
    )
    for _ in range(2):
        answer(portal, name, "ann", lambda text: "glad" if text.isupper() else "cross")
    job = await_job(laptop, name)

    assert job["LabelingJobStatus"] == "Completed", job
    lines = manifest(laptop, job)
    assert [line.get("mood") for line in lines] == [
        {"text": TEXTS[0], "said": "glad"},
        None,
        {"text": TEXTS[2], "said": "glad"},
    ]
    assert lines[0]["mood-metadata"]["human-annotated"] == "yes"
    assert seen[0] == {
        "version": "2018-10-16",
        "labelingJobArn": job["LabelingJobArn"],
        "dataObject": {"source": TEXTS[0], "number": 0},
    }
    assert seen[-1]["labelCategories"] == ["glad", "cross"]


def test_a_function_that_is_not_there_fails_the_objects(laptop: LocalSageMaker) -> None:
    """With no object prepared the job fails and names the function."""
    team, _ = make_team(laptop)
    arn = "arn:aws:lambda:us-east-1:000000000000:function:nowhere"
    name = make_job(laptop, team, TEXTS, human={"PreHumanTaskLambdaArn": arn})
    assert arn in await_job(laptop, name)["FailureReason"]


def test_jobs_of_a_team_are_listed(laptop: LocalSageMaker) -> None:
    """ListLabelingJobsForWorkteam tells how much is open; a team in use stays."""
    team, _ = make_team(laptop)
    name = make_job(laptop, team, TEXTS)
    client = laptop.client()

    def counted() -> bool:
        (listed,) = client.list_labeling_jobs_for_workteam(WorkteamArn=team)[
            "LabelingJobSummaryList"
        ]
        return bool(listed["LabelCounters"]["PendingHuman"] == len(TEXTS))

    until(counted, "three objects are open")
    with pytest.raises(ClientError, match="is used by"):
        client.delete_workteam(WorkteamName=team.rpartition("/")[2])
    client.stop_labeling_job(LabelingJobName=name)
    await_job(laptop, name)
    assert client.delete_workteam(WorkteamName=team.rpartition("/")[2])["Success"]


def test_a_template_is_rendered(laptop: LocalSageMaker) -> None:
    """RenderUiTemplate fills a stored template, and names what is wrong with another."""
    client, name = laptop.client(), unique("page")
    content = "<crowd-form>{{ task.input.who }} &amp; co</crowd-form>"
    arn = client.create_human_task_ui(HumanTaskUiName=name, UiTemplate={"Content": content})
    task = {"Input": json.dumps({"who": "<Ann>"})}
    filled = client.render_ui_template(
        HumanTaskUiArn=arn["HumanTaskUiArn"], Task=task, RoleArn=ROLE
    )
    assert filled["RenderedContent"] == "<crowd-form>&lt;Ann&gt; &amp; co</crowd-form>"
    broken = client.render_ui_template(
        UiTemplate={"Content": "{% for x in y %}"}, Task=task, RoleArn=ROLE
    )
    assert "endfor" in broken["Errors"][0]["Message"]
    client.delete_human_task_ui(HumanTaskUiName=name)
    with pytest.raises(ClientError, match="ould not find"):
        client.describe_human_task_ui(HumanTaskUiName=name)
