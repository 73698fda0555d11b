"""Real pictures and real texts, taken in, prepared and learned from as a run does."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
import xgboost
from PIL import Image
from pyarrow import parquet

from lifecycle.problem import parse_problem
from science import features
from science.evaluation import encode_target, measure
from science.examples.taking import take_in
from science.examples.wanted import wanted
from science.prepare import prepare
from science.tables import ingest
from tests import pictures

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
CELLS = DATA / "blood-cells-images"
SMS = DATA / "sms-spam" / "SMSSpamCollection.tsv"


def matrix_of(path):
    table = parquet.read_table(path)
    return np.stack([column.to_numpy() for column in table.columns], axis=1)


def judged(rows, text, folder):
    """What a model says of the held-out rows, by every metric of its task."""
    out = folder / "out"
    out.mkdir()
    problem = parse_problem(text.encode(), folder="real").document
    prepare([rows], problem, out)
    told = json.loads((out / "prepared" / "problem.json").read_text())
    train, check = (matrix_of(out / f"prepared/{p}/{p}.parquet") for p in ("train", "validation"))
    binary = len(told["classes"]) == 2
    settings = {"objective": "binary:logistic" if binary else "multi:softprob", "eta": 0.15}
    settings |= {} if binary else {"num_class": len(told["classes"])}
    settings |= {"max_depth": 5, "subsample": 0.8, "colsample_bytree": 0.6, "nthread": 2}
    model = xgboost.train(
        settings,
        xgboost.DMatrix(train[:, 1:], train[:, 0]),
        150,
        evals=[(xgboost.DMatrix(check[:, 1:], check[:, 0]), "validation")],
        early_stopping_rounds=20,
        verbose_eval=False,
    )
    held = parquet.read_table(out / "holdout/holdout.parquet").to_pydict()
    columns = {name: np.array(cells, dtype=object) for name, cells in held.items()}
    document = json.loads((out / "prepared" / "features.json").read_text())
    said = model.predict(xgboost.DMatrix(features.apply(document, columns)))
    return measure(encode_target(columns[told["target"]], told), said, told)


@pytest.mark.skipif(not CELLS.exists(), reason=f"the pictures of blood cells are not at {CELLS}")
def test_blood_cells_are_told_apart(tmp_path):
    """White, red and platelets: each cell cut out of its picture, in folders of an archive."""
    members = {}
    with (CELLS / "annotations.csv").open() as file:
        boxes = list(csv.DictReader(file))
    for at, box in enumerate(boxes):
        place = [int(box[side]) for side in ("xmin", "ymin", "xmax", "ymax")]
        if (box["cell_type"] == "RBC" and at % 3) or place[0] >= place[2] or place[1] >= place[3]:
            continue
        with Image.open(CELLS / "images" / box["filename"]) as image:
            members[f"{box['cell_type']}/{at}.jpg"] = pictures.encoded(image.crop(place), "JPEG")
    (tmp_path / "cells.zip").write_bytes(pictures.archive(members))
    text = "name: real\ntarget: kind\ntask: image_classification\nprepare: {image_size: [48, 48]}\n"
    definition = parse_problem(text.encode(), folder="real").document
    key = "real/data/cells.zip"
    how = wanted(definition, key)
    rows = tmp_path / "rows.parquet"
    taken = take_in(tmp_path / "cells.zip", key, rows, how, home="s3://x/images", fetch=bytes)

    figures = judged(rows, text, tmp_path)

    assert taken.rows == len(members)
    assert figures["balanced_accuracy"] > 0.85


@pytest.mark.skipif(not SMS.exists(), reason=f"the SMS collection is not at {SMS}")
def test_spam_is_told_from_ham(tmp_path):
    """Hand-written TF-IDF with logistic regression gets 0.9944 on the same rows (bench.texts)."""
    landed = io.BytesIO(b"label\ttext\n" + SMS.read_bytes())
    (tmp_path / "sms.tsv").write_bytes(landed.getvalue())
    ingest(tmp_path / "sms.tsv", "sms.tsv", tmp_path / "rows.parquet")
    text = "name: real\ntarget: label\npositive: spam\ntask: text_classification\n"

    figures = judged(tmp_path / "rows.parquet", text, tmp_path)

    assert figures["roc_auc"] > 0.99
    assert figures["accuracy"] > 0.97
