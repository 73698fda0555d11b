"""A plain XGBoost model answers as the SageMaker XGBoost container does."""

import json

import numpy as np
import pytest

from local.sagemaker.containers.algorithms.common.recordio import (
    CONTENT_TYPE,
    Record,
    Tensor,
    write_records,
)
from local.sagemaker.containers.serving.answers import Invocation, ModelLoadError, RefusedError
from local.sagemaker.containers.serving.xgboost_model import XgboostModel
from tests.unit.local.sagemaker.world import booster_bytes


@pytest.fixture
def model(tmp_path):
    (tmp_path / "xgboost-model").write_bytes(booster_bytes())
    return XgboostModel(tmp_path, {})


def refusal(model, *arguments):
    with pytest.raises(RefusedError) as refused:
        model.answer(Invocation(*arguments))
    return refused.value.status


def test_csv_rows_get_one_score_each_joined_by_commas(model):
    """The default content type is text/csv, and so is the default answer."""
    answer = model.answer(Invocation(b"2,0,0\n-2,0,0\n"))
    high, low = (float(score) for score in answer.body.decode().split(","))

    assert answer.content_type == "text/csv"
    assert high > 0.5 > low


def test_libsvm_says_the_same_as_csv(model):
    """The format does not change the prediction."""
    csv = model.answer(Invocation(b"2,,1", "text/csv")).body

    assert csv == model.answer(Invocation(b"0:2 2:1", "text/libsvm")).body


def test_records_say_the_same_as_csv(model):
    """A sparse record's absent values are missing ones."""
    values = Tensor(np.array([2, 1], np.float32), np.array([0, 2], np.uint64), (3,))
    body = write_records([Record({"values": values})])

    assert model.answer(Invocation(b"2,,1", "text/csv")).body == (
        model.answer(Invocation(body, CONTENT_TYPE)).body
    )
    assert refusal(model, b"2,0,1", CONTENT_TYPE) == 415


def test_json_answers_carry_scores(model):
    """As the container's application/json, one object a row."""
    answer = model.answer(Invocation(b"2,0,0", "text/csv", "application/json"))
    lines = model.answer(Invocation(b"2,0,0\n1,1,1", "text/csv", "application/jsonlines"))

    assert list(json.loads(answer.body)["predictions"][0]) == ["score"]
    assert len(lines.body.splitlines()) == 2


def test_batch_transform_gets_a_line_a_row(tmp_path):
    """SAGEMAKER_BATCH changes the separator."""
    (tmp_path / "xgboost-model").write_bytes(booster_bytes())
    model = XgboostModel(tmp_path, {"SAGEMAKER_BATCH": "true"})

    assert model.answer(Invocation(b"1,1,1\n2,2,2")).body.count(b"\n") == 2


def test_folds_are_averaged(tmp_path, model):
    """k-fold training leaves several models."""
    for fold in range(2):
        (tmp_path / f"xgboost-model-{fold}").write_bytes(booster_bytes())
    (tmp_path / "xgboost-model").unlink()
    averaged = XgboostModel(tmp_path, {}).answer(Invocation(b"2,0,0")).body

    assert float(averaged) == pytest.approx(float(model.answer(Invocation(b"2,0,0")).body))


def test_refusals_have_the_containers_statuses(model):
    """415 for what cannot be read, 400 for rows that do not fit, 406 for the answer's type."""
    assert refusal(model, b"a,b,c") == 415
    assert refusal(model, b"{}", "application/json") == 415
    assert refusal(model, b"1,2") == 400
    assert refusal(model, b"1,2,3", "text/csv", "image/png") == 406
    assert model.answer(Invocation(b"")).status == 204


def test_a_missing_or_broken_model_file_is_named(tmp_path):
    """The reason ends up in the endpoint's FailureReason."""
    with pytest.raises(ModelLoadError, match="holds no file xgboost-model"):
        XgboostModel(tmp_path, {})
    (tmp_path / "xgboost-model").write_bytes(b"\x80\x04pickled")
    with pytest.raises(ModelLoadError, match="cannot load xgboost-model"):
        XgboostModel(tmp_path, {})
