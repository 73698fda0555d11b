"""One training of Image Classification, from `/opt/ml` to `/opt/ml`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from local.sagemaker.containers.algorithms.image_classification.hyperparameters import typed
from local.sagemaker.containers.algorithms.image_classification.images import View, read_channel
from local.sagemaker.containers.algorithms.image_classification.training import (
    train as train_network,
)
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
    config = base / "input/config"
    wanted = typed(json.loads((config / "hyperparameters.json").read_text()))
    channels = json.loads((config / "inputdataconfig.json").read_text())
    if "model" in channels:
        raise UserError("The local Image Classification does not train a model further (model)")
    channels_of_image, height, width = wanted["image_shape"]
    view = View(channels_of_image, height, width, wanted["resize"])
    images, held = (
        read_channel(
            base / "input/data",
            name,
            channels.get(name, {}).get("ContentType", ""),
            view,
            wanted["num_classes"],
        )
        for name in ("train", "validation")
    )
    if len(images.labels) != wanted["num_training_samples"]:
        print(f"num_training_samples is not {len(images.labels)}, the number of images read")
    rows, columns = view.size
    print(f"{len(images.labels)} images, seen as {rows} x {columns} pixels")
    train_network(images, held, view, wanted).save(base / "model")
