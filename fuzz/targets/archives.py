"""Archives of models, of code and of pictures: unpacked inside their folder, or refused."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import shutil
import tarfile
import zipfile
from functools import cache
from typing import TYPE_CHECKING

from fuzz.folders import memory_folder
from local.sagemaker.containers.serving import model_archive
from local.sagemaker.jobs import source_archives
from science.embeddings.weights import UnusableEncoder, convert
from science.examples.archives import members
from science.readers.unreadable import Limits, UnreadableFile
from serving_package import PackageMismatchError, unpack, verify, write_package

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LIMITS = Limits(expanded_bytes=2_000_000)
LONGEST = 16384
CONTENT = {"xgboost-model": b"model", "features.json": b"{}", "problem.json": b"{}"}


@cache
def _home() -> tuple[Path, Path]:
    """A folder of its own for all cases, and the archive in it."""
    home = memory_folder() / "archives"
    archive = home / "in" / "model.tar.gz"
    archive.parent.mkdir(parents=True)
    return home, archive


def read_archive(data: bytes) -> None:
    """The first byte chooses the reader, and whether the rest is compressed first.

    No mutation of a compressed archive would keep it whole.
    """
    if not data:
        return
    home, archive = _home()
    out = home / "out"
    if out.exists():
        shutil.rmtree(out)
    archive.write_bytes(gzip.compress(data[1:], 0, mtime=0) if data[0] % 2 else data[1:])
    UNPACKERS[data[0] // 2 % len(UNPACKERS)](archive, out)
    there = {path.name for path in home.iterdir()}
    assert there <= {"in", "out"}, f"written outside: {there}"
    assert [path.name for path in archive.parent.iterdir()] == [archive.name], "written beside"


def _package(archive: Path, folder: Path) -> None:
    with contextlib.suppress(PackageMismatchError):
        verify(unpack(archive, folder))


def _source(archive: Path, folder: Path) -> None:
    folder.mkdir()
    with contextlib.suppress(source_archives.ArchiveError):
        source_archives.unpack(archive, folder, most_bytes=2_000_000, most_entries=100)


def _model(archive: Path, folder: Path) -> None:
    with contextlib.suppress(model_archive.BadArchiveError):
        model_archive.unpack(archive, folder, largest=2_000_000)


def _pictures(archive: Path, _folder: Path) -> None:
    with contextlib.suppress(UnreadableFile):
        for member in members(archive, LIMITS):
            assert member.body is not None or member.fault


def _encoder(archive: Path, folder: Path) -> None:
    with contextlib.suppress(UnusableEncoder):
        convert(archive, folder / "encoder.npz")


UNPACKERS: tuple[Callable[[Path, Path], None], ...] = (
    *(_package, _source, _model, _pictures, _encoder),
)


def _tar(entries: dict[str, bytes], links: tuple[tuple[str, str], ...] = ()) -> bytes:
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w") as archive:
        for name, content in entries.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        for name, target in links:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)
    return body.getvalue()


def _zip(entries: dict[str, bytes]) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return body.getvalue()


def _model_of_words() -> bytes:
    head = json.dumps(
        {"embeddings": {"dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8]}}
    ).encode()
    weights = len(head).to_bytes(8, "little") + head + bytes(8)
    about = json.dumps(
        {
            "model_type": "bert",
            "hidden_act": "gelu",
            "num_attention_heads": 1,
            "num_hidden_layers": 1,
            "layer_norm_eps": 1e-12,
        }
    ).encode()
    files = {"config.json": about, "vocab.txt": b"[PAD]\n[UNK]\n", "model.safetensors": weights}
    return _tar(files)


def _seeds() -> list[bytes]:
    path = memory_folder() / "seed.tar.gz"
    write_package(path, CONTENT, {"problem": "churn"})
    package = gzip.decompress(path.read_bytes())
    tars = [package, _tar({"a/b.txt": b"x"}, (("a/c", "../../x"),)), _tar({"../x": b""})]
    tars += [_tar({"code/inference.py": b"pass\n"}), _model_of_words()]
    zips = [_zip({"cat/1.png": b"\x89PNG", "dog/2.jpg": b"\xff\xd8\xff"}), _zip({"../x": b"y"})]
    marks = [bytes([number]) for number in range(2 * len(UNPACKERS))]
    return [mark + each for mark in marks for each in tars] + [bytes([6]) + each for each in zips]


READERS = {"archive": read_archive}
SEEDS = {"archive": _seeds}
