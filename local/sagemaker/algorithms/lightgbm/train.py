"""One training of LightGBM."""

from __future__ import annotations

import json
import tarfile
from typing import TYPE_CHECKING, Any

import lightgbm
import numpy as np

from local.sagemaker.algorithms.common.errors import UserError
from local.sagemaker.algorithms.common.hyperparameters import OBJECTIVE, read
from local.sagemaker.algorithms.common.job import run, threads
from local.sagemaker.algorithms.lightgbm.data import read_channels
from local.sagemaker.algorithms.lightgbm.hyperparameters import OWN, RULES, check_together
from local.sagemaker.algorithms.lightgbm.problem import (
    MULTICLASS,
    REGRESSION,
    find_metric,
    find_problem,
)
from local.sagemaker.algorithms.lightgbm.serve import ABOUT_FILE, MODEL_FILE

if TYPE_CHECKING:
    from pathlib import Path

    from local.sagemaker.algorithms.common.rows import Rows
    from local.sagemaker.algorithms.lightgbm.problem import Problem

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
    names = set(json.loads((config / "inputdataconfig.json").read_text()))
    if surplus := sorted(names - CHANNELS):
        raise UserError(f"Channel {surplus[0]} is not one of {', '.join(sorted(CHANNELS))}")
    channels = read_channels(base / "input/data", names)
    assert channels.train.labels is not None
    metric = parameters["metric"]
    tuned = given.get(OBJECTIVE)
    if metric == "auto" and tuned in RULES["metric"].choices:
        metric = tuned  # a tuning job's metric must be printed
    problem = find_problem(channels.train.labels, metric)
    _check_classes(channels.validation, problem)
    booster = _boost(
        parameters
        | {
            "metric": find_metric(problem, metric),
            "num_threads": parameters["num_threads"] or threads(base),
        },
        problem,
        (channels.train, channels.validation),
        sorted(channels.categories.names),
        _earlier(base / "input/data/model") if "model" in names else None,
    )
    booster.save_model(base / "model" / MODEL_FILE, num_iteration=booster.best_iteration or None)
    about = {"problem": problem.kind, "categories": channels.categories.names}
    (base / "model" / ABOUT_FILE).write_text(json.dumps(about))


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
        callbacks.append(lightgbm.early_stopping(rounds, verbose=False))
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


def _earlier(folder: Path) -> lightgbm.Booster:
    """The model to go on from: the archive of an earlier job, in the channel `model`."""
    for path in sorted(folder.rglob("*")):
        if path.name == MODEL_FILE:
            return _load(path.read_bytes())
        if path.name.endswith(".tar.gz") and (content := _packed(path)) is not None:
            return _load(content)
    raise UserError(f"The model channel holds no {MODEL_FILE}, itself or in a .tar.gz archive")


def _packed(path: Path) -> bytes | None:
    """The model in an archive, None if it holds none."""
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                if member.isfile() and member.name.removeprefix("./") == MODEL_FILE:
                    file = archive.extractfile(member)
                    return file.read() if file else None
    except (tarfile.TarError, EOFError, OSError) as error:
        raise UserError(f"{path.name} of the model channel is no archive: {error}") from error
    return None


def _load(content: bytes) -> lightgbm.Booster:
    try:
        return lightgbm.Booster(model_str=content.decode())
    except (lightgbm.basic.LightGBMError, UnicodeDecodeError) as error:
        raise UserError(f"{MODEL_FILE} of the model channel is no LightGBM model") from error
