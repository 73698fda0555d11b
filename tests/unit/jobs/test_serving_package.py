"""The package: made from its content alone, and opened with care."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from job_folders import MESSAGE_BYTES, JobFolders
from serving_package import (
    PackageMismatchError,
    digest,
    manifest,
    refuse_other,
    unpack,
    verify,
    write_package,
)

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


def test_a_file_other_than_the_one_told_of_is_refused(tmp_path, monkeypatch):
    """The request says which; without a word in it, any file will do."""
    path = tmp_path / "model.tar.gz"
    path.write_bytes(b"first")
    monkeypatch.delenv("BATON_MODEL_SHA256", raising=False)
    assert refuse_other(path, "BATON_MODEL_SHA256") == path
    monkeypatch.setenv("BATON_MODEL_SHA256", digest(path))
    assert refuse_other(path, "BATON_MODEL_SHA256") == path

    path.write_bytes(b"second")

    with pytest.raises(PackageMismatchError, match="replaced"):
        refuse_other(path, "BATON_MODEL_SHA256")


def test_a_whole_package_of_somebody_elses_is_refused_by_its_manifest(tmp_path, monkeypatch):
    """Its own hashes all fit; but it is not the one that the endpoint was told to load."""
    told = hashlib.sha256(manifest(FILES, {"run": "r1"})).hexdigest()
    monkeypatch.setenv("BATON_MANIFEST_SHA256", told)
    write_package(tmp_path / "a.tar.gz", FILES, {"run": "r1"})
    assert verify(unpack(tmp_path / "a.tar.gz", tmp_path / "a"))["run"] == "r1"
    write_package(tmp_path / "b.tar.gz", {**FILES, "xgboost-model": b"other"}, {"run": "r1"})

    with pytest.raises(PackageMismatchError, match="replaced"):
        verify(unpack(tmp_path / "b.tar.gz", tmp_path / "b"))


@pytest.mark.parametrize("name", ["code/inference.py", "code/jobs.pyz"])
def test_code_that_was_never_recorded_is_not_run(tmp_path, name):
    folder = tmp_path / "out"
    write_package(tmp_path / "a.tar.gz", FILES, {})
    unpack(tmp_path / "a.tar.gz", folder)
    (folder / name).write_bytes(b"other")

    with pytest.raises(PackageMismatchError, match=name):
        verify(folder)
