"""What the jobs find in their inputs: a prepared run, a trained model, and rows."""

from __future__ import annotations

import io
import shutil
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import xgboost
from pyarrow import parquet

from job_folders import JobFolders

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 900


def table(seed: int, rows: int = ROWS) -> pa.Table:
    """Texts as they land: buyers are mostly those with a high income."""
    generator = np.random.default_rng(seed)
    income = generator.normal(50, 15, rows).round(2)
    gender = generator.choice(["F", "M"], rows)
    town = generator.choice(["Ulm", "Köln", "Bonn, NRW"], rows)
    chance = 1 / (1 + np.exp(-(income - 50) / 6 - (town == "Ulm")))
    return pa.table(
        {
            "income": [f"{value}" for value in income],
            "gender": gender.tolist(),
            "bought": np.where(generator.random(rows) < chance, "Yes", "No").tolist(),
            "town": town.tolist(),
        }
    )


@dataclass
class Run:
    """A run's folder, as ``prepare`` leaves it, and the archive that training leaves."""

    out: Path
    archive: Path
    pyz: Path

    def folders(self, base: Path) -> JobFolders:
        """The evaluation job's folders under a base, filled with its inputs."""
        inputs = base / "processing" / "input"
        shutil.copytree(self.out / "holdout", inputs / "holdout")
        shutil.copytree(self.out / "prepared", inputs / "prepared")
        for name, path in (("model", self.archive), ("code", self.pyz)):
            (inputs / name).mkdir(parents=True)
            shutil.copy(path, inputs / name / path.name)
        return JobFolders(str(base))


def trained(prepared: Path, rounds: int = 30) -> bytes:
    """A model of the prepared rows, as XGBoost's own file."""
    train = parquet.read_table(prepared / "train" / "train.parquet")
    values = np.stack([column.to_numpy() for column in train.columns], axis=1)
    data = xgboost.DMatrix(values[:, 1:], values[:, 0])
    settings = {"objective": "binary:logistic", "max_depth": 3, "nthread": 1}
    return bytes(xgboost.train(settings, data, rounds).save_raw("ubj"))


def archive_of(path: Path, files: dict[str, bytes]) -> Path:
    """A tar.gz as a training job leaves it."""
    with tarfile.open(path, "w:gz") as members:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            members.addfile(member, io.BytesIO(content))
    return path
