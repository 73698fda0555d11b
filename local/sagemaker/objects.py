"""S3 to folders and back, under a job's role.

Each object is downloaded once for each ETag and then hard linked into every job that reads it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from botocore.exceptions import IncompleteReadError, ReadTimeoutError, ResponseStreamingError

from local.sagemaker.clients import CLOUD_ERRORS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from local.sagemaker.clients import Clients

_PARALLEL = 8
BROKEN_OFF = (IncompleteReadError, ReadTimeoutError, ResponseStreamingError)
"""What reading an object's content ends with when the cloud is killed meanwhile."""
_PIECE = 1024 * 1024


class ObjectsError(Exception):
    """S3 did not give or take what it should; the message is fit for a FailureReason."""


@dataclass(frozen=True)
class Found:
    """One object under an address, and where it belongs in the folder."""

    bucket: str
    key: str
    etag: str
    size: int
    path: str


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of `s3://bucket/key`; raises `ObjectsError` for anything else."""
    if not uri.startswith("s3://"):
        raise ObjectsError(f"{uri} is not an S3 address")
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


class Objects:
    """S3, with a cache of downloads in a folder."""

    def __init__(self, clients: Clients, cache: Path) -> None:
        self._clients = clients
        self._cache = cache
        self._cache.mkdir(parents=True, exist_ok=True)
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def find(self, uri: str, role: str = "") -> list[Found]:
        """Every object whose key begins with the address, `S3DataType: S3Prefix`.

        Raises:
            ObjectsError: When the bucket cannot be listed.
        """
        bucket, prefix = split_uri(uri)
        pages = (
            self._clients.client("s3", role)
            .get_paginator("list_objects_v2")
            .paginate(Bucket=bucket, Prefix=prefix)
        )
        try:
            return [
                Found(bucket, item["Key"], item["ETag"], item["Size"], _inside(item["Key"], prefix))
                for answer in pages
                for item in answer.get("Contents", [])
                if not item["Key"].endswith("/")  # a folder drawn by a console
            ]
        except CLOUD_ERRORS as error:
            raise ObjectsError(f"Data download failed: {uri}: {error}") from error

    def find_in_manifest(self, uri: str, role: str = "") -> list[Found]:
        """Every object that a manifest names, `S3DataType: ManifestFile`.

        The manifest is `[{"prefix": "s3://bucket/folder/"}, "one", "two", …]` (S3DataSource).

        Raises:
            ObjectsError: When it is no such list, or something in it is not there.
        """
        content = self.read(uri, role)
        try:
            first, *entries = json.loads(content)
            addresses = [(entry, first["prefix"] + entry) for entry in entries]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise ObjectsError(f"{uri} is not a manifest: {error!r}") from error
        found = []
        for entry, address in addresses:
            bucket, key = split_uri(address)
            head = self._head(bucket, key, role)
            found.append(Found(bucket, key, head["ETag"], head["ContentLength"], entry.lstrip("/")))
        return found

    def download(self, objects: Iterable[Found], folder: Path, role: str = "") -> int:
        """Put objects into a folder, several at once; returns their bytes.

        Raises:
            ObjectsError: When one cannot be read.
        """
        folder.mkdir(parents=True, exist_ok=True)
        listed = list(objects)
        if len(listed) == 1:
            self._link(listed[0], folder, role)
        elif listed:
            with ThreadPoolExecutor(min(_PARALLEL, len(listed))) as pool:
                list(pool.map(lambda found: self._link(found, folder, role), listed))
        return sum(found.size for found in listed)

    def one(self, uri: str, role: str = "") -> Found:
        """The one object at an address; raises `ObjectsError` when there is none."""
        bucket, key = split_uri(uri)
        head = self._head(bucket, key, role)
        return Found(bucket, key, head["ETag"], head["ContentLength"], PurePosixPath(key).name)

    def copy(self, found: Found, role: str = "") -> Path:
        """The cached copy of an object that was found, not to be changed; raises `ObjectsError`."""
        return self._cached(found, role)

    def fetch(self, uri: str, role: str = "") -> Path:
        """The cached copy of one object, not to be changed; raises `ObjectsError`."""
        return self._cached(self.one(uri, role), role)

    def read(self, uri: str, role: str = "") -> bytes:
        """One object's content; raises `ObjectsError`."""
        return self.fetch(uri, role).read_bytes()

    def upload(self, path: Path, uri: str, role: str = "", *, kms_key: str = "") -> None:
        """Write one file to an address.

        Args:
            path: The file.
            uri: The address.
            role: Under whose credentials.
            kms_key: The key that S3 shall encrypt the object with; empty for the bucket's own.

        Raises:
            ObjectsError: When S3 does not take it.
        """
        bucket, key = split_uri(uri)
        more = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else {}
        client = self._clients.client("s3", role)
        try:
            with path.open("rb") as content:
                client.put_object(Bucket=bucket, Key=key, Body=content, **more)
        except CLOUD_ERRORS as error:
            raise ObjectsError(f"Unable to write {uri}: {error}") from error

    def upload_folder(self, folder: Path, uri: str, role: str = "", *, kms_key: str = "") -> int:
        """Write every file below a folder under an address; symbolic links are left out.

        Args:
            folder: The folder.
            uri: The address.
            role: Under whose credentials.
            kms_key: As for `upload`.

        Returns:
            The number of files.

        Raises:
            ObjectsError: When one cannot be written.
        """
        pairs = [(path, f"{uri.rstrip('/')}/{inside}") for path, inside in _files(folder)]

        def upload(pair: tuple[Path, str]) -> None:
            self.upload(*pair, role, kms_key=kms_key)

        if len(pairs) == 1:
            upload(pairs[0])
        elif pairs:
            with ThreadPoolExecutor(min(_PARALLEL, len(pairs))) as pool:
                list(pool.map(upload, pairs))
        return len(pairs)

    def delete(self, uri: str, role: str = "") -> None:
        """Remove one object; raises `ObjectsError`."""
        bucket, key = split_uri(uri)
        try:
            self._clients.client("s3", role).delete_object(Bucket=bucket, Key=key)
        except CLOUD_ERRORS as error:
            raise ObjectsError(f"Unable to delete {uri}: {error}") from error

    def _head(self, bucket: str, key: str, role: str) -> dict[str, Any]:
        try:
            answer = self._clients.client("s3", role).head_object(Bucket=bucket, Key=key)
        except CLOUD_ERRORS as error:
            raise ObjectsError(f"Data download failed: s3://{bucket}/{key}: {error}") from error
        return dict(answer)

    def _link(self, found: Found, folder: Path, role: str) -> None:
        target = folder / found.path
        if not target.resolve().is_relative_to(folder.resolve()):
            raise ObjectsError(f"The key {found.key} would leave its folder")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        cached = self._cached(found, role)
        try:
            target.hardlink_to(cached)
        except OSError:  # another file system
            shutil.copyfile(cached, target)

    def _cached(self, found: Found, role: str) -> Path:
        identity = f"{found.bucket}\n{found.key}\n{found.etag}"
        name = hashlib.sha256(identity.encode()).hexdigest()
        path = self._cache / name[:2] / name
        with self._guard:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            if not _intact(path, found.size):
                self._download(found, path, role)
        return path

    def _download(self, found: Found, path: Path, role: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}")
        try:
            try:
                self._read(found, part, role)
            except BROKEN_OFF:  # once more, from the start; the client waits for the cloud
                self._read(found, part, role)
        except OSError:  # the disk is full, and this part must not keep it so
            part.unlink(missing_ok=True)
            raise
        except CLOUD_ERRORS as error:
            part.unlink(missing_ok=True)
            raise ObjectsError(
                f"Data download failed: s3://{found.bucket}/{found.key}: {error}"
            ) from error
        part.chmod(0o444)
        os.utime(part, ns=(0, 0))
        part.replace(path)

    def _read(self, found: Found, part: Path, role: str) -> None:
        answer = self._clients.client("s3", role).get_object(Bucket=found.bucket, Key=found.key)
        with part.open("wb") as target:
            for piece in answer["Body"].iter_chunks(_PIECE):
                target.write(piece)


def _intact(path: Path, size: int) -> bool:
    """Tell whether a cached file is as it was written: a job may have changed its hard link."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return False
    return status.st_size == size and status.st_mtime_ns == 0


def _inside(key: str, prefix: str) -> str:
    """Where an object belongs in its folder: the address's own part is stripped."""
    if key == prefix:
        return PurePosixPath(key).name
    if prefix.endswith("/") or not prefix:
        return key.removeprefix(prefix)
    if key.startswith(prefix + "/"):
        return key.removeprefix(prefix + "/")
    return key.removeprefix(prefix.rpartition("/")[0]).lstrip("/")


def _files(folder: Path) -> Iterator[tuple[Path, str]]:
    for parent, _folders, names in os.walk(folder):
        for name in sorted(names):
            path = Path(parent, name)
            if path.is_file() and not path.is_symlink():
                yield path, path.relative_to(folder).as_posix()
