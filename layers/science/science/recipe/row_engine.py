"""Recipes on records: what an endpoint does to a row is what training did to it.

Cellwise steps alone: those that drop or divide rows have no meaning for a row that is asked about.
Neither a database nor Spark is imported here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from science.recipe.expressions import python
from science.recipe.planning import plan
from science.recipe.plans import Project, Schema, after
from science.values import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from science.recipe.steps import Step


class RowEngine:
    """Fitted steps, made ready once and then run on any number of rows."""

    def __init__(self, steps: Sequence[Step], schema: Schema) -> None:
        """Make ready.

        Args:
            steps: resolved and fitted steps; those that are not cellwise are left aside.
            schema: the columns that rows come with and their types.
        """
        self.columns = list(schema)
        self._stages: list[list[tuple[str, Any]]] = []
        for step in steps:
            made = (
                plan(step, schema) if step.cellwise and not getattr(step, "drops", False) else None
            )
            if not isinstance(made, Project):
                continue
            self._stages.append(
                [(column, python(expression)) for column, (expression, _) in made.columns.items()]
            )
            schema = after(made, schema)
        self.schema = schema

    def row(self, cells: dict[str, Any]) -> dict[str, Any]:
        """One row's cells by column, ``None`` where missing, as they come out of the steps."""
        for stage in self._stages:
            cells = {column: function(cells) for column, function in stage}
        return cells

    def apply(self, columns: Mapping[str, Any]) -> dict[str, Any]:
        """Raw columns of texts as object arrays after the steps; missing ones count as missing.

        Args:
            columns: raw cells by column, arrays of one length.
        """
        rows = max((len(cells) for cells in columns.values()), default=0)
        nothing = [None] * rows
        given = [
            [text_of(cell) for cell in columns[name].tolist()] if name in columns else nothing
            for name in self.columns
        ]
        made = [self.row(dict(zip(self.columns, cells))) for cells in zip(*given)]
        found: dict[str, Any] = {}
        for name in self.schema:
            found[name] = np.empty(rows, dtype=object)
            found[name][:] = [cells[name] for cells in made]
        return found
