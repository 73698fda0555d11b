"""How each kind of step becomes a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

from science.recipe.conversions import as_number, as_text, converted, number_cell, text_cell
from science.recipe.expressions import Cell, Constant, Expression, call, when
from science.recipe.planning_fitted import FITTED
from science.recipe.plans import (
    PART,
    First,
    Keep,
    Plan,
    Project,
    Schema,
    UnfitStepError,
    projected,
    refuse_taken,
    spare_held_out,
    visible,
)
from science.split import HOLDOUT, SEPARATOR_TEXT, TRAIN, VALIDATION, VALIDATION_SHARE
from science.values import BLANKS

if TYPE_CHECKING:
    from science.recipe.steps import Step

NOTHING = Constant(None)
STEPS = 1_000_000


def plan(step: Step, schema: Schema) -> Plan:
    """What a resolved, and where it learns fitted, step does to a table of these columns.

    Raises:
        UnfitStepError: it does not fit the table.
    """
    return PLANNERS[step.kind](step, schema)


def _texts(schema: Schema, step: Any, change: Callable[[Expression], Expression]) -> Project:
    """Every column of the step, as text, changed."""
    return projected(
        schema, {each: (change(text_cell(each, schema)), "text") for each in step.columns}
    )


def _trim(step: Any, schema: Schema) -> Project:
    characters = step.characters or BLANKS

    def change(cell: Expression) -> Expression:
        stripped = call("strip", cell, characters=characters, side=step.side)
        return call("nullif_empty", stripped)

    return _texts(schema, step, change)


def _unify_missing(step: Any, schema: Schema) -> Project:
    spellings = tuple(step.spellings)

    def change(cell: Expression) -> Expression:
        clean = call("clean_cell", cell)
        return when(call("among", clean, texts=spellings), NOTHING, clean) if spellings else clean

    return _texts(schema, step, change)


def _normalise_text(step: Any, schema: Schema) -> Project:
    mode = f"{step.form},{step.case},{step.accents},{step.spaces},{step.punctuation}"
    return _texts(schema, step, lambda cell: call("normal", cell, mode=mode))


def _tokenise(step: Any, schema: Schema) -> Project:
    return _texts(schema, step, lambda cell: call("normal", cell, mode="tokens"))


def _find_replace(step: Any, schema: Schema) -> Project:
    find, replace = step.find, step.replace

    def change(cell: Expression) -> Expression:
        if step.match == "whole":
            same = call("equals", cell, Constant(find))
            return call("nullif_empty", when(same, Constant(replace), cell))
        operation = "replace" if step.match == "part" else "replace_pattern"
        return call("nullif_empty", call(operation, cell, find=find, replace=replace))

    return _texts(schema, step, change)


def _format_text(step: Any, schema: Schema) -> Project:
    def change(cell: Expression) -> Expression:
        if step.start or step.length is not None:
            cell = call("slice", cell, start=step.start, length=step.length)
        if step.width:
            cell = call("pad", cell, width=step.width, fill=step.fill, align=step.align)
        if step.prefix or step.suffix:
            cell = call("concat", Constant(step.prefix), cell, Constant(step.suffix))
        return call("nullif_empty", cell)

    return _texts(schema, step, change)


def _parse_types(step: Any, schema: Schema) -> Project:
    changed: dict[str, tuple[Expression, str]] = {}
    for column, how in step.columns.items():
        cell = text_cell(column, schema)
        if how["as"] == "date":
            changed[column] = (call("seconds", cell, formats=tuple(how["formats"])), "date")
        else:
            options = {"decimal": how.get("decimal"), "sure": bool(how.get("sure"))}
            changed[column] = (call("number", cell, **options), "number")
    return projected(schema, changed)


def _cast(step: Any, schema: Schema) -> Project:
    return projected(
        schema,
        {each: (converted(Cell(each), schema[each], step.to), step.to) for each in step.columns},
    )


def _missing_indicator(step: Any, schema: Schema) -> Project:
    added = {
        f"{each}{step.suffix}": (
            when(call("missing", Cell(each)), Constant(1), Constant(0)),
            "whole",
        )
        for each in step.columns
    }
    return projected(schema, {}, added)


def _date_parts(step: Any, schema: Schema) -> Project:
    added = {
        f"{each}_{part}": (
            call("date_part", converted(Cell(each), schema[each], "date"), part=part),
            "whole",
        )
        for each in step.columns
        for part in step.parts
    }
    return projected(schema, {}, added)


def _split_text(step: Any, schema: Schema) -> Project:
    cell = text_cell(step.column, schema)
    added = {
        column: (
            call("piece", cell, separator=step.separator, place=at, last=at == len(step.into)),
            "text",
        )
        for at, column in enumerate(step.into, 1)
    }
    return projected(schema, {}, added)


def _concatenate(step: Any, schema: Schema) -> Project:
    cells = [text_cell(each, schema) for each in step.columns]
    return projected(
        schema, {}, {step.into: (call("join", *cells, separator=step.separator), "text")}
    )


def _rename(step: Any, schema: Schema) -> Project:
    columns: dict[str, tuple[Expression, str]] = {}
    for column in visible(schema):
        title = step.names.get(column, column)
        refuse_taken(title, columns)
        columns[title] = (Cell(column), schema[column])
    return Project(columns)


def _duplicate_column(step: Any, schema: Schema) -> Project:
    return projected(schema, {}, {step.into: (Cell(step.column), schema[step.column])})


def _chosen(columns: list[str], schema: Schema) -> Project:
    if not columns:
        raise UnfitStepError("no column would be left")
    return Project({each: (Cell(each), schema[each]) for each in columns})


def _leave_out(step: Any, schema: Schema) -> Project:
    return _chosen([each for each in visible(schema) if each not in step.columns], schema)


def _arrange(step: Any, schema: Schema) -> Project:
    rest = [each for each in visible(schema) if each not in step.columns]
    return _chosen([*dict.fromkeys(step.columns), *rest], schema)


def _decode_image(_step: Any, schema: Schema) -> Project:
    return projected(schema, {})


def _drop_unlabelled(step: Any, _schema: Schema) -> Keep:
    return Keep(call("not", call("missing", Cell(step.target))))


def _drop_missing(step: Any, schema: Schema) -> Keep:
    lacking: Expression = call("missing", Cell(step.columns[0]))
    for column in step.columns[1:]:
        other = call("missing", Cell(column))
        lacking = call("either" if step.when == "any" else "both", lacking, other)
    return spare_held_out(call("not", lacking), schema)


def _drop_duplicates(step: Any, _schema: Schema) -> First:
    return First(tuple(Cell(each) for each in step.columns))


def _drop_near_duplicates(step: Any, schema: Schema) -> First:
    mode = f"near,{step.digits}"
    return First(tuple(call("normal", text_cell(each, schema), mode=mode) for each in step.columns))


def _filter_rows(step: Any, schema: Schema) -> Keep:
    cell, kind = Cell(step.column), schema[step.column]
    if step.test in {"missing", "present"}:
        missing = call("missing", cell)
        return Keep(missing if step.test == "missing" else call("not", missing))
    value = step.value
    if step.test == "contains":
        return Keep(call("contains", as_text(cell, kind), part=str(value)))
    if isinstance(value, bool):
        left: Expression = converted(cell, kind, "boolean")
    elif isinstance(value, str):
        left = as_text(cell, kind)
    else:
        left, value = as_number(cell, kind), float(value)
    right = Constant(value)
    operation, swapped = {
        "equals": ("equals", False),
        "differs": ("equals", False),
        "less": ("less", False),
        "greater": ("less", True),
        "at_most": ("at_most", False),
        "at_least": ("at_most", True),
    }[step.test]
    test = call(operation, right, left) if swapped else call(operation, left, right)
    present = call("not", call("missing", left))
    return Keep(call("both", present, call("not", test)) if step.test == "differs" else test)


def content(columns: list[str], schema: Schema) -> Expression:
    """A row as one text, as ``science.split.content`` has it."""
    told = [
        call("concat", Constant(f"{column}="), text_cell(column, schema))
        for column in sorted(columns)
    ]
    return call("first", call("join", *told, separator=SEPARATOR_TEXT), Constant(""))


def _sample_rows(step: Any, schema: Schema) -> Keep:
    place = call("place", content(visible(schema), schema))
    return Keep(call("less", place, Constant(round(step.share * STEPS))))


def _split(step: Any, schema: Schema) -> Project:
    if step.time:
        moment = moment_of(step, schema)
        fitted = step.fitted or {}
        held, checked = (fitted.get(part) for part in (HOLDOUT, VALIDATION))
        in_held, in_checked = (
            Constant(False) if cut is None else call("at_most", Constant(float(cut)), moment)
            for cut in (held, checked)
        )
    else:
        key = (
            call("first", text_cell(step.identifier, schema), Constant(""))
            if (step.identifier)
            else content([*step.key] or visible(schema), schema)
        )
        place = call("place", key)
        held = round(step.holdout * STEPS)
        in_held = call("less", place, Constant(held))
        in_checked = call("less", place, Constant(held + round(VALIDATION_SHARE * STEPS)))
    part = when(in_held, Constant(HOLDOUT), when(in_checked, Constant(VALIDATION), Constant(TRAIN)))
    return Project({**projected(schema, {}).columns, PART: (part, "text")})


def moment_of(step: Any, schema: Schema) -> Expression:
    """A row's time as a number, missing where it has none."""
    if step.formats and schema[step.time] == "text":
        return call("seconds", Cell(step.time), formats=tuple(step.formats))
    return number_cell(step.time, schema)


PLANNERS: dict[str, Callable[[Any, Schema], Plan]] = {
    "trim": _trim,
    "unify_missing": _unify_missing,
    "normalise_text": _normalise_text,
    "tokenise": _tokenise,
    "find_replace": _find_replace,
    "format_text": _format_text,
    "parse_types": _parse_types,
    "cast": _cast,
    "missing_indicator": _missing_indicator,
    "date_parts": _date_parts,
    "split_text": _split_text,
    "concatenate": _concatenate,
    "rename": _rename,
    "duplicate_column": _duplicate_column,
    "leave_out": _leave_out,
    "arrange": _arrange,
    "decode_image": _decode_image,
    "drop_unlabelled": _drop_unlabelled,
    "drop_missing": _drop_missing,
    "drop_duplicates": _drop_duplicates,
    "drop_near_duplicates": _drop_near_duplicates,
    "filter_rows": _filter_rows,
    "sample_rows": _sample_rows,
    "split": _split,
    **FITTED,
}
"""Every kind of step as a plan."""
