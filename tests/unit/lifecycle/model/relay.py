"""The control legs over fakes, one delivery at a time, in whatever order a test asks for.

The legs, their decisions, ``advance`` and the template's rules are the real ones. What reads rows
is left out: the real decisions about taken in and prepared data are given counts instead.
"""

import importlib
import json
from dataclasses import dataclass, replace
from functools import cache

from events.wiring import DEPLOYED, functions, rules
from faults.mutations.wires import listeners
from ingest_files import decide_ingested, decide_waiting
from lifecycle.aws_events import ObjectCreated
from lifecycle.events import ProblemDefined, RunStarted, WaitingDataReleased
from lifecycle.landed import counts, known_already, new_input, released
from lifecycle.leg import Leg
from lifecycle.ports import Ports
from lifecycle.records import InputRecord, JobRecord, RunRecord
from lifecycle.runs import past
from prepare_data import decide_prepared
from science.examples.taking import Taken
from tests.builders import PROBLEM, TIME, definition, envelope
from tests.fakes import FakeBus, FakeObjects, FakeRecords, fake_settings
from tests.fakes.crashing import CrashError, CrashPoints, crashing
from tests.unit.lifecycle.model.api import MovingApi

LANDING = DEPLOYED["LandingBucket"]
LATER = "2026-02-03T12:00:00Z"
"""When the schedule ticks: every job is old enough to be asked after."""

ROWS = 600
CONTROL = (
    *("define_problem", "start_run", "start_training", "finish_training", "evaluate_candidate"),
    *("judge_candidate", "take_up_approval", "deploy_model", "confirm_deployment"),
    *("answer_drift", "score_file", "finish_scoring", "send_alert", "reconcile_runs"),
)
SUMMARY = {
    "task": "binary_classification",
    "classes": 2,
    "features": 12,
    "columns": 8,
    "warnings": [],
    "rows": 100,
    "train_rows": 70,
    "validation_rows": 15,
    "holdout_rows": 15,
}
STATES = {
    "TrainingJob": "SageMaker Training Job State Change",
    "HyperParameterTuningJob": "SageMaker HyperParameter Tuning Job State Change",
    "ProcessingJob": "SageMaker Processing Job State Change",
}


def _take_in(cause, ports):
    """ingest_files, for files of which every one can be read."""
    event = cause.event
    if isinstance(event, ProblemDefined):
        return released(event.problem, ports.records.inputs(event.problem), "data")
    row = new_input(event, "data")
    known = ports.records.get(row)
    if known and counts(known, event):
        return known_already(known)
    row = known or row
    if ports.records.problem(event.problem) is None:
        return known_already(row) if known else decide_waiting(cause, row)
    uri = ports.settings.lake(event.problem, "ingested", f"{row.digest}.parquet")
    return decide_ingested(cause, row, uri, Taken(ROWS, 8))


def _prepare(cause, ports):
    """prepare_data, for rows that can be learned from."""
    run = ports.records.run(cause.event.problem, cause.event.run)
    if run.stage != "started":
        return past(run)
    return decide_prepared(cause, run, SUMMARY, ports.settings)


@cache
def legs():
    """Every leg by the logical id of its function."""
    hears = (ObjectCreated, ProblemDefined, WaitingDataReleased)
    own = {
        "ingest_files": Leg("ingest_files", hears, _take_in),
        "prepare_data": Leg("prepare_data", (RunStarted,), _prepare),
    }
    found = {name: importlib.import_module(f"handle_{name}").lambda_handler for name in CONTROL}
    return {
        name: (own | found)[function.folder]
        for name, function in functions().items()
        if function.folder in own or function.folder in found
    }


@dataclass(frozen=True)
class Message:
    """An event in the queue of one function; `text` is the event as JSON."""

    function: str
    text: str


class _Between:
    """A table before whose first transaction something happens."""

    def __init__(self, records, meanwhile):
        self._records, self._meanwhile = records, meanwhile

    def __getattr__(self, name):
        return getattr(self._records, name)

    def commit(self, *rows):
        meanwhile, self._meanwhile = self._meanwhile, None
        if meanwhile is not None:
            meanwhile()
        self._records.commit(*rows)


class Relay:
    """The whole state: rows, objects, SageMaker's things, and what waits in the queues."""

    def __init__(self):
        self.objects, self.records, self.bus = FakeObjects(), FakeRecords(), FakeBus()
        self.api = MovingApi(self.objects)
        self.pending, self.delivered = [], []
        self.landed, self.alerts = {}, []
        self.edits = 0

    @property
    def ports(self):
        settings = replace(
            fake_settings(),
            landing_bucket=LANDING,
            lake_bucket=DEPLOYED["LakeBucket"],
            job_role=DEPLOYED["JobRole.Arn"],
        )
        return Ports(self.records, self.objects, self.api, self.bus, settings)

    def copied(self):
        """The same state, to go another way with."""
        other = Relay()
        for name in ("bodies", "content_types", "tags", "etags", "written"):
            setattr(other.objects, name, dict(getattr(self.objects, name)))
        other.records.rows = dict(self.records.rows)
        other.api = self.api.copied(other.objects)
        other.pending, other.delivered = list(self.pending), list(self.delivered)
        other.landed = dict(self.landed)
        other.edits = self.edits
        return other

    # ---- what happens ------------------------------------------------------------------------

    def send(self, event):
        """Put an event into the queue of every function that hears it."""
        text = json.dumps(event, sort_keys=True)
        for function in listeners(rules(), event):
            if function in legs():
                self.pending.append(Message(function, text))

    def land(self, name, body=b"rows"):
        """Drop a file."""
        key = f"{PROBLEM}/{name}"
        self.objects.write(f"s3://{LANDING}/{key}", body)
        etag = self.objects.etags[f"s3://{LANDING}/{key}"]
        self.landed[key] = etag
        item = {"key": key, "size": 1, "etag": etag, "sequencer": f"{self.edits:08X}"}
        detail = {"bucket": {"name": LANDING}, "object": item}
        self.send(envelope("aws.s3", "Object Created", detail, id=self._id("landed")))

    def define(self, extra=""):
        """Drop a problem.yaml."""
        definition(extra)  # refuses what the parser would refuse
        text = f"name: {PROBLEM}\ntarget: Churn\nfeatures: {{store: false}}\n{extra}"
        self.land("problem.yaml", text.encode())

    def _id(self, what):
        self.edits += 1
        return f"{what}-{self.edits}"

    def end(self, noun, name, *, well=True, heard=1):
        """Let a job come to its end, and SageMaker tell of it so often."""
        job = self.api.things["sagemaker", noun, name]
        job[f"{noun}Status"] = "Completed" if well else "Failed"
        if not well:
            job["FailureReason"] = "out of memory"
        elif noun == "HyperParameterTuningJob":
            best = f"{name}-001"
            job["BestTrainingJob"] = {"TrainingJobName": best}
            self.api.things["sagemaker", "TrainingJob", best] = _trained(best)
        elif noun == "TrainingJob":
            job |= _trained(name)
        elif name.startswith("baton-evaluate-"):
            self._report(job)
        role = {"RoleArn": DEPLOYED["JobRole.Arn"]}
        detail = {f"{noun}Name": name, f"{noun}Status": job[f"{noun}Status"]} | role
        detail["TrainingJobDefinition"] = role
        for copy in range(heard):
            self.send(envelope("aws.sagemaker", STATES[noun], detail, id=f"ended-{name}-{copy}"))

    def _report(self, job):
        outputs = {
            item["OutputName"]: item["S3Output"]["S3Uri"]
            for item in job["ProcessingOutputConfig"]["Outputs"]
        }
        document = {
            "metric": {"name": "roc_auc", "value": 0.9, "greater_is_better": True},
            "metrics": {"roc_auc": 0.9},
            "champion": None,
            "bias": {"violations": []},
            "model": {"sha256": "f" * 64},
        }
        uri = f"{outputs['reports']}/evaluation.json"
        self.objects.write(uri, json.dumps(document, sort_keys=True).encode())

    def settle(self, name, *, serves=True, heard=1):
        """Let an endpoint come to rest, and SageMaker tell of it so often."""
        self.api.settle(name, serves=serves)
        detail = {"EndpointName": name, "EndpointStatus": "IN_SERVICE"}
        what = "SageMaker Endpoint State Change"
        for _ in range(heard):
            self.send(envelope("aws.sagemaker", what, detail, id=self._id("moved")))

    def decide_by_person(self, approval):
        """A person edits the newest model package."""
        packages = [key[2] for key in self.api.things if key[1] == "ModelPackage"]
        if not packages:
            return
        package = self.api.things["sagemaker", "ModelPackage", packages[-1]]
        detail = {
            "ModelPackageArn": package["ModelPackageArn"],
            "ModelPackageGroupName": PROBLEM,
            "ModelApprovalStatus": approval,
            "UpdatedModelPackageFields": ["ModelApprovalStatus"],
        }
        name = "SageMaker Model Package State Change"
        self.send(envelope("aws.sagemaker", name, detail, id=self._id("edited")))

    def tick(self):
        """The schedule of the reconciler fires."""
        event = envelope("aws.events", "Scheduled Event", {}, time=LATER, id=self._id("tick"))
        (name,) = (key for key, each in functions().items() if each.folder == "reconcile_runs")
        self.pending.append(Message(name, json.dumps(event, sort_keys=True)))

    # ---- deliveries --------------------------------------------------------------------------

    def deliver(self, index, *, survives=None):
        """Deliver a waiting message; whether its queue may forget it.

        ``survives`` lets the function end after so many steps.
        """
        message = self.pending[index]
        if self.answer(message, survives=survives):
            self.pending.remove(message)
            self.delivered.append(message)
            return True
        return False

    def interleave(self, message, others):
        """Answer a message, and others between its leg's decision and its transaction."""

        def meanwhile():
            for other in others:
                self.deliver(self.pending.index(other))

        if self.answer(message, meanwhile=meanwhile):
            self.delivered.append(message)
        else:
            self.pending.append(message)

    def answer(self, message, *, survives=None, meanwhile=None):
        """Let a function answer a message; whether it did, to the end."""
        ports = self.ports
        if meanwhile is not None:
            ports = replace(ports, records=_Between(self.records, meanwhile))
        if survives is not None:
            ports = crashing(ports, CrashPoints(survives))
        try:
            legs()[message.function].answer(json.loads(message.text), ports)
        except CrashError:
            return False
        except Exception as error:  # noqa: BLE001  as lifecycle.leg does it: the queue retries
            self.failure = error
            return False
        finally:
            self._route()
        return True

    def _route(self):
        """Bring what was put on the bus to the queues; an event has one time, whenever it is."""
        entries, self.bus.entries = self.bus.entries, []
        for entry in entries:
            detail = json.loads(entry["Detail"])
            detail["metadata"]["occurred_at"] = TIME
            told = envelope("baton", entry["DetailType"], detail, id=detail["metadata"]["event_id"])
            self.send(told)

    def rest(self):
        """Faults have stopped: deliver, end and settle everything, and let the schedule tick."""
        for _ in range(12):
            self._settle_all()
            self.tick()
        self._settle_all()

    def _settle_all(self):
        stuck = 0
        while True:
            if self.pending and stuck <= len(self.pending):
                stuck = 0 if self.deliver(0) else stuck + 1
                if stuck:
                    self.pending.append(self.pending.pop(0))
            elif running := self.api.running():
                self.end(*running[0])
                stuck = 0
            elif moving := self.api.moving():
                self.settle(moving[0])
                stuck = 0
            else:
                return

    # ---- looking -----------------------------------------------------------------------------

    def of(self, kind):
        """All rows of a kind."""
        return [row for row in self.records.rows.values() if isinstance(row, kind)]

    def runs(self):
        return self.of(RunRecord)

    def inputs(self):
        return [row for row in self.of(InputRecord) if row.purpose == "data"]

    def jobs(self):
        return self.of(JobRecord)

    def listed(self, run):
        """The inputs that a run learned from."""
        uri = self.ports.settings.run_uri(PROBLEM, run.run, "inputs.json")
        return json.loads(self.objects.read(uri))["inputs"]


def _trained(name):
    return {
        "TrainingJobName": name,
        "TrainingJobStatus": "Completed",
        "ModelArtifacts": {"S3ModelArtifacts": f"s3://lake/{name}/model.tar.gz"},
        "BillableTimeInSeconds": 60,
        "FinalMetricDataList": [{"MetricName": "validation:auc", "Value": 0.9}],
    }
