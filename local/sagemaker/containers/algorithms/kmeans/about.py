"""K-Means."""

from __future__ import annotations

from local.sagemaker.jobs.built_in import Algorithm

ALGORITHM = Algorithm(
    repositories=("kmeans",),
    train="local.sagemaker.containers.algorithms.kmeans.train:main",
    serve="local.sagemaker.containers.algorithms.kmeans.serve:KMeansModel",
    metrics={
        f"{channel}:{name}": rf"#quality_metric: host=\S+, {channel} {name} <loss>=(\S+)"
        for channel in ("train", "test")
        for name in ("msd", "ssd")
    }
    | {"train:progress": r"#progress_metric: host=\S+, completed (\S+) %"},
)
