"""Random Cut Forest."""

from __future__ import annotations

from local.sagemaker.jobs.built_in import Algorithm

ALGORITHM = Algorithm(
    repositories=("randomcutforest",),
    train="local.sagemaker.containers.algorithms.random_cut_forest.train:main",
    serve="local.sagemaker.containers.algorithms.random_cut_forest.serve:ForestModel",
    metrics={
        f"test:{name}": rf"#quality_metric: host=\S+, test {name} <score>=(\S+)"
        for name in ("accuracy", "precision", "recall", "f1")
    }
    | {"train:progress": r"#progress_metric: host=\S+, completed (\S+) %"},
)
