"""Carries one pipeline execution from its start to its end: who may run, and who never will."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from local.sagemaker.pipelines.pipeline_definition import read_definition
from local.sagemaker.pipelines.pipeline_states import KIND, IllegalMoveError, move_execution
from local.sagemaker.pipelines.pipeline_step import StepRun

if TYPE_CHECKING:
    from local.sagemaker.pipelines.pipeline_definition import Definition, Step
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

MOST_PARALLEL_STEPS = 50
FAILED = "Step failure: One or multiple steps failed."
DONE = frozenset({"Succeeded", "Failed", "Stopped"})
_log = logging.getLogger(__name__)


class ExecutionRun:
    """A pipeline execution while it runs.

    Attributes:
        stopping: Set when its steps are to end, and no more are to begin.
    """

    def __init__(self, platform: Platform, name: str) -> None:
        """Prepare; `start` begins. The execution is stored already."""
        self.platform = platform
        self.name = name
        document = platform.store.get(KIND, name)
        self.definition: Definition = read_definition(document["Definition"])
        self.stopping = threading.Event()
        if document["PipelineExecutionStatus"] == "Stopping":
            self.stopping.set()
        self._changed = threading.Condition()
        self._running: set[str] = set()

    def start(self) -> None:
        """Run in a thread."""
        self.platform.active[KIND, self.name] = self
        threading.Thread(target=self.run, name=self.name, daemon=True).start()

    def run(self) -> None:
        """Run to the end; whatever happens, the execution ends in a final state."""
        reason = ""
        try:
            self._run_steps()
        except Exception as error:  # noqa: BLE001 -- never leave an execution Executing with nobody at it
            if self.platform.closing:
                return
            _log.exception("pipeline execution %s broke", self.name)
            reason = f"InternalServerError: {error}"
        self.platform.active.pop((KIND, self.name), None)
        if not self.platform.closing:
            self._end(reason)

    def halt(self) -> None:
        """Let the running steps end, and begin no more."""
        self.stopping.set()
        self.wake()

    def wake(self) -> None:
        """Look again at what may run."""
        with self._changed:
            self._changed.notify_all()

    def finished(self, step: str) -> None:
        """Hear from a step that it ended."""
        with self._changed:
            self._running.discard(step)
            self._changed.notify_all()

    def _run_steps(self) -> None:
        with self._changed:
            while not self.platform.closing:
                document = self.platform.store.get(KIND, self.name)
                for step in self._ready(document):
                    self._running.add(step.name)
                    work = StepRun(self, step).work
                    threading.Thread(
                        target=work, name=f"{self.name}/{step.name}", daemon=True
                    ).start()
                if not self._running:
                    return
                self._changed.wait()

    def _ready(self, document: Document) -> list[Step]:
        """The steps to begin now, or to take up again, as far as they may run side by side."""
        records = document["Steps"]
        limit = document.get("ParallelismConfiguration", {}).get(
            "MaxParallelExecutionSteps", MOST_PARALLEL_STEPS
        )
        ready = []
        for step in self.definition.steps.values():
            record = records.get(step.name)
            begun = record is not None and record["StepStatus"] not in DONE
            if step.name in self._running or (record is not None and not begun):
                continue
            if begun or (not self.stopping.is_set() and self._may_begin(step, document)):
                ready.append(step)
        return ready[: max(0, limit - len(self._running))]

    def _may_begin(self, step: Step, document: Document) -> bool:
        records = document["Steps"]
        chosen = document.get("SelectedSteps")
        if chosen is not None and step.name not in chosen:
            return False
        if any(records.get(name, {}).get("StepStatus") != "Succeeded" for name in step.waits_for):
            return False
        if not step.gate:
            return True
        outcome = records[step.gate]["Metadata"]["Condition"]["Outcome"]
        return bool(step.outcome == (outcome == "True"))

    def _end(self, reason: str) -> None:
        document = self.platform.store.get(KIND, self.name)
        failed = any(record["StepStatus"] == "Failed" for record in document["Steps"].values())
        try:
            if document["PipelineExecutionStatus"] == "Stopping":
                move_execution(self.platform, self.name, "Stopped")
            elif failed or reason:
                move_execution(self.platform, self.name, "Failed", FailureReason=reason or FAILED)
            else:
                move_execution(self.platform, self.name, "Succeeded")
        except IllegalMoveError:
            # StopPipelineExecution came between: it is Stopping now, and nothing runs any more.
            move_execution(self.platform, self.name, "Stopped")
