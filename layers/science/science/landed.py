"""The tables that preparing starts from, whichever engine made them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from science.recipe.engines import Engine


@dataclass
class Landed:
    """``raw``: rows as they landed; ``cells``: the same trimmed, missing cells NULL; all texts.

    Attributes:
        engine: the database that holds them.
        names: the columns of ``cells``, in the order in which they were first seen.
        raw_row: the column of ``raw`` that numbers its rows, quoted.
        cells_row: the column of ``cells`` with the same numbers.
        raw_names: the columns of ``raw``.
        key: a table ``row``, ``key`` with each row's hash, where ``cells`` no longer tells it.
    """

    engine: Engine
    names: list[str]
    raw_row: str
    cells_row: str
    raw_names: list[str] = field(default_factory=list)
    key: str | None = None
