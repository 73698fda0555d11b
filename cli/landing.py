"""Where local files go in the landing bucket, and how they get there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import yaml

from cli.errors import CliError
from lifecycle.errors import ProblemFaultsError
from lifecycle.problem import parse_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from cli.stack import Stack
    from lifecycle.events import Fault

DEFINITION = "problem.yaml"
NAME = re.compile(r"[a-z][a-z0-9-]{0,23}")


class Kind(StrEnum):
    """What a file is for; the folder of the landing bucket that it belongs under."""

    DATA = "data"
    SCORE = "score"
    TRUTH = "truth"
    LABELS = "labels"
    CODE = "code"


@dataclass(frozen=True)
class Upload:
    """One local file and its key in the landing bucket."""

    path: Path
    key: str

    @property
    def size(self) -> int:
        """The file's size in bytes."""
        return self.path.stat().st_size


def check_name(problem: str) -> None:
    """Refuse a name that no problem can have.

    Raises:
        CliError: it is not of the form that the contract asks for.
    """
    if not NAME.fullmatch(problem):
        raise CliError(
            f"{problem!r} cannot name a problem.",
            "A name begins with a letter, is at most 24 long, and holds a-z, 0-9 and -.",
        )


def plan(problem: str, paths: Iterable[Path], kind: Kind, *, force: bool = False) -> list[Upload]:
    """Decide the key of every file, the definition first.

    A folder that looks like a problem (it holds ``problem.yaml``, or folders named after the
    kinds) keeps its shape; any other folder lands whole under ``kind``; so does a single file.

    Args:
        problem: the problem's name.
        paths: files and folders.
        kind: what files without a place of their own are for.
        force: take a faulty definition all the same; the cloud will refuse it.

    Raises:
        CliError: a path is missing, a folder is empty, or a definition is for another problem or
            faulty; all faults are told at once.
    """
    check_name(problem)
    uploads: list[Upload] = []
    for path in paths:
        if path.is_dir():
            found = [Upload(file, key) for file, key in _keys(problem, path, kind)]
            if not found:
                raise CliError(f"There is nothing to upload in {path}.")
            uploads += found
        elif path.is_file():
            is_definition = path.name == DEFINITION
            uploads.append(
                Upload(path, f"{problem}/{DEFINITION if is_definition else f'{kind}/{path.name}'}")
            )
        else:
            raise CliError(f"There is no file or folder {path}.")
    for upload in uploads:
        if upload.key == f"{problem}/{DEFINITION}" and not force:
            _check_definition(problem, upload.path)
    return sorted(uploads, key=lambda upload: (not upload.key.endswith(DEFINITION), upload.key))


def _keys(problem: str, folder: Path, kind: Kind) -> Iterator[tuple[Path, str]]:
    kinds = [each.value for each in Kind if (folder / each.value).is_dir()]
    shaped = (folder / DEFINITION).is_file() or bool(kinds)
    if shaped and (folder / DEFINITION).is_file():
        yield folder / DEFINITION, f"{problem}/{DEFINITION}"
    roots = [(folder / name, name) for name in kinds] if shaped else [(folder, kind.value)]
    for root, prefix in roots:
        for file in sorted(root.rglob("*")):
            if file.is_file() and not file.name.startswith("."):
                yield file, f"{problem}/{prefix}/{file.relative_to(root).as_posix()}"


def _check_definition(problem: str, path: Path) -> None:
    """Read a definition as the cloud will, so that its faults are told before they travel."""
    text = path.read_bytes()
    name = _name_in(text)
    if name is not None and name != problem:
        raise CliError(
            f"{path} defines the problem {name}, not {problem}.",
            f"Write `baton put {name} …`, or mend its name.",
        )
    try:
        parse_problem(text, folder=problem)
    except ProblemFaultsError as error:
        told = "\n".join(f"  {_told(fault)}" for fault in error.faults)
        raise CliError(
            f"{path} has faults:\n{told}", "Mend them; --force uploads it all the same."
        ) from error


def _name_in(text: bytes) -> str | None:
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError:
        return None
    name = document.get("name") if isinstance(document, dict) else None
    return name if isinstance(name, str) else None


def _told(fault: Fault) -> str:
    where = f"line {fault.line}: " if fault.line else ""
    path = f"{fault.path}: " if fault.path else ""
    accepted = f" (accepted: {', '.join(fault.accepted)})" if fault.accepted else ""
    return f"{where}{path}{fault.message}{accepted}"


def upload(stack: Stack, uploads: Iterable[Upload], progress: Callable[[int], Any]) -> None:
    """Copy files to the landing bucket; `progress` hears of bytes as they go.

    Raises:
        CliError: a transfer failed; what came before it has arrived.
    """
    from boto3.exceptions import S3UploadFailedError

    client = stack.client("s3")
    bucket = stack.output("LandingBucket")
    for each in uploads:
        try:
            client.upload_file(str(each.path), bucket, each.key, Callback=progress)
        except S3UploadFailedError as error:
            raise CliError(f"{each.path} did not arrive: {error}") from error
