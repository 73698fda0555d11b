"""The package a model is served from: one archive that holds all a prediction needs.

``xgboost-model`` (UBJ), ``features.json``, ``problem.json``, ``recipe.json``,
``code/inference.py``, ``code/jobs.pyz``, and ``package.json`` with the SHA-256 of each of them.
Nothing in it is a pickle, so opening a package runs no code; what is opened is first held against
its hashes.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import lzma
import os
import shutil
import tarfile
import zlib
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import Any

MODEL = "xgboost-model"
FEATURES = "features.json"
PROBLEM = "problem.json"
RECIPE = "recipe.json"
MANIFEST = "package.json"
MODEL_SHA256, CHAMPION_SHA256 = "BATON_MODEL_SHA256", "BATON_CHAMPION_SHA256"
MANIFEST_SHA256 = "BATON_MANIFEST_SHA256"
"""Settings by which a job or an endpoint is told what it must load."""
CODE = ("code/inference.py", "code/jobs.pyz")
"""What runs. A container may write files of its own beside it (``setup.py``, compiled code)."""
ARCHIVE = "model.tar.gz"

LARGEST_BYTES = 8 * 1024**3
"""What an archive may unpack to: a model that does not fit a small instance is none of ours."""


DAMAGED = (tarfile.TarError, EOFError, OSError, ValueError, zlib.error, lzma.LZMAError)
"""What reading a damaged archive ends in: ``tarfile`` passes on what its decompressors raise."""


class PackageMismatchError(ValueError):
    """A package's content is not what was recorded when it was made."""


def digest(path: Path) -> str:
    """A file's SHA-256 in hexadecimal."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            found.update(block)
    return found.hexdigest()


def refuse_other(path: Path, setting: str) -> Path:
    """Make sure that a file is the one that the job was told to load, and return it.

    Args:
        path: the file.
        setting: the environment variable with its SHA-256; where there is none, any file will do.

    Raises:
        PackageMismatchError: it is another one.
    """
    wanted = os.environ.get(setting)
    if wanted and digest(path) != wanted:
        raise PackageMismatchError(
            f"{path.name} is not the one that was made: it was replaced; it is not loaded"
        )
    return path


def manifest(files: dict[str, bytes], about: dict[str, Any]) -> bytes:
    """``package.json``: what ``about`` tells, and the SHA-256 of every file."""
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    return json.dumps({**about, "sha256": hashes}, indent=2, sort_keys=True).encode()


def write_package(archive: Path, files: dict[str, bytes], about: dict[str, Any]) -> str:
    """Write an archive whose bytes depend on its content alone, and return its SHA-256.

    Args:
        archive: where it goes; its folder is made.
        files: content by name inside the archive.
        about: what ``package.json`` tells besides the hashes.
    """
    archive.parent.mkdir(parents=True, exist_ok=True)
    # Fast compression: most of it, the code, is compressed already. No name and time in the head.
    with ExitStack() as opened:
        raw = opened.enter_context(archive.open("wb"))
        packed = opened.enter_context(gzip.GzipFile("", "wb", 1, raw, mtime=0))
        members = opened.enter_context(tarfile.open(fileobj=packed, mode="w"))
        for name, content in sorted([*files.items(), (MANIFEST, manifest(files, about))]):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o644
            members.addfile(member, io.BytesIO(content))
    return digest(archive)


def unpack(archive: Path, target: Path) -> Path:
    """Unpack plain files into a folder, and return it.

    Raises:
        PackageMismatchError: the archive holds links or names that lead elsewhere, more than
            ``LARGEST_BYTES``, or is no archive at all.
    """
    left = LARGEST_BYTES
    try:
        with tarfile.open(archive, "r:*") as members:
            for member in members:
                path = PurePosixPath(member.name)
                left -= member.size
                if member.isdir():
                    continue
                leads_elsewhere = path.is_absolute() or ".." in path.parts or not path.parts
                if not member.isfile() or leads_elsewhere or left < 0:
                    raise PackageMismatchError(f"{archive.name} may not hold {member.name!r}")
                place = target / path
                place.parent.mkdir(parents=True, exist_ok=True)
                source = members.extractfile(member)
                if source is not None:
                    with source, place.open("wb") as copy:
                        shutil.copyfileobj(source, copy, 1 << 20)
    except DAMAGED as error:
        if isinstance(error, PackageMismatchError):
            raise
        raise PackageMismatchError(f"{archive.name} is no readable archive: {error}") from error
    return target


def _manifest(path: Path) -> dict[str, Any]:
    """A package's manifest, with the SHA-256 of files inside the package alone."""
    try:
        found = json.loads(path.read_bytes())
        hashes = found["sha256"]
        paths = [PurePosixPath(name) for name in hashes]
        whole = all(isinstance(recorded, str) for recorded in hashes.values())
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise PackageMismatchError(f"{MANIFEST} is no manifest: its content is unproven") from error
    if not whole or any(each.is_absolute() or ".." in each.parts for each in paths):
        raise PackageMismatchError(f"{MANIFEST} is no manifest: its content is unproven")
    return dict(found)


def verify(folder: Path) -> dict[str, Any]:
    """Hold an unpacked package against the hashes recorded in it, and return its manifest.

    Raises:
        PackageMismatchError: a file is missing, changed, or was never recorded.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise PackageMismatchError(f"the package has no {MANIFEST}: its content is unproven")
    found = _manifest(refuse_other(path, MANIFEST_SHA256))
    hashes = found["sha256"]
    unproven = [name for name in (MODEL, FEATURES, PROBLEM) if name not in hashes]
    unproven += [name for name in CODE if name not in hashes and (folder / name).exists()]
    changed = [
        name
        for name, recorded in hashes.items()
        if not (folder / name).is_file() or digest(folder / name) != recorded
    ]
    if unproven or changed:
        names = ", ".join(sorted([*unproven, *changed]))
        raise PackageMismatchError(f"not what was packed: {names}; the model is not loaded")
    return found
