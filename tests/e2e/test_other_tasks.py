"""More classes than two, and numbers, by the same relay."""

import pytest

from tests import tables

pytestmark = pytest.mark.e2e

FLOWERS, HOUSES = tables.flowers(900), tables.houses(900)
NEW_FLOWERS, NEW_HOUSES = tables.flowers(120, seed=12), tables.houses(120, seed=14)


def opening(cloud):
    """Compressed JSON lines and Parquet-free TSV: formats that the other stories leave out."""
    cloud.define("flowers", "kind")
    cloud.put("flowers/data/flowers.tsv", tables.to_csv(FLOWERS, delimiter="\t"))
    cloud.define("houses", "price", metric={"name": "rmse", "approve_at": 60_000})
    cloud.put("houses/data/houses.csv", tables.to_csv(HOUSES))
    cloud.put("houses/score/new.csv", tables.to_csv(tables.questions(NEW_HOUSES, "price")))


def test_several_classes_are_told_apart(cloud):
    """The answer names the likeliest class and the score of each."""
    cloud.event("flowers", "ModelDeployed")

    answers = cloud.answers("flowers", tables.questions(NEW_FLOWERS, "kind"))

    assert all(set(answer) == {"label", "score", "scores"} for answer in answers)
    assert all(sum(answer["scores"].values()) == pytest.approx(1, abs=1e-4) for answer in answers)
    assert all(answer["score"] == max(answer["scores"].values()) for answer in answers)
    right = sum(
        answer["label"] == row["kind"] for answer, row in zip(answers, NEW_FLOWERS, strict=True)
    )
    assert right / len(answers) > 0.8


def test_several_classes_are_reported(cloud):
    run = cloud.event("flowers", "ModelDeployed")["run"]

    prepared = cloud.event("flowers", "DataPrepared")
    assert (prepared["task"], prepared["classes"]) == ("multiclass_classification", 3)
    evaluation = cloud.report("flowers", run, "evaluation")
    assert {"accuracy", "balanced_accuracy", "f1", "log_loss"} <= set(evaluation["metrics"])
    assert b"<svg" in cloud.read(f"flowers/runs/{run}/reports/evaluation.html")


def test_numbers_are_predicted(cloud):
    """Regression: values in the target's own units."""
    cloud.event("houses", "ModelDeployed")

    answers = cloud.answers("houses", tables.questions(NEW_HOUSES, "price"))

    assert all(set(answer) == {"value"} for answer in answers)
    wrong = [
        abs(answer["value"] - float(row["price"]))
        for answer, row in zip(answers, NEW_HOUSES, strict=True)
    ]
    assert sum(wrong) / len(wrong) < 40_000


def test_numbers_are_reported_and_scored_in_bulk(cloud):
    run = cloud.event("houses", "ModelDeployed")["run"]
    ready = cloud.event("houses", "PredictionsReady")

    metrics = cloud.report("houses", run, "evaluation")["metrics"]
    assert {"rmse", "mae", "r2"} <= set(metrics)
    assert metrics["r2"] > 0.8
    scored = tables.from_csv(cloud.read(ready["uri"]))
    answers = cloud.answers("houses", tables.questions(NEW_HOUSES, "price"))
    expected = [answer["value"] for answer in answers]
    assert [float(row["prediction"]) for row in scored] == pytest.approx(expected, rel=1e-4)
