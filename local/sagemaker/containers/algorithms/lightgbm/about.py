"""LightGBM.

AWS has no image of that name: it trains LightGBM by a JumpStart script in a PyTorch image, one for
classification and one for regression. Here the repository `lightgbm` stands for both, under the
script's hyperparameters, log lines and answers; the labels tell which it is.
"""

from __future__ import annotations

from local.sagemaker.jobs.built_in import Algorithm

#: Page "Tune a LightGBM model".
METRICS = (
    "rmse",
    "l1",
    "l2",
    "huber",
    "fair",
    "binary_logloss",
    "binary_error",
    "auc",
    "average_precision",
    "multi_logloss",
    "multi_error",
    "auc_mu",
    "cross_entropy",
)

ALGORITHM = Algorithm(
    repositories=("lightgbm",),
    train="local.sagemaker.containers.algorithms.lightgbm.train:main",
    serve="local.sagemaker.containers.algorithms.lightgbm.serve:LightgbmModel",
    metrics={name: rf"{name}: ([0-9\.]+)" for name in METRICS},
)
