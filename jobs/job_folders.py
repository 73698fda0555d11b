"""Where a processing job finds its inputs and leaves its outputs ("Run Scripts", Processing)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

MESSAGE_BYTES = 1024
"""SageMaker takes the first kilobyte of the message as the job's ExitMessage."""


class InputMissingError(FileNotFoundError):
    """A file that the job cannot do without is not among its inputs."""


class JobFolders:
    """The container's folders, under ``/opt/ml`` unless ``SAGEMAKER_BASE_DIR`` says otherwise."""

    def __init__(self, base: str | None = None) -> None:
        """Take the base folder given, or the environment's."""
        self.base = Path(base or os.environ.get("SAGEMAKER_BASE_DIR") or "/opt/ml")

    def input(self, name: str) -> Path:
        """The folder of an input; it is there only if the job was given that input."""
        return self.base / "processing" / "input" / name

    def output(self, name: str) -> Path:
        """The folder of an output, which is made."""
        folder = self.base / "processing" / "output" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def find(self, name: str, pattern: str) -> Path:
        """The one file of an input that matches a pattern, however deep it lies.

        Raises:
            InputMissingError: there is none.
        """
        found = sorted(path for path in self.input(name).rglob(pattern) if path.is_file())
        if not found:
            raise InputMissingError(f"the job's input {name!r} holds no {pattern}")
        return found[0]

    def say(self, message: str) -> None:
        """Leave the message that becomes the job's ExitMessage."""
        print(message)
        place = self.base / "output" / "message"
        place.parent.mkdir(parents=True, exist_ok=True)
        # Cut by bytes, and never inside a character: a message that is no UTF-8 fails the job.
        kept = message.encode()[:MESSAGE_BYTES].decode(errors="ignore")
        place.write_text(kept, encoding="utf-8")

    def fail(self, reason: str) -> NoReturn:
        """Say why the job failed, and end it."""
        self.say(reason)
        raise SystemExit(1)
