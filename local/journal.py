"""A journal: numbered entries in files of lines, each on disk before anybody hears of it.

An entry is written by one call to the system, so that a process that is killed leaves whole lines
behind, and at most the beginning of one more. (A cut of power may take the last ones.)
"""

from __future__ import annotations

import itertools
import json
import os
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_MODE = 0o600
SEGMENT_BYTES = 4_000_000
"""A file as long as this is followed by another, so that old ones can be forgotten."""


class Journal:
    """Entries in the order of their numbers, from 1."""

    def __init__(self, folder: Path, encode: Callable[[Any], Any] | None = None) -> None:
        """Take up the journal of a folder where it ended.

        Args:
            folder: Where the files are; made if need be.
            encode: What JSON lacks, as something that it has; as `json.dumps` takes it.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._encode = encode
        self._lock = threading.Lock()
        self._descriptor: int | None = None
        self._bytes = 0
        self.number = 0
        for number, _ in self.entries():
            self.number = number

    def entries(self, decode: Callable[[Any], Any] | None = None) -> Iterator[tuple[int, Any]]:
        """Every entry that is kept, with its number; a line that was cut off ends its file.

        Args:
            decode: The opposite of `encode`, as `json.loads` takes its `object_hook`.
        """
        for file in self._files():
            with file.open("rb") as stream:
                for line in stream:
                    try:
                        number, entry = json.loads(line, object_hook=decode)
                    except ValueError:
                        break
                    yield number, entry

    def write(self, entry: Any) -> None:
        """Add an entry."""
        with self._lock:
            if self._descriptor is None or self._bytes > SEGMENT_BYTES:
                self._begin()
            line = json.dumps([self.number + 1, entry], default=self._encode, separators=(",", ":"))
            data = line.encode() + b"\n"
            assert self._descriptor is not None
            self._bytes += os.write(self._descriptor, data)
            self.number += 1

    def begin(self) -> None:
        """Go on in a new file."""
        with self._lock:
            self._begin()

    def forget(self, number: int) -> None:
        """Delete the files that hold nothing after an entry."""
        files = self._files()
        for file, following in itertools.pairwise(files):
            if int(following.stem) <= number + 1:
                file.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None

    def _begin(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
        path = self._folder / f"{self.number + 1:020d}.jsonl"
        # One of this name holds no whole entry: its first was cut off.
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND
        self._descriptor, self._bytes = os.open(path, flags, _MODE), 0

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.jsonl"))
