"""Pipe input mode: a channel is a stream through a FIFO, `/opt/ml/input/data/<channel>_<epoch>`.

For every epoch the container opens the next FIFO and reads to its end; epochs are counted from 0
(page "How Amazon SageMaker AI Provides Training Information"). API InputDataConfig tells what is
written: the objects one after the other, unpacked if they are Gzip, each a RecordIO record if that
is asked for, in an order drawn anew for each epoch with a ShuffleConfig.
"""

from __future__ import annotations

import contextlib
import errno
import gzip
import json
import os
import random
import threading
import zlib
from typing import TYPE_CHECKING, Any

from local.sagemaker.objects import ObjectsError
from local.sagemaker.training.record_io import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from local.sagemaker.jobs.container import Place
    from local.sagemaker.objects import Found, Objects

type Document = dict[str, Any]

_POLL_SECONDS = 0.02
_PIECE = 1024 * 1024


class PipeChannel:
    """Feeds one channel of one host, epoch after epoch, in a thread of its own."""

    def __init__(
        self,
        objects: Objects,
        channel: Document,
        found: list[Found],
        *,
        folder: Path,
        place: Place,
        role: str,
    ) -> None:
        """Make the first FIFO; `start` begins to write.

        Args:
            objects: S3.
            channel: The channel, an element of InputDataConfig.
            found: Its objects, of all hosts together; of an augmented manifest, the manifest.
            folder: The folder of the channels.
            place: Which host.
            role: Under whose credentials objects are read.

        Raises:
            ObjectsError: When an augmented manifest cannot be read.
        """
        self._objects = objects
        self._channel = channel
        self._folder = folder
        self._place = place
        self._role = role
        self._source: Document = channel["DataSource"]["S3DataSource"]
        self._ended = threading.Event()
        self._error: ObjectsError | None = None
        self._on_error: Callable[[], object] = lambda: None
        self._lines: list[str] = []
        self._found = found
        if self._source["S3DataType"] == "AugmentedManifestFile":
            self._lines = self._manifest_lines(found[0])
        self._make(0)
        name = f"pipe {channel['ChannelName']}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self, on_error: Callable[[], object]) -> None:
        """Begin to write; `on_error` is called when an object cannot be read."""
        self._on_error = on_error
        self._thread.start()

    def finish(self) -> None:
        """End, when the process has ended; raises `ObjectsError` if an object was not readable."""
        self._ended.set()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        epoch = 0
        try:
            while (descriptor := self._open(epoch)) is not None:
                self._make(epoch + 1)  # before the end of this one is seen
                with contextlib.suppress(BrokenPipeError), os.fdopen(descriptor, "wb") as target:
                    for piece in self.stream(epoch):
                        target.write(piece)
                self._path(epoch).unlink(missing_ok=True)
                epoch += 1
        except ObjectsError as error:
            self._error = error
            self._on_error()

    def _open(self, epoch: int) -> int | None:
        """Wait for a reader; None when the process has ended."""
        while not self._ended.wait(_POLL_SECONDS):
            try:
                descriptor = os.open(self._path(epoch), os.O_WRONLY | os.O_NONBLOCK)
            except OSError as error:
                if error.errno in (errno.ENXIO, errno.ENOENT):  # nobody reads yet, or it is removed
                    continue
                raise
            os.set_blocking(descriptor, True)
            return descriptor
        return None

    def stream(self, epoch: int) -> Iterator[bytes]:
        """What is written in an epoch, piece by piece; raises `ObjectsError`."""
        for piece in self._lined(epoch) if self._lines else self._whole(epoch):
            if self._ended.is_set():
                return
            yield piece

    def _whole(self, epoch: int) -> Iterator[bytes]:
        packed = self._channel.get("CompressionType") == "Gzip"
        for item in self._mine(sorted(self._found, key=lambda item: item.key), epoch):
            path = self._objects.copy(item, self._role)
            pieces = _unpacked(path) if packed else _pieces(path)
            if self._channel.get("RecordWrapperType") == "RecordIO":
                yield record(b"".join(pieces))
            else:
                yield from pieces

    def _lined(self, epoch: int) -> Iterator[bytes]:
        wrap = self._channel.get("RecordWrapperType") == "RecordIO"
        for line in self._mine(self._lines, epoch):
            for value in self._values(line):
                yield record(value) if wrap else value

    def _values(self, line: str) -> Iterator[bytes]:
        """The attributes of one line in the order asked for; of a `…-ref`, the object it names."""
        try:
            document = json.loads(line)
            for name in self._source["AttributeNames"]:
                value = document[name]
                if name.endswith("-ref"):
                    yield self._objects.read(value, self._role)
                else:
                    yield (value if isinstance(value, str) else json.dumps(value)).encode()
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ObjectsError(
                f"Augmented manifest {self._source['S3Uri']}: {line[:200]!r}: {error!r}"
            ) from error

    def _mine[T](self, items: Sequence[T], epoch: int) -> list[T]:
        """This host's part, in the epoch's order.

        The order is the same on every host, so that shards change hands from epoch to epoch
        (API ShuffleConfig).
        """
        ordered = list(items)
        if "ShuffleConfig" in self._channel:
            seed = self._channel["ShuffleConfig"]["Seed"]
            random.Random(f"{seed}/{epoch}").shuffle(ordered)  # noqa: S311 -- an order, no secret
        if self._source.get("S3DataDistributionType") == "ShardedByS3Key":
            return ordered[self._place.rank :: len(self._place.hosts)]
        return ordered

    def _manifest_lines(self, manifest: Found) -> list[str]:
        text = self._objects.copy(manifest, self._role).read_bytes().decode("utf-8", "replace")
        lines = [line for line in text.splitlines() if line.strip()]
        if not lines:
            raise ObjectsError(f"Augmented manifest {self._source['S3Uri']} has no lines")
        return lines

    def _path(self, epoch: int) -> Path:
        return self._folder / f"{self._channel['ChannelName']}_{epoch}"

    def _make(self, epoch: int) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        os.mkfifo(self._path(epoch))


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as content:
        while piece := content.read(_PIECE):
            yield piece


def _unpacked(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path) as content:
            while piece := content.read(_PIECE):
                yield piece
    except (OSError, EOFError, zlib.error) as error:
        raise ObjectsError(f"Data download failed: not a readable Gzip file: {error}") from error
