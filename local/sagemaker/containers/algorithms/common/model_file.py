"""The file `model_algo-1`, in which a model leaves its training.

AWS's file of that name is an MXNet archive of arrays. MXNet is retired, so the file here is a ZIP
of NumPy arrays (`numpy.load` opens it) with one more, `about`, that holds a JSON text. Neither end
uses pickle, which could run anything.
"""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np

from local.sagemaker.containers.serving.answers import ModelLoadError

if TYPE_CHECKING:
    from pathlib import Path

NAME = "model_algo-1"
_ABOUT = "about"

type Arrays = dict[str, np.ndarray[Any, Any]]


def save(model_dir: Path, about: dict[str, Any], arrays: Arrays) -> None:
    """Write a model.

    Args:
        model_dir: `/opt/ml/model`.
        about: What is no array; `algorithm` names whose model it is.
        arrays: The arrays, by name.
    """
    with (model_dir / NAME).open("wb") as file:
        np.savez(file, allow_pickle=False, **{_ABOUT: np.array(json.dumps(about))}, **arrays)


def load(model_dir: Path, algorithm: str, *needed: str) -> tuple[dict[str, Any], Arrays]:
    """Read a model.

    Args:
        model_dir: `/opt/ml/model`.
        algorithm: Whose model it must be.
        needed: Arrays that it must have.

    Returns:
        What `save` was given.

    Raises:
        ModelLoadError: When there is none, or it is not this algorithm's, or not whole.
    """
    path = model_dir / NAME
    if not path.is_file():
        raise ModelLoadError(f"the model archive holds no file {NAME}")
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        about = json.loads(str(arrays.pop(_ABOUT)))
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ModelLoadError(f"{NAME} is not a model of this server: {error}") from error
    if about.get("algorithm") != algorithm:
        raise ModelLoadError(f"{NAME} is a model of {about.get('algorithm')}, not of {algorithm}")
    if missing := sorted(set(needed) - set(arrays)):
        raise ModelLoadError(f"{NAME} has no array {missing[0]}")
    return about, arrays
