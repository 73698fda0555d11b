"""One step of a pipeline execution while it runs, in a thread of its own."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ApiError
from local.sagemaker.api.shaping import iso_time
from local.sagemaker.clients import CLOUD_ERRORS
from local.sagemaker.objects import ObjectsError
from local.sagemaker.pipelines.pipeline_cache import cached, digest
from local.sagemaker.pipelines.pipeline_references import (
    Reference,
    ReferenceFault,
    Resolver,
    follow,
)
from local.sagemaker.pipelines.pipeline_states import KIND, move_step, note_step

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.sagemaker.pipelines.pipeline_definition import Step
    from local.sagemaker.pipelines.pipeline_run import ExecutionRun

type Document = dict[str, Any]

_LOOK_SECONDS = 0.25  # how often a waiting step looks whether the server is being ended
_log = logging.getLogger(__name__)


class StepFailed(Exception):  # noqa: N818 -- a fact about the step, not a fault of this program
    """The step failed; the message is its FailureReason."""


class StepStopped(Exception):  # noqa: N818
    """The step ended because its execution is being stopped."""


class ServerEnds(Exception):  # noqa: N818
    """The local SageMaker is being ended; the step goes on at the next start."""


HANDLERS: dict[str, Callable[[StepRun], Document]] = {}
"""What the steps of each type do: takes the run, returns the step's properties."""


def handles(*kinds: str) -> Callable[[Callable[[StepRun], Document]], Any]:
    """Register what the steps of a type do."""

    def register(function: Callable[[StepRun], Document]) -> Callable[[StepRun], Document]:
        HANDLERS.update(dict.fromkeys(kinds, function))
        return function

    return register


class StepRun:
    """A step while it runs.

    Attributes:
        platform: The platform.
        run: The execution that it belongs to.
        step: What it is.
        execution: The execution's document as it was when the step began.
        record: What is known of the step.
    """

    def __init__(self, run: ExecutionRun, step: Step) -> None:
        self.platform = run.platform
        self.run = run
        self.step = step
        self.execution: Document = {}
        self.record: Document = {}

    @property
    def role(self) -> str:
        """The role that the execution acts under."""
        return str(self.execution["RoleArn"])

    def work(self) -> None:
        """Run to the end; whatever happens, the step ends in a final state."""
        try:
            self._begin()
            status, changes = self._outcome()
            now = self.platform.now()
            move_step(self.platform, self.run.name, self.step.name, status, EndTime=now, **changes)
        except ServerEnds:
            return
        except Exception:
            if not self.platform.closing:
                raise
        finally:
            self.run.finished(self.step.name)
        if self.step.kind == "Fail":
            self.run.halt()

    def note(self, **changes: Any) -> None:
        """Remember something of the step, through kills."""
        self.record = note_step(self.platform, self.run.name, self.step.name, **changes)

    def pause(self, seconds: float) -> bool:
        """Wait; tells whether the execution is being stopped.

        Raises:
            ServerEnds: When the local SageMaker is being ended.
        """
        until = time.monotonic() + seconds
        while True:
            stopping = self.run.stopping.wait(min(_LOOK_SECONDS, until - time.monotonic()))
            if self.platform.closing:
                raise ServerEnds
            if stopping or time.monotonic() >= until:
                return stopping

    def patience(self, seconds: float) -> None:
        """Wait although the execution is being stopped; raises `ServerEnds`."""
        time.sleep(seconds)
        if self.platform.closing:
            raise ServerEnds

    def resolve(self, value: Any, **variables: str) -> Any:
        """A value with its expressions replaced; raises `ReferenceFault`.

        Args:
            value: As in the definition.
            variables: Execution variables of this step alone (TrainingJobName).
        """
        return Resolver(
            lambda reference: self._get(reference, variables), self._read, self._property_file
        ).resolve(value)

    def said(self, member: str, default: Any = None) -> Any:
        """A member of the step itself, resolved."""
        value = self.resolve(self.step.document.get(member))
        return default if value is None else value

    def _begin(self) -> None:
        self.execution = self.platform.store.get(KIND, self.run.name)
        known = self.execution["Steps"].get(self.step.name)
        if known is None:
            document = self.step.document
            told = {
                "StepType": self.step.kind,
                "StepDisplayName": document.get("DisplayName"),
                "StepDescription": document.get("Description"),
            }
            more = {name: value for name, value in told.items() if value is not None}
            now = self.platform.now()
            move_step(
                self.platform, self.run.name, self.step.name, "Starting", StartTime=now, **more
            )
            known = {"StepStatus": "Starting"}
        if known["StepStatus"] == "Starting":
            known = move_step(self.platform, self.run.name, self.step.name, "Executing")
        self.record = known

    def _outcome(self) -> tuple[str, Document]:
        try:
            found = self._from_cache()
            properties = HANDLERS[self.step.kind](self) if found is None else found["Properties"]
        except StepStopped:
            return "Stopped", {}
        except ServerEnds:
            raise
        except Exception as error:
            if self.platform.closing:
                raise ServerEnds from error
            return "Failed", {"FailureReason": self._reason(error)[:1024]}
        more: Document = {"Properties": properties}
        if found is not None:
            more["Metadata"] = found["Metadata"]
            source = found["PipelineExecutionArn"]
            more["CacheHitResult"] = {"SourcePipelineExecutionArn": source}
        return "Succeeded", more

    def _reason(self, error: Exception) -> str:
        if isinstance(error, StepFailed):
            return str(error)
        if isinstance(error, (ReferenceFault, ObjectsError, ApiError, *CLOUD_ERRORS)):
            return f"ClientError: {error}"
        _log.error("step %s of %s broke", self.step.name, self.run.name, exc_info=error)
        return f"InternalServerError: {error}"

    def _from_cache(self) -> Document | None:
        config = self.step.document.get("CacheConfig") or {}
        if not config.get("Enabled") or self.record.get("JobName"):
            return None
        document = dict(self.step.document)
        arguments = self.resolve(
            document.pop("Arguments"), TrainingJobName="", ProcessingJobName=""
        )
        wanted = digest(self.step, arguments, self.resolve(document))
        self.note(Digest=wanted)
        return cached(self.platform, self.execution["PipelineName"], self.step, wanted)

    def _get(self, reference: Reference, variables: dict[str, str]) -> Any:
        if reference.root == "Parameters":
            return self.execution["Parameters"][reference.name]
        if reference.root == "Execution":
            return self._variable(reference.name, variables)
        return follow(self._record_of(reference.name)["Properties"], reference.path)

    def _variable(self, name: str, variables: dict[str, str]) -> str:
        execution = self.execution
        known = {
            "StartDateTime": iso_time(execution["CreationTime"]),
            "CurrentDateTime": iso_time(self.platform.now()),
            "PipelineName": execution["PipelineName"],
            "PipelineArn": execution["PipelineArn"],
            "PipelineExecutionArn": execution["PipelineExecutionArn"],
            "PipelineExecutionId": execution["PipelineExecutionArn"].rpartition("/")[2],
            **variables,
        }
        if name not in known:
            raise ReferenceFault(f"Execution.{name} has no value in the step {self.step.name}")
        return str(known[name])

    def _record_of(self, step: str) -> Document:
        record = self.execution["Steps"].get(step, {})
        if "Properties" not in record:
            raise ReferenceFault(f"The step {step} has given nothing")
        found: Document = record
        return found

    def _read(self, address: str) -> str:
        return self.platform.objects.read(address, self.role).decode()

    def _property_file(self, step: str, name: str) -> str:
        files = self.run.definition.steps[step].document["PropertyFiles"]
        chosen = next(item for item in files if item["PropertyFileName"] == name)
        outputs = self._record_of(step)["Properties"]["ProcessingOutputConfig"]["Outputs"]
        output = follow(outputs, (str(chosen["OutputName"]),))
        return f"{output['S3Output']['S3Uri'].rstrip('/')}/{chosen['FilePath']}"
