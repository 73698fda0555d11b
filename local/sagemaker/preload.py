"""What jobs import most, loaded once before any fork: imports alone, nothing that computes."""

from __future__ import annotations

import json  # noqa: F401
import tarfile  # noqa: F401
import zipfile  # noqa: F401

import numpy as np  # noqa: F401
import optuna
import optuna.samplers  # noqa: F401
import xgboost
import xgboost.callback  # noqa: F401
