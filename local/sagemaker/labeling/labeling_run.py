"""Carries one labelling job from its manifest to its labels, in a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from local.sagemaker.labeling.labeling_active import ActiveLearning
from local.sagemaker.labeling.labeling_inputs import (
    BadInput,
    read_labels,
    read_manifest,
    read_template,
)
from local.sagemaker.labeling.labeling_lambdas import FunctionFailed, Functions
from local.sagemaker.labeling.labeling_output import Output, metadata
from local.sagemaker.labeling.labeling_states import KIND, IllegalMoveError, move
from local.sagemaker.labeling.labeling_tasks import (
    FAILED,
    KEPT,
    LABELED,
    OFFERED,
    WAITING,
    Tasks,
    counters,
)
from local.sagemaker.labeling.labeling_types import CUSTOM, TYPES, built_in, consolidate, task_input
from local.sagemaker.objects import ObjectsError

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

MOST_AT_ONCE = 1000
PEERS = 2000
"""So many objects labelled before tell how good each worker is."""
LOOK_SECONDS = 1.0
WRITE_SECONDS = 10.0
"""The manifest of a job under way is not written more often: it is as long as the input."""
_log = logging.getLogger(__name__)


class LabelingRun:
    """A labelling job while it runs.

    Attributes:
        tasks: Its objects, from which the portal takes tasks.
        template: The worker's template.
        labels: The label categories.
    """

    def __init__(self, platform: Platform, name: str) -> None:
        """Take up a job of the store; `start` begins, or goes on after a restart."""
        self._platform, self._name = platform, name
        self.job = platform.store.get(KIND, name)
        human = self.job["HumanTaskConfig"]
        self.tasks = Tasks(platform, self.job)
        self.template, self.labels = "", list[str]()
        self._output = Output(platform, self.job)
        self._functions = Functions(platform, self.job, self._output)
        self._at_once = human.get("MaxConcurrentTaskCount", MOST_AT_ONCE)
        consolidation = human.get("AnnotationConsolidationConfig") or {}
        after = consolidation.get("AnnotationConsolidationLambdaArn", "")
        before = human.get("PreHumanTaskLambdaArn", "")
        self._type = built_in(after) or ("" if after else "PassThrough")
        self._own_before = not before or bool(built_in(before))
        self._active: ActiveLearning | None = None
        self._write_again = 0.0
        self._stopping = self.job["LabelingJobStatus"] == "Stopping"

    def start(self) -> None:
        """Run in a thread."""
        self._platform.active[KIND, self._name] = self
        threading.Thread(target=self.run, name=self._name, daemon=True).start()

    def stop(self) -> None:
        """Ask the job to end with what is labelled."""
        self._stopping = True
        if self._active is not None:
            self._active.stop()
        self.tasks.changed.set()

    def run(self) -> None:
        """Run to the end; whatever happens, the job ends in a final state."""
        try:
            self._prepare()
            while not self._platform.closing and not self._step():
                self.tasks.changed.wait(LOOK_SECONDS)
        except (BadInput, ObjectsError) as error:
            self._fail(f"ClientError: {error}")
        except Exception as error:  # noqa: BLE001 -- never leave a job InProgress with nobody at it
            _log.exception("labelling job %s broke", self._name)
            self._fail(f"InternalServerError: {error}")
        finally:
            self._platform.active.pop((KIND, self._name), None)

    def _prepare(self) -> None:
        self.labels = read_labels(self._platform, self.job)
        self.template = read_template(self._platform, self.job)
        if self._type not in ("", "PassThrough") and not self.labels:
            raise BadInput("The task type needs a LabelCategoryConfigS3Uri")
        self.tasks.add(read_manifest(self._platform, self.job))
        if "LabelingJobAlgorithmsConfig" in self.job:
            self._active = ActiveLearning(
                self._platform, self.job, self.tasks, self._output, self.labels
            )
        if self.job["LabelingJobStatus"] == "Initializing" and not self._stopping:
            self.job = move(self._platform, self._name, "InProgress")

    def _step(self) -> bool:
        """Do what can be done now; tell whether the job has ended."""
        self.tasks.changed.clear()
        ready = self.tasks.ready()
        if ready:
            self._consolidate(ready)
        if self._active is not None and not self._stopping:
            self._active.step()
        if self._stopping or self._enough():
            self._end("Stopped")
            return True
        if not self.tasks.having(WAITING, OFFERED):
            self._end("Completed")
            return True
        self._offer()
        if ready:
            self._note()
            if time.monotonic() >= self._write_again:
                self._write_again = time.monotonic() + WRITE_SECONDS
                self._output.put_manifest(self.tasks.all(), self._attribute)
        return False

    def _offer(self) -> None:
        """Prepare further tasks, as many as may be open at once."""
        offered = len(self.tasks.having(OFFERED))
        room = self._at_once - offered
        if (most := self._most_human()) is not None:
            done = counters(self.tasks.all())["HumanLabeled"]
            room = min(room, most - done - offered)
        waiting = self.tasks.having(WAITING)
        if self._active is not None:
            waiting = self._active.choose(waiting)
        for item in waiting[: max(0, room)]:
            if self._own_before:
                self._ask(item["index"], task_input(item["line"], self.labels))
                continue
            try:
                given, needed = self._functions.prepare(item["line"])
            except FunctionFailed as error:
                self.tasks.set(item["index"], status=FAILED, reason=str(error))
                continue
            if needed:
                self._ask(item["index"], given)
            else:
                self.tasks.set(item["index"], status=KEPT)
        if waiting and not self.tasks.having(OFFERED):
            self.tasks.changed.set()  # all of them failed or needed nobody: look again at once

    def _ask(self, index: int, given: Document) -> None:
        self.tasks.set(index, status=OFFERED, input=given, offered=self._platform.now())

    def _consolidate(self, ready: list[Document]) -> None:
        answered = [item for item in ready if item["answers"]]
        for item in ready:
            if not item["answers"]:
                reason = "Nobody answered the task while it was available"
                self.tasks.set(item["index"], status=FAILED, reason=reason)
        if not answered:
            return
        for item in answered:
            self._output.put_answers(item, 1)
        found = self._built_in(answered) if self._type else self._by_function(answered)
        for item in answered:
            label = found.get(item["index"])
            if label is None:
                reason = item.get("reason") or "The answers make no label"
                self.tasks.set(item["index"], status=FAILED, reason=reason)
            else:
                self.tasks.set(item["index"], status=LABELED, label=label)

    def _built_in(self, items: list[Document]) -> dict[int, Document]:
        """Labels by the built-in type, workers being judged by what they answered before too."""
        attribute = self.job["LabelAttributeName"]
        before = [i for i in self.tasks.having(LABELED) if i["human"]][-PEERS:]
        answers = [item["answers"] for item in (*before, *items)]
        labels = consolidate(self._type, answers, self.labels)[len(before) :]
        found = {}
        for item, label in zip(items, labels, strict=True):
            if label is not None:
                value, own = label
                about = metadata(self.job, self._platform.now(), TYPES[self._type], own, human=True)
                found[item["index"]] = {attribute: value, f"{attribute}-metadata": about}
        return found

    def _by_function(self, items: list[Document]) -> dict[int, Document]:
        attribute = self.job["LabelAttributeName"]
        try:
            contents = self._functions.consolidate(items, self.labels)
        except FunctionFailed as error:
            for item in items:
                item["reason"] = str(error)
            return {}
        found = {}
        for index, content in contents.items():
            own = content.get(f"{attribute}-metadata") or {}
            about = metadata(self.job, self._platform.now(), CUSTOM, {}, human=True) | own
            found[index] = content | {f"{attribute}-metadata": about}
        return found

    def _most_human(self) -> int | None:
        most = self.job.get("StoppingConditions", {}).get("MaxHumanLabeledObjectCount")
        return None if most is None else int(most)

    def _enough(self) -> bool:
        """Tell whether one of the stopping conditions is met."""
        items = self.tasks.all()
        count = counters(items)
        most = self._most_human()
        if most is not None and count["HumanLabeled"] >= most:
            return bool(count["Unlabeled"])  # labelled to the last one is Completed
        share = self.job.get("StoppingConditions", {}).get("MaxPercentageOfInputDatasetLabeled")
        done = count["TotalLabeled"] + sum(1 for item in items if item["status"] == KEPT)
        return bool(share and count["Unlabeled"] and 100 * done >= share * len(items))

    def _note(self) -> None:
        self.job = self._platform.store.update(
            KIND,
            self._name,
            LabelCounters=counters(self.tasks.all()),
            LastModifiedTime=self._platform.now(),
        )

    def _end(self, status: str) -> None:
        items = self.tasks.all()
        output = {"OutputDatasetS3Uri": self._output.put_manifest(items, self._attribute)}
        if self._active is not None and self._active.model_arn:
            output["FinalActiveLearningModelArn"] = self._active.model_arn
        changes: Document = {"LabelCounters": counters(items), "LabelingJobOutput": output}
        count = changes["LabelCounters"]
        if count["FailedNonRetryableError"] and not count["TotalLabeled"] and status == "Completed":
            failed = next(item for item in items if item["status"] == FAILED)
            self._fail(f"ClientError: No object could be labeled: {failed['reason']}", **changes)
            return
        if status == "Stopped" and self.job["LabelingJobStatus"] != "Stopping":
            self._move("Stopping")
        self._move(status, **changes)

    @property
    def _attribute(self) -> str:
        return str(self.job["LabelAttributeName"])

    def _fail(self, reason: str, **changes: Any) -> None:
        if not self._platform.closing:
            self._move("Failed", FailureReason=reason[:1024], **changes)

    def _move(self, status: str, **changes: Any) -> None:
        try:
            self.job = move(self._platform, self._name, status, **changes)
        except IllegalMoveError as error:
            # StopLabelingJob may have come first: then this is the state after it.
            _log.info("%s", error)
            if status == "Completed":
                self.job = move(self._platform, self._name, "Stopped", **changes)
