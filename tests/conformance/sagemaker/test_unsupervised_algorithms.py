"""K-Means, PCA and Random Cut Forest, from a training job to an endpoint's answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

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

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

pytestmark = pytest.mark.conformance

UNLABELLED = "text/csv;label_size=0"


def blobs(rows: int, seed: int) -> np.ndarray[Any, Any]:
    """Rows around four centers in three dimensions."""
    generator = np.random.default_rng(seed)
    centers = np.array([[0, 0, 0], [8, 0, 1], [0, 8, 2], [8, 8, 3]], float)
    return centers[generator.integers(0, 4, rows)] + generator.normal(size=(rows, 3))


def records(rows: np.ndarray[Any, Any]) -> bytes:
    """Rows as recordIO-protobuf without labels."""
    return write_records(
        Record(features={"values": Tensor(row)}) for row in rows.astype(np.float32)
    )


def test_kmeans_clusters_as_well_as_lloyd(laptop: LocalSageMaker) -> None:
    """Trained on recordIO, tested on CSV; its endpoint answers in JSON lines and recordIO."""
    rows, held_out = blobs(600, 1), blobs(200, 2)
    job = (
        Training("kmeans", {"k": 4, "feature_dim": 3, "eval_metrics": '["msd", "ssd"]'})
        .feed(laptop, "train", records(rows), CONTENT_TYPE)
        .feed(laptop, "test", as_csv(held_out), UNLABELLED)
        .complete(laptop)
    )
    found = metrics(job)
    best = -KMeans(4, n_init=10, random_state=0).fit(rows).score(held_out) / len(held_out)

    assert found["test:msd"] <= 1.1 * best
    assert found["test:ssd"] == pytest.approx(200 * found["test:msd"], rel=1e-4)

    endpoint = deploy(laptop, job)
    answers = ask(laptop, endpoint, as_csv(held_out))["predictions"]
    distances = np.array([answer["distance_to_cluster"] for answer in answers])
    assert np.mean(distances**2) == pytest.approx(found["test:msd"], rel=1e-3)
    assert {answer["closest_cluster"] for answer in answers} == {0.0, 1.0, 2.0, 3.0}

    lines = invoke(
        laptop,
        endpoint,
        b'{"features": [0, 8, 2]}\n{"data": {"features": {"values": [0, 8, 2]}}}\n',
        "application/jsonlines",
        Accept="application/jsonlines",
    )
    first, second = map(json.loads, lines.splitlines())
    assert first == second

    lines = invoke(laptop, endpoint, as_csv(held_out[:2]), Accept="text/csv").splitlines()
    assert float(lines[1].split(b",")[0]) == answers[1]["closest_cluster"]

    answered = read_records(
        invoke(laptop, endpoint, records(held_out[:2]), CONTENT_TYPE, Accept=CONTENT_TYPE)
    )
    assert answered[1].label["closest_cluster"].values.tolist() == [answers[1]["closest_cluster"]]


def test_pca_projects_as_the_singular_value_decomposition_does(laptop: LocalSageMaker) -> None:
    """The largest component comes last; signs are free."""
    mixing = np.array([[3, 1, 0, 0], [0, 2, 1, 0], [0, 0, 1, 0.5]])
    rows = np.random.default_rng(3).normal(size=(300, 3)) @ mixing + 5
    job = (
        Training("pca", {"feature_dim": 4, "num_components": 2, "mini_batch_size": 100})
        .feed(laptop, "train", as_csv(rows), UNLABELLED)
        .complete(laptop)
    )
    body = json.dumps({"instances": [{"features": row} for row in rows[:20].tolist()]})
    answer = json.loads(invoke(laptop, deploy(laptop, job), body.encode(), "application/json"))
    projections = np.array([item["projection"] for item in answer["projections"]])
    expected = PCA(2).fit(rows).transform(rows[:20])[:, ::-1]

    np.testing.assert_allclose(np.abs(projections), np.abs(expected), atol=1e-3)


def test_a_random_cut_forest_finds_what_does_not_belong(laptop: LocalSageMaker) -> None:
    """The test channel's F1 by three sigmas; a far point scores far above a near one."""
    generator = np.random.default_rng(4)
    usual, odd = generator.normal(size=(500, 2)), generator.normal(size=(8, 2)) + 12
    truth = np.r_[np.zeros(500), np.ones(8)]
    job = (
        Training(
            "randomcutforest", {"feature_dim": 2, "num_trees": 50, "num_samples_per_tree": 128}
        )
        .feed(laptop, "train", as_csv(usual), UNLABELLED)
        .feed(laptop, "test", as_csv(truth, np.r_[usual, odd]), "text/csv;label_size=1")
        .complete(laptop)
    )
    found = metrics(job)

    assert found["test:f1"] > 0.9
    assert found["test:recall"] == 1.0
    assert found["test:accuracy"] > 0.99

    near, far = ask(laptop, deploy(laptop, job), b"0,0\n12,12\n")["scores"]
    assert far["score"] > 2 * near["score"]


@pytest.mark.parametrize(
    ("repository", "hyperparameters", "told"),
    [
        ("kmeans", {"k": 0, "feature_dim": 2}, ("k", "[1, inf)")),
        ("kmeans", {"k": 2}, ("feature_dim",)),
        (
            "pca",
            {"feature_dim": 2, "mini_batch_size": 9, "num_components": 3},
            ("num_components", "[1, 2]"),
        ),
        ("randomcutforest", {"feature_dim": 2, "num_trees": 49}, ("num_trees", "[50, 1000]")),
        ("randomcutforest", {"feature_dim": 3}, ("feature_dim is 3", "2 features")),
    ],
)
def test_a_wrong_hyperparameter_is_named_with_its_bounds(
    laptop: LocalSageMaker, repository: str, hyperparameters: dict[str, Any], told: tuple[str, ...]
) -> None:
    """The job fails, and its reason says which and what it may be."""
    training = Training(repository, hyperparameters)
    reason = training.feed(laptop, "train", b"1,2\n3,4\n5,7\n", UNLABELLED).reason(laptop)

    assert "ClientError: " in reason
    for words in told:
        assert words in reason


def test_an_algorithm_without_incremental_training_refuses_a_model(
    laptop: LocalSageMaker,
) -> None:
    """A channel `model` fails the job instead of being overlooked."""
    training = Training("kmeans", {"k": 1, "feature_dim": 2})
    training.feed(laptop, "train", b"1,2\n", UNLABELLED).feed(laptop, "model", b"x")

    assert "incrementally" in training.reason(laptop)
