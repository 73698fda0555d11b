"""Requests and answers in the formats that the algorithms share."""

import json

import numpy as np
import pytest

from local.sagemaker.containers.algorithms.common.recordio import (
    CONTENT_TYPE,
    Record,
    Tensor,
    read_records,
    write_records,
)
from local.sagemaker.containers.algorithms.common.serving import RowModel
from local.sagemaker.containers.serving.answers import Invocation, RefusedError


class Doubler(RowModel):
    """Answers each row with its double and its sum."""

    width = 2
    writes = (*RowModel.writes, "text/csv")

    def predict(self, rows, *, verbose):
        told = [{"double": (2 * row).tolist(), "sum": float(row.sum())} for row in rows]
        return [{**one, "verbose": 1} for one in told] if verbose else told


class Plain(Doubler):
    """Writes what most of AWS's algorithms write."""

    writes = RowModel.writes


MODEL = Doubler()
EXPECTED = [{"double": [2.0, 4.0], "sum": 3.0}, {"double": [0.0, 10.0], "sum": 5.0}]
RECORDS = write_records(
    [
        Record({"values": Tensor(np.array([1, 2], np.float32))}),
        Record({"values": Tensor(np.array([5.0]), np.array([1], np.uint64), (2,))}),
    ]
)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"1,2\n0,5\n", "text/csv"),
        (b"1,2\n0,5", ""),
        (b"9,1,2\n9,0,5", "text/csv;label_size=1"),
        (b'{"instances": [{"features": [1, 2]}, {"features": [0, 5]}]}', "application/json"),
        (
            b"""{"instances": [{"data": {"features": {"values": [1, 2]}}},
            {"data": {"features": {"keys": [1], "shape": [2], "values": [5]}}}]}""",
            "application/json; charset=utf-8",
        ),
        (
            b'{"features": [1, 2]}\n\n{"data": {"features": {"values": [0, 5]}}}\n',
            "application/jsonlines",
        ),
        (RECORDS, CONTENT_TYPE),
    ],
)
def test_rows_are_the_same_in_every_format(body, content_type):
    """Dense or sparse, one answer a row, JSON by default."""
    answer = MODEL.answer(Invocation(body, content_type))

    assert json.loads(answer.body) == {"predictions": EXPECTED}
    assert answer.content_type == "application/json"


def test_csv_is_written_by_those_alone_that_offer_it():
    """AWS's Linear Learner, for one, refuses it."""
    with pytest.raises(RefusedError, match="application/json, application/jsonlines"):
        Plain().answer(Invocation(b"1,2", "text/csv", "text/csv"))


def test_answers_come_as_they_are_wanted():
    """JSON lines, CSV with all fields in order, records with a label a field."""

    def wanted(accept):
        return MODEL.answer(Invocation(b"1,2\n0,5", "text/csv", accept)).body

    assert [json.loads(line) for line in wanted("application/jsonlines").splitlines()] == EXPECTED
    assert wanted("text/csv") == b"2.0,4.0,3.0\n0.0,10.0,5.0\n"
    records = read_records(wanted(CONTENT_TYPE))
    assert [record.label["double"].values.tolist() for record in records] == [[2, 4], [0, 10]]
    told = json.loads(wanted("application/json; verbose=true"))["predictions"]
    assert told[0] == {**EXPECTED[0], "verbose": 1}


@pytest.mark.parametrize(
    ("body", "content_type", "accept", "status"),
    [
        (b"1,2,3", "text/csv", "", 400),
        (b"1,x", "text/csv", "", 400),
        (b"1,", "text/csv", "", 400),
        (b"", "text/csv", "", 400),
        (b"", "text/csv;label_size=1", "", 400),
        (b"[1, 2]", "application/json", "", 400),
        (b'{"instances": [7]}', "application/json", "", 400),
        (b'{"instances": []}', "application/json", "", 400),
        (b'{"instances": [{"features": [1, 2]}, {"features": [1]}]}', "application/json", "", 400),
        (b'{"instances": [{"features": ["a", 2]}]}', "application/json", "", 400),
        (
            b'{"instances": [{"data": {"features": {"keys": [-1], "values": [1], "shape": [2]}}}]}',
            "application/json",
            "",
            400,
        ),
        (b"{", "application/jsonlines", "", 400),
        (b"\xff", "application/jsonlines", "", 400),
        (b"1,2", CONTENT_TYPE, "", 400),
        (b"1,2", "image/png", "", 415),
        (b"1,2", "text/csv", "image/png", 406),
    ],
)
def test_what_cannot_be_answered_is_refused(body, content_type, accept, status):
    """With the status that says whose fault it is."""
    with pytest.raises(RefusedError) as refused:
        MODEL.answer(Invocation(body, content_type, accept))

    assert refused.value.status == status
