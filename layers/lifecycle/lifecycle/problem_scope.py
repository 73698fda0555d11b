"""One delivery, one problem: no leg reads, writes or hands to a job what another problem owns.

Roles serve all problems, since one function does; so the line between problems is drawn here, at
the doors, where every address passes (see docs/decisions/0014-problems-apart.md). What is
forbidden raises, the message comes back, and ends in the dead letters with its alarm.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lifecycle.errors import ForeignProblemError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from lifecycle.decision import ApiCall
    from lifecycle.ports import Api, Objects, Ports, StoredObject
    from lifecycle.settings import Settings


class Scope:
    """The problem that a delivery is about: told, or that of the first address it touches.

    An event of AWS that names a job alone is bound by the first address, which the leg takes from
    its own record of that job.
    """

    def __init__(self, settings: Settings, problem: str = "", opened: tuple[str, ...] = ()) -> None:
        self._buckets = {settings.landing_bucket, settings.lake_bucket} - {""}
        self._problem = problem
        self._opened = opened

    def opening(self, prefix: str) -> Scope:
        """The same scope, which also reads under one more address."""
        wider = Scope.__new__(Scope)
        wider._buckets, wider._problem = self._buckets, self._problem  # noqa: SLF001 its own
        wider._opened = (*self._opened, prefix)  # noqa: SLF001
        return wider

    def check(self, uri: str, *, reading: bool = False) -> str:
        """Return an address if the delivery may touch it. Other buckets are left to IAM.

        Raises:
            ForeignProblemError: it belongs to another problem, or to none.
        """
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        if bucket not in self._buckets:
            return uri
        owner, slash, _ = key.partition("/")
        if not self._problem and owner and slash:
            self._problem = owner
        if slash and owner == self._problem:
            return uri
        if reading and any(uri.startswith(prefix) for prefix in self._opened):
            return uri
        raise ForeignProblemError(f"{uri} is not {self._problem or 'any problem'}'s")


class ScopedObjects:
    """Objects of one problem; the doors of `lifecycle.ports.Objects`, each held to a scope."""

    def __init__(self, objects: Objects, scope: Scope) -> None:
        self._objects = objects
        self._scope = scope

    def opening(self, prefix: str) -> ScopedObjects:
        """The same doors, which also read under one more address."""
        return ScopedObjects(self._objects, self._scope.opening(prefix))

    def download(self, uri: str, path: Path, etag: str = "") -> Path:
        """See `Objects`."""
        return self._objects.download(self._scope.check(uri, reading=True), path, etag)

    def upload(
        self,
        path: Path,
        uri: str,
        content_type: str = "application/octet-stream",
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """See `Objects`."""
        self._objects.upload(path, self._scope.check(uri), content_type, tags)

    def read(self, uri: str) -> bytes:
        """See `Objects`."""
        return self._objects.read(self._scope.check(uri, reading=True))

    def write(self, uri: str, body: bytes, content_type: str = "application/octet-stream") -> None:
        """See `Objects`."""
        self._objects.write(self._scope.check(uri), body, content_type)

    def copy(self, source: str, target: str) -> None:
        """See `Objects`."""
        self._objects.copy(self._scope.check(source, reading=True), self._scope.check(target))

    def list(self, prefix: str) -> list[str]:
        """See `Objects`."""
        return self._objects.list(self._scope.check(prefix, reading=True))

    def stored(self, prefix: str) -> Sequence[StoredObject]:
        """See `Objects`."""
        return self._objects.stored(self._scope.check(prefix, reading=True))


class ScopedApi:
    """Calls that hand over no address of another problem: a job reads what its request names."""

    def __init__(self, api: Api, scope: Scope) -> None:
        self._api = api
        self._scope = scope

    def call(self, call: ApiCall) -> dict[str, Any]:
        """See `Api`."""
        for uri in _addresses(call.request):
            self._scope.check(uri)
        bucket, key = call.request.get("Bucket"), call.request.get("Key")
        if isinstance(bucket, str) and isinstance(key, str):
            self._scope.check(f"s3://{bucket}/{key}")
        return self._api.call(call)

    def describe(
        self, service: str, operation: str, request: dict[str, Any]
    ) -> dict[str, Any] | None:
        """See `Api`."""
        return self._api.describe(service, operation, request)


def _addresses(value: Any) -> Iterator[str]:
    """Every s3:// address in a request."""
    if isinstance(value, str):
        if value.startswith("s3://"):
            yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _addresses(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _addresses(item)


def scoped(ports: Ports, problem: str = "") -> Ports:
    """The doors of one delivery.

    Args:
        ports: the doors to the world.
        problem: the problem it is about; empty where the event does not say.
    """
    scope = Scope(ports.settings, problem)
    return replace(
        ports, objects=ScopedObjects(ports.objects, scope), api=ScopedApi(ports.api, scope)
    )


def with_features_of(problem: str, ports: Ports) -> Ports:
    """The doors, which also read the features that another problem keeps: what `join` asks for."""
    objects = ports.objects
    if not isinstance(objects, ScopedObjects):
        return ports
    return replace(ports, objects=objects.opening(ports.settings.lake(problem, "features", "")))
