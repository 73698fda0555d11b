"""The Python environment that a script's `requirements.txt` asks for.

As the toolkit does, everything is left to `pip install -r requirements.txt`, but into an
environment of its own on top of the jobs environment: other jobs are not changed. It is kept under
the hash of what was asked for, so that the same requirements are installed once.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ENVIRONMENTS = "LOCAL_ENVIRONMENTS"
"""Environment variable: the folder of the kept environments."""
COMMAND = "-m pip install -r requirements.txt"
_COMPLETE = "complete"
_TAIL_LINES = 5
_EDITABLE = re.compile(r"^\s*(-e|--editable)\b", re.MULTILINE)
_LOCAL = re.compile(r"^\s*([./]|-|file:)|[@\s]file:|\.(whl|zip|gz)\s*$", re.MULTILINE)


class InstallError(Exception):
    """Pip did not install what was asked for.

    Attributes:
        code: Its exit code.
        output: Its last lines.
    """

    def __init__(self, code: int, output: str) -> None:
        super().__init__(output)
        self.code = code
        self.output = output


def prepare(code: Path) -> Path | None:
    """Make, or find again, the environment of a script.

    Args:
        code: The script's folder.

    Returns:
        The environment's interpreter; None when the jobs environment has all that is asked for.

    Raises:
        InstallError: When something cannot be installed.
    """
    path = code / "requirements.txt"
    if not path.is_file():
        return None
    text = path.read_text(encoding="utf-8", errors="replace")
    if all_present(text):
        print("Requirement already satisfied: all of requirements.txt is in the jobs environment")
        return None
    if _EDITABLE.search(text):  # it would point to a folder that ends with its job
        return _make(code.parent / "environment", code)
    kept = Path(os.environ.get(ENVIRONMENTS, str(code.parent / "environments")))
    folder = kept / identity(code, text)
    with _locked(folder):
        if not (folder / _COMPLETE).exists():
            _make(folder, code)
            (folder / _COMPLETE).touch()
    return _interpreter(folder)


def identity(code: Path, text: str) -> str:
    """What an environment is kept under.

    The hash of the requirements, the interpreter, pip's settings in the environment, and, when
    something beside the requirements is named, of all that lies there.
    """
    settings = sorted(item for item in os.environ.items() if item[0].startswith("PIP_"))
    digest = hashlib.sha256(f"{sys.version}\n{sys.prefix}\n{settings}\n{text}".encode())
    if _LOCAL.search(text):
        for path in sorted(code.rglob("*")):
            if path.is_file():
                digest.update(f"\n{path.relative_to(code)}\n".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:32]


def all_present(text: str) -> bool:
    """Tell whether all requirements are plain ones that the jobs environment meets already."""
    from packaging.requirements import InvalidRequirement, Requirement

    for line in text.splitlines():
        plain = re.sub(r"(^|\s)#.*", "", line).strip()
        if not plain:
            continue
        try:
            wanted = Requirement(plain)
            if wanted.url or wanted.extras:
                return False
            if wanted.marker is not None and not wanted.marker.evaluate():
                continue
            version = importlib.metadata.version(wanted.name)
        except (InvalidRequirement, importlib.metadata.PackageNotFoundError):
            return False
        if not wanted.specifier.contains(version, prereleases=True):
            return False
    return True


def create(folder: Path) -> Path:
    """Make an environment with pip on top of the jobs environment; returns its interpreter."""
    shutil.rmtree(folder, ignore_errors=True)  # of a job that was killed at it
    venv.create(folder, with_pip=True, symlinks=True)
    python = _interpreter(folder)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    # Behind its own packages come those of the jobs environment.
    inherited = folder / "lib" / version / "site-packages" / "jobs_environment.pth"
    inherited.write_text(sysconfig.get_path("purelib") + "\n")
    return python


def _make(folder: Path, code: Path) -> Path:
    python = create(folder)
    command = [str(python), *COMMAND.split(), "--disable-pip-version-check", "--no-input"]
    print("Installing dependencies from requirements.txt:", " ".join(command), flush=True)
    process = subprocess.Popen(
        command, cwd=code, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    lines: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        print(line, end="", flush=True)
        lines = [*lines, line.rstrip()][-_TAIL_LINES:]
    if code_of_pip := process.wait():
        shutil.rmtree(folder, ignore_errors=True)
        raise InstallError(code_of_pip, "\n".join(lines))
    return python


def _interpreter(folder: Path) -> Path:
    return folder / "bin" / "python"


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one process at a time make an environment; the others wait and find it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    create(Path(sys.argv[1]))
