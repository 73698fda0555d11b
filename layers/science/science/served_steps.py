"""The definition's own steps on what is served: the row engine, told by ``problem.json``.

The endpoint imports this: neither a database nor Spark is touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from science.recipe.row_engine import RowEngine


def engine_of(problem: Mapping[str, Any]) -> RowEngine | None:
    """The engine of a prepared problem's own steps; None where it has none.

    Args:
        problem: ``problem.json``; its ``own`` has ``columns`` (as rows come in) and ``steps``
            (fitted, in the recipe's form).
    """
    own = problem.get("own") or {}
    if not own.get("steps"):
        return None
    from science.recipe.documents import parse
    from science.recipe.row_engine import RowEngine

    return RowEngine(parse(own["steps"]), dict.fromkeys(own["columns"], "text"))


def stepped(problem: Mapping[str, Any], columns: dict[str, Any]) -> dict[str, Any]:
    """Raw columns as the problem's own steps leave them; as they are where it has none."""
    engine = engine_of(problem)
    return columns if engine is None else engine.apply(columns)
