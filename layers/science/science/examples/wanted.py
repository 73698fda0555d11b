"""Which landed files are examples, by the problem's task and their names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Mapping, Optional

from science.images.decoding import SUFFIXES as PICTURES
from science.readers.unreadable import UnreadableFile

IMAGE, TEXT = "image", "text"
"""What an example is, and the name of its column."""

TEXTS = frozenset({".txt", ".text", ".md"})
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
MANIFEST = ".manifest"
LISTS = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet")
IMAGE_TASK, TEXT_TASK = "image_classification", "text_classification"


@dataclass(frozen=True)
class Wanted:
    """What a landed file is taken for.

    Attributes:
        way: ``one`` (an example by itself), ``archive``, ``manifest`` or ``list`` (a table that
            may name pictures by their path).
        content: ``image``, ``text``, or None where each member of an archive tells by its name.
        target: the column that the class is written to.
        size: width and height that pictures are brought to.
        folder: the class told by the object's own folder, None right below ``data``.
    """

    way: str
    content: Optional[str]
    target: str
    size: tuple[int, int]
    folder: Optional[str]


def wanted(definition: Mapping[str, Any], key: str) -> Optional[Wanted]:
    """How an object below ``data/`` is taken in; None for a table.

    Args:
        definition: the problem's, resolved.
        key: the object's, ``<problem>/data/…``.

    Raises:
        UnreadableFile: it is an example, but the problem's task is about something else.
    """
    way = way_of(key)
    if way is None or (way == "list" and definition.get("task") != IMAGE_TASK):
        return None
    content = content_of(key)
    task = definition.get("task")
    only = {IMAGE_TASK: IMAGE, TEXT_TASK: TEXT}.get(str(task))
    if way != "list":
        _refuse_other_task(task, content, only)
    parts = PurePosixPath(key).parts
    size = (definition.get("prepare") or {}).get("image_size") or (64, 64)
    return Wanted(
        way=way,
        content=content or only,
        target=str(definition["target"]),
        size=(int(size[0]), int(size[1])),
        folder=parts[-2] if len(parts) > 3 else None,
    )


def way_of(key: str) -> Optional[str]:
    """How a file of this name holds examples: ``one``, ``archive``, ``manifest``, ``list``."""
    name = key.rsplit("/", 1)[-1].lower()
    if content_of(name):
        return "one"
    if name.endswith(ARCHIVES):
        return "archive"
    if name.endswith(MANIFEST):
        return "manifest"
    plain = name[: -len(PurePosixPath(name).suffix)] if name.endswith((".gz", ".zst")) else name
    return "list" if plain.endswith(LISTS) else None


def content_of(name: str) -> Optional[str]:
    """``image`` or ``text`` by the ending of a name, else None."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in PICTURES:
        return IMAGE
    return TEXT if suffix in TEXTS else None


def _refuse_other_task(task: Any, content: Optional[str], only: Optional[str]) -> None:
    """Tell apart a picture that strayed into a table's folder from one that is to be learned."""
    if task is not None and only is None:
        what = {IMAGE: "a picture", TEXT: "a plain text"}.get(
            str(content), "an archive or manifest"
        )
        reason = f"It is {what}, but the task is {task}."
        cure = f"Bring a table, or define task: {IMAGE_TASK} or {TEXT_TASK}."
        raise UnreadableFile(reason, cure)
    if content is not None and only is not None and content != only:
        what = "a picture" if content == IMAGE else "a text"
        raise UnreadableFile(f"It is {what}, but the task is {task}.", f"Bring {only}s.")
