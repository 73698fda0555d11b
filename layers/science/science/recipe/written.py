"""A recipe that was carried out, for people and for the next run: its steps, counts and SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from science.recipe import documents
from science.recipe.planning import plan
from science.recipe.plans import Schema, after
from science.recipe.statements import chain, select

if TYPE_CHECKING:
    from collections.abc import Sequence

    from science.recipe.steps import Step

SOURCE = "rows"
"""The relation that a written recipe starts from: the landed texts, numbered by ``_row_``."""


@dataclass(frozen=True)
class Done:
    """A step that was carried out.

    Attributes:
        step: with its columns named and what it learned.
        rows: rows it took in and gave out, where it was counted.
        cells: cells it changed, where it was counted.
    """

    step: Step
    rows: tuple[int, int] | None = None
    cells: int | None = None


def document(done: Sequence[Done], schema: Schema) -> dict[str, Any]:
    """``recipe.json``: the steps in order with their counts, and the whole chain as one statement.

    Args:
        done: the steps.
        schema: the columns of the relation ``rows`` that they start from.
    """
    steps = [each.step for each in done]
    listed, at, source = [], schema, SOURCE
    for number, each in enumerate(done, 1):
        made = plan(each.step, at)
        listed.append(
            {
                **documents.written(each.step),
                "rows_before": each.rows[0] if each.rows else None,
                "rows_after": each.rows[1] if each.rows else None,
                "cells": each.cells,
                "sql": select(made, at, source),
            }
        )
        at, source = after(made, at), f"step{number}"
    return {
        "version": documents.VERSION,
        "digest": documents.digest(steps),
        "steps": listed,
        "sql": chain(steps, schema, SOURCE)[0],
    }
