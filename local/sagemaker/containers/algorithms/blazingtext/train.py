"""One training of BlazingText, from `/opt/ml` to `/opt/ml`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from local.sagemaker.containers.algorithms.blazingtext import supervised, word_vectors
from local.sagemaker.containers.algorithms.blazingtext.corpus import read_examples, read_lines
from local.sagemaker.containers.algorithms.blazingtext.hyperparameters import typed
from local.sagemaker.containers.algorithms.xgboost.errors import UserError


def main(_arguments: list[str]) -> int:
    """Train; returns the exit code, and leaves the reason of a failure in `output/failure`."""
    base = Path(os.environ["SAGEMAKER_BASE_DIR"])
    try:
        train(base)
    except UserError as error:
        (base / "output/failure").write_text(f"UserError: {error}")
        print(f"UserError: {error}", file=sys.stderr)
        return 1
    return 0


def train(base: Path) -> None:
    """Train on the channels below `base`, the folder that stands for `/opt/ml`.

    Raises:
        UserError: When data or hyperparameters are wrong.
    """
    wanted = typed(json.loads((base / "input/config/hyperparameters.json").read_text()))
    channels = base / "input/data"
    if not (channels / "train").is_dir():
        raise UserError("Channel train is missing")
    if wanted["mode"] != "supervised":
        lines = list(read_lines(channels / "train"))
        word_vectors.train(lines, wanted).save(base / "model")
        return
    examples = read_examples(channels / "train")
    watched = read_examples(channels / "validation") if (channels / "validation").is_dir() else []
    supervised.train(examples, watched, wanted).save(base / "model")
