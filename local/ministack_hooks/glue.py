# ruff: noqa: SLF001 -- this package exists to reach inside ministack
"""AWS Glue's jobs, really run: by `.venvs/glue`, under their own role, with Glue's own event.

ministack keeps jobs and runs, and runs a plain script by its own interpreter at best. Here a run is
a child process (`local.glue_process`) in the states that Glue documents ("AWS Glue job run
statuses"), several at once up to `MaxConcurrentRuns`, and its end is told on the default bus as
`Glue Job State Change` ("Automating AWS Glue with EventBridge"). Not done: `MaxRetries` and job
bookmarks.
"""

from __future__ import annotations

import contextvars
import functools
import json
import logging
import secrets
import threading
import time
from typing import TYPE_CHECKING, Any

from local.glue_process import Ended, GlueProcess, Launch
from local.ministack_hooks.events import put_aws_events
from local.ministack_hooks.inside import Json, Response, module
from local.sagemaker_requests import json_object, trusts_service

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

SERVICE = "glue.amazonaws.com"
OPEN = frozenset({"STARTING", "RUNNING", "STOPPING"})
MINUTE = 60.0
#: What ministack forgets of a job's definition.
_KEPT = ("ExecutionProperty", "ExecutionClass", "JobRunQueuingEnabled", "LogUri", "JobMode")
_NUMBERS = ("MaxRetries", "NumberOfWorkers", "Timeout")
_SEVERITY = {"FAILED": "ERROR", "TIMEOUT": "WARN"}
_logger = logging.getLogger("baton")


class GlueRuns:
    """The runs under way, and how one begins and ends.

    Attributes:
        put_events: Puts entries on the default bus, told a text that names whose run they are
            about; who plans faults sets another.
    """

    def __init__(self, python: Path, folder: Path, environment: Mapping[str, str]) -> None:
        """Install nothing yet.

        Args:
            python: the interpreter of scripts.
            folder: where runs have their own folders.
            environment: what every script finds, the address of the cloud above all.
        """
        self._python, self._folder = python, folder
        self._environment = dict(environment)
        self._processes: dict[str, tuple[GlueProcess, threading.Thread]] = {}
        self._starting = threading.Lock()
        self._ending = False
        self.put_events: Callable[[list[Json], str], object] = _put_events

    def start(self, request: Json) -> Response:
        """Answer `StartJobRun`."""
        glue = module("services.glue")
        job = glue._jobs.get(request.get("JobName"))
        if job is None:
            return _refuse("EntityNotFoundException", f"Job {request.get('JobName')} not found")
        most = int((job.get("ExecutionProperty") or {}).get("MaxConcurrentRuns") or 1)
        with self._starting:
            runs = glue._job_runs.setdefault(job["Name"], [])
            if sum(run["JobRunState"] in OPEN for run in runs) >= most:
                return _refuse(
                    "ConcurrentRunsExceededException",
                    f"Concurrent runs exceeded for {job['Name']}",
                )
            run = _new_run(job, request)
            runs.append(run)
        role = _role(job.get("Role", ""))
        process = GlueProcess(self._launch(job, run, role))
        context = contextvars.copy_context()  # account and Region of the request
        work = (self._carry_out, job, run, process, role is not None)
        thread = threading.Thread(target=context.run, args=work, daemon=True)
        self._processes[run["Id"]] = process, thread
        thread.start()
        return _answer({"JobRunId": run["Id"]})

    def stop(self, request: Json) -> Response:
        """Answer `BatchStopJobRun`; the runs end a moment later."""
        name = request.get("JobName", "")
        runs = {run["Id"]: run for run in module("services.glue")._job_runs.get(name, [])}
        submitted, errors = [], []
        for each in request.get("JobRunIds", []):
            run = runs.get(each)
            if run is None or run["JobRunState"] not in OPEN:
                said = f"state {run['JobRunState']}" if run else "not found"
                code = "InvalidInputException" if run else "EntityNotFoundException"
                detail = {"ErrorCode": code, "ErrorMessage": f"Job run {each}: {said}"}
                errors.append({"JobName": name, "JobRunId": each, "ErrorDetail": detail})
                continue
            submitted.append({"JobName": name, "JobRunId": each})
            run["JobRunState"] = "STOPPING"
            if found := self._processes.get(each):
                found[0].stop()
        return _answer({"SuccessfulSubmissions": submitted, "Errors": errors})

    def end_all(self, patience: float = 10.0) -> None:
        """End every child as the cloud ends; the next start tells of their runs."""
        self._ending = True
        running = list(self._processes.values())
        for process, _ in running:
            process.stop()
        for _, thread in running:
            thread.join(patience)

    def end_unfinished(self) -> None:
        """Fail the runs that a former cloud left under way, and tell of them."""
        glue, responses = module("services.glue"), module("core.responses")
        for (account, region, name), runs in glue._job_runs.all_items():
            for run in runs:
                if run["JobRunState"] in OPEN and run["Id"] not in self._processes:
                    with responses.request_scope(account, region):
                        ended = Ended(
                            "FAILED", "The laptop cloud ended while the run was under way"
                        )
                        _finish(run, ended)
                        self._tell(name, run)

    def _launch(self, job: Json, run: Json, role: str | None) -> Launch:
        command = job.get("Command") or {}
        spark = command.get("Name") != "pythonshell"
        given = {**(job.get("DefaultArguments") or {}), **run["Arguments"]}
        arguments = {**given, **(job.get("NonOverridableArguments") or {})}
        named = {"--JOB_NAME": job["Name"], "--JOB_RUN_ID": run["Id"]} if spark else {}
        return Launch(
            python=self._python,
            folder=self._folder / run["Id"],
            script=command.get("ScriptLocation", ""),
            arguments={**named, **arguments},
            environment={**self._environment, **(_credentials(role) if role else {})},
            spark=spark,
            timeout_seconds=float(run["Timeout"]) * MINUTE,
        )

    def _carry_out(self, job: Json, run: Json, process: GlueProcess, allowed: bool) -> None:
        """Run to the end, on a thread of the run's own."""
        try:
            if allowed:
                run["JobRunState"] = "RUNNING"
                ended = process.run(functools.partial(_log, run["LogGroupName"], run["Id"]))
            else:
                said = f"Role {job.get('Role')} should be given assume role permissions"
                ended = Ended("FAILED", f"{said} for Glue Service.")
        except Exception as error:
            _logger.exception("Glue run %s", run["Id"])
            ended = Ended("FAILED", f"{type(error).__name__}: {error}")
        if self._ending:
            return
        _finish(run, ended)
        self._processes.pop(run["Id"], None)
        self._tell(job["Name"], run)

    def _tell(self, job: str, run: Json) -> None:
        """Put the run's `Glue Job State Change` on the default bus."""
        self.put_events([_ended_event(job, run)], json.dumps(run["Arguments"]))


def hook_glue(runs: GlueRuns) -> None:
    """Put these runs in the place of ministack's, keep all of a job, and name what IAM judges."""
    glue, provisioners = module("services.glue"), module("services.cloudformation.provisioners")
    glue._start_job_run, glue._batch_stop_job_run = runs.start, runs.stop
    create, update, fields = glue._create_job, glue._update_job, provisioners._glue_job_fields

    def keep(name: str, given: Json) -> None:
        if name in glue._jobs:
            glue._jobs[name].update({key: given[key] for key in _KEPT if key in given})

    @functools.wraps(create)
    def create_job(request: Json) -> Response:
        answer: Response = create(request)
        if answer[0] < 300:
            keep(request["Name"], request)
        return answer

    @functools.wraps(update)
    def update_job(request: Json) -> Response:
        answer: Response = update(request)
        keep(request.get("JobName", ""), request.get("JobUpdate", {}))
        return answer

    @functools.wraps(fields)
    def job_fields(properties: Json) -> Json:
        kept = {key: properties[key] for key in _KEPT if key in properties}
        made = {**fields(properties), **kept}
        # A parameter of a template is a text, whatever its type.
        return made | {key: int(made[key]) for key in _NUMBERS if key in made}

    glue._create_job, glue._update_job = create_job, update_job
    provisioners._glue_job_fields = job_fields
    _hook_resources()


def _hook_resources() -> None:
    """Judge requests by their job or connection; ministack takes any `Name` for a table."""
    actions = module("core.iam_actions")
    original = actions.extract_resource_arn

    @functools.wraps(original)
    def extract_resource_arn(service: str, *request: Any) -> str:
        if service == "glue":
            _, _, headers, body, _, region, account = request
            operation = str(headers.get("x-amz-target", "")).rpartition(".")[2]
            name = json_object(body).get("Name")
            for kind in ("Job", "Connection"):
                if name and operation in {f"Create{kind}", f"Get{kind}", f"Update{kind}"}:
                    return f"arn:aws:glue:{region}:{account}:{kind.lower()}/{name}"
        arn: str = original(service, *request)
        return arn

    actions.extract_resource_arn = extract_resource_arn


def _new_run(job: Json, request: Json) -> Json:
    """The record of a run that begins."""
    now = time.time()
    group = "python-jobs" if (job.get("Command") or {}).get("Name") == "pythonshell" else "jobs"
    run = {
        "Id": f"jr_{secrets.token_hex(32)}",
        "Attempt": 0,
        "JobName": job["Name"],
        "StartedOn": now,
        "LastModifiedOn": now,
        "JobRunState": "STARTING",
        "Arguments": dict(request.get("Arguments") or {}),
        "ExecutionTime": 0,
        "Timeout": request.get("Timeout") or job.get("Timeout") or 480,
        "LogGroupName": f"/aws-glue/{group}",
        "PredecessorRuns": [],
    }
    for name in ("WorkerType", "NumberOfWorkers", "MaxCapacity", "GlueVersion"):
        if (value := request.get(name) or job.get(name)) is not None:
            run[name] = value
    if previous := request.get("JobRunId"):
        run["PreviousRunId"] = previous
    return run


def _finish(run: Json, ended: Ended) -> None:
    now = time.time()
    run.update(JobRunState=ended.state, CompletedOn=now, LastModifiedOn=now)
    run["ExecutionTime"] = int(now - run["StartedOn"])
    if ended.message:
        run["ErrorMessage"] = ended.message


def _put_events(entries: list[Json], _about: str) -> None:
    put_aws_events(entries, module("core.responses").get_region())


def _ended_event(job: str, run: Json) -> Json:
    state, name = run["JobRunState"], run["Id"]
    said = run.get("ErrorMessage", "")
    message = {
        "SUCCEEDED": "Job run succeeded",
        "STOPPED": "Job run stopped",
        "TIMEOUT": "Job run timed out",
    }.get(state, f"JobName:{job} and JobRunId:{name} failed to execute with exception {said}")
    detail = {
        "jobName": job,
        "severity": _SEVERITY.get(state, "INFO"),
        "state": state,
        "jobRunId": name,
        "message": message,
    }
    return {
        "Source": "aws.glue",
        "DetailType": "Glue Job State Change",
        "Detail": json.dumps(detail),
        "Resources": [],
    }


def _role(role: str) -> str | None:
    """The ARN of a job's role, given by name or ARN; None unless it trusts Glue."""
    found = module("services.iam")._roles.get(role.rpartition("/")[2])
    if found is None or not trusts_service(found["AssumeRolePolicyDocument"], SERVICE):
        return None
    arn: str = found["Arn"]
    return arn


def _credentials(role: str) -> dict[str, str]:
    """A session of the role, as its environment; Glue's own session name."""
    account, name = role.split(":")[4], role.rpartition("/")[2]
    key = f"ASIA{secrets.token_hex(8).upper()}"
    secret, token = secrets.token_hex(20), secrets.token_hex(32)
    session = "GlueJobRunnerSession"
    module("services.sts").register_session(
        key,
        {
            "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session}",
            "UserId": f"{name}:{session}",
            "SecretAccessKey": secret,
            "SessionToken": token,
        },
    )
    return {
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_SESSION_TOKEN": token,
    }


def _log(group: str, stream: str, kind: str, text: str) -> None:
    """Write lines to `<group>/output` or `<group>/error`, in the run's own stream."""
    logs = module("services.cloudwatch_logs")
    place = {"logGroupName": f"{group}/{kind}", "logStreamName": stream}
    if place["logGroupName"] not in logs._log_groups:
        logs._create_log_group({"logGroupName": place["logGroupName"]})
    if stream not in logs._log_groups[place["logGroupName"]]["streams"]:
        logs._create_log_stream(place)
    now = int(time.time() * 1000)
    lines = [{"timestamp": now, "message": line} for line in text.splitlines() if line]
    if lines:
        logs._put_log_events({**place, "logEvents": lines})


def _answer(document: Json) -> Response:
    return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(document).encode()


def _refuse(code: str, message: str) -> Response:
    refusal: Response = module("core.responses").error_response_json(code, message, 400)
    return refusal
