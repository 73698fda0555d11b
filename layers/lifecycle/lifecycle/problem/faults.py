"""What pydantic found, in words that help: line, path, what is accepted, and how to mend it."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from lifecycle.events import Fault
from lifecycle.problem.definition import Problem
from lifecycle.problem.reader import show
from lifecycle.problem.values import written

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from lifecycle.problem.reader import Path, Tree

QUOTED = re.compile(r"'([^']*)'")


def section_at(path: Path) -> type[BaseModel] | None:
    """The class whose keys are allowed at a path, if there is one."""
    found: type[BaseModel] | None = Problem
    for part in path:
        if isinstance(part, int):
            continue
        field = found.model_fields.get(part) if found else None
        found = _model_in(field.annotation) if field else None
    return found


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that an annotation such as ``tuple[Source, ...]`` is about."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = getattr(annotation, "__value__", None)
    parts = [*get_args(annotation), *([inner] if inner is not None else [])]
    return next((found for part in parts if (found := _model_in(part))), None)


def _homes() -> dict[str, str]:
    """Every key of a section by name, and the section it lives in, where that is one only."""
    homes: dict[str, list[str]] = {}
    for name in Problem.model_fields:
        for key in section.model_fields if (section := section_at((name,))) else ():
            homes.setdefault(key, []).append(name)
    return {key: names[0] for key, names in homes.items() if len(names) == 1}


def nearest(word: str, accepted: tuple[str, ...]) -> str | None:
    """The accepted word that was most likely meant."""
    by_form = {name.lower().replace("-", "_"): name for name in accepted}
    form = word.lower().replace("-", "_").replace(" ", "_")
    close = get_close_matches(form, by_form, n=1, cutoff=0.6)
    return by_form[close[0]] if close else None


def fault_of(error: ErrorDetails, tree: Tree) -> Fault:
    """The fault that one of pydantic's errors tells of."""
    path = written_path(error["loc"])
    message, accepted, cure = _words(error, path)
    return Fault(
        path=show(path), message=message, line=tree.line(path), accepted=accepted, cure=cure
    )


def written_path(loc: tuple[str | int, ...]) -> Path:
    """Pydantic's place of an error without its own marks (``[key]`` for a mapping's key)."""
    return tuple(part for part in loc if part != "[key]")


def _words(error: ErrorDetails, path: Path) -> tuple[str, tuple[str, ...], str]:
    context: dict[str, Any] = error.get("ctx", {})
    match error["type"]:
        case "baton":
            return context["message"], tuple(context["accepted"]), context["cure"]
        case "missing":
            return "the key is missing", (), f"Add {path[-1]}: to the file."
        case "extra_forbidden":
            return _unknown_key(path)
        case "literal_error":
            accepted = tuple(QUOTED.findall(context["expected"]))
            meant = nearest(str(error["input"]), accepted)
            cure = f"Did you mean {meant}?" if meant else "Write one of the accepted values."
            return f"{written(error['input'])} is not accepted", accepted, cure
        case "model_type" | "dict_type":
            section = section_at(path)
            keys = tuple(section.model_fields) if section else ()
            cure = f"Write the keys of {path[-1]} in lines of their own below it."
            return f"{written(error['input'])} stands where keys are expected", keys, cure
        case _:
            return error["msg"], (), ""


def _unknown_key(path: Path) -> tuple[str, tuple[str, ...], str]:
    key = str(path[-1])
    section = section_at(path[:-1])
    accepted = tuple(section.model_fields) if section else ()
    meant = nearest(key, accepted)
    home = _homes().get(key)
    if home and path[0] != home:
        cure = f"Write it under {home}:."
    elif meant:
        cure = f"Did you mean {meant}?"
    else:
        cure = "Take the key out."
    return f"the key {key} is not known here", accepted, cure
