"""The report tells each point's verdict, and never counts a fault that did not befall."""

import json

from faults.lives import Outcome
from faults.points import Point
from faults.report import EQUAL, NOT_REACHED, UNEQUAL, Matrix, write
from local.ministack_hooks.planned_faults import ALL_DROPPED

ONE = Point("batch", "baton-StartRun", "DataIngested", 1, 2, "events:PutEvents", "killed after")
TWO = Point("batch", "baton-SendAlert", "ModelDeployed", 1, 0, "", "twice")
WITHOUT = Point("batch", "bus", "any", 1, 0, "", ALL_DROPPED)


def outcome(*points, befallen=(), findings=()):
    return Outcome("fm1", "batch", list(points), dict(befallen), list(findings), seconds=12.0)


def test_a_fault_that_befell_a_life_that_ended_equal_is_borne_out():
    matrix = Matrix()
    matrix.take(outcome(ONE, TWO, befallen={ONE: 1.5}), alone=False)

    assert matrix.verdicts == {ONE: EQUAL, TWO: NOT_REACHED}
    assert matrix.document()["longest_recovery_seconds"] == 1.5


def test_a_shared_life_that_failed_tells_nothing_until_its_faults_are_tried_alone():
    matrix = Matrix()
    matrix.take(outcome(ONE, TWO, befallen={ONE: 1, TWO: 1}, findings=["x"]), alone=False)
    assert (matrix.verdicts, matrix.findings) == ({}, [])
    assert [each["findings"] for each in matrix.lived_again] == [["x"]]

    matrix.take(outcome(ONE, befallen={ONE: 1}), alone=True)
    matrix.take(outcome(TWO, befallen={TWO: None}, findings=["sent_twice: <b>"]), alone=True)

    assert matrix.verdicts == {ONE: EQUAL, TWO: UNEQUAL}
    assert [each["points"] for each in matrix.findings] == [[str(TWO)]]


def test_the_page_opens_anywhere_and_the_document_holds_every_point(tmp_path):
    matrix = Matrix(counted={"batch": 2}, seconds=60)
    matrix.take(outcome(ONE, befallen={ONE: 1.5}), alone=True)
    matrix.take(outcome(TWO, befallen={TWO: None}, findings=["sent_twice: <b>"]), alone=True)

    page = write(matrix, tmp_path).read_text()
    document = json.loads((tmp_path / "faults.json").read_text())

    assert "http" not in page
    assert "sent_twice: &lt;b&gt;" in page
    assert "1 of 1" in page
    assert [point["verdict"] for point in document["points"]] == [UNEQUAL, EQUAL]
    assert (document["tried"], document[EQUAL], document[UNEQUAL]) == (2, 1, 1)


def test_how_long_a_life_takes_without_events_stands_beside_the_undisturbed_one(tmp_path):
    matrix = Matrix(counted={"batch": 3, "stream": 1}, undisturbed={"batch": 4.0})
    matrix.take(outcome(ONE, befallen={ONE: 1}), alone=True)
    matrix.take(outcome(WITHOUT), alone=True)
    assert matrix.document()["without_events_seconds"] == {}

    matrix.take(outcome(WITHOUT, befallen={WITHOUT: None}), alone=True)

    assert matrix.document()["without_events_seconds"] == {"batch": 12.0}
    page = write(matrix, tmp_path).read_text()
    assert "<td>4.0 s</td><td>12.0 s</td>" in page
    assert "SageMaker&#x27;s and Glue&#x27;s events" in page
