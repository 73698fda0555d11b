"""The process behind one instance of a variant: loads a model, answers /ping and /invocations.

It is told by a JSON file:

    {"archive": "/…/model.tar.gz" or null, "source": "/…/sourcedir.tar.gz" or null,
     "base": "/…", "image": "…", "environment": {…}}

`base` stands in for /opt/ml: the archive is unpacked into its `model` folder, the scripts that come
apart from it into `model/code`. As soon as the server
listens it writes its port to `base/port`; if the model cannot be loaded it writes why to
`base/failure` and ends with exit code 1.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import threading
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from local.sagemaker.containers.serving.answers import (
    Answer,
    Invocation,
    ModelLoadError,
    RefusedError,
)
from local.sagemaker.containers.serving.http_server import ModelHttpServer
from local.sagemaker.containers.serving.model_archive import BadArchiveError, unpack
from local.sagemaker.containers.serving.requirements import missing_requirements
from local.sagemaker.containers.serving.toolkit import Script, find_script
from local.sagemaker.jobs.built_in import algorithms
from local.sagemaker.jobs.images import built_in

if TYPE_CHECKING:
    from types import FrameType

DRAIN_SECONDS = 30.0
"""A container gets SIGKILL so long after SIGTERM."""
SIGNAL_SECONDS = 0.5
"""How late SIGTERM may be noticed where it did not wake the main thread."""

_ROOT = str(Path(__file__).resolve().parents[4])

_ANY_IMAGE = "sagemaker-xgboost"
"""Whose model server serves an archive without a script under an image that is not known here."""


class Model(Protocol):
    """What answers `/invocations`."""

    def answer(self, invocation: Invocation) -> Answer:
        """Answer one request; raises `RefusedError`."""


def main(arguments: list[str]) -> int:
    """Serve until SIGTERM; the one argument is the path of the JSON file."""
    order = json.loads(Path(arguments[0]).read_text())
    base = Path(order["base"])
    os.environ.update(relocated(order["environment"], base))
    # A container does not see this project: a script's `import local` is not ours.
    sys.path[:] = [path for path in sys.path if path not in ("", _ROOT)]
    try:
        model = load(order, base)
    except (BadArchiveError, ModelLoadError) as error:
        write_whole(base / "failure", str(error))
        sys.stderr.write(f"{error}\n")
        return 1
    serve(model, base)
    return 0


def relocated(environment: dict[str, str], base: Path) -> dict[str, str]:
    """The container's environment with /opt/ml where it is on this machine."""
    moved = {
        name: str(base) + value.removeprefix("/opt/ml") if value.startswith("/opt/ml") else value
        for name, value in environment.items()
    }
    return moved | {"SAGEMAKER_BASE_DIR": str(base), "SM_MODEL_DIR": str(base / "model")}


def load(order: dict[str, Any], base: Path) -> Model:
    """Unpack and load the model.

    Raises:
        BadArchiveError: When the archive is none, or an evil one.
        ModelLoadError: When what it holds cannot be loaded.
    """
    model_dir = base / "model"
    model_dir.mkdir(parents=True, exist_ok=True)
    for archive, folder in (
        (order["archive"], model_dir),
        (order.get("source"), model_dir / "code"),
    ):
        try:
            if archive:
                unpack(Path(archive), folder)
        except BadArchiveError as error:
            raise BadArchiveError(f"The model archive cannot be unpacked: {error}") from error
    environment: dict[str, str] = order["environment"]
    script = find_script(model_dir, environment)
    if script is None:
        algorithm = built_in(order["image"]) or algorithms()[_ANY_IMAGE]
        module, _, name = algorithm.serve.partition(":")
        model: Model = getattr(importlib.import_module(module), name)(model_dir, environment)
        return model
    if missing := missing_requirements(script.parent / "requirements.txt"):
        raise ModelLoadError(
            f"requirements.txt asks for {', '.join(missing)}, which the jobs environment lacks"
        )
    return Script(model_dir, script, environment, order["image"])


def serve(model: Model, base: Path) -> None:
    """Answer requests until SIGTERM, then finish what is under way."""
    server = ModelHttpServer(
        0,
        {
            ("GET", "/ping"): lambda _: Answer(b""),
            ("GET", "/execution-parameters"): lambda _: execution_parameters(model),
            ("POST", "/invocations"): lambda invocation: invoke(model, invocation),
        },
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    ended = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    thread.start()
    write_whole(base / "port", str(server.port))
    while not ended.wait(SIGNAL_SECONDS):  # as in local.sagemaker.__main__
        pass
    server.shutdown()
    server.drain(DRAIN_SECONDS)
    server.server_close()


def execution_parameters(model: Model) -> Answer:
    """What a script's `execution_parameters_fn` says; 404 without one."""
    if not isinstance(model, Script):
        return Answer(b"", status=HTTPStatus.NOT_FOUND)
    try:
        return model.execution_parameters()
    except Exception as error:  # noqa: BLE001 -- a user's code may raise anything
        return Answer(str(error).encode(), status=HTTPStatus.INTERNAL_SERVER_ERROR)


def invoke(model: Model, invocation: Invocation) -> Answer:
    """One answer of the model; a refusal keeps its status and says why."""
    try:
        return model.answer(invocation)
    except RefusedError as error:
        return Answer(error.message.encode(), status=int(error.status))


def write_whole(path: Path, text: str) -> None:
    """Write a file so that no reader ever sees half of it."""
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text)
    temporary.replace(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
