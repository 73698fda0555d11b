"""Sentence embeddings all the way: the encoder is prepared with, packed, and served."""

from __future__ import annotations

import json

import numpy as np
import pytest
from pyarrow import parquet

import evaluate
import inference
import serving_package
from lifecycle.problem.definition import Problem
from pack import pack
from science.embeddings.weights import FILE, convert
from science.prepare import UnusableData, prepare
from science.tables import ingest
from serving_package import PackageMismatchError, unpack
from tests import encoders
from tests.unit.jobs.prepared_run import Run, archive_of, trained

DEFINITION = {
    "name": "topics",
    "target": "topic",
    "task": "text_classification",
    "prepare": {"text": "embed"},
    "features": {"store": False},
}


def texts(rows, seed=3):
    """Garden or kitchen, told by one word."""
    rng = np.random.default_rng(seed)
    topics = {"garden": ("rose", "soil"), "kitchen": ("oven", "flour")}
    found = []
    for at in range(rows):
        topic = sorted(topics)[at % 2]
        words = [*rng.choice(encoders.WORDS, 3), rng.choice(topics[topic])] * 2
        found.append((topic, " ".join(rng.permutation(words)).replace("##", "") + f" {at}"))
    return found


@pytest.fixture(scope="module")
def landed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("landed")
    lines = [f"{topic},{text}" for topic, text in texts(400)]
    (folder / "rows.csv").write_text("\n".join(["topic,text", *lines]))
    ingest(folder / "rows.csv", "rows.csv", folder / "rows.parquet")
    return folder / "rows.parquet"


@pytest.fixture(scope="module")
def folders(landed, tmp_path_factory):
    """The folders of an evaluation that has run."""
    folder = tmp_path_factory.mktemp("topics")
    (folder / "model.tar.gz").write_bytes(encoders.archive(encoders.files()))
    out = folder / "out"
    convert(folder / "model.tar.gz", out / "prepared" / FILE)
    prepare([landed], Problem.model_validate(DEFINITION).model_dump(mode="json"), out)
    model = {"xgboost-model": trained(out / "prepared")}
    archive = archive_of(folder / "trained.tar.gz", model)
    found = Run(out, archive, pack(folder / "jobs.pyz")).folders(folder / "evaluated")
    evaluate.run(found)
    return found


@pytest.fixture
def package(folders, tmp_path):
    return unpack(folders.output("package") / "model.tar.gz", tmp_path)


def test_the_encoder_goes_with_the_model(package):
    """By its hash, as all else in the package."""
    manifest = json.loads((package / serving_package.MANIFEST).read_text())
    (column,) = json.loads((package / "features.json").read_text())["columns"]

    assert manifest["sha256"][FILE] == column["sha256"]
    assert "path" not in column


def test_the_endpoint_answers_as_the_evaluation_did(package, folders):
    """Row by row or all at once: what was judged is what serves."""
    model = inference.model_fn(str(package))
    held = parquet.read_table(folders.find("holdout", "*.parquet")).to_pylist()
    body = json.dumps({"instances": [{"text": row["text"]} for row in held]})
    columns = inference.input_fn(body, "application/json")

    said = json.loads(inference.output_fn(model.predict(columns), "application/json")[0])

    report = json.loads((folders.output("reports") / "evaluation.json").read_text())
    labels = [answer["label"] for answer in said["predictions"]]
    right = sum(row["topic"] == label for row, label in zip(held, labels, strict=True))
    assert right / len(held) == pytest.approx(report["metrics"]["accuracy"])
    one = inference.input_fn(json.dumps([{"text": held[0]["text"]}]), "application/json")
    assert model.matrix(one)[0] == pytest.approx(model.matrix(columns)[0], abs=1e-5)


def test_a_missing_text_is_missing_throughout(package):
    model = inference.model_fn(str(package))

    matrix = model.matrix({"text": np.array([None, "rose"], dtype=object)})

    assert np.isnan(matrix[0]).all()
    assert np.isfinite(matrix[1]).all()


def test_an_encoder_that_was_changed_is_not_loaded(package):
    (package / FILE).write_bytes((package / FILE).read_bytes()[:-1] + b"x")

    with pytest.raises(PackageMismatchError, match=FILE):
        inference.model_fn(str(package))


def test_without_an_encoder_the_rows_are_refused_by_name(landed, tmp_path):
    definition = Problem.model_validate(DEFINITION).model_dump(mode="json")

    with pytest.raises(UnusableData, match="no sentence encoder") as refusal:
        prepare([landed], definition, tmp_path)

    assert refusal.value.faults[0].where == "prepare.text"
