"""The first half of preparing, in whichever engine holds the rows: clean, split, read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from science import drops, keys, load, own_steps, roles, split, target, texts, typing_rows
from science.cleaned import Cleaned
from science.faults import Fault, UnusableData

if TYPE_CHECKING:
    from collections.abc import Sequence

    from science.kinds import Column
    from science.landed import Landed


def clean_rows(landed: Landed, problem: dict[str, Any]) -> Cleaned:
    """Make the tables ``typed`` and ``held`` from ``raw`` and ``cells``.

    Args:
        landed: the tables, and the engine that holds them.
        problem: the resolved definition, plain JSON.

    Raises:
        UnusableData: no model can learn from these rows; every fault found is told.
    """
    found = roles.find(landed.names, problem)
    own, inputs = own_steps.read(problem), list(landed.names)
    if own:
        share = (problem.get("evaluate") or {}).get("holdout", split.HOLDOUT_SHARE)
        named = (problem.get("prepare") or {}).get("recipe")
        where = "prepare.recipe" if named else own_steps.WHERE
        own = own_steps.take(landed, found, own, share, where)
    ((rows,),) = landed.engine.query("SELECT count(*) FROM cells")
    columns = load.survey(landed.engine, "cells", landed.names, rows)
    texts.settle(columns, problem, found.target)
    kept = roles.assign(columns, found, problem)
    aim = _aim(landed, columns, found, problem)
    counted = keys.make(landed, columns, found, aim, problem)
    typing_rows.type_rows(landed, kept)
    typing_rows.hold_out(landed)
    unread = typing_rows.unread(landed, kept)
    drops.drop(landed, kept, problem.get("prepare") or {}, counted)
    return Cleaned(columns, found, aim, counted, unread, inputs, own)


def _aim(
    landed: Landed, columns: Sequence[Column], found: roles.Roles, problem: dict[str, Any]
) -> target.Target:
    column = next(column for column in columns if column.name == found.target)
    spellings = load.frequent(landed.engine, "cells", column.name, load.EXACT_UP_TO)
    if not spellings:
        fault = Fault("every row lacks the target", column.name, "bring rows that have it")
        raise UnusableData([fault])
    return target.decide(column, spellings, problem)
