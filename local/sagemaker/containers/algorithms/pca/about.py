"""Principal component analysis; it has no metric that could be tuned."""

from __future__ import annotations

from local.sagemaker.jobs.built_in import Algorithm

ALGORITHM = Algorithm(
    repositories=("pca",),
    train="local.sagemaker.containers.algorithms.pca.train:main",
    serve="local.sagemaker.containers.algorithms.pca.serve:ComponentsModel",
    metrics={"train:progress": r"#progress_metric: host=\S+, completed (\S+) %"},
)
