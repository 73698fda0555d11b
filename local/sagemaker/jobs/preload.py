"""What jobs import most, loaded once before any fork: imports alone, nothing that computes."""

from __future__ import annotations

import importlib

MODULES = (
    "concurrent.futures",
    "jinja2",
    "numpy",
    "numpy.random",
    "optuna",
    "optuna.samplers",
    "pyarrow.csv",
    "pyarrow.parquet",
    "scipy.special",
    "scipy.stats",
    "tarfile",
    "threadpoolctl",
    "xgboost",
    "xgboost.callback",
    "zipfile",
    "local.sagemaker.containers.algorithms.script",
    "local.sagemaker.containers.algorithms.search",
    "local.sagemaker.containers.algorithms.xgboost.template",
    "local.sagemaker.containers.algorithms.xgboost.train",
)

for module in MODULES:
    importlib.import_module(module)
