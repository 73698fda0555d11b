"""The process that the trainings of one tuning job are forked from, with their matrices in memory.

Reading and binning 45,000 rows × 50 columns takes a good part of a short training; ten trainings
would do it ten times over.
"""

from __future__ import annotations

import gc
import json
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from local.sagemaker.containers.algorithms.xgboost import matrices
from local.sagemaker.containers.algorithms.xgboost.errors import UserError
from local.sagemaker.jobs.fork_server import CHANNEL, ForkServer

if TYPE_CHECKING:
    from local.sagemaker.containers.algorithms.xgboost.data import Rows

_ONE_THREAD = 1  # an OpenMP pool started here would be missing, and waited for, in every child


def main(arguments: list[str]) -> int:
    """Load the channels told in the one argument, then fork on request until the channel closes.

    The argument is JSON: `channels`, a list of {folder, content_type, digest}, train first;
    `bins`; `weighted`.
    """
    control = socket.socket(fileno=int(os.environ.pop(CHANNEL)))
    order = json.loads(arguments[0])
    for number, channel in enumerate(order["channels"]):
        try:
            rows = matrices.load(
                Path(channel["folder"]), channel["content_type"], weighted=order["weighted"]
            )
        except UserError:
            break  # each training will find the same and say so in its own name
        seen: Rows | None = rows
        if number == 0:
            parameters = {"max_bin": order["bins"]}
            key = matrices.matrix_key(channel["digest"], order["bins"])
            matrices.shared[key] = matrices.build(rows, parameters, _ONE_THREAD)
            seen = matrices.watched(rows)
        if seen is not None:
            key = matrices.watched_key(channel["digest"])
            matrices.shared[key] = matrices.plain(seen, _ONE_THREAD)
    gc.collect()
    gc.freeze()
    ForkServer(control).run()
    return 0
