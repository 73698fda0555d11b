"""The local SageMaker against its goals, and against the same work done plainly in the same run.

| part | what is measured | goal |
|---|---|---|
| start | warm CreateTrainingJob until the caller's first line runs | under 100 ms |
| invoke | InvokeEndpoint for one row; a bare uvicorn + XGBoost server for the same row | p50 at most 2 × the bare server's; p99 under 25 ms at 100 requests a second |
| list | ListTrainingJobs and DescribeTrainingJob with 1,000 jobs in the store | under 20 ms each |
| tune | a tuning job of 20 trials, two at a time; plain Optuna doing the same | at most 1.2 × plain Optuna's |

It starts a server of its own with a tiny S3, both on loopback. Prints medians, one JSON line a part.

Run: .venv/bin/python -m bench.sagemaker [--only start|invoke|list|tune] [--times N]
"""  # noqa: E501 -- a table's row is a line

from __future__ import annotations

import argparse
import json
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import sagemaker_invoke, sagemaker_list, sagemaker_start, sagemaker_tune
from tests.conformance.sagemaker.laptop import LocalSageMaker
from tests.conformance.sagemaker.tiny_s3 import TinyS3

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PARTS: dict[str, Callable[[LocalSageMaker, int], dict[str, Any]]] = {
    "start": sagemaker_start.measure,
    "invoke": sagemaker_invoke.measure,
    "list": sagemaker_list.measure,
    "tune": sagemaker_tune.measure,
}


@contextmanager
def laptop() -> Iterator[LocalSageMaker]:
    """A started server with a tiny S3, ended afterwards."""
    with tempfile.TemporaryDirectory() as folder, TinyS3() as s3:
        server = LocalSageMaker(Path(folder), s3)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def main() -> None:
    """Measure all parts, or one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=sorted(PARTS))
    parser.add_argument("--times", type=int, default=0, help="how often; 0: each part's own number")
    arguments = parser.parse_args()
    for name, measure in PARTS.items():
        if arguments.only in (None, name):
            with laptop() as server:
                print(json.dumps({"part": name, **measure(server, arguments.times)}), flush=True)


if __name__ == "__main__":
    main()
