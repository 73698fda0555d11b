"""Model archives come from anybody: they are unpacked, and nothing else happens."""

import io
import tarfile

import pytest

from local.sagemaker.containers.serving.model_archive import BadArchiveError, unpack


def write(path, *members):
    with tarfile.open(path, "w:gz") as packed:
        for member, content in members:
            packed.addfile(member, io.BytesIO(content))
    return path


def plain(name, content=b"x"):
    member = tarfile.TarInfo(name)
    member.size = len(content)
    return member, content


def linked(name, target, kind):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member, b""


def test_files_and_folders_arrive_as_they_are(tmp_path):
    """Members keep their names and contents."""
    archive = write(tmp_path / "m.tar.gz", plain("model", b"weights"), plain("code/a.py", b"pass"))

    unpack(archive, tmp_path / "out")

    assert (tmp_path / "out/model").read_bytes() == b"weights"
    assert (tmp_path / "out/code/a.py").read_bytes() == b"pass"


@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "code/../../evil"])
def test_a_member_that_climbs_out_is_refused(tmp_path, name):
    """Nothing is written outside the folder."""
    archive = write(tmp_path / "m.tar.gz", plain(name))

    with pytest.raises(BadArchiveError, match="outside"):
        unpack(archive, tmp_path / "deep" / "out")

    assert not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE])
def test_links_and_devices_are_refused(tmp_path, kind):
    """A link could point anywhere, and what follows it would be written there."""
    archive = write(tmp_path / "m.tar.gz", linked("model", "/etc/passwd", kind))

    with pytest.raises(BadArchiveError, match="neither a file nor a folder"):
        unpack(archive, tmp_path / "out")


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path):
    """A bomb stops at the bound, whatever its compressed size."""
    archive = write(tmp_path / "m.tar.gz", plain("zeros", bytes(1_000_000)))

    with pytest.raises(BadArchiveError, match="larger than 1000 bytes"):
        unpack(archive, tmp_path / "out", largest=1000)


@pytest.mark.parametrize("content", [b"", b"not a tar archive at all", b"\x1f\x8b\x08broken"])
def test_what_is_no_archive_is_said_to_be_none(tmp_path, content):
    """The reason is fit for a person to read."""
    archive = tmp_path / "m.tar.gz"
    archive.write_bytes(content)

    with pytest.raises(BadArchiveError, match="not a readable tar archive"):
        unpack(archive, tmp_path / "out")


def test_a_truncated_archive_is_refused(tmp_path):
    """Half an upload is not half a model."""
    archive = write(tmp_path / "m.tar.gz", plain("model", bytes(range(256)) * 4000))
    archive.write_bytes(archive.read_bytes()[:200])

    with pytest.raises(BadArchiveError):
        unpack(archive, tmp_path / "out")
