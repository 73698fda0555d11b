"""The algorithm's hyperparameters; page "Image Classification Hyperparameters"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.sagemaker.containers.algorithms.declared import Declared, boolean, read, whole
from local.sagemaker.containers.algorithms.xgboost.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

_LAYERS_BY_BLOCKS = {1: (18, 20), 2: (34, 32), 3: (50, 44), 4: (56, 101, 110), 5: (152, 200)}
BLOCKS = {layers: blocks for blocks, known in _LAYERS_BY_BLOCKS.items() for layers in known}
"""num_layers → residual blocks in each of the three stages: deeper stays deeper, on a scale that a
CPU can train."""
OPTIMIZERS = ("sgd", "adam", "rmsprop", "nag")


def _fraction(default: float) -> Declared:
    return Declared(float, default, low=0, high=1)


def _shape(text: str) -> tuple[int, int, int]:
    channels, height, width = (int(part) for part in text.split(","))
    if channels not in (1, 3) or min(height, width) < 8:
        raise ValueError(text)
    return channels, height, width


def _steps(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(",") if part.strip())


DECLARED = {
    "num_classes": whole(low=2),
    "num_training_samples": whole(),
    "augmentation_type": Declared(str, choices=("crop",)),
    "beta_1": _fraction(0.9),
    "beta_2": _fraction(0.999),
    "early_stopping": Declared(boolean, default=False),
    "early_stopping_min_epochs": whole(10),
    "early_stopping_patience": whole(5),
    "early_stopping_tolerance": _fraction(0.0),
    "epochs": whole(30),
    "eps": Declared(float, 1e-8, above=0, high=1),
    "gamma": _fraction(0.9),
    "image_shape": Declared(_shape, (3, 224, 224)),
    "learning_rate": Declared(float, 0.1, above=0, high=1),
    "lr_scheduler_factor": _fraction(0.1),
    "lr_scheduler_step": Declared(_steps, ()),
    "mini_batch_size": whole(32),
    "momentum": _fraction(0.9),
    "multi_label": Declared(boolean, default=False),
    "num_layers": Declared(int, 152, choices=tuple(sorted(BLOCKS))),
    "optimizer": Declared(str, "sgd", choices=OPTIMIZERS),
    "precision_dtype": Declared(str, "float32", choices=("float32",)),
    "resize": whole(0, low=0),
    "top_k": whole(0, low=0),
    "use_pretrained_model": Declared(boolean, default=False),
    "use_weighted_loss": Declared(boolean, default=False),
    "weight_decay": _fraction(0.0001),
}
_NOT_HERE = {
    "use_pretrained_model": "comes without weights of ImageNet: it trains from the start",
    "multi_label": "gives one label to an image",
    "use_weighted_loss": "does not weigh the loss",
}


def typed(given: Mapping[str, str]) -> dict[str, Any]:
    """Check and convert a job's hyperparameters.

    Raises:
        UserError: Naming the first that is wrong, or that has no effect here.
    """
    values = read(given, DECLARED)
    for name, what in _NOT_HERE.items():
        if values[name]:
            raise UserError(f"The local Image Classification {what} ({name})")
    if values["top_k"] and values["top_k"] < 2:
        raise UserError("Hyperparameter top_k: value must be 2 or more")
    if values["resize"] and values["resize"] < max(values["image_shape"][1:]):
        raise UserError("Hyperparameter resize: value is smaller than image_shape")
    return values
