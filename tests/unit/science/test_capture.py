"""Captured traffic as rows again."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest

from science.capture import outputs, read_capture, told_columns

PROBLEM = {
    "task": "binary_classification",
    "classes": ["No", "Yes"],
    "inputs": ["age", "job"],
    "target": "bought",
    "target_position": 2,
}
SEVERAL = {**PROBLEM, "task": "multiclass_classification", "classes": ["a", "b"]}


def line(body: str, answer: str | None, kind: str = "text/csv", said: str = "application/json",
         encoding: str = "CSV", **about: str) -> bytes:  # fmt: skip
    data = {"endpointInput": {"observedContentType": kind, "data": body, "encoding": encoding}}
    if answer is not None:
        data["endpointOutput"] = {
            "observedContentType": said, "data": answer, "encoding": "JSON"
        }  # fmt: skip
    event = {"eventId": "e1", "inferenceTime": "2026-01-05T10:11:12Z"} | about
    record = {"captureData": data, "eventMetadata": event, "eventVersion": "0"}
    return json.dumps(record).encode()


ANSWER = json.dumps({"predictions": [{"label": "Yes", "score": 0.75}]})


def test_a_request_becomes_its_rows():
    """Raw values, the answer, who asked and when."""
    found = read_capture([line("41,clerk", ANSWER, inferenceId="order-17")], PROBLEM)

    assert {name: list(cells) for name, cells in found.columns.items()} == {
        "age": ["41"],
        "job": ["clerk"],
    }
    assert found.inference_ids == ["order-17"]
    assert found.times == ["2026-01-05T10:11:12Z"]
    assert outputs(found.answers, PROBLEM).tolist() == [0.75]


def test_csv_and_json_requests_lie_in_one_column():
    """In the order of the file; without an inference id the event's stands."""
    rows = json.dumps({"instances": [{"age": 1}, {"age": 2}]})
    two = json.dumps({"predictions": [{"score": 0.1}, {"score": 0.2}]})
    found = read_capture([line("41,x", ANSWER), line(rows, two, "application/json")], PROBLEM)

    assert list(found.columns["age"]) == ["41", 1, 2]
    assert found.inference_ids == ["e1"] * 3
    assert outputs(found.answers, PROBLEM).tolist() == [0.75, 0.1, 0.2]


def test_base64_is_unpacked():
    """What content types are not listed is captured so."""
    body = base64.b64encode(b"41,clerk").decode()

    assert read_capture([line(body, ANSWER, encoding="BASE64")], PROBLEM).rows == 1


@pytest.mark.parametrize(
    ("problem", "answer", "expected"),
    [
        (PROBLEM, "Yes,0.75\n", [0.75]),
        (SEVERAL, "b,0.6,0.4,0.6\n", [[0.4, 0.6]]),
        ({**PROBLEM, "task": "regression"}, "12.5\n", [12.5]),
    ],
    ids=["binary", "several", "values"],
)
def test_answers_in_csv_are_read_too(problem, answer, expected):
    """As ``inference.output_fn`` writes them."""
    found = read_capture([line("41,clerk", answer, said="text/csv")], problem)

    assert outputs(found.answers, problem).tolist() == expected


def test_what_is_no_capture_is_counted_and_passed_over():
    """The lines around it are read."""
    broken = [b"{", b"[]", b"{}", line("1,2,3,4", ANSWER), line("x", ANSWER, "image/png")]
    found = read_capture([*broken, b"", line("41,clerk", ANSWER)], PROBLEM)

    assert (found.rows, found.unreadable) == (1, 5)


def test_a_row_without_an_answer_says_nothing():
    """It is traffic all the same."""
    found = read_capture([line("41,clerk", None)], PROBLEM)

    assert found.rows == 1
    assert np.isnan(outputs(found.answers, PROBLEM)).all()


def test_no_lines_are_no_rows():
    """Every column is there, and empty."""
    found = read_capture([], PROBLEM)

    assert {name: len(cells) for name, cells in found.columns.items()} == {"age": 0, "job": 0}


def test_rows_that_gave_an_identifier_alone_are_no_traffic_to_compare():
    """They were answered from the online store; an identifier says nothing of their values."""
    known = {**PROBLEM, "inputs": ["id", "age"], "feature_store": {"identifier": "id"}}
    body = json.dumps({"instances": [{"id": "7"}, {"id": "8", "age": 3}, {"age": 4}]})
    found = read_capture([line(body, ANSWER, "application/json", encoding="JSON")], known)

    told = told_columns(found.columns, known)

    assert list(told["age"]) == [3, 4]
    assert told_columns(found.columns, PROBLEM) == found.columns
