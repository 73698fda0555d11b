"""The hyperparameters of each mode; page "BlazingText Hyperparameters"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.sagemaker.containers.algorithms.declared import Declared, boolean, read, whole
from local.sagemaker.containers.algorithms.xgboost.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

WORD_MODES = ("batch_skipgram", "skipgram", "cbow")
MODES = ("supervised", *WORD_MODES)

_SHARED = {
    "mode": Declared(str, choices=MODES, required=True),
    "epochs": whole(5),
    "learning_rate": Declared(float, 0.05, above=0),
    "min_count": whole(5, low=0),
    "vector_dim": whole(100, high=2048),
}
SUPERVISED = _SHARED | {
    "buckets": whole(2_000_000),
    "early_stopping": Declared(boolean, default=False),
    "min_epochs": whole(5),
    "patience": whole(4),
    "word_ngrams": whole(2),
}
WORD_VECTORS = _SHARED | {
    "batch_size": whole(11),
    "evaluation": Declared(boolean, default=False),
    "negative_samples": whole(5),
    "sampling_threshold": Declared(float, 0.0001, low=0, high=1),
    "subwords": Declared(boolean, default=False),
    "window_size": whole(5),
}
_NOT_HERE = {
    "subwords": "learn vectors of subwords",
    "evaluation": "evaluate on WordSimilarity-353, whose data does not come with it",
}


def typed(given: Mapping[str, str]) -> dict[str, Any]:
    """Check and convert a job's hyperparameters.

    Args:
        given: `hyperparameters.json`, all values text.

    Returns:
        Every hyperparameter of the job's mode.

    Raises:
        UserError: Naming the first that is wrong, or that has no effect here.
    """
    declared = WORD_VECTORS if given.get("mode") in WORD_MODES else SUPERVISED
    values = read(given, declared)
    for name, what in _NOT_HERE.items():
        if values.get(name):
            raise UserError(f"The local BlazingText does not {what} ({name})")
    if "batch_size" in given and values["mode"] != "batch_skipgram":
        raise UserError("Hyperparameter batch_size belongs to mode batch_skipgram")
    return values
