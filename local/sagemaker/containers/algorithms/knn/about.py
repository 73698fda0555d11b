"""k-nearest neighbours."""

from __future__ import annotations

from local.sagemaker.jobs.built_in import Algorithm

ALGORITHM = Algorithm(
    repositories=("knn",),
    train="local.sagemaker.containers.algorithms.knn.train:main",
    serve="local.sagemaker.containers.algorithms.knn.serve:NeighborsModel",
    metrics={
        "test:accuracy": r"#quality_metric: host=\S+, test accuracy <score>=(\S+)",
        "test:mse": r"#quality_metric: host=\S+, test mse <loss>=(\S+)",
        "train:progress": r"#progress_metric: host=\S+, completed (\S+) %",
    },
)
