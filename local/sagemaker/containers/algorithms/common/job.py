"""One training of a tabular algorithm, from `/opt/ml` to `/opt/ml`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from local.sagemaker.containers.algorithms.common.data import read_channel
from local.sagemaker.containers.algorithms.common.errors import UserError
from local.sagemaker.containers.algorithms.common.hyperparameters import OBJECTIVE, Rule, read

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.sagemaker.containers.algorithms.common.rows import Rows


SMALL_BYTES = 8 * 1024 * 1024
"""Channels of fewer bytes are learned from in one thread."""


class Job:
    """What a training reads and where it writes.

    Attributes:
        base: The folder that stands for `/opt/ml`.
        parameters: Typed hyperparameters.
        channels: `inputdataconfig.json`.
        tuned: Whether a tuning job runs it.
    """

    def __init__(self, base: Path, rules: dict[str, Rule], channels: tuple[str, ...]) -> None:
        """Read the configuration.

        Args:
            base: The folder that stands for `/opt/ml`.
            rules: The algorithm's hyperparameters.
            channels: The channels that it takes, `train` first.

        Raises:
            UserError: When a hyperparameter or channel is wrong.
        """
        config = base / "input/config"
        given = json.loads((config / "hyperparameters.json").read_text())
        self.base = base
        self.tuned = OBJECTIVE in given
        self.parameters: dict[str, Any] = read(rules, given)
        self.channels: dict[str, dict[str, Any]] = json.loads(
            (config / "inputdataconfig.json").read_text()
        )
        self._check_channels(channels)

    @property
    def model_dir(self) -> Path:
        """Where the model goes."""
        return self.base / "model"

    def content_type(self, channel: str) -> str:
        """A channel's ContentType, empty for none."""
        return str(self.channels[channel].get("ContentType") or "")

    def rows(self, channel: str) -> Rows | None:
        """A channel's rows, None when the job has no such channel; raises `UserError`."""
        if channel not in self.channels:
            return None
        rows = read_channel(self.base / "input/data" / channel, self.content_type(channel))
        wanted = self.parameters.get("feature_dim")
        if isinstance(wanted, int) and rows.features.shape[1] != wanted:
            found = rows.features.shape[1]
            hint = (
                ": the content type does not say label_size=0, so the first column is the label"
                if rows.labels is not None and found + 1 == wanted
                else ""
            )
            raise UserError(
                f"Hyperparameter feature_dim is {wanted}, but the rows of the {channel} channel "
                f"have {found} features{hint}"
            )
        return rows

    def train_rows(self) -> Rows:
        """The rows of the train channel; raises `UserError`."""
        rows = self.rows("train")
        assert rows is not None
        return rows

    def labelled(self, channel: str) -> Rows | None:
        """A channel's rows, which must have labels; raises `UserError`."""
        rows = self.rows(channel)
        if rows is not None and rows.labels is None:
            raise UserError(f"The rows of the {channel} channel have no labels")
        return rows

    def _check_channels(self, known: tuple[str, ...]) -> None:
        if "model" in self.channels:
            raise UserError("The algorithm does not train incrementally: it takes no channel model")
        if surplus := sorted(set(self.channels) - set(known)):
            raise UserError(f"Channel {surplus[0]} is not one of {', '.join(known)}")
        if "train" not in self.channels:
            raise UserError("Channel train is missing")


def threads(base: Path) -> int:
    """How many threads a training may use: its cores, but one where the data are small.

    Threads that wait for each other lose more than they win on little data, above all when other
    processes want the cores too.
    """
    data = sum(path.stat().st_size for path in (base / "input/data").rglob("*") if path.is_file())
    return int(os.environ.get("SM_NUM_CPUS") or 1) if data > SMALL_BYTES else 1


def run(train: Callable[[Path], None]) -> int:
    """Train; returns the exit code, and leaves the reason of a failure in `output/failure`."""
    base = Path(os.environ["SAGEMAKER_BASE_DIR"])
    try:
        with threadpool_limits(threads(base)):
            train(base)
    except UserError as error:
        text = f"ClientError: {error}"
        (base / "output/failure").write_text(text)
        print(text, file=sys.stderr)
        return 1
    return 0


def tell_metric(channel: str, name: str, value: float, *, loss: bool, epoch: int = -1) -> None:
    """Print a metric in the line that the images of these algorithms print.

    Args:
        channel: train, validation or test.
        name: The metric's name.
        value: Its value.
        loss: Whether less is better.
        epoch: The epoch that it was measured after; below zero for the final model.
    """
    when = f"epoch={epoch}, " if epoch >= 0 else ""
    kind = "loss" if loss else "score"
    print(f"#quality_metric: host=algo-1, {when}{channel} {name} <{kind}>={value}", flush=True)


def tell_progress(share: float) -> None:
    """Print how much of the training is done."""
    print(f"#progress_metric: host=algo-1, completed {100 * share:g} % of epochs", flush=True)
