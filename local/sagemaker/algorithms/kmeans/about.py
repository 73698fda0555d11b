"""K-Means."""

from __future__ import annotations

from local.sagemaker.built_in import Algorithm

ALGORITHM = Algorithm(
    repositories=("kmeans",),
    train="local.sagemaker.algorithms.kmeans.train:main",
    serve="local.sagemaker.algorithms.kmeans.serve:KMeansModel",
    metrics={
        f"{channel}:{name}": rf"#quality_metric: host=\S+, {channel} {name} <loss>=(\S+)"
        for channel in ("train", "test")
        for name in ("msd", "ssd")
    }
    | {"train:progress": r"#progress_metric: host=\S+, completed (\S+) %"},
)
