"""The package: made from its content alone, and opened with care."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from job_folders import MESSAGE_BYTES, JobFolders
from serving_package import PackageMismatchError, digest, unpack, verify, write_package

FILES = {"xgboost-model": b"model", "features.json": b"{}", "problem.json": b"{}", "code/a.py": b""}


def test_what_is_packed_comes_out_and_is_proven(tmp_path):
    """Names with folders, content, and the manifest."""
    found = write_package(tmp_path / "model.tar.gz", FILES, {"run": "r1"})
    folder = unpack(tmp_path / "model.tar.gz", tmp_path / "out")

    assert {n: (folder / n).read_bytes() for n in FILES} == FILES
    assert verify(folder)["run"] == "r1"
    assert found == digest(tmp_path / "model.tar.gz")


def test_the_hash_depends_on_the_content_alone(tmp_path):
    """Neither on the time, nor on the archive's name, nor on the order of the files."""
    first = write_package(tmp_path / "a.tar.gz", FILES, {})
    second = write_package(tmp_path / "b.tar.gz", dict(reversed(FILES.items())), {})
    third = write_package(tmp_path / "c.tar.gz", {**FILES, "code/a.py": b"#"}, {})

    assert first == second != third


def test_a_manifest_that_does_not_name_the_model_proves_nothing(tmp_path):
    """A hash list of the wrong files is no proof."""
    write_package(tmp_path / "a.tar.gz", {"code/a.py": b""}, {})

    with pytest.raises(PackageMismatchError, match=r"features\.json, problem\.json, xgboost-model"):
        verify(unpack(tmp_path / "a.tar.gz", tmp_path / "out"))


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "a/../../outside"])
def test_no_member_is_written_outside_the_folder(tmp_path, name):
    """An archive may come from anybody."""
    path = tmp_path / "evil.tar.gz"
    with tarfile.open(path, "w:gz") as members:
        member = tarfile.TarInfo(name)
        member.size = 1
        members.addfile(member, io.BytesIO(b"x"))

    with pytest.raises(PackageMismatchError, match="may not hold"):
        unpack(path, tmp_path / "out")
    assert not (tmp_path / "outside").exists()


def test_links_are_refused(tmp_path):
    """A link could lead anywhere."""
    path = tmp_path / "evil.tar.gz"
    with tarfile.open(path, "w:gz") as members:
        member = tarfile.TarInfo("xgboost-model")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        members.addfile(member)

    with pytest.raises(PackageMismatchError, match="may not hold"):
        unpack(path, tmp_path / "out")


def test_what_is_no_archive_is_told(tmp_path):
    """Rather than a trace of the tar reader."""
    path = tmp_path / "model.tar.gz"
    path.write_bytes(b"no archive")

    with pytest.raises(PackageMismatchError, match="no readable archive"):
        unpack(path, tmp_path / "out")


def test_a_long_message_is_cut_between_characters(tmp_path):
    """A message that is no UTF-8 would fail the job."""
    folders = JobFolders(str(tmp_path))
    folders.say("ä" * MESSAGE_BYTES)
    kept = Path(tmp_path, "output", "message").read_bytes()

    assert len(kept) == MESSAGE_BYTES
    assert kept.decode() == "ä" * (MESSAGE_BYTES // 2)


def test_the_folders_are_sagemakers_unless_told(monkeypatch, tmp_path):
    """``/opt/ml``, or ``SAGEMAKER_BASE_DIR``."""
    monkeypatch.delenv("SAGEMAKER_BASE_DIR", raising=False)
    assert JobFolders().base == Path("/opt/ml")
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    assert JobFolders().input("rows") == tmp_path / "processing" / "input" / "rows"
