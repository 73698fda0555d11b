"""The model that a training goes on from: what an earlier job left, in the channel `model`."""

from __future__ import annotations

import json
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import lightgbm

from local.sagemaker.containers.algorithms.common.errors import UserError
from local.sagemaker.containers.algorithms.lightgbm.data import Categories
from local.sagemaker.containers.algorithms.lightgbm.serve import ABOUT_FILE, MODEL_FILE

if TYPE_CHECKING:
    from pathlib import Path

_NAMES = (MODEL_FILE, ABOUT_FILE)


@dataclass(frozen=True)
class Earlier:
    """A model with the categories whose codes it knows."""

    booster: lightgbm.Booster
    categories: Categories


def find_model(folder: Path) -> Earlier:
    """Find the model, as files or in an archive.

    Args:
        folder: The channel's folder.

    Raises:
        UserError: When there is none, or it cannot be read.
    """
    found: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        if path.name in _NAMES:
            found[path.name] = path.read_bytes()
        elif path.name.endswith(".tar.gz"):
            found |= _packed(path)
    if len(found) < len(_NAMES):
        raise UserError(
            f"The model channel does not hold {' and '.join(_NAMES)}, themselves or in a .tar.gz "
            "archive"
        )
    try:
        names = json.loads(found[ABOUT_FILE])["categories"]
        categories = Categories({int(feature): known for feature, known in names.items()})
        return Earlier(lightgbm.Booster(model_str=found[MODEL_FILE].decode()), categories)
    except (lightgbm.basic.LightGBMError, ValueError, KeyError) as error:
        raise UserError("The model channel holds no LightGBM model of an earlier job") from error


def _packed(path: Path) -> dict[str, bytes]:
    """The model's files in an archive."""
    found = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                name = member.name.removeprefix("./")
                if member.isfile() and name in _NAMES and (file := archive.extractfile(member)):
                    found[name] = file.read()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise UserError(f"{path.name} of the model channel is no archive: {error}") from error
    return found
