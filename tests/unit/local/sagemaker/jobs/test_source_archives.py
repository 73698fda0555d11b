"""Archives that are damaged, or mean harm."""

import io
import tarfile
import tracemalloc

import pytest

from local.sagemaker.jobs.source_archives import ArchiveError, unpack


def packed(path, *entries, mode="w:gz"):
    """A tar file of (TarInfo, content) pairs."""
    with tarfile.open(path, mode) as target:
        for entry, content in entries:
            entry.size = len(content)
            target.addfile(entry, io.BytesIO(content))
    return path


def file(name, content=b"x"):
    return tarfile.TarInfo(name), content


def link(name, target, kind=tarfile.SYMTYPE):
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, target
    return entry, b""


@pytest.mark.parametrize("mode", ["w:gz", "w"])
def test_files_and_folders_come_out(tmp_path, mode):
    """Compressed or not; links inside are kept."""
    made = packed(
        tmp_path / "a", file("deep/train.py", b"1"), link("same.py", "deep/train.py"), mode=mode
    )
    unpack(made, tmp_path / "out")

    assert (tmp_path / "out/deep/train.py").read_text() == "1"
    assert (tmp_path / "out/same.py").read_text() == "1"


@pytest.mark.parametrize(
    "entry",
    [
        file("../out.py"),
        file("deep/../../out.py"),
        link("out", "/etc"),
        link("out", "../../etc"),
        link("out", "../../etc/hosts", tarfile.LNKTYPE),
        link("device", "", tarfile.CHRTYPE),
    ],
)
def test_nothing_leaves_the_folder(tmp_path, entry):
    """Names and links that lead out, and devices, are refused."""
    (tmp_path / "out").mkdir()
    with pytest.raises(ArchiveError):
        unpack(packed(tmp_path / "a", entry), tmp_path / "out")

    assert list((tmp_path / "out").iterdir()) == []


def test_a_bomb_does_not_go_off(tmp_path):
    """Neither one big file, nor many small ones, nor a header that would fill the memory."""
    big = packed(tmp_path / "big", file("zeros", bytes(5_000_000)))
    with pytest.raises(ArchiveError, match="more than 1000000 bytes"):
        unpack(big, tmp_path / "out", most_bytes=1_000_000)

    many = packed(tmp_path / "many", *(file(str(number)) for number in range(20)))
    with pytest.raises(ArchiveError, match="more than 10 entries"):
        unpack(many, tmp_path / "out", most_entries=10)

    header = tarfile.TarInfo("././@LongLink")
    header.type = tarfile.GNUTYPE_LONGNAME
    long = packed(tmp_path / "long", (header, bytes(60_000_000)))
    tracemalloc.start()
    with pytest.raises(ArchiveError, match="absurd"):
        unpack(long, tmp_path / "out")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


@pytest.mark.parametrize("cut", [0, 30, 200])
def test_a_damaged_archive_says_so(tmp_path, cut):
    """Empty, cut off, or no archive at all."""
    whole = packed(tmp_path / "a", file("train.py", bytes(range(256)) * 40)).read_bytes()
    (tmp_path / "cut").write_bytes(whole[:cut])
    with pytest.raises(ArchiveError):
        unpack(tmp_path / "cut", tmp_path / "out")

    (tmp_path / "text").write_bytes(b"print('I am a script')\n" * 50)
    with pytest.raises(ArchiveError):
        unpack(tmp_path / "text", tmp_path / "out")
