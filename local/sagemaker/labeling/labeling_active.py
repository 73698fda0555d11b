"""Automated data labelling: people label some texts, a model of these labels what it is sure of.

Page "Automate Data Labeling": a random sample goes to people; a part of it is held out; a model is
trained on the rest; from the held-out part comes the confidence from which on its labels are good
enough; what is at or above it is labelled by machine, what it is least sure of goes to people next.
"""

from __future__ import annotations

import json
import math
import random
import shutil
import uuid
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.operations import registry
from local.sagemaker.api.service_models import SAGEMAKER
from local.sagemaker.endpoints.models import KIND as MODEL
from local.sagemaker.jobs.images import SCIKIT_LEARN
from local.sagemaker.jobs.job_log import JobLog
from local.sagemaker.jobs.job_process import Cause, JobControl, run_process
from local.sagemaker.jobs.workers import Order
from local.sagemaker.labeling.labeling_inputs import BadInput
from local.sagemaker.labeling.labeling_output import metadata
from local.sagemaker.labeling.labeling_tasks import FAILED, LABELED, OFFERED, WAITING

if TYPE_CHECKING:
    from pathlib import Path

    from local.sagemaker.labeling.labeling_output import Output
    from local.sagemaker.labeling.labeling_tasks import Tasks
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

PROGRAM = "local.sagemaker.containers.labeling.text_classifier:main"
KIND = "groundtruth/text-classification"
BATCH_SHARE = 0.1
"""Of all objects, so many go to people in each round."""
LARGE_SET = 5_000
HELD_OUT_SMALL, HELD_OUT_LARGE = 0.2, 0.1
"""Of all objects, so many are held out; the first share below `LARGE_SET` objects."""
MOST_FAILED = 0.1


class ActiveLearning:
    """The rounds of one job.

    Attributes:
        model_arn: The newest model's ARN; empty before there is one.
    """

    def __init__(
        self, platform: Platform, job: Document, tasks: Tasks, output: Output, labels: list[str]
    ) -> None:
        """Check that there are enough objects.

        Raises:
            BadInput: When there are fewer than automated labelling takes.
        """
        self._platform, self._job, self._tasks = platform, job, tasks
        self._output, self._labels = output, labels
        self._control = JobControl(platform.settings.grace_seconds)
        self.model_arn = ""
        objects, least = len(tasks.all()), platform.settings.labeling_least_objects
        if objects < least:
            raise BadInput(
                f"Automated labeling needs {least} objects at least; the manifest has {objects}"
            )

    def stop(self) -> None:
        """End a training that is under way."""
        self._control.end(Cause.STOPPED)

    def choose(self, waiting: list[Document]) -> list[Document]:
        """The waiting objects that people are to label in this round."""
        return [item for item in waiting if "round" in item]

    def step(self) -> None:
        """Begin the next round when the present one is done: train, label, choose.

        Raises:
            BadInput: When more than a tenth of the first sample could not be labelled.
        """
        items = self._tasks.all()
        if any(i["status"] == OFFERED or (i["status"] == WAITING and "round" in i) for i in items):
            return
        waiting = [item for item in items if item["status"] == WAITING]
        done = [item for item in items if "round" in item]
        if not done:
            self._begin(waiting)
            return
        self._check(done)
        last = max(item["round"] for item in done)
        asked = [i for i in done if i["status"] == LABELED and i["human"]]
        if waiting and len({_class(item, self._job) for item in asked}) > 1:
            found = self._learn(last, asked, waiting)
            if found is None:
                return
            waiting = self._label(found, waiting)
        for item in waiting[: self._batch(len(items))]:
            self._tasks.set(item["index"], round=last + 1, held_out=False)

    def _begin(self, waiting: list[Document]) -> None:
        """Choose the first sample, and which part of it is held out."""
        whole = len(waiting)
        held = math.ceil(whole * (HELD_OUT_SMALL if whole < LARGE_SET else HELD_OUT_LARGE))
        chance = random.Random(self._job["LabelingJobName"])  # noqa: S311 -- a sample, not a secret
        sample = chance.sample(waiting, min(whole, held + self._batch(whole)))
        for place, item in enumerate(sample):
            self._tasks.set(item["index"], round=1, held_out=place < held)

    def _batch(self, whole: int) -> int:
        return max(1, math.ceil(BATCH_SHARE * whole))

    def _check(self, done: list[Document]) -> None:
        first = [item for item in done if item["round"] == 1]
        failed = sum(1 for item in first if item["status"] == FAILED)
        if failed > MOST_FAILED * len(first):
            raise BadInput(f"{failed} of the first {len(first)} objects could not be labeled")

    def _learn(
        self, number: int, asked: list[Document], waiting: list[Document]
    ) -> Document | None:
        """Train on what people labelled; what the model says, or None when it was ended."""
        folder = self._platform.settings.data / "jobs" / f"labeling-{uuid.uuid4().hex[:12]}"
        folder.mkdir(parents=True)
        try:
            files = {
                "train.jsonl": [self._row(i) for i in asked if not i["held_out"]],
                "validation.jsonl": [self._row(i) for i in asked if i["held_out"]],
                "unlabeled.jsonl": [
                    {"index": i["index"], "text": self._text(i["line"])} for i in waiting
                ],
            }
            if len({row["label"] for row in files["train.jsonl"]}) < 2:
                return {"threshold": None, "predictions": []}
            for name, rows in files.items():
                text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
                (folder / name).write_text(text, "utf-8")
            if not self._train(folder):
                return None
            return self._keep(number, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _train(self, folder: Path) -> bool:
        name, workers = self._job["LabelingJobName"], self._platform.workers
        log = JobLog(
            self._platform.settings.data / "logs" / "LabelingJobs" / f"{name}.log",
            self._platform.logs,
            "/aws/sagemaker/LabelingJobs",
            name,
        )
        environment = workers.base_environment() | {"SAGEMAKER_BASE_DIR": str(folder)}
        order = Order(environment, folder, call=PROGRAM)
        code = run_process(workers, order, log, self._control)
        if self._control.told_to_end or self._platform.closing:
            return False
        if code:
            raise BadInput(f"The training of the labelling model ended with exit code {code}")
        return True

    def _keep(self, number: int, folder: Path) -> Document:
        """Put the model and what it said into S3, and register the model."""
        archive = (folder / "model.tar.gz").read_bytes()
        uri = self._output.put_bytes(f"training/iteration-{number}/model.tar.gz", archive)
        found: Document = json.loads((folder / "predictions.json").read_text())
        lines = "".join(json.dumps(row) + "\n" for row in found["predictions"])
        self._output.put(f"inference/iteration-{number}/predictions.jsonl", lines)
        summary = {name: value for name, value in found.items() if name != "predictions"}
        self._output.put(f"activelearning/iteration-{number}/summary.json", json.dumps(summary))
        self._register(number, uri)
        return found

    def _register(self, number: int, uri: str) -> None:
        name = f"{self._job['LabelingJobName']}-{number}"[-63:].strip("-")
        if self._platform.store.find(MODEL, name) is not None:  # of a run that was interrupted
            self._platform.store.delete(MODEL, name)
        container = {
            "Image": SCIKIT_LEARN,
            "ModelDataUrl": uri,
            "Environment": {"SAGEMAKER_PROGRAM": "inference.py"},
        }
        request = {
            "ModelName": name,
            "ExecutionRoleArn": self._job["RoleArn"],
            "PrimaryContainer": container,
        }
        answer = registry.perform(SAGEMAKER, "CreateModel", request, self._platform)
        self.model_arn = answer["ModelArn"]

    def _label(self, found: Document, waiting: list[Document]) -> list[Document]:
        """Label what the model is sure of; the others, those it is least sure of first."""
        attribute, limit = self._job["LabelAttributeName"], found["threshold"]
        said = {row["index"]: row for row in found["predictions"]}
        rest = []
        for item in waiting:
            row = said.get(item["index"])
            if row is None or limit is None or row["confidence"] < limit:
                rest.append(item)
                continue
            own = {"class-name": row["label"], "confidence": round(row["confidence"], 2)}
            about = metadata(self._job, self._platform.now(), KIND, own, human=False)
            label = {attribute: self._labels.index(row["label"]), f"{attribute}-metadata": about}
            self._tasks.set(item["index"], status=LABELED, human=False, label=label)
        return sorted(rest, key=lambda i: said.get(i["index"], {}).get("confidence", 0.0))

    def _row(self, item: Document) -> Document:
        return {"text": self._text(item["line"]), "label": _class(item, self._job)}

    def _text(self, line: Document) -> str:
        if "source" in line:
            return str(line["source"])
        content = self._platform.objects.read(line["source-ref"], self._job["RoleArn"])
        return content.decode("utf-8", "replace")


def _class(item: Document, job: Document) -> str:
    return str(item["label"][f"{job['LabelAttributeName']}-metadata"]["class-name"])
