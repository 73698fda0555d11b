"""Runs a user's inference script by the contract of the SageMaker inference toolkit.

The script offers `model_fn(model_dir)` and either
`transform_fn(model, data, content_type, accept)` or any of `input_fn(data, content_type)`,
`predict_fn(data, model)`, `output_fn(prediction, accept)`;
`pre_model_fn(model_dir)` and `model_warmup_fn(model_dir, model)` run around loading. Each may take
one more argument, the context (sagemaker-inference-toolkit, Transformer).
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
import threading
import traceback
from collections.abc import Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from local.sagemaker.containers.serving import codecs, toolkit_modules
from local.sagemaker.containers.serving.answers import (
    Answer,
    Invocation,
    ModelLoadError,
    RefusedError,
)
from local.sagemaker.containers.serving.xgboost_model import MODEL_FILE, load_booster

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import ModuleType


class StreamedPieces:
    """What a script's generator yields, as bytes; its worker is given back at the end."""

    def __init__(self, first: Any, rest: Iterator[Any], release: Callable[[], None]) -> None:
        """Take the first piece, which was asked for already, and the generator of the others."""
        self._first = first
        self._rest = rest
        self._release: Callable[[], None] | None = release

    def __iter__(self) -> Iterator[bytes]:
        yield _bytes(self._first)
        for piece in self._rest:
            yield _bytes(piece)

    def close(self) -> None:
        """End the generator and give the worker back."""
        release, self._release = self._release, None
        if release is None:
            return
        close = getattr(self._rest, "close", None)
        try:
            if close is not None:
                close()
        finally:
            release()


_STEPS = ("input_fn", "predict_fn", "output_fn")


class Script:
    """A loaded script with its model, ready to answer."""

    def __init__(
        self, model_dir: Path, module_file: Path, environment: dict[str, str], image: str
    ) -> None:
        """Import the script and load its model.

        Args:
            model_dir: The unpacked model, `/opt/ml/model` to the script.
            module_file: The script.
            environment: The container's environment.
            image: The image's URI; the XGBoost image decodes rows into a DMatrix by default.

        Raises:
            ModelLoadError: When the script cannot be imported or its model not be loaded.
        """
        self._default_accept = environment.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", codecs.JSON)
        self._xgboost = "xgboost" in image
        # A container runs one thread a worker, so a script need not be safe to run in two at once.
        self._workers = threading.Semaphore(
            int(environment.get("SAGEMAKER_MODEL_SERVER_WORKERS", "1"))
        )
        self._context = toolkit_modules.Context(str(model_dir))
        try:
            self._module = _import(module_file)
            self._check()
            self._model = self._load(model_dir)
        except (Exception, SystemExit) as error:  # whatever a user's code raises fails the endpoint
            traceback.print_exc()
            raise ModelLoadError(f"{module_file.name}: {type(error).__name__}: {error}") from error

    def answer(self, invocation: Invocation) -> Answer:
        """Answer a request through the script.

        What the script raises becomes status 500 with its message and trace, as in the toolkit,
        unless it raises one of the toolkit's errors, which carry a status.

        Raises:
            RefusedError: With that status.
        """
        accept = invocation.accept
        if not accept or accept == codecs.ANY:
            accept = self._default_accept
        self._workers.acquire()
        answer = None
        try:
            self._context.request(invocation.headers)
            answer = self._transform(invocation, accept)
        except RefusedError:
            raise
        except toolkit_modules.BaseInferenceToolkitError as error:
            raise RefusedError(error.status_code, error.message) from error
        except Exception as error:  # a user's code may raise anything
            trace = traceback.format_exc()
            sys.stderr.write(trace)
            message = f"{error}\n{trace}"
            raise RefusedError(HTTPStatus.INTERNAL_SERVER_ERROR, message) from error
        finally:
            if answer is None or answer.pieces is None:  # else the worker is held until its end
                self._workers.release()
        return answer

    def execution_parameters(self) -> Answer:
        """What the script's `execution_parameters_fn` says to batch transform, if it has one."""
        function = getattr(self._module, "execution_parameters_fn", None)
        if function is None:
            return Answer(b"", status=HTTPStatus.NOT_FOUND)
        return Answer(json.dumps(function()).encode(), codecs.JSON)

    def _transform(self, invocation: Invocation, accept: str) -> Answer:
        body: str | bytes = invocation.body
        content_type = invocation.content_type
        if codecs.media_type(content_type) in codecs.TEXT:
            body = invocation.body.decode("utf-8")
        whole = getattr(self._module, "transform_fn", None)
        if whole is not None:
            result = self._call(whole, self._model, body, content_type, accept)
        else:
            data = self._call(self._step("input_fn", self._decode), body, content_type)
            prediction = self._call(self._step("predict_fn", self._predict), data, self._model)
            result = self._call(self._step("output_fn", self._encode), prediction, accept)
        answered = accept
        if isinstance(result, tuple) and len(result) == 2:
            result, answered = result
        if isinstance(result, Iterator):
            # What goes wrong before the first piece is still an error with a status.
            first = next(result, b"")
            held = StreamedPieces(first, result, self._workers.release)
            return Answer(b"", str(answered), pieces=held)
        return Answer(_bytes(result), str(answered))

    def _load(self, model_dir: Path) -> Any:
        before = getattr(self._module, "pre_model_fn", None)
        after = getattr(self._module, "model_warmup_fn", None)
        if before is not None:
            self._call(before, str(model_dir))
        loader = self._step("model_fn", self._default_model)
        model = self._call(loader, str(model_dir))
        if after is not None:
            self._call(after, str(model_dir), model)
        return model

    def _default_model(self, model_dir: str) -> Any:
        from pathlib import Path

        file = Path(model_dir, MODEL_FILE)
        if self._xgboost and file.is_file():
            return load_booster(file)
        raise NotImplementedError("please provide a model_fn: there is no default for it")

    def _check(self) -> None:
        given = [name for name in _STEPS if hasattr(self._module, name)]
        if hasattr(self._module, "transform_fn") and given:
            raise ValueError(f"transform_fn cannot be used together with {', '.join(given)}")

    def _step(self, name: str, default: Callable[..., Any]) -> Callable[..., Any]:
        found: Callable[..., Any] = getattr(self._module, name, default)
        return found

    def _call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        wanted = len(inspect.signature(function).parameters)
        if wanted == len(arguments):
            return function(*arguments)
        if wanted == len(arguments) + 1:
            return function(*arguments, self._context)
        name = getattr(function, "__name__", "the function")
        raise TypeError(f"{name} takes {wanted} arguments but {len(arguments)} were given")

    def _decode(self, body: str | bytes, content_type: str) -> Any:
        if not self._xgboost:
            return codecs.decode(body, content_type)
        import xgboost

        kind = codecs.media_type(content_type)
        if kind == codecs.CSV:
            return xgboost.DMatrix(codecs.csv_matrix(body))
        if kind in codecs.LIBSVM and hasattr(self._model, "num_features"):
            return xgboost.DMatrix(codecs.libsvm_matrix(body, self._model.num_features()))
        raise codecs.unsupported(content_type)

    def _predict(self, data: Any, model: Any) -> Any:
        if not self._xgboost:
            raise NotImplementedError("please provide a predict_fn: there is no default for it")
        return model.predict(data, validate_features=False)

    @staticmethod
    def _encode(prediction: Any, accept: str) -> Any:
        return codecs.encode(prediction, accept)


def find_script(model_dir: Path, environment: dict[str, str]) -> Path | None:
    """The script that serves a model: SAGEMAKER_PROGRAM's, else code/inference.py, else none.

    Raises:
        ModelLoadError: When a program is named that the archive does not hold.
    """
    program = environment.get("SAGEMAKER_PROGRAM", "")
    if not program:
        default = model_dir / "code" / "inference.py"
        return default if default.is_file() else None
    for folder in (model_dir / "code", model_dir):
        if (folder / program).is_file():
            return folder / program
    raise ModelLoadError(
        f"SAGEMAKER_PROGRAM is {program}, but the model archive has no code/{program}"
    )


def _import(file: Path) -> ModuleType:
    toolkit_modules.install()
    sys.path.insert(0, str(file.parent))
    return importlib.import_module(file.stem)


def _bytes(result: Any) -> bytes:
    if isinstance(result, bytes | bytearray | memoryview):
        return bytes(result)
    if isinstance(result, str):
        return result.encode()
    return json.dumps(result, default=lambda value: value.tolist()).encode()
