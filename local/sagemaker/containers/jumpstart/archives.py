"""Makes the archives of the catalogue, each once: the one with weights has 90 MB."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local.sagemaker.containers.jumpstart.entries import Entry

PACKAGES = "BATON_JUMPSTART_PACKAGES"
"""The variable that names the folder in which packages with weights are installed."""

_SCRIPTS = Path(__file__).parent / "scripts"
_ROOT = Path(__file__).resolve().parents[4]
_QUICK = 1  # weights hardly get smaller, however long one tries
_NOT_WEIGHTS = frozenset({".gitattributes", "README.md", "data_config.json"})

type Member = tuple[str, Path | bytes]


class MissingWeightsError(Exception):
    """The package that ships a model's weights is not installed; the message says which."""


def weights_of(entry: Entry) -> Path:
    """The folder of a model's weights.

    Raises:
        MissingWeightsError: When its package is not installed.
    """
    chosen = os.environ.get(PACKAGES)
    if chosen:
        folders = [Path(chosen)]
    else:
        folders = sorted((_ROOT / ".venvs/jumpstart/lib").glob("python*/site-packages"))
    for folder in folders:
        if (folder / entry.weights / "config.json").is_file():
            return folder / entry.weights
    package = entry.weights.partition("/")[0].replace("_", "-")
    raise MissingWeightsError(
        f"{entry.model_id} needs the package {package}; set {PACKAGES} to the folder it is in"
    )


def model_archive(entry: Entry, folder: Path) -> Path:
    """The archive of a model with its weights at the root and its script below `code`.

    Args:
        entry: A model that has weights.
        folder: Where archives are kept; one that fits is taken again.

    Raises:
        MissingWeightsError: When its package is not installed.
    """
    weights = weights_of(entry)
    members: list[Member] = [
        (path.relative_to(weights).as_posix(), path)
        for path in sorted(weights.rglob("*"))
        if path.is_file() and path.name not in _NOT_WEIGHTS
    ]
    members += [(f"code/{name}", content) for name, content in _scripts(entry)]
    return _made(folder, f"{entry.folder}-model", members)


def script_archive(entry: Entry, folder: Path) -> Path:
    """The archive of a model's scripts, `sourcedir.tar.gz`; made like `model_archive`."""
    return _made(folder, f"{entry.model_id}-scripts", _scripts(entry))


def _scripts(entry: Entry) -> list[Member]:
    files: list[Member] = [
        (path.name, path)
        for path in sorted((_SCRIPTS / entry.folder).glob("*.py"))
        if path.name != "__init__.py"
    ]
    if entry.about:
        files.append(("entry.json", json.dumps(entry.about, indent=1, sort_keys=True).encode()))
    return files


def _made(folder: Path, name: str, members: list[Member]) -> Path:
    """An archive of these members: the one made before if they are unchanged."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{_fingerprint(members)}.tar.gz"
    if not path.exists():
        part = path.with_suffix(f".{os.getpid()}.part")
        _write(part, members)
        part.replace(path)
        for old in folder.glob(f"{name}-*.tar.gz"):
            if old != path:
                old.unlink(missing_ok=True)
    return path


def _fingerprint(members: Iterable[Member]) -> str:
    """Equal for equal members; a file of weights is known by its size and time."""
    digest = hashlib.sha256()
    for name, content in members:
        if isinstance(content, bytes):
            mark = hashlib.sha256(content).hexdigest()
        elif content.suffix == ".py":
            mark = hashlib.sha256(content.read_bytes()).hexdigest()
        else:
            status = content.stat()
            mark = f"{status.st_size} {status.st_mtime_ns}"
        digest.update(f"{name}\n{mark}\n".encode())
    return digest.hexdigest()[:16]


def _write(path: Path, members: Iterable[Member]) -> None:
    """Write plain files, without owners, times or links: equal members give equal bytes."""
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", _QUICK, raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as archive,
    ):
        for name, content in members:
            item = tarfile.TarInfo(name)
            if isinstance(content, bytes):
                item.size = len(content)
                archive.addfile(item, io.BytesIO(content))
                continue
            item.size = content.stat().st_size
            with content.open("rb") as source:
                archive.addfile(item, source)
