"""The definition's own steps: carried out on the cells first, before anything is told of them.

What they learn they learn from the rows that will train: each row's part is known beforehand, from
its cells as they landed, so that no held-out row speaks, and a change of the steps moves no row to
another part. Columns with a role (target, identifier, time) keep their name and their cells: a
target changed here would be another one than is judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from science import keys, load, split
from science.faults import Fault, UnusableData
from science.recipe import documents
from science.recipe.conversions import text_cell
from science.recipe.engines import carry_out
from science.recipe.expressions import call, sql
from science.recipe.plans import HIDDEN, PART, ROW, UnfitStepError, named, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from science.landed import Landed
    from science.recipe.steps import Step
    from science.roles import Roles

ADDING = frozenset(
    {"missing_indicator", "date_parts", "split_text", "concatenate", "duplicate_column", "arrange"}
)
"""Kinds of step that leave the columns they read as they are."""

NOT_ONES_OWN = {
    "split": "split is no step of one's own: evaluate.holdout divides the rows",
    "decode_image": "decode_image is no step of one's own: prepare.image_size says how",
}
WHERE = "prepare.steps"
KEEP = "take the column out of the step: the identifier and the time keep their cells"


def read(problem: dict[str, Any]) -> list[Step]:
    """The steps of a definition.

    Raises:
        UnusableData: with every fault in them.
    """
    told = (problem.get("prepare") or {}).get("steps") or []
    try:
        return documents.parse(list(told))
    except documents.RecipeError as error:
        faults = [
            Fault(
                fault.message,
                f"prepare.steps{documents.Misfit(fault.path, '').where}",
                f"accepted: {', '.join(fault.accepted)}" if fault.accepted else "mend the step",
            )
            for fault in error.faults
        ]
        raise UnusableData(faults) from error


def take(
    landed: Landed, roles: Roles, steps: Sequence[Step], holdout: float, where: str = WHERE
) -> list[Step]:
    """Carry the steps out on ``cells``; ``landed`` tells of the new columns from then on.

    Args:
        landed: the tables.
        roles: the columns with a role, as they landed.
        steps: the definition's own.
        holdout: the share to hold out.
        where: the setting that the steps come from.

    Returns:
        The steps, fitted.

    Raises:
        UnusableData: a step does not fit the table.
    """
    engine = landed.engine
    kept = [each for each in (roles.target, roles.identifier, roles.time) if each]
    _refuse_changes(steps, roles, where)
    _keep_keys(landed, roles, holdout)
    title = engine.dialect.name
    columns = ", ".join(f"cells.{title(each)}" for each in landed.names)
    engine.define(
        "own_rows",
        f"SELECT cells.{landed.cells_row} AS {title(ROW)}, origin.part AS {title(PART)}, {columns} "
        f"FROM cells JOIN origin ON origin.row = cells.{landed.cells_row}",
    )
    schema = {ROW: "whole", PART: "text", **dict.fromkeys(landed.names, "text")}
    try:
        outcome = carry_out(engine, "own_rows", schema, steps, untouched=kept)
    except UnfitStepError as error:
        cure = f"the columns are: {', '.join(landed.names[:30])}; steps may have changed them"
        raise UnusableData([Fault(str(error), where, cure)]) from error
    told = [title(ROW)]
    for column in visible(outcome.schema):
        text = call("clean_cell", text_cell(column, outcome.schema))
        told.append(f"{sql(text, engine.dialect)} AS {title(column)}")
    engine.define(
        "cells", f"SELECT {', '.join(told)} FROM {outcome.relation} ORDER BY {title(ROW)}"
    )
    landed.names = visible(outcome.schema)
    landed.cells_row, landed.key = title(ROW), "origin"
    return outcome.steps


def _refuse_changes(steps: Sequence[Step], roles: Roles, setting: str) -> None:
    """No step reads the target, which a served row lacks, nor changes a column with a role."""
    faults = []
    for number, step in enumerate(steps):
        where = f"{setting}[{number}]" if setting == WHERE else setting
        if step.kind in NOT_ONES_OWN:
            faults.append(Fault(NOT_ONES_OWN[step.kind], where, "take the step out"))
        if not step.cellwise:
            continue
        read = named(step)
        changed = [] if step.kind in ADDING else [e for e in read if e != _group(step)]
        if roles.target in read:
            what = f"{step.kind} reads {roles.target!r}, the target, which a served row lacks"
            faults.append(Fault(what, where, "take the column out of the step"))
        faults += [
            Fault(f"{step.kind} changes {column!r}, which has a role", where, KEEP)
            for column in (roles.identifier, roles.time)
            if column in changed
        ]
    if faults:
        raise UnusableData(faults)


def _group(step: Step) -> Any:
    return getattr(step, "group", None)


def _keep_keys(landed: Landed, roles: Roles, holdout: float) -> None:
    """Make ``origin``: each row's key and its part, told from the cells as they landed."""
    engine = landed.engine
    dialect = engine.dialect
    content = split.content([each for each in landed.names if each != roles.target], dialect)
    moment, part = "CAST(NULL AS DOUBLE)", split.by_hash(holdout)
    if roles.time:
        ((rows,),) = engine.query("SELECT count(*) FROM cells")
        (clock,) = load.survey(engine, "cells", [roles.time], rows)
        moment, part = keys.moment(clock, dialect), split.by_time(holdout)
    told = (
        f"SELECT {landed.cells_row} AS told_row, {keys.key_of(roles, content, dialect)} AS key, "
        f"{moment} AS moment FROM cells"
    )
    engine.define("origin", f"SELECT told_row AS row, key, {part} AS part FROM ({told}) AS told")


def document(steps: Sequence[Step], names: Sequence[str]) -> dict[str, Any]:
    """What serving needs to repeat the steps: the columns that come in, and the fitted steps."""
    columns = [each for each in names if each not in HIDDEN]
    return {"columns": columns, "steps": [documents.written(step) for step in steps]}
