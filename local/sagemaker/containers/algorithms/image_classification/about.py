"""Image Classification: what the API must know of it."""

from __future__ import annotations

from local.sagemaker.jobs.built_in import Algorithm

ALGORITHM = Algorithm(
    repositories=("image-classification",),
    train="local.sagemaker.containers.algorithms.image_classification.train:main",
    serve="local.sagemaker.containers.serving.image_classification_model:ImageClassificationModel",
    metrics={
        "train:accuracy": r"Epoch\[\d+\] Train-accuracy=(\S+)",
        "validation:accuracy": r"Epoch\[\d+\] Validation-accuracy=(\S+)",
    },
)
