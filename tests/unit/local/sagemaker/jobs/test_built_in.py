"""The built-in algorithms, as the API finds them."""

import subprocess
import sys

from local.sagemaker.jobs.built_in import algorithms

WITHOUT_LIBRARIES = """
import sys
for name in ("numpy", "sklearn", "scipy", "pyarrow", "xgboost", "lightgbm"):
    sys.modules[name] = None
from local.sagemaker.jobs.built_in import algorithms
print(*sorted(algorithms()))
"""


def test_all_are_found_without_any_library_of_theirs():
    """The API's process has the standard library alone; shared code is no algorithm."""
    found = subprocess.run(
        [sys.executable, "-c", WITHOUT_LIBRARIES], capture_output=True, text=True, check=True
    ).stdout.split()

    expected = {
        "kmeans",
        "knn",
        "lightgbm",
        "linear-learner",
        "pca",
        "randomcutforest",
        "sagemaker-xgboost",
    }
    assert expected <= set(found)
    assert "common" not in found


def test_metrics_are_read_from_lines_of_aws_own_form():
    """With and without the logger's stamp before them; of an epoch and of the final model."""
    learner = algorithms()["linear-learner"]
    stamp = "[07/01/2024 19:50:55 INFO 139723470354240] "
    line = "#quality_metric: host=algo-1, epoch=3, validation mse_objective <loss>=0.25"

    assert learner.read_metrics(stamp + line) == [("validation:objective_loss", "0.25")]
    line = "#quality_metric: host=algo-1, test binary_f_1.000 <score>=0.5"
    assert learner.read_metrics(line) == [("test:binary_f_beta", "0.5")]
    line = "#progress_metric: host=algo-1, completed 40 % of epochs"
    assert learner.read_metrics(line) == [("train:progress", "40")]
    assert learner.knows_metric("validation:roc_auc_score")
    assert not learner.knows_metric("validation:auc")

    lines = "[7]#011val's auc: 0.75#011train's auc: 0.9"
    assert algorithms()["lightgbm"].read_metrics(lines) == [("auc", "0.75")]
