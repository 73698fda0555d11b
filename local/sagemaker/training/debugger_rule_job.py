"""One rule's evaluation: a processing job, `<training job>-<rule>-<8 hex>`, with its own process.

Its ExitMessage begins with RuleEvaluationConditionMet when the rule has found something. What
ProcessingJobStatus AWS gives it then is not documented; here it is Completed either way.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import uuid
from typing import TYPE_CHECKING, Any

from local.sagemaker.containers.rules.evaluate import MET
from local.sagemaker.containers.rules.reading import END
from local.sagemaker.jobs.container import Container
from local.sagemaker.jobs.job_log import JobLog
from local.sagemaker.jobs.job_process import Cause, JobControl, run_process
from local.sagemaker.jobs.workers import Order, WorkersError
from local.sagemaker.processing import processing_states
from local.sagemaker.training import training_states
from local.sagemaker.training.debugger_config import actions, rule_name, rule_parameters

if TYPE_CHECKING:
    from pathlib import Path

    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

LOG_GROUP = "/aws/sagemaker/ProcessingJobs"
_OF_A_NAME = 26
_ENDED = frozenset({"Error", "IssuesFound", "NoIssuesFound", "Stopped"})
_log = logging.getLogger(__name__)


class RuleJob:
    """The evaluation of one rule of a training job.

    Attributes:
        control: Through which it can be ended.
    """

    def __init__(self, platform: Platform, job: Document, rule: Document, tensors: Path) -> None:
        """Store the processing job; `start` begins it.

        Args:
            platform: The local SageMaker.
            job: The training job's document.
            rule: DebugRuleConfiguration.
            tensors: The folder that the training job writes to; the end is said beside it.
        """
        self._platform, self._job, self._rule, self._tensors = platform, job, rule, tensors
        training, called = job["TrainingJobName"], rule["RuleConfigurationName"]
        short = called[:_OF_A_NAME].strip("-")
        self._name = f"{training[:_OF_A_NAME].rstrip('-')}-{short}-{uuid.uuid4().hex[:8]}"
        self.control = JobControl(platform.settings.grace_seconds)
        self._container = Container(platform.settings.data / "jobs" / self._name)
        self._log = JobLog(
            platform.settings.data / "logs" / "ProcessingJobs" / f"{self._name}.log",
            platform.logs,
            LOG_GROUP,
            f"{self._name}/algo-1-{int(platform.clock())}",
        )
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._arn = platform.create(processing_states.KIND, self._name, self._document())
        processing_states.tell(platform, platform.store.get(processing_states.KIND, self._name))
        set_status(platform, training, called, "InProgress", RuleEvaluationJobArn=self._arn)

    def start(self) -> None:
        """Begin to judge."""
        self._platform.active[processing_states.KIND, self._name] = self
        self._thread.start()

    def join(self) -> None:
        """Wait for the end."""
        if self._thread.ident is not None:
            self._thread.join()

    def cancel(self) -> None:
        """The training never ran: there is nothing to judge."""
        if not self._platform.closing:
            self._end("Stopped", "Stopped", "")

    def _document(self) -> Document:
        now, rule = self._platform.now(), self._rule
        cluster = {
            "InstanceCount": 1,
            "InstanceType": rule.get("InstanceType", self._job["ResourceConfig"]["InstanceType"]),
            "VolumeSizeInGB": rule.get("VolumeSizeInGB") or 30,
        }
        environment = {name: text for name, text in rule["RuleParameters"].items() if text}
        return {
            "ProcessingJobName": self._name,
            "ProcessingJobArn": self._platform.arn(processing_states.KIND, self._name),
            "ProcessingJobStatus": "InProgress",
            "ProcessingResources": {"ClusterConfig": cluster},
            "AppSpecification": {"ImageUri": rule["RuleEvaluatorImage"]},
            "Environment": environment | {"TRAINING_JOB_ARN": self._job["TrainingJobArn"]},
            "RoleArn": self._job["RoleArn"],
            "TrainingJobArn": self._job["TrainingJobArn"],
            "CreationTime": now,
            "LastModifiedTime": now,
        }

    def _run(self) -> None:
        try:
            self._judge()
        except (WorkersError, OSError) as error:
            self._finish("Failed", "Error", f"InternalServerError: {error}")
        finally:
            self._container.remove()
            self._platform.active.pop((processing_states.KIND, self._name), None)

    def _judge(self) -> None:
        self._container.make()
        message = self._container.base / "output/message"
        told = {
            "folder": str(self._tensors),
            "end": str(self._tensors.parent / END),
            "rule": rule_name(self._rule),
            "parameters": rule_parameters(self._rule),
            "message": str(message),
        }
        order = Order(
            self._platform.workers.base_environment(),
            self._container.base,
            (json.dumps(told),),
            call="local.sagemaker.containers.rules.evaluate:main",
        )
        now = self._platform.now()
        self._platform.store.update(processing_states.KIND, self._name, ProcessingStartTime=now)
        code = run_process(self._platform.workers, order, self._log, self.control)
        said = message.read_text() if message.is_file() else ""
        if self.control.cause is Cause.STOPPED:
            self._finish("Stopped", "Stopped", "")
        elif code != 0:
            self._finish("Failed", "Error", f"the evaluation ended with exit code {code}")
        elif said.startswith(MET):
            self._finish("Completed", "IssuesFound", said)
            self._act()
        else:
            self._finish("Completed", "NoIssuesFound", "")

    def _finish(self, status: str, verdict: str, details: str) -> None:
        if not self._platform.closing:  # else the next start says that it was cut short
            self._end(status, verdict, details)

    def _end(self, status: str, verdict: str, details: str) -> None:
        changes: Document = {"ProcessingEndTime": self._platform.now()}
        if details:
            changes["FailureReason" if status == "Failed" else "ExitMessage"] = details[:1024]
        with contextlib.suppress(processing_states.IllegalMoveError):
            processing_states.move(self._platform, self._name, status, **changes)
        training, called = self._job["TrainingJobName"], self._rule["RuleConfigurationName"]
        more = {"StatusDetails": details[:1024]} if details else {}
        set_status(self._platform, training, called, verdict, **more)

    def _act(self) -> None:
        """Do what `action_json` asks for: stop the one running job that the prefix means."""
        for action in actions(self._rule):
            prefix = action.get("training_job_prefix") or self._job["TrainingJobName"]
            running = [
                name
                for kind, name in list(self._platform.active)
                if kind == training_states.KIND and name.startswith(prefix)
            ]
            if len(running) != 1:
                _log.warning(
                    "%s stops nothing: %d jobs begin with %s", self._name, len(running), prefix
                )
                continue
            run = self._platform.active.get((training_states.KIND, running[0]))
            if run is not None:
                run.control.end(Cause.STOPPED)
                with contextlib.suppress(training_states.IllegalMoveError):  # it ends by itself
                    training_states.move(self._platform, running[0], "Stopping")


def set_status(platform: Platform, training: str, rule: str, verdict: str, **more: Any) -> None:
    """Note a rule's status with its training job, and say the job's event while it runs.

    Args:
        platform: The local SageMaker.
        training: The training job's name.
        rule: The rule's RuleConfigurationName.
        verdict: RuleEvaluationStatus.
        more: Further members of DebugRuleEvaluationStatus.
    """
    now = platform.now()

    def change(document: Document) -> Document:
        for status in document.get("DebugRuleEvaluationStatuses", []):
            if status["RuleConfigurationName"] == rule:
                status.update(RuleEvaluationStatus=verdict, LastModifiedTime=now, **more)
        return document | {"LastModifiedTime": now}

    if platform.store.find(training_states.KIND, training) is None:
        return  # it was deleted meanwhile
    document = platform.store.change(training_states.KIND, training, change)
    if verdict in _ENDED and document["TrainingJobStatus"] not in training_states.ENDED:
        training_states.tell(platform, document)
