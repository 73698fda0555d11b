"""BlazingText: what the API must know of it."""

from __future__ import annotations

from local.sagemaker.jobs.built_in import Algorithm

ALGORITHM = Algorithm(
    repositories=("blazingtext",),
    train="local.sagemaker.containers.algorithms.blazingtext.train:main",
    serve="local.sagemaker.containers.serving.blazingtext_model:BlazingTextModel",
    metrics={
        "train:accuracy": r"#train_accuracy: (\S+)",
        "validation:accuracy": r"#validation_accuracy: (\S+)",
    },
)
