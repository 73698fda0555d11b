"""A problem.yaml lands: it is accepted with its defaults, or refused fault by fault."""

from __future__ import annotations

from typing import Any

import yaml

from handle_define_problem import lambda_handler
from lifecycle.events import ProblemDefined, ProblemRejected
from tests.builders import cause_of, object_created, problem_record
from tests.fakes import FakeApi, FakeBus, FakeObjects, FakeRecords, fake_ports

KEY = "churn/problem.yaml"
GOOD = b"name: churn\ntarget: Churn\n"
BAD = b"name: churn\ntarget: Churn\nspot: true\ntune: {jobs: 0}\n"


def land(text: bytes, records: FakeRecords | None = None, etag: str = "second") -> Any:
    objects = FakeObjects()
    objects.write(f"s3://landing/{KEY}", text)
    ports = fake_ports(records=records or FakeRecords(), objects=objects)
    return lambda_handler.handle(cause_of(object_created(KEY, etag=etag)), ports)


def test_a_good_definition_is_in_force() -> None:
    """Recorded with its defaults, announced, and its model group asked for."""
    decided = land(GOOD)
    (row,) = decided.records
    (said,) = decided.events
    assert (row.version, row.definition["tune"]["jobs"], row.definition_version) == (0, 10, 1)
    assert isinstance(said, ProblemDefined)
    assert said.resolved_uri == "s3://lake/churn/problem.resolved.yaml"
    assert [call.operation for call in decided.calls] == ["PutObject", "CreateModelPackageGroup"]


def test_the_resolved_definition_is_written_for_people() -> None:
    """As YAML, with every default."""
    records, bus, objects = FakeRecords(), FakeBus(), FakeObjects()
    api = FakeApi(objects)
    objects.write(f"s3://landing/{KEY}", GOOD)
    ports = fake_ports(records=records, objects=objects, api=api, bus=bus)
    lambda_handler.answer(object_created(KEY), ports)
    written = yaml.safe_load(objects.read("s3://lake/churn/problem.resolved.yaml"))
    problem = records.problem("churn")
    assert problem is not None
    assert written == problem.definition
    assert len(bus.said("ProblemDefined")) == 1


def test_a_redefinition_counts_up_and_keeps_what_runs() -> None:
    """A run under way and the champion are not touched by it."""
    standing = problem_record(active_run="r", champion="c", definition_version=3)
    (row,) = land(GOOD + b"metric: f1\n", FakeRecords(standing)).records
    assert row.model_dump(include={"active_run", "champion", "definition_version", "version"}) == {
        "active_run": "r",
        "champion": "c",
        "definition_version": 4,
        "version": 1,
    }


def test_the_same_text_again_changes_nothing() -> None:
    """The same object by its ETag."""
    decided = land(GOOD, FakeRecords(problem_record(etag="second")))
    assert (decided.records, decided.calls, decided.events) == ((), (), ())


def test_a_faulty_text_is_refused_with_every_fault_and_the_old_one_stays() -> None:
    """Nothing is recorded; the event tells line, path and cure."""
    decided = land(BAD, FakeRecords(problem_record()))
    assert (decided.records, decided.calls) == ((), ())
    (said,) = decided.events
    assert isinstance(said, ProblemRejected)
    assert [(fault.line, fault.path) for fault in said.faults] == [(3, "spot"), (4, "tune.jobs")]


def test_regions_are_held_against_the_stacks_own() -> None:
    """``fake_settings`` stands in us-east-1."""
    decided = land(GOOD + b"compliance: {regions: [eu-west-1]}\n")
    (said,) = decided.events
    assert isinstance(said, ProblemRejected)
    assert said.faults[0].path == "compliance.regions"
