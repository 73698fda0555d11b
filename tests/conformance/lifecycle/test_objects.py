"""What every store of objects promises, in memory and on S3."""

from __future__ import annotations

from hashlib import md5
from typing import TYPE_CHECKING

import pytest

from lifecycle.adapters.s3_objects import S3Objects, split_uri
from lifecycle.errors import ObjectChangedError
from tests.fakes import FakeObjects

if TYPE_CHECKING:
    from pathlib import Path

    from lifecycle.ports import Objects

ODD_KEYS = ["plain.csv", "with space.csv", "a+b%2B.csv", "naïve/ünï code/日本.csv", "a//b.csv"]


@pytest.fixture
def objects(side: str, request: pytest.FixtureRequest) -> Objects:
    if side == "fake":
        return FakeObjects()
    request.getfixturevalue("aws")
    return S3Objects()


@pytest.mark.parametrize("key", ODD_KEYS)
def test_what_was_written_is_read(objects: Objects, key: str) -> None:
    """Whatever characters a key has."""
    uri = f"s3://lake/{key}"
    objects.write(uri, b"\x00rows\xff", "text/csv")
    assert objects.read(uri) == b"\x00rows\xff"
    assert objects.list("s3://lake/") == [uri]


def test_files_travel_both_ways(objects: Objects, tmp_path: Path) -> None:
    """A file that was uploaded is downloaded as it was."""
    source = tmp_path / "source"
    source.write_bytes(b"x" * 100_000)
    objects.upload(source, "s3://lake/file", "text/plain")
    target = tmp_path / "target"
    assert objects.download("s3://lake/file", target) == target
    assert target.read_bytes() == source.read_bytes()


def test_an_object_that_is_no_longer_the_one_that_was_meant_is_refused(
    objects: Objects, tmp_path: Path
) -> None:
    """Told by its ETag, which of an object in one part is its MD5."""
    meant = md5(b"one", usedforsecurity=False).hexdigest()
    objects.write("s3://lake/a", b"one")
    assert objects.download("s3://lake/a", tmp_path / "a", meant).read_bytes() == b"one"
    objects.write("s3://lake/a", b"two")
    with pytest.raises(ObjectChangedError):
        objects.download("s3://lake/a", tmp_path / "a", meant)


def test_writing_again_replaces(objects: Objects) -> None:
    """An object has the content that was written last."""
    objects.write("s3://lake/a", b"one")
    objects.write("s3://lake/a", b"two")
    assert objects.read("s3://lake/a") == b"two"


@pytest.mark.parametrize("key", ODD_KEYS)
def test_a_copy_is_the_same_and_the_source_stays(objects: Objects, key: str) -> None:
    """Quarantine copies what landed, unchanged."""
    objects.write(f"s3://landing/{key}", b"rows")
    objects.copy(f"s3://landing/{key}", f"s3://lake/quarantine/{key}")
    assert objects.read(f"s3://lake/quarantine/{key}") == b"rows"
    assert objects.read(f"s3://landing/{key}") == b"rows"


def test_what_is_not_there_is_said_so(objects: Objects, tmp_path: Path) -> None:
    """One error for a missing object, whichever way it was asked for."""
    with pytest.raises(FileNotFoundError):
        objects.read("s3://lake/none")
    with pytest.raises(FileNotFoundError):
        objects.download("s3://lake/none", tmp_path / "none")
    with pytest.raises(FileNotFoundError):
        objects.copy("s3://lake/none", "s3://lake/copy")


def test_a_listing_is_in_key_order_under_its_prefix(objects: Objects) -> None:
    """Other prefixes and other buckets are left out."""
    for key in ("p/b", "p/a", "p/ä", "q/c"):
        objects.write(f"s3://lake/{key}", b"")
    objects.write("s3://landing/p/d", b"")
    assert objects.list("s3://lake/p/") == ["s3://lake/p/a", "s3://lake/p/b", "s3://lake/p/ä"]
    assert objects.list("s3://lake/none/") == []


def test_what_is_stored_is_told_with_a_mark_of_its_content(objects: Objects) -> None:
    """Another content has another ETag, the same the same; times sort as they pass."""
    objects.write("s3://lake/churn/a", b"one")
    objects.write("s3://lake/churn/b", b"one")
    first, second = objects.stored("s3://lake/churn/")
    objects.write("s3://lake/churn/a", b"two")
    changed, same = objects.stored("s3://lake/churn/")

    assert (first.uri, first.name) == ("s3://lake/churn/a", "a")
    assert first.etag == second.etag == same.etag != changed.etag
    assert first.modified <= changed.modified


def test_only_s3_addresses_are_addresses(objects: Objects) -> None:
    """A bare key is a fault of the caller."""
    with pytest.raises(ValueError, match="no s3:// address"):
        objects.write("lake/key", b"")
    with pytest.raises(ValueError, match="no s3:// address"):
        split_uri("/lake/key")
