"""How the steps that learn become plans, by what they found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

from science.recipe.conversions import number_cell, text_cell
from science.recipe.expressions import Cell, Constant, Expression, call, when
from science.recipe.plans import Plan, Project, Schema, projected, spare_held_out, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

NOTHING = Constant(None)


def _impute(step: Any, schema: Schema) -> Project:
    fitted = step.fitted or {}
    changed: dict[str, tuple[Expression, str]] = {}
    for column in step.columns:
        kind, cell = imputed_as(step, schema[column]), _imputed_cell(step, column, schema)
        choices = [cell]
        if column in fitted.get("groups", {}):
            table = dict(fitted["groups"][column])
            choices.append(call("lookup", text_cell(step.group, schema), table=table))
        if column in fitted.get("models", {}):
            choices.append(_predicted(fitted["models"][column], schema))
        value = fitted.get("values", {}).get(column)
        if value is not None:
            choices.append(Constant(value))
        changed[column] = (call("first", *choices) if len(choices) > 1 else cell, kind)
    return projected(schema, changed)


def imputed_as(step: Any, kind: str) -> str:
    """The type of a column once it is imputed: numbers where a number is computed."""
    statistic = step.statistic if step.method == "group" else step.method
    if statistic in {"median", "mean", "model"}:
        return kind if kind == "date" and statistic != "model" else "number"
    return "number" if kind == "whole" else kind


def _imputed_cell(step: Any, column: str, schema: Schema) -> Expression:
    if imputed_as(step, schema[column]) in {"number", "date"}:
        return number_cell(column, schema)
    return Cell(column)


def _predicted(model: Mapping[str, Any], schema: Schema) -> Expression:
    """A linear model's value; a missing cell counts as the column's mean."""
    total: Expression = Constant(float(model["intercept"]))
    for column, weight in model["weights"].items():
        mean = Constant(float(model["means"][column]))
        cell = call("first", number_cell(column, schema), mean)
        total = call("add", total, call("multiply", Constant(float(weight)), cell))
    return call("finite", total)


def _outliers(step: Any, schema: Schema) -> Plan:
    fitted = step.fitted or {}
    if "forest" in fitted:
        return _isolated(step, fitted["forest"], schema)
    bounds = fitted.get("bounds", {})
    cells = {column: number_cell(column, schema) for column in bounds}
    outside = {column: _outside(cells[column], *bounds[column]) for column in bounds}
    if step.action == "drop":
        some: Expression = Constant(value=False)
        for test in outside.values():
            some = call("either", some, test)
        return spare_held_out(call("not", some), schema)
    changed: dict[str, tuple[Expression, str]] = {}
    for column, cell in cells.items():
        kind = "date" if schema[column] == "date" else "number"
        if step.action == "clip":
            changed[column] = (_clipped(cell, *bounds[column]), kind)
        else:
            changed[column] = (when(outside[column], NOTHING, cell), kind)
    return projected(schema, changed)


def _outside(cell: Expression, low: Any, high: Any) -> Expression:
    tests: list[Expression] = []
    if low is not None:
        tests.append(call("less", cell, Constant(float(low))))
    if high is not None:
        tests.append(call("less", Constant(float(high)), cell))
    return call("either", *tests) if len(tests) == 2 else tests[0]


def _clipped(cell: Expression, low: Any, high: Any) -> Expression:
    clipped = cell
    for bound, below in ((high, False), (low, True)):
        if bound is not None:
            limit = Constant(float(bound))
            test = call("less", cell, limit) if below else call("less", limit, cell)
            clipped = when(test, limit, clipped)
    return clipped


def _isolated(step: Any, forest: Mapping[str, Any], schema: Schema) -> Plan:
    """Rows whose summed path through the trees is at most the threshold stand apart."""
    cells = {
        column: call("first", number_cell(column, schema), Constant(float(median)))
        for column, median in zip(forest["columns"], forest["medians"])
    }
    apart = call("at_most", path_length(forest, cells), Constant(float(forest["threshold"])))
    if step.action == "drop":
        return spare_held_out(call("not", apart), schema)
    return projected(
        schema,
        {
            column: (when(apart, NOTHING, number_cell(column, schema)), "number")
            for column in forest["columns"]
        },
    )


def path_length(forest: Mapping[str, Any], cells: Mapping[str, Expression]) -> Expression:
    """A row's path through all trees: the sum of its leaves."""
    columns = forest["columns"]

    def tree(node: Any) -> Expression:
        if isinstance(node, (int, float)):
            return Constant(float(node))
        place, threshold, left, right = node
        test = call("less", cells[columns[place]], Constant(float(threshold)))
        return when(test, tree(left), tree(right))

    total: Expression = Constant(0.0)
    for each in forest["trees"]:
        total = call("add", total, tree(each))
    return total


def _rare_categories(step: Any, schema: Schema) -> Project:
    kept = (step.fitted or {}).get("kept", {})
    changed: dict[str, tuple[Expression, str]] = {}
    for column in step.columns:
        cell = text_cell(column, schema)
        rare = call(
            "not", call("either", call("missing", cell), call("among", cell, texts=kept[column]))
        )
        changed[column] = (when(rare, Constant(step.into), cell), "text")
    return projected(schema, changed)


def _scaled(step: Any, schema: Schema) -> Project:
    changed: dict[str, tuple[Expression, str]] = {}
    for column, (center, scale) in (step.fitted or {}).get("columns", {}).items():
        less = call("subtract", number_cell(column, schema), Constant(float(center)))
        changed[column] = (call("finite", call("divide", less, Constant(float(scale)))), "number")
    return projected(schema, changed)


def _encode(step: Any, schema: Schema) -> Project:
    fitted = step.fitted or {}
    if step.method == "one_hot":
        return _one_hot(step, fitted["levels"], schema)
    changed: dict[str, tuple[Expression, str]] = {}
    for column in step.columns:
        cell, levels = text_cell(column, schema), fitted["levels"][column]
        if step.method == "ordinal":
            table = {level: float(place) for place, level in enumerate(levels)}
            changed[column] = (call("lookup", cell, table=table), "number")
        else:
            shares = dict(zip(levels, map(float, fitted["shares"][column])))
            share = call("first", call("lookup", cell, table=shares), Constant(0.0))
            changed[column] = (share, "number")
    return projected(schema, changed)


def _one_hot(step: Any, levels: Mapping[str, Any], schema: Schema) -> Project:
    columns: dict[str, tuple[Expression, str]] = {}
    taken = {each.lower() for each in schema if each not in step.columns}
    for column in visible(schema):
        if column not in step.columns:
            columns[column] = (Cell(column), schema[column])
            continue
        cell = text_cell(column, schema)
        for level in levels[column]:
            title = unique(f"{column}_{level}", taken)
            same = call("equals", cell, Constant(level))
            columns[title] = (when(same, Constant(1), Constant(0)), "whole")
    return Project(columns)


def unique(title: str, taken: set[str]) -> str:
    """The title, numbered where it is taken in whatever case; it is taken from then on."""
    found, number = title, 1
    while found.lower() in taken:
        number += 1
        found = f"{title} ({number})"
    taken.add(found.lower())
    return found


FITTED: dict[str, Callable[[Any, Schema], Plan]] = {
    "impute": _impute,
    "outliers": _outliers,
    "rare_categories": _rare_categories,
    "standardise": _scaled,
    "normalise": _scaled,
    "encode": _encode,
}
"""The kinds of step that learn, as plans."""
