"""Linear Learner, k-NN and LightGBM, from a training job to an endpoint's answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from local.sagemaker.containers.algorithms.common.recordio import (
    CONTENT_TYPE,
    Record,
    Tensor,
    read_records,
    write_records,
)
from tests.conformance.sagemaker.algorithms import (
    Training,
    as_csv,
    ask,
    deploy,
    invoke,
    metrics,
)
from tests.conformance.sagemaker.laptop import BUCKET, channel, unique

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

pytestmark = pytest.mark.conformance

type Array = np.ndarray[Any, Any]

SLOPES = np.array([[2.0, -1.0, 0.0], [-1.0, 2.0, 1.0], [0.0, -1.0, 2.0], [0.5, 0.0, -2.0]])


def drawn(rows: int, seed: int) -> tuple[Array, Array]:
    """Features of different spreads, and three noisy scores of them."""
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(rows, 4))
    scores = features @ SLOPES + generator.normal(size=(rows, 3))
    return features * [1, 10, 0.1, 1] + [0, 5, 0, -1], scores


def records(features: Array, labels: Array) -> bytes:
    """Labelled rows as recordIO-protobuf."""
    return write_records(
        Record({"values": Tensor(row)}, {"values": Tensor(label[None])})
        for row, label in zip(features.astype(np.float32), labels.astype(np.float32), strict=True)
    )


def test_a_binary_linear_learner_is_as_good_as_logistic_regression(laptop: LocalSageMaker) -> None:
    """Metrics of all channels by AWS's names; the endpoint gives score and label."""
    (rows, scores), (others, held_out) = drawn(400, 1), drawn(300, 2)
    labels, truth = scores[:, 0] > 0, held_out[:, 0] > 0
    job = (
        Training("linear-learner", {"predictor_type": "binary_classifier", "mini_batch_size": 100})
        .feed(laptop, "train", records(rows, labels), CONTENT_TYPE)
        .feed(laptop, "validation", as_csv(truth, others))
        .feed(laptop, "test", as_csv(truth, others))
        .complete(laptop)
    )
    found = metrics(job)
    best = LogisticRegression().fit(rows, labels).score(others, truth)

    assert found["test:binary_classification_accuracy"] >= best - 0.02
    assert found["validation:roc_auc_score"] > 0.85
    assert found["validation:objective_loss"] == pytest.approx(found["test:objective_loss"])
    assert {"train:objective_loss", "test:binary_f_beta", "test:precision", "test:recall"} <= set(
        found
    )
    assert found["train:progress"] == 100

    endpoint = deploy(laptop, job)
    answers = ask(laptop, endpoint, as_csv(others))["predictions"]
    guess = np.array([answer["predicted_label"] for answer in answers])
    assert np.mean(guess == truth) == pytest.approx(
        found["test:binary_classification_accuracy"], abs=0.005
    )
    body = json.dumps(
        {
            "instances": [
                {"data": {"features": {"keys": [1], "values": [4.0], "shape": [4]}}},
                {"features": [0.0, 4.0, 0.0, 0.0]},
            ]
        }
    )
    sparse, dense = json.loads(invoke(laptop, endpoint, body.encode(), "application/json"))[
        "predictions"
    ]
    assert sparse == dense
    (record,) = read_records(invoke(laptop, endpoint, b"0,4,0,0", Accept=CONTENT_TYPE))
    assert record.label["score"].values[0] == pytest.approx(dense["score"], rel=1e-6)


def test_a_multiclass_linear_learner_gives_a_score_for_each_class(laptop: LocalSageMaker) -> None:
    """Scores sum to one and the label is the greatest; accuracy is logistic regression's."""
    (rows, scores), (others, held_out) = drawn(400, 3), drawn(300, 4)
    labels, truth = scores.argmax(axis=1), held_out.argmax(axis=1)
    job = (
        Training(
            "linear-learner",
            {"predictor_type": "multiclass_classifier", "num_classes": 3, "mini_batch_size": 100},
        )
        .feed(laptop, "train", as_csv(labels, rows))
        .feed(laptop, "test", as_csv(truth, others))
        .complete(laptop)
    )
    found = metrics(job)
    best = LogisticRegression(max_iter=1000).fit(rows, labels).score(others, truth)

    assert found["test:multiclass_accuracy"] >= best - 0.02
    assert found["test:multiclass_top_k_accuracy"] == 1.0
    assert 0 < found["test:macro_f_beta"] <= 1

    lines = invoke(laptop, deploy(laptop, job), as_csv(others[:3]), Accept="application/jsonlines")
    for answer in map(json.loads, lines.splitlines()):
        assert sum(answer["score"]) == pytest.approx(1)
        assert answer["predicted_label"] == int(np.argmax(answer["score"]))


@pytest.mark.parametrize("given", [{}, {"optimizer": "adam", "learning_rate": 0.05, "epochs": 40}])
def test_a_linear_regressor_comes_near_least_squares(
    laptop: LocalSageMaker, given: dict[str, Any]
) -> None:
    """By default, and with an optimizer and rate of the caller's."""
    (rows, scores), (others, held_out) = drawn(400, 5), drawn(300, 6)
    training = Training(
        "linear-learner", {"predictor_type": "regressor", "mini_batch_size": 50, **given}
    )
    training.feed(laptop, "train", as_csv(scores[:, 0], rows))
    training.feed(laptop, "test", as_csv(held_out[:, 0], others))
    found = metrics(training.complete(laptop))
    exact = LinearRegression().fit(rows, scores[:, 0]).predict(others)

    assert found["test:mse"] <= 1.05 * np.mean((exact - held_out[:, 0]) ** 2)
    assert found["test:rmse"] == pytest.approx(found["test:mse"] ** 0.5, rel=1e-5)


def test_knn_answers_by_the_nearest_rows(laptop: LocalSageMaker) -> None:
    """The same neighbours as an exact search; verbose answers show them, nearest first."""
    (rows, scores), (others, held_out) = drawn(300, 7), drawn(100, 8)
    labels, truth = scores.argmax(axis=1), held_out.argmax(axis=1)
    job = (
        Training(
            "knn",
            {"feature_dim": 4, "k": 5, "sample_size": 300, "predictor_type": "classifier"},
        )
        .feed(laptop, "train", as_csv(labels, rows))
        .feed(laptop, "test", as_csv(truth, others))
        .complete(laptop)
    )
    exact = KNeighborsClassifier(5).fit(rows, labels)

    assert metrics(job)["test:accuracy"] == pytest.approx(exact.score(others, truth), abs=0.04)

    endpoint = deploy(laptop, job)
    plain = ask(laptop, endpoint, as_csv(others[:2]))["predictions"]
    told = ask(laptop, endpoint, as_csv(others[:2]), Accept="application/json; verbose=true")
    assert [list(answer) for answer in plain] == [["predicted_label"]] * 2
    for answer, distances in zip(told["predictions"], exact.kneighbors(others[:2])[0], strict=True):
        np.testing.assert_allclose(answer["distances"], distances**2, rtol=1e-3)
        assert answer["predicted_label"] in answer["labels"]


def test_knn_regresses_on_fewer_dimensions(laptop: LocalSageMaker) -> None:
    """With `fjlt` the answers are still far better than the mean."""
    generator = np.random.default_rng(9)
    hidden = generator.normal(size=(400, 2))
    rows = hidden @ generator.normal(size=(2, 30))
    labels = hidden[:, 0]
    training = Training(
        "knn",
        {
            "feature_dim": 30,
            "k": 5,
            "sample_size": 300,
            "predictor_type": "regressor",
            "dimension_reduction_type": "fjlt",
            "dimension_reduction_target": 12,
        },
    )
    training.feed(laptop, "train", as_csv(labels[:300], rows[:300]))
    training.feed(laptop, "test", as_csv(labels[300:], rows[300:]))

    assert metrics(training.complete(laptop))["test:mse"] < 0.2 * labels.var()


def test_lightgbm_classifies_and_stops_early(laptop: LocalSageMaker) -> None:
    """As good as a forest of trees; training ends when the validation metric gets no better."""
    (rows, scores), (others, held_out) = drawn(500, 12), drawn(300, 13)
    labels, truth = scores.argmax(axis=1), held_out.argmax(axis=1)
    job = (
        Training("lightgbm", {"num_boost_round": 400, "learning_rate": 0.2, "num_leaves": 8})
        .feed(laptop, "train", as_csv(labels, rows))
        .feed(laptop, "validation", as_csv(truth, others))
        .complete(laptop)
    )
    best = RandomForestClassifier(random_state=0).fit(rows, labels).score(others, truth)
    lines = laptop.log("TrainingJobs", job["TrainingJobName"]).splitlines()

    assert len([line for line in lines if line.startswith("[")]) < 200
    assert 0 < metrics(job)["multi_logloss"] < 1

    endpoint = deploy(laptop, job)
    told = ask(laptop, endpoint, as_csv(others), Accept="application/json;verbose")
    assert np.mean(np.array(told["predicted_label"]) == truth) >= best - 0.05
    np.testing.assert_allclose(np.sum(told["probabilities"], axis=1), 1)
    assert list(ask(laptop, endpoint, as_csv(others[:1]))) == ["probabilities"]


def test_lightgbm_regresses_on_categories(laptop: LocalSageMaker) -> None:
    """A JSON file names the column of text; a part is held out; training can be gone on with."""
    generator = np.random.default_rng(14)
    levels = {"low": -3.0, "middle": 5.0, "high": 1.0}
    names = generator.choice(list(levels), 300)
    other = generator.normal(size=300)
    labels = [levels[name] + 0.1 * value for name, value in zip(names, other, strict=True)]
    lines = [f"{y:.4f},{name},{x:.4f}" for y, name, x in zip(labels, names, other, strict=True)]
    training = Training("lightgbm", {"metric": "rmse", "num_boost_round": 60})
    training.feed(laptop, "training", "\n".join(lines).encode())
    folder = training.channels[0]["DataSource"]["S3DataSource"]["S3Uri"]
    laptop.put(
        folder.removeprefix(f"s3://{BUCKET}/") + "categorical_index.json", '{"cat_index_list": [1]}'
    )
    job = training.complete(laptop)

    assert metrics(job)["rmse"] < 0.5
    told = ask(laptop, deploy(laptop, job), b"low,0\nmiddle,0\nunheard,0\n")["prediction"]
    assert told[:2] == pytest.approx([-3, 5], abs=0.7)
    assert len(told) == 3

    again = Training("lightgbm", {"metric": "rmse", "num_boost_round": 1})
    again.channels = [*training.channels]
    again.channels.append(channel("model", job["ModelArtifacts"]["S3ModelArtifacts"]))
    assert metrics(again.complete(laptop))["rmse"] < 0.5


@pytest.mark.parametrize(
    ("repository", "hyperparameters", "told"),
    [
        ("lightgbm", {"num_leaves": 1}, ("num_leaves", "(1, 131072]")),
        ("lightgbm", {}, ("one label only",)),
        ("linear-learner", {}, ("predictor_type",)),
        (
            "linear-learner",
            {"predictor_type": "regressor", "quantile": 1.5},
            ("quantile", "(0, 1)"),
        ),
        (
            "linear-learner",
            {"predictor_type": "binary_classifier", "loss": "huber_loss"},
            ("loss", "logistic, hinge_loss"),
        ),
        ("linear-learner", {"predictor_type": "binary_classifier"}, ("one class only",)),
        (
            "knn",
            {"feature_dim": 2, "k": 9, "sample_size": 4, "predictor_type": "regressor"},
            ("k", "[1, 4]"),
        ),
    ],
)
def test_what_cannot_be_trained_is_named(
    laptop: LocalSageMaker, repository: str, hyperparameters: dict[str, Any], told: tuple[str, ...]
) -> None:
    """The job fails, and its reason says which and what it may be."""
    training = Training(repository, hyperparameters)
    reason = training.feed(laptop, "train", b"1,2,3\n1,4,5\n1,6,7\n").reason(laptop)

    for words in told:
        assert words in reason


def test_lightgbm_reads_csv_alone(laptop: LocalSageMaker) -> None:
    """Another content type, and a model channel without a model, are told."""
    training = Training("lightgbm", {}).feed(laptop, "train", b"1,2", CONTENT_TYPE)
    assert f"content type {CONTENT_TYPE} is not text/csv" in training.reason(laptop)

    training = Training("lightgbm", {}).feed(laptop, "train", b"1,2\n0,3\n")
    training.feed(laptop, "model", b"nothing")
    assert "model.txt and about.json" in training.reason(laptop)


def test_text_in_a_csv_file_is_told(laptop: LocalSageMaker) -> None:
    """The reason names the file and the cell's content."""
    training = Training("linear-learner", {"predictor_type": "regressor"})
    reason = training.feed(laptop, "train", b"1,2\n2,old\n").reason(laptop)

    assert "part-0" in reason
    assert "old" in reason


def tuned(
    laptop: LocalSageMaker, training: Training, kind: str, metric: str, values: dict[str, list[str]]
) -> dict[str, Any]:
    """Run a grid over one hyperparameter; what became of it."""
    name = unique("grid")
    (ranges,) = [{"Name": name, "Values": texts} for name, texts in values.items()]
    laptop.client().create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name,
        HyperParameterTuningJobConfig={
            "Strategy": "Grid",
            "HyperParameterTuningJobObjective": {"Type": kind, "MetricName": metric},
            "ResourceLimits": {"MaxParallelTrainingJobs": 2},
            "ParameterRanges": {"CategoricalParameterRanges": [ranges]},
        },
        TrainingJobDefinition={
            **training.definition(),
            "StaticHyperParameters": {
                name: str(value) for name, value in training.hyperparameters.items()
            },
        },
    )
    job = laptop.await_tuning(name)
    assert job["HyperParameterTuningJobStatus"] == "Completed", job
    return job


def test_a_tuning_job_finds_the_best_decay(laptop: LocalSageMaker) -> None:
    """`validation:objective_loss` is an objective of the algorithm's own."""
    (rows, scores), (others, held_out) = drawn(200, 10), drawn(200, 11)
    training = Training("linear-learner", {"predictor_type": "regressor", "mini_batch_size": 100})
    training.feed(laptop, "train", as_csv(scores[:, 0], rows))
    training.feed(laptop, "validation", as_csv(held_out[:, 0], others))
    grid = {"wd": ["0.0001", "10", "1000"]}
    job = tuned(laptop, training, "Minimize", "validation:objective_loss", grid)

    assert job["ObjectiveStatusCounters"]["Succeeded"] == 3
    assert job["BestTrainingJob"]["TunedHyperParameters"] == {"wd": "0.0001"}


def test_lightgbm_tells_the_metric_that_is_tuned(laptop: LocalSageMaker) -> None:
    """`auc`, though `metric` is left at auto, which would be the loss."""
    (rows, scores), (others, held_out) = drawn(200, 15), drawn(200, 16)
    training = Training("lightgbm", {"num_leaves": 8})
    training.feed(laptop, "train", as_csv(scores[:, 0] > 0, rows))
    training.feed(laptop, "validation", as_csv(held_out[:, 0] > 0, others))
    job = tuned(laptop, training, "Maximize", "auc", {"num_boost_round": ["1", "60"]})

    best = job["BestTrainingJob"]
    assert best["TunedHyperParameters"] == {"num_boost_round": "60"}
    assert best["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] > 0.8
