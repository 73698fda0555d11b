"""One training of LightGBM."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import lightgbm
import numpy as np

from local.sagemaker.containers.algorithms.common.errors import UserError
from local.sagemaker.containers.algorithms.common.hyperparameters import AUTO, OBJECTIVE, read
from local.sagemaker.containers.algorithms.common.job import run, threads
from local.sagemaker.containers.algorithms.common.rows import CSV, media_parameters
from local.sagemaker.containers.algorithms.lightgbm.data import read_channels
from local.sagemaker.containers.algorithms.lightgbm.earlier import find_model
from local.sagemaker.containers.algorithms.lightgbm.hyperparameters import (
    OWN,
    RULES,
    check_together,
)
from local.sagemaker.containers.algorithms.lightgbm.problem import (
    MULTICLASS,
    REGRESSION,
    find_metric,
    find_problem,
)
from local.sagemaker.containers.algorithms.lightgbm.serve import ABOUT_FILE, MODEL_FILE

if TYPE_CHECKING:
    from pathlib import Path

    from local.sagemaker.containers.algorithms.common.rows import Rows
    from local.sagemaker.containers.algorithms.lightgbm.problem import Problem

CHANNELS = frozenset({"train", "training", "validation", "model"})
_SEED = 0


def main(_arguments: list[str]) -> int:
    """Train; returns the exit code."""
    return run(train)


def train(base: Path) -> None:
    """Train on the channels below `base`; raises `UserError`."""
    config = base / "input/config"
    given = json.loads((config / "hyperparameters.json").read_text())
    parameters = read(RULES, given)
    check_together(parameters)
    names = _channel_names(json.loads((config / "inputdataconfig.json").read_text()))
    earlier = find_model(base / "input/data/model") if "model" in names else None
    channels = read_channels(base / "input/data", names, earlier.categories if earlier else None)
    assert channels.train.labels is not None
    metric, tuned = parameters["metric"], given.get(OBJECTIVE)
    tuned = tuned if tuned in RULES["metric"].choices else metric
    metric = tuned if metric == AUTO else metric
    problem = find_problem(channels.train.labels, metric)
    _check_classes(channels.validation, problem)
    # The first stops the training early; a tuning job's must be printed as well.
    metrics = [find_metric(problem, name) for name in dict.fromkeys((metric, tuned))]
    number = parameters["num_threads"] or threads(base)
    booster = _boost(
        parameters | {"metric": metrics, "num_threads": number},
        problem,
        (channels.train, channels.validation),
        sorted(channels.categories.names),
        earlier.booster if earlier else None,
    )
    booster.save_model(base / "model" / MODEL_FILE, num_iteration=booster.best_iteration or None)
    about = {"problem": problem.kind, "categories": channels.categories.names}
    (base / "model" / ABOUT_FILE).write_text(json.dumps(about))


def _channel_names(channels: dict[str, dict[str, Any]]) -> set[str]:
    """The job's channels; raises `UserError` for one that is not known, or that is not CSV."""
    for name, channel in channels.items():
        if name not in CHANNELS:
            raise UserError(f"Channel {name} is not one of {', '.join(sorted(CHANNELS))}")
        kind = media_parameters(channel.get("ContentType") or CSV)[0]
        if name != "model" and kind != CSV:
            raise UserError(f"The {name} channel's content type {kind} is not {CSV}")
    return set(channels)


def _boost(
    parameters: dict[str, Any],
    problem: Problem,
    rows: tuple[Rows, Rows],
    categorical: list[int],
    earlier: lightgbm.Booster | None,
) -> lightgbm.Booster:
    """Train, printing the metric of both parts after each round, validation first."""
    own = {name: value for name, value in parameters.items() if name not in OWN}
    own |= {"objective": problem.kind, "metric": parameters["metric"], "seed": _SEED}
    own |= {"num_class": problem.classes} if problem.kind == MULTICLASS else {}
    own["num_threads"] = parameters["num_threads"]
    if own["is_unbalance"]:
        del own["scale_pos_weight"]
    train_set = lightgbm.Dataset(
        rows[0].features, rows[0].labels, categorical_feature=categorical, free_raw_data=False
    )
    validation = lightgbm.Dataset(
        rows[1].features, rows[1].labels, reference=train_set, free_raw_data=False
    )
    rounds = parameters["early_stopping_rounds"]
    callbacks: list[Any] = [_print_round]
    if rounds > 0 and parameters["boosting"] != "dart":  # dart changes trees of earlier rounds
        callbacks.append(lightgbm.early_stopping(rounds, first_metric_only=True, verbose=False))
    try:
        return lightgbm.train(
            own,
            train_set,
            num_boost_round=parameters["num_boost_round"],
            valid_sets=[validation, train_set],
            valid_names=["val", "train"],
            init_model=earlier,
            callbacks=callbacks,
        )
    except lightgbm.basic.LightGBMError as error:
        raise UserError(f"LightGBM refuses to train: {error}") from error


def _print_round(environment: Any) -> None:
    """The line of LightGBM's own `log_evaluation`, without powers of ten: they are no metric."""
    told = [
        f"{part}'s {name}: {np.format_float_positional(value, 6, fractional=False, trim='-')}"
        for part, name, value, *_ in environment.evaluation_result_list
    ]
    print(f"[{environment.iteration + 1}]\t" + "\t".join(told), flush=True)


def _check_classes(validation: Rows, problem: Problem) -> None:
    if problem.kind == REGRESSION or validation.labels is None:
        return
    if not np.isin(validation.labels, np.arange(problem.classes)).all():
        raise UserError(
            f"The validation rows have labels that the training rows have not: those are the "
            f"whole numbers in [0, {problem.classes - 1}]"
        )
