"""Who prepares a run's rows, and what its end means."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

import handle_prepare_data
from handle_prepare_data import lambda_handler as prepare_data
from handle_reconcile_runs import lambda_handler as reconcile_runs
from lifecycle.errors import RecordMissingError
from prepare_data import is_large
from tests.builders import PROBLEM, RUN, definition, envelope, own_event, problem_record, run_record
from tests.fakes import FakeApi, FakeBus, FakeObjects, FakeRecords, fake_ports, fake_settings
from tests.fakes.crashing import CrashError, CrashPoints, crashing

FOLDER = f"s3://lake/{PROBLEM}/runs/{RUN}"
SETTINGS = replace(
    fake_settings(), prepare_job="baton-PrepareLarge", large_from_rows=500, large_from_bytes=10**6
)
SUMMARY = {
    "task": "binary_classification",
    "classes": 2,
    "features": 9,
    **dict.fromkeys(("rows", "train_rows", "validation_rows", "holdout_rows", "columns"), 100),
    "warnings": [],
}
KNOWN = ("glue", "JobRun", "jr_1")


class World:
    """A run that began, of a thousand rows."""

    def __init__(self, **run):
        began = run_record(**run)
        self.records = FakeRecords(problem_record(active_run=RUN, last_run=RUN), began)
        self.objects, self.bus = FakeObjects(), FakeBus()
        self.api = FakeApi(self.objects)
        self.ports = replace(
            fake_ports(self.records, self.objects, self.api, self.bus), settings=SETTINGS
        )

    def start(self, ports=None, **changes):
        data = {"problem": PROBLEM, "run": RUN, "because": "data", "inputs": 1, "rows": 1000}
        event = own_event("RunStarted", data) | {"id": "started"} | changes
        prepare_data.answer(event, ports or self.ports)

    def end(self, state="SUCCEEDED", name="jr_1", message="Job run succeeded"):
        detail = {"jobName": SETTINGS.prepare_job, "severity": "INFO", "state": state}
        detail |= {"jobRunId": name, "message": message}
        event = envelope("aws.glue", "Glue Job State Change", detail, id=f"ended-{name}")
        for _ in range(2):
            prepare_data.answer(event, self.ports)

    def said(self):
        return [(item["detail-type"], item["detail"]["data"]) for item in self.bus.envelopes]

    def run(self):
        return self.records.run(PROBLEM, RUN)

    def leave(self, answer):
        self.objects.write(f"{FOLDER}/preparation.json", json.dumps(answer).encode())


@pytest.fixture
def code(tmp_path, monkeypatch):
    for name in ("JOBS", "GLUE"):
        (tmp_path / name).write_bytes(b"the code")
        monkeypatch.setattr(handle_prepare_data, name, tmp_path / name)


@pytest.fixture
def world(code):
    return World()


@pytest.mark.parametrize(
    ("rows", "size", "large"),
    [(499, 10**6 - 1, False), (500, 0, True), (0, 10**6, True), (0, 0, False)],
)
def test_rows_or_bytes_make_a_run_large(rows, size, large):
    assert is_large(run_record(rows=rows, bytes=size), SETTINGS) == large


JOIN = "features: {join: [{group: orders, on: customer}]}\ncolumns: {time: since}\n"


@pytest.mark.parametrize(
    ("extra", "paths"),
    [
        (JOIN, ["features.join"]),
        ("prepare: {text: embed}\n", ["prepare.text"]),
        (JOIN + "prepare: {text: embed}\n", ["features.join", "prepare.text"]),
    ],
)
def test_a_large_run_that_asks_for_what_a_function_alone_does_is_refused(code, extra, paths):
    """At once, and by name: a function would run for its fifteen minutes and fail."""
    world = World(definition=definition(extra))

    world.start()

    ((name, data),) = world.said()
    assert name == "DataRejected"
    assert [fault["path"] for fault in data["faults"]] == paths
    assert all("1,000 rows" in fault["message"] for fault in data["faults"])
    assert world.run().stage == "data_rejected"
    assert KNOWN not in world.api.things


RECIPE = {"version": 2, "steps": [{"step": "trim", "columns": ["plan"]}]}
BY_RECIPE = "prepare: {recipe: code/own.json}\n"


def test_a_large_run_is_prepared_by_its_own_recipe(code):
    world = World(definition=definition(BY_RECIPE))
    text = json.dumps(RECIPE).encode()
    world.objects.write(f"s3://landing/{PROBLEM}/code/own.json", text)

    world.start()

    told = json.loads(world.objects.read(f"{FOLDER}/definition.json"))["prepare"]
    assert [step["step"] for step in told["steps"]] == ["trim"]
    assert (told["duplicates"], told["outliers"], told["scale"]) == ("keep", "keep", "none")
    assert told["recipe_sha256"] == hashlib.sha256(text).hexdigest()
    assert world.objects.read(f"{FOLDER}/code/recipe.json") == text


@pytest.mark.parametrize(
    ("recipe", "paths"),
    [
        (None, ["prepare.recipe"]),
        (b"{", ["prepare.recipe"]),
        (
            b'[{"step": "wash"}, {"step": "trim", "side": "top"}]',
            ["prepare.recipe[0].step", "prepare.recipe[1].side"],
        ),
    ],
)
def test_a_recipe_that_cannot_be_carried_out_ends_the_run_with_every_fault(code, recipe, paths):
    world = World(definition=definition(BY_RECIPE))
    if recipe is not None:
        world.objects.write(f"s3://landing/{PROBLEM}/code/own.json", recipe)

    world.start()

    ((name, data),) = world.said()
    assert name == "DataRejected"
    assert [fault["path"] for fault in data["faults"]] == paths


def test_without_limits_no_run_is_large():
    assert not is_large(run_record(rows=10**12, bytes=10**15), fake_settings())


def test_a_large_run_is_prepared_by_a_glue_job_with_the_runs_own_code(world):
    world.start()

    request = world.api.things[KNOWN]
    assert request["JobName"] == "baton-PrepareLarge"
    assert request["Arguments"] == {
        "--run-uri": FOLDER,
        "--extra-py-files": f"{FOLDER}/code/glue.zip",
        "--baton-run": f"{PROBLEM}/{RUN}",
    }
    assert json.loads(world.objects.read(f"{FOLDER}/definition.json")) == world.run().definition
    assert world.objects.read(f"{FOLDER}/code/glue.zip") == b"the code"
    assert world.objects.read(f"{FOLDER}/code/jobs.pyz") == b"the code"
    (job,) = world.records.open_jobs()
    assert (job.name, job.leg, job.detail) == (
        "jr_1",
        "prepare_data",
        {"job": "baton-PrepareLarge"},
    )
    assert (world.run().stage, world.run().preparing_job) == ("started", "jr_1")
    assert world.said() == []


@pytest.mark.parametrize("survived", range(9))
def test_killed_anywhere_and_delivered_again_one_job_run_is_started(code, survived):
    world = World()
    try:
        world.start(crashing(world.ports, CrashPoints(survived)))
    except CrashError:
        world.start()
    world.start()

    assert world.api.operations().count("StartJobRun") == 1
    assert world.run().preparing_job == "jr_1"


def test_a_repeat_of_the_start_by_another_event_starts_nothing(world):
    world.start()
    world.start(id="started-again")

    assert world.api.operations().count("StartJobRun") == 1


def test_what_the_job_prepared_moves_the_run_on(world):
    world.start()
    world.leave({"summary": SUMMARY})
    world.end()

    ((name, data), *_) = world.said()
    assert (name, data["rows"], data["features"]) == ("DataPrepared", 100, 9)
    assert (world.run().stage, world.run().features) == ("prepared", 9)
    assert world.records.open_jobs() == []


def test_rows_that_nothing_can_be_learned_from_end_the_run(world):
    world.start()
    fault = {"path": "Churn", "message": "every row lacks the target", "cure": "bring rows"}
    world.leave({"faults": [fault]})
    world.end()

    ((name, data), *_) = world.said()
    assert (name, data["faults"][0]["message"]) == ("DataRejected", fault["message"])
    assert world.run().stage == "data_rejected"
    assert world.records.problem(PROBLEM).active_run is None
    assert world.records.open_jobs() == []


@pytest.mark.parametrize("state", ["FAILED", "TIMEOUT", "STOPPED"])
def test_a_job_that_does_not_succeed_ends_the_run(world, state):
    world.start()
    world.end(state, message="out of memory")

    ((name, data), *_) = world.said()
    assert (name, data["job"], data["reason"]) == ("PreparationFailed", "jr_1", "out of memory")
    assert world.run().stage == "failed"
    assert world.records.problem(PROBLEM).active_run is None
    assert world.records.open_jobs() == []


def test_an_end_that_outran_its_record_is_tried_again(world):
    world.api.call(next(iter(decided(world).calls[1:])))

    with pytest.raises(RecordMissingError):
        world.end()


def decided(world):
    from prepare_data import decide_large
    from tests.builders import cause_of

    data = {"problem": PROBLEM, "run": RUN, "because": "data", "inputs": 1, "rows": 1000}
    run = world.run()
    return decide_large(cause_of(own_event("RunStarted", data)), run, run.definition, SETTINGS)


def test_the_other_job_run_of_two_that_began_at_once_is_left_alone(world):
    """Two deliveries looked, found none, and both started one: the run waits for the first."""
    world.start()
    world.api.things["glue", "JobRun", "jr_2"] = world.api.things[KNOWN] | {"Id": "jr_2"}

    world.end(name="jr_2")

    assert world.said() == []
    assert (world.run().stage, world.run().preparing_job) == ("started", "jr_1")


def test_an_end_that_nobody_heard_is_found_by_asking_glue(world):
    """And the leg that waits hears it like the event itself."""
    world.start()
    world.leave({"summary": SUMMARY})
    world.api.things[KNOWN]["JobRunState"] = "SUCCEEDED"
    tick = envelope("aws.events", "Scheduled Event", {}, resources=["arn:aws:events:::rule/r"])
    later = tick | {"time": "2026-02-03T10:31:00Z"}

    reconcile_runs.answer(later, world.ports)

    missed = world.bus.envelopes[-1]
    data = missed["detail"]["data"]
    assert (missed["detail-type"], data["leg"], data["name"]) == (
        "CompletionMissed",
        "prepare_data",
        "jr_1",
    )
    prepare_data.answer(missed, world.ports)
    assert world.run().stage == "prepared"


def test_a_job_run_under_way_is_left_alone(world):
    world.start()
    tick = envelope("aws.events", "Scheduled Event", {}, resources=["arn:aws:events:::rule/r"])

    reconcile_runs.answer(tick | {"time": "2026-02-03T10:31:00Z"}, world.ports)

    assert world.said() == []
