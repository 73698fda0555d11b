"""A tuning job beside plain Optuna that does the same trials, two at a time."""

from __future__ import annotations

import io
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.conformance.sagemaker.laptop import ROOT, definition, unique

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

TRIALS = 20
PARALLEL = 2
ROUNDS = 100
ROWS = 20_000
COLUMNS = 20
TIMES = 3
GOAL_RATIO = 1.2
#: Ranges that change how well a training does, and hardly how long it takes.
RANGES = {
    "ContinuousParameterRanges": [
        {"Name": "eta", "MinValue": "0.05", "MaxValue": "0.3", "ScalingType": "Logarithmic"},
        {"Name": "subsample", "MinValue": "0.6", "MaxValue": "0.9"},
        {"Name": "lambda", "MinValue": "0.5", "MaxValue": "5", "ScalingType": "Logarithmic"},
    ]
}
STATIC = {
    "objective": "binary:logistic",
    "eval_metric": "auc",
    "num_round": str(ROUNDS),
    "max_depth": "6",
    "tree_method": "hist",
}


def measure(laptop: LocalSageMaker, times: int) -> dict[str, Any]:
    """Both in turns; the first turn warms and does not count."""
    train, validation = table(ROWS, 1), table(ROWS // 4, 2)
    taken: dict[str, list[float]] = {"ours": [], "optuna": []}
    best: dict[str, float] = {}
    job = definition(laptop)
    laptop.put("data/train/train.csv", train)
    laptop.put("data/validation/validation.csv", validation)
    with tempfile.TemporaryDirectory() as folder:
        for name, body in (("train", train), ("validation", validation)):
            Path(folder, name).write_bytes(body)
        for turn in range(1 + (times or TIMES)):
            seconds, best["ours"] = tune(laptop, job)
            plain = optuna(folder)
            best["optuna"] = plain["best"]
            if turn:
                taken["ours"].append(seconds)
                taken["optuna"].append(plain["seconds"])
    medians = {name: round(statistics.median(values), 2) for name, values in taken.items()}
    ratio = medians["ours"] / medians["optuna"]
    return {
        "median_s": medians,
        "best": best,
        "ratio": round(ratio, 2),
        "goal_ratio": GOAL_RATIO,
        "met": ratio <= GOAL_RATIO,
    }


def table(rows: int, seed: int) -> bytes:
    """Label-first CSV."""
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(rows, COLUMNS))
    odds = features[:, 0] + features[:, 1] * features[:, 2] + generator.normal(size=rows)
    text = io.StringIO()
    np.savetxt(text, np.column_stack([odds > 0, features]), delimiter=",", fmt="%.5g")
    return text.getvalue().encode()


def tune(laptop: LocalSageMaker, job: dict[str, Any]) -> tuple[float, float]:
    """One tuning job from its creation to its end: seconds, and the best value."""
    name = unique("tune")
    began = time.perf_counter()
    laptop.client().create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name,
        HyperParameterTuningJobConfig={
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {
                "Type": "Maximize",
                "MetricName": "validation:auc",
            },
            "ResourceLimits": {
                "MaxNumberOfTrainingJobs": TRIALS,
                "MaxParallelTrainingJobs": PARALLEL,
            },
            "ParameterRanges": RANGES,
        },
        TrainingJobDefinition={**job, "StaticHyperParameters": STATIC},
    )
    ended = laptop.await_tuning(name, seconds=600)
    seconds = time.perf_counter() - began
    assert ended["TrainingJobStatusCounters"]["Completed"] == TRIALS, ended
    metric = ended["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]
    return seconds, round(metric["Value"], 4)


def optuna(folder: str) -> dict[str, float]:
    """The same with Optuna alone, in a process of its own; its imports do not count."""
    command = [sys.executable, "-m", "bench.sagemaker_optuna", folder]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found
