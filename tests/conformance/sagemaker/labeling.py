"""What the tests of labelling share: a team, a job, and people who answer."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

from tests.conformance.sagemaker.laptop import BUCKET, ROLE, unique, until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.sagemaker.laptop import LocalSageMaker

FUNCTIONS = "arn:aws:lambda:us-east-1:432418664414:function"
TEMPLATE = """
<script src="https://assets.crowd.aws/crowd-html-elements.js"></script>
<crowd-form>
  <crowd-classifier name="mood" categories="{{ task.input.labels | to_json | escape }}"
    header="What is the mood of this message?">
    <classification-target>{{ task.input.taskObject }}</classification-target>
    <short-instructions>Choose the mood of the whole message.</short-instructions>
    <full-instructions>Irony counts as what is meant.</full-instructions>
  </crowd-classifier>
</crowd-form>
"""
LABELS = ["glad", "cross"]


def make_team(laptop: LocalSageMaker) -> tuple[str, str]:
    """A workteam: its ARN and its portal's address."""
    name = unique("team")
    group = {"UserPool": "us-east-1_pool", "UserGroup": "readers", "ClientId": "client"}
    arn = laptop.client().create_workteam(
        WorkteamName=name,
        Description="Readers",
        MemberDefinitions=[{"CognitoMemberDefinition": group}],
    )["WorkteamArn"]
    team = laptop.client().describe_workteam(WorkteamName=name)["Workteam"]
    return str(arn), f"http://{team['SubDomain']}"


def make_job(
    laptop: LocalSageMaker,
    team: str,
    texts: list[str],
    *,
    name: str = "",
    human: Any = None,
    **more: Any,
) -> str:
    """A text classification job of the moods glad and cross; its name, a new one if not given."""
    name = name or unique("mood")
    lines = [json.dumps({"source": text, "number": at}) for at, text in enumerate(texts)]
    manifest = laptop.put(f"{name}/input.manifest", "\n".join(lines))
    labels = {"document-version": "2018-11-28", "labels": [{"label": label} for label in LABELS]}
    task = {
        "WorkteamArn": team,
        "UiConfig": {"UiTemplateS3Uri": laptop.put(f"{name}/template.liquid", TEMPLATE)},
        "PreHumanTaskLambdaArn": f"{FUNCTIONS}:PRE-TextMultiClass",
        "AnnotationConsolidationConfig": {
            "AnnotationConsolidationLambdaArn": f"{FUNCTIONS}:ACS-TextMultiClass"
        },
        "TaskTitle": "Moods",
        "TaskDescription": "Tell the mood of a message",
        "NumberOfHumanWorkersPerDataObject": 1,
        "TaskTimeLimitInSeconds": 60,
    }
    given = {
        "LabelingJobName": name,
        "LabelAttributeName": "mood",
        "InputConfig": {"DataSource": {"S3DataSource": {"ManifestS3Uri": manifest}}},
        "OutputConfig": {"S3OutputPath": f"s3://{BUCKET}/labels"},
        "RoleArn": ROLE,
        "LabelCategoryConfigS3Uri": laptop.put(f"{name}/labels.json", json.dumps(labels)),
        "HumanTaskConfig": task | (human or {}),
    }
    laptop.client().create_labeling_job(**given | more)
    return name


def say(portal: str, path: str, **body: Any) -> dict[str, Any]:
    """Ask the portal's JSON side."""
    request = urllib.request.Request(
        f"{portal}/api/{path}",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        found: dict[str, Any] = json.loads(answer.read())
    return found


def next_task(portal: str, job: str, worker: str) -> dict[str, Any]:
    """A worker's next task, waited for."""
    found: list[dict[str, Any]] = []

    def there() -> bool:
        try:
            task = say(portal, f"jobs/{job}/next", worker=worker)["task"]
        except urllib.error.HTTPError:
            return False
        found.extend([task] if task else [])
        return bool(found)

    until(there, f"{worker} gets a task of {job}")
    return found[0]


def answer(portal: str, job: str, worker: str, mood: Callable[[str], str]) -> None:
    """Answer one task as a function says."""
    task = next_task(portal, job, worker)
    said = {"mood": {"label": mood(task["input"]["taskObject"])}}
    say(portal, f"jobs/{job}/{task['id']}", worker=worker, answer=said)


def answer_all(
    portal: str, job: str, worker: str, mood: Callable[[str], str], ended: Callable[[], bool]
) -> int:
    """Answer every task until the job has ended; how many they were."""
    count = 0

    def over() -> bool:
        nonlocal count
        try:
            while task := say(portal, f"jobs/{job}/next", worker=worker)["task"]:
                said = {"mood": {"label": mood(task["input"]["taskObject"])}}
                say(portal, f"jobs/{job}/{task['id']}", worker=worker, answer=said)
                count += 1
        except urllib.error.HTTPError:
            return ended()
        return ended()

    until(over, f"{job} has no more tasks", seconds=60)
    return count


def ended(laptop: LocalSageMaker, name: str) -> bool:
    """Tell whether a labelling job has ended."""
    job = laptop.client().describe_labeling_job(LabelingJobName=name)
    return job["LabelingJobStatus"] in {"Completed", "Failed", "Stopped"}


def await_job(laptop: LocalSageMaker, name: str, seconds: float = 30) -> dict[str, Any]:
    """Wait until a labelling job has ended."""
    found: dict[str, Any] = {}

    def ended() -> bool:
        found.update(laptop.client().describe_labeling_job(LabelingJobName=name))
        return found["LabelingJobStatus"] in {"Completed", "Failed", "Stopped"}

    until(ended, f"{name} ends", seconds=seconds)
    return found


def manifest(laptop: LocalSageMaker, job: dict[str, Any]) -> list[dict[str, Any]]:
    """The lines of a job's output manifest."""
    key = job["LabelingJobOutput"]["OutputDatasetS3Uri"].removeprefix(f"s3://{BUCKET}/")
    return [json.loads(line) for line in laptop.s3.objects[BUCKET, key].decode().splitlines()]
