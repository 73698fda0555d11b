"""The served model, by the inference toolkit's contract."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

import inference
from science.rows import BadRequest
from serving_package import PackageMismatchError, unpack
from tests.unit.jobs.prepared_run import table

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = ("duckdb", "pyarrow", "jinja2", "pandas", "sklearn")
ROW = {"income": "81.5", "gender": "F", "town": "Ulm"}


@pytest.fixture(scope="module")
def folder(evaluated, tmp_path_factory) -> Path:
    archive = evaluated.output("package") / "model.tar.gz"
    return unpack(archive, tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def model(folder):
    return inference.model_fn(str(folder))


def ask(model, body: str | bytes, content_type: str, accept: str = "application/json") -> str:
    columns = inference.input_fn(body, content_type)
    return inference.output_fn(inference.predict_fn(columns, model), accept)[0]


def test_a_raw_row_gets_a_label_and_a_score(model):
    """A high income in Ulm buys."""
    answer = json.loads(ask(model, json.dumps({"instances": [ROW]}), "application/json"))

    assert answer["predictions"][0]["label"] == "Yes"
    assert answer["predictions"][0]["score"] > 0.8


def test_json_and_csv_say_the_same_of_the_same_rows(model):
    """Numbers or their texts, one by one or all at once."""
    rows = table(9, 40).drop_columns(["bought"]).to_pylist()
    numbers = [{**row, "income": float(row["income"])} for row in rows]
    body = io.StringIO()
    csv.writer(body).writerows(row.values() for row in rows)
    as_json = json.loads(ask(model, json.dumps({"instances": numbers}), "application/json"))
    as_csv = json.loads(ask(model, body.getvalue().encode(), "text/csv"))
    alone = [json.loads(ask(model, json.dumps(row), "application/json")) for row in rows]

    assert as_json == as_csv
    assert as_json["predictions"] == [answer["predictions"][0] for answer in alone]


def test_csv_is_answered_in_csv_when_asked(model):
    """Label and score, a line a row."""
    answer = ask(model, "81.5,F,Ulm\n12,M,Ulm\n", "text/csv", "text/csv")
    lines = list(csv.reader(io.StringIO(answer)))

    assert [line[0] for line in lines] == ["Yes", "No"]
    assert 0 <= float(lines[1][1]) < 0.5


@pytest.mark.parametrize(
    "row", [{"income": None}, {"income": "much", "town": "Atlantis"}, {"gender": 7, "extra": True}]
)
def test_unknown_and_missing_values_never_fail(model, row):
    """A caller gets an answer."""
    answer = json.loads(ask(model, json.dumps([row]), "application/json"))

    assert 0 <= answer["predictions"][0]["score"] <= 1


def test_a_broken_request_is_the_callers_fault(model):
    """A refusal that tells; the toolkit makes it a 400 where it is installed."""
    assert model.problem["name"] == "demo"
    with pytest.raises(BadRequest, match="Row 1 has 1 values"):
        inference.input_fn("81.5", "text/csv")


def test_the_toolkits_error_carries_the_status(model, monkeypatch):
    """400 for rows, 415 for a type."""

    class Refusal(Exception):  # noqa: N818
        def __init__(self, status: int, message: str, phrase: str) -> None:
            super().__init__(message, phrase)
            self.status = status

    toolkit = type(sys)("sagemaker_inference.errors")
    toolkit.GenericInferenceToolkitError = Refusal
    monkeypatch.setitem(sys.modules, "sagemaker_inference", type(sys)("sagemaker_inference"))
    monkeypatch.setitem(sys.modules, "sagemaker_inference.errors", toolkit)
    assert model is not None

    for body, kind, status in (("81.5", "text/csv", 400), ("x", "image/png", 415)):
        with pytest.raises(Refusal) as caught:
            inference.input_fn(body, kind)
        assert caught.value.status == status


@pytest.mark.parametrize("name", ["xgboost-model", "features.json", "code/jobs.pyz"])
def test_a_changed_file_is_not_loaded(evaluated, tmp_path, name):
    """One byte more, and the model is refused before anything reads it."""
    folder = unpack(evaluated.output("package") / "model.tar.gz", tmp_path)
    with (folder / name).open("ab") as file:
        file.write(b" ")

    with pytest.raises(PackageMismatchError, match=name):
        inference.model_fn(str(folder))


def test_a_package_without_hashes_is_not_loaded(evaluated, tmp_path):
    """What is unproven is not run."""
    folder = unpack(evaluated.output("package") / "model.tar.gz", tmp_path)
    (folder / "package.json").unlink()

    with pytest.raises(PackageMismatchError, match="unproven"):
        inference.model_fn(str(folder))


def test_one_row_is_answered_in_two_milliseconds(model):
    """The best of a hundred, so that a busy machine proves nothing against it."""
    body = json.dumps({"instances": [ROW]})
    times = []
    for _ in range(100):
        began = time.perf_counter()
        ask(model, body, "application/json")
        times.append(time.perf_counter() - began)

    assert min(times) < 0.002


def test_the_packaged_script_serves_alone_and_imports_little(folder):
    """In a process of its own, from the archive's code, without what serving does not need."""
    program = f"""
import sys
elsewhere = [path for path in sys.path if "layers" not in path and "jobs" not in path]
sys.path[:] = [{str(folder / "code")!r}, *elsewhere]
import xgboost  # which brings what it finds installed
before = set(sys.modules)
import inference
model = inference.model_fn({str(folder)!r})
columns = inference.input_fn("81.5,F,Ulm", "text/csv")
print(inference.output_fn(inference.predict_fn(columns, model), "application/json")[0])
import science
assert "jobs.pyz" in science.__file__, science.__file__
print(sorted({{name.split(".")[0] for name in set(sys.modules) - before}} & set({HEAVY!r})))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=folder
    )
    answer, imported = done.stdout.splitlines()

    assert json.loads(answer)["predictions"][0]["label"] == "Yes"
    assert imported == "[]"
