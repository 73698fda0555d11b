"""Keeps a job's checkpoint folder and its S3 address alike while the job runs.

Page "Use checkpoints in Amazon SageMaker AI": restored at the start, then uploaded as files change,
and what the job deletes is deleted.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from local.sagemaker.objects import ObjectsError

if TYPE_CHECKING:
    from pathlib import Path

    from local.sagemaker.objects import Objects

_SECONDS = 2.0
_log = logging.getLogger(__name__)


class CheckpointSync:
    """Uploads changes of a folder in the background."""

    def __init__(
        self, objects: Objects, folder: Path, uri: str, role: str, *, kms_key: str = ""
    ) -> None:
        """Remember where; `restore` and `start` do something."""
        self._kms_key = kms_key
        self._objects = objects
        self._folder = folder
        self._uri = uri.rstrip("/")
        self._role = role
        self._seen: dict[str, tuple[int, int]] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)

    def restore(self) -> None:
        """Bring what S3 has into the folder; raises `ObjectsError`."""
        self._folder.mkdir(parents=True, exist_ok=True)
        found = self._objects.find(self._uri + "/", self._role)
        self._objects.download(found, self._folder, self._role)
        self._seen = self._files()

    def start(self) -> None:
        """Begin to upload."""
        self._thread.start()

    def finish(self) -> None:
        """Upload what is left and end; raises `ObjectsError`."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        self._sync()

    def _run(self) -> None:
        while not self._ended.wait(_SECONDS):
            try:
                self._sync()
            except ObjectsError as error:  # the last sync, at the job's end, tries again and tells
                _log.warning("checkpoints of %s: %s", self._folder, error)

    def _sync(self) -> None:
        present = self._files()
        for name, state in present.items():
            if self._seen.get(name) != state and not name.endswith(".sagemaker-ignore"):
                try:
                    address = f"{self._uri}/{name}"
                    self._objects.upload(
                        self._folder / name, address, self._role, kms_key=self._kms_key
                    )
                except FileNotFoundError:
                    present = {key: value for key, value in present.items() if key != name}
        for name in self._seen.keys() - present.keys():
            try:
                self._objects.delete(f"{self._uri}/{name}", self._role)
            except ObjectsError as error:  # a role without DeleteObject still may checkpoint
                _log.info("a checkpoint stays: %s", error)
        self._seen = present

    def _files(self) -> dict[str, tuple[int, int]]:
        found = {}
        for path in self._folder.rglob("*"):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            if path.is_file():
                name = path.relative_to(self._folder).as_posix()
                found[name] = (status.st_mtime_ns, status.st_size)
        return found
