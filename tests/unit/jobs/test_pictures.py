"""Pictures all the way: taken in, prepared, trained, judged, packed and served."""

from __future__ import annotations

import base64
import json
import subprocess
import sys

import numpy as np
import pytest
import xgboost
from pyarrow import parquet

import evaluate
import inference
from lifecycle.problem.definition import Problem
from pack import pack
from science.examples.taking import take_in
from science.examples.wanted import wanted
from science.prepare import prepare
from science.rows import BadRequest, UnsupportedType
from serving_package import unpack
from tests import pictures
from tests.unit.jobs.prepared_run import Run, archive_of

DEFINITION = {
    "name": "shapes",
    "target": "kind",
    "task": "image_classification",
    "prepare": {"image_size": [32, 32]},
}


def model_of(prepared, classes):
    """A model of the prepared rows, as XGBoost's own file."""
    train = parquet.read_table(prepared / "train" / "train.parquet")
    values = np.stack([column.to_numpy() for column in train.columns], axis=1)
    settings = {"objective": "multi:softprob", "num_class": classes, "max_depth": 3, "nthread": 2}
    model = xgboost.train(settings, xgboost.DMatrix(values[:, 1:], values[:, 0]), 25)
    return bytes(model.save_raw("ubj"))


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The folders of an evaluation that has run."""
    folder = tmp_path_factory.mktemp("shapes")
    (folder / "all.zip").write_bytes(pictures.archive(pictures.files(60)))
    problem = Problem.model_validate(DEFINITION).model_dump(mode="json")
    key = "shapes/data/all.zip"
    how = wanted(problem, key)
    rows = folder / "rows.parquet"
    take_in(folder / "all.zip", key, rows, how, home="s3://landing/shapes/images", fetch=bytes)
    (folder / "out").mkdir()
    prepare([rows], problem, folder / "out")
    model = {"xgboost-model": model_of(folder / "out" / "prepared", 3)}
    archive = archive_of(folder / "model.tar.gz", model)
    run = Run(folder / "out", archive, pack(folder / "jobs.pyz"))
    found = run.folders(folder / "evaluated")
    evaluate.run(found)
    return found


@pytest.fixture(scope="module")
def package(folders, tmp_path_factory):
    archive = folders.output("package") / "model.tar.gz"
    return unpack(archive, tmp_path_factory.mktemp("served"))


@pytest.fixture
def model(package):
    return inference.model_fn(str(package))


def ask(model, body, content_type="application/json"):
    columns = inference.input_fn(body, content_type)
    answer = inference.output_fn(inference.predict_fn(columns, model), "application/json")[0]
    return json.loads(answer)["predictions"]


def read(folders, name):
    return json.loads((folders.output("reports") / f"{name}.json").read_text())


def test_the_model_tells_shapes_apart(folders):
    evaluation = read(folders, "evaluation")

    assert evaluation["task"] == "multiclass_classification"
    assert evaluation["metric"]["value"] > 0.9


def test_the_explanation_is_of_the_picture_as_one_column(folders):
    (column,) = read(folders, "explanation")["columns"]

    assert (column["column"], column["share"]) == ("image", pytest.approx(1))


def test_base64_in_json_and_the_plain_file_are_answered_alike(model):
    """And rightly, for pictures that training never saw."""
    files = pictures.files(5, start=200)
    rows = [{"image": base64.b64encode(body).decode()} for body in files.values()]

    together = ask(model, json.dumps({"instances": rows}))
    alone = [ask(model, body, "image/png")[0] for body in files.values()]
    plain = [ask(model, body, "application/x-image")[0] for body in files.values()]

    assert together == alone == plain
    right = [
        name.split("/")[0] == said["label"] for name, said in zip(files, together, strict=True)
    ]
    assert sum(right) >= 13


def test_a_picture_that_cannot_be_decoded_is_the_callers_fault(model):
    """Every row is told of; nothing is guessed."""
    rows = [{"image": "bm8gcGljdHVyZQ=="}, {"image": base64.b64encode(pictures.bomb()).decode()}]

    with pytest.raises(BadRequest, match=r"Row 1: image: .*Row 2: image: .*50 million"):
        ask(model, json.dumps({"instances": rows}))
    with pytest.raises(BadRequest, match=r"damaged|no picture"):
        ask(model, b"\x89PNG\r\n\x1a\n", "image/png")


def test_an_unknown_type_is_refused(model):
    assert model.problem["images"] == ["image"]
    with pytest.raises(UnsupportedType):
        ask(model, b"\x00", "audio/wav")


def test_stored_rows_are_scored_without_decoding_a_file(model, folders):
    """The held-out pictures are arrays: their answers need no Pillow."""
    held = parquet.read_table(folders.find("holdout", "*.parquet")).to_pydict()
    cells = np.array(held["image"], dtype=object)
    code = "import sys; sys.modules['PIL'] = None; from science.images.features import *; "
    code += "print(np.isfinite(read(sys.stdin.read(), (32, 32))).all())"
    command = [sys.executable, "-c", code]

    said = subprocess.run(
        command,
        input=str(cells[0]),
        env={"PYTHONPATH": str(folders.find("code", "jobs.pyz"))},
        capture_output=True,
        text=True,
        check=False,
    )

    assert said.stdout.strip() == "True", said.stderr
    assert np.isfinite(model.matrix({"image": cells})).all()


def test_reports_and_the_watch_see_brightness_not_letters(folders):
    """A picture's stand-in is a number; nowhere does a report print its base64."""
    baseline = json.loads(folders.find("prepared", "baseline.json").read_text())
    statistics = json.loads(folders.find("prepared", "statistics.json").read_text())

    (column,) = baseline["columns"]
    assert (column["kind"], column["measure"]) == ("image", "number")
    assert 0 < column["origin"] < 255
    assert statistics["features"][0]["inferred_type"] == "String"
    out = folders.base.parent / "out" / "reports"
    profile = json.loads((out / "profile.json").read_text())
    told = next(column for column in profile["columns"] if column["name"] == "image")
    assert 0 < told["numbers"]["mean"] < 255
    assert "nothing_learned" not in {insight["kind"] for insight in profile["insights"]}
    for name in ("profile", "cleaning"):
        assert (
            "pixels:" not in (folders.base.parent / "out" / "reports" / f"{name}.html").read_text()
        )
