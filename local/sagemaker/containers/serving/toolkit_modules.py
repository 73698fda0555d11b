"""What a script may import from `sagemaker_inference` when it runs outside AWS's images.

The images ship that package; here modules of the same names carry what scripts use of it: content
types, the default codecs, and the errors that carry a status.
"""

from __future__ import annotations

import importlib.util
import sys
from http import HTTPStatus
from types import ModuleType
from typing import Any

from local.sagemaker.containers.serving import codecs


class BaseInferenceToolkitError(Exception):
    """An error that a script raises to answer with a status of its choice."""

    def __init__(self, status_code: int, message: str, phrase: str) -> None:
        super().__init__(message)
        self.status_code = int(status_code)
        self.message = message
        self.phrase = phrase


class UnsupportedFormatError(BaseInferenceToolkitError):
    """The content type cannot be read or written."""

    def __init__(self, content_type: str) -> None:
        message = codecs.unsupported(content_type).message
        super().__init__(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, message, message)


class GenericInferenceToolkitError(BaseInferenceToolkitError):
    """Any other failure."""

    def __init__(
        self, status_code: int, message: str | None = None, phrase: str | None = None
    ) -> None:
        text = message or "Invalid Request"
        super().__init__(status_code, text, phrase or text)


class Context:
    """What a script's optional last argument tells of the request."""

    def __init__(self, model_dir: str) -> None:
        self.system_properties = {"model_dir": model_dir, "gpu_id": None, "batch_size": 1}
        self.manifest: dict[str, Any] = {}
        self._headers: dict[str, str] = {}

    def request(self, headers: dict[str, str]) -> None:
        """Take up the headers of the next request."""
        self._headers = headers

    def get_request_header(self, index: int, name: str) -> str | None:
        """A request's header by name; requests come one at a time, so the index is 0."""
        del index
        return self._headers.get(name.lower())

    def get_all_request_header(self, index: int) -> dict[str, str]:
        """All headers of the request, names in lower case."""
        del index
        return dict(self._headers)


def install() -> None:
    """Make `import sagemaker_inference` work, unless the real package is installed."""
    if "sagemaker_inference" in sys.modules or importlib.util.find_spec("sagemaker_inference"):
        return
    package = ModuleType("sagemaker_inference")
    package.__path__ = []
    parts: dict[str, dict[str, Any]] = {
        "content_types": {
            "JSON": codecs.JSON,
            "CSV": codecs.CSV,
            "NPY": codecs.NPY,
            "NPZ": codecs.NPZ,
            "ANY": codecs.ANY,
            "OCTET_STREAM": "application/octet-stream",
            "UTF8_TYPES": list(codecs.TEXT),
        },
        "decoder": {"decode": codecs.decode},
        "encoder": {"encode": lambda prediction, accept: codecs.encode(prediction, accept)[0]},
        "errors": {
            kind.__name__: kind
            for kind in (
                BaseInferenceToolkitError,
                UnsupportedFormatError,
                GenericInferenceToolkitError,
            )
        },
    }
    sys.modules[package.__name__] = package
    for name, members in parts.items():
        module = ModuleType(f"{package.__name__}.{name}")
        vars(module).update(members)
        setattr(package, name, module)
        sys.modules[module.__name__] = module
